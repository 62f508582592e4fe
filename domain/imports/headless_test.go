package imports_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/imports"
)

// TestHeadless: of a file without a header the first line is a row, and one that stands there
// again is no header.
func TestHeadless(t *testing.T) {
	t.Parallel()
	r, err := imports.Open(strings.NewReader("\n a \nb\na\n\"c\"d\n"))
	if err != nil {
		t.Fatal(err)
	}
	r.Headless("one", "two") // it has one column
	r.Headless("one")
	var got []string
	for {
		row, err := r.Next()
		if err != nil {
			break
		}
		got = append(got, strings.Join(row.Values, ","))
		if row.Line != len(got)+1 || (row.Fault != nil) != (len(got) == 4) {
			t.Errorf("row %d: %+v", len(got), row)
		}
	}
	if strings.Join(got, " ") != "a b a " || r.Header()[0] != "one" {
		t.Errorf("%q below %q", got, r.Header())
	}
}
