package lead_test

import (
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/lead"
)

// TestParsePhone: what is read without the library's search is what the library reads.
func TestParsePhone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringMatching(`[ (.-]{0,2}\+?[ (.-]?[0-9]{0,4}([ ().-]{0,2}[0-9]{1,5}){0,4}[ ).x;#/]{0,2}[0-9]{0,7}[ x]?`).Draw(t, "number")
		region := rapid.SampledFrom([]string{"", "DE", "US", "IT", "AR"}).Draw(t, "region")
		want, wantErr := phonenumbers.Parse(v, region)
		got, err := lead.ParsePhone(v, region)
		if (err == nil) != (wantErr == nil) || err == nil && got.String() != want.String() {
			t.Fatalf("%q in %q is read as %v, %v; the library reads %v, %v", v, region, got, err, want, wantErr)
		}
	})
}
