package lead_test

import (
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/lead"
)

// TestDigits: a number without what stands between its groups is the number that the
// library would have read.
func TestDigits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringMatching(`[ (.-]{0,2}\+?[ (.-]?[0-9]{0,4}([ ().-]{0,2}[0-9]{1,5}){0,4}[ ).x;#/]{0,2}[0-9]{0,3}`).Draw(t, "number")
		region := rapid.SampledFrom([]string{"", "DE", "US", "IT", "AR"}).Draw(t, "region")
		want, wantErr := phonenumbers.Parse(v, region)
		got, err := phonenumbers.Parse(lead.Digits(v), region)
		if (err == nil) != (wantErr == nil) || err == nil && got.String() != want.String() {
			t.Fatalf("%q in %q is read as %v, %v; the library reads %v, %v", v, region, got, err, want, wantErr)
		}
	})
}
