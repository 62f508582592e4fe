package imports_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/imports"
)

func TestDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, column, layout string
		ambiguous            bool
	}{
		{"ISO", "2024-05-01|2024-12-31", "2006-01-02", false},
		{"ISO with time", "2024-05-01 13:00:59|2024-12-31 00:00:00", "2006-01-02 15:04:05", false},
		{"ISO with minutes", "2024-05-01 13:00|2024-12-31 00:00", "2006-01-02 15:04", false},
		{"ISO with a T", "2024-05-01T13:00:59|2024-12-31T00:00:00.123", "2006-01-02T15:04:05", false},
		{"RFC 3339", "2024-05-01T13:00:59Z|2024-12-31T00:00:00.5+02:00", time.RFC3339, false},
		{"day first", "26-08-2020|02-07-2020", "02-01-2006", false},
		{"month first", "08-26-2020|02-07-2020", "01-02-2006", false},
		{"undecided with -", "02-07-2020|01-01-2021", "02-01-2006", true},
		{"day first with /", "26/08/2020|02/07/2020", "02/01/2006", false},
		{"month first with /", "08/26/2020|02/07/2020", "01/02/2006", false},
		{"undecided with /", "02/07/2020|01/01/2021", "01/02/2006", true},
		{"without zeros", "8/26/2020|12/7/2020", "1/2/2006", false},
		{"without zeros, day first", "26-8-2020|7-12-2020", "2-1-2006", false},
		{"without zeros, undecided", "8/6/2020|12/7/2020", "1/2/2006", true},
		{"dots", "02.07.2020|26.08.2020", "02.01.2006", false},
		{"dots undecided are days first", "02.07.2020", "02.01.2006", false},
		{"dots without zeros", "2.7.2020|26.8.2020", "2.1.2006", false},
		{"year first with /", "2020/07/02", "2006/01/02", false},
		{"American words", "Jan 2, 2006|Dec 31, 2024", "Jan 2, 2006", false},
		{"words", "2 Jan 2006|31 Dec 2024", "2 Jan 2006", false},
		{"gaps and space", "| 2024-05-01 ||2024-05-02", "2006-01-02", false},
		{"29 February", "29-02-2024", "02-01-2006", false},
		{"contradiction", "26/08/2020|08/26/2020", "", false},
		{"three styles", "2024-05-01|01.05.2024|5/1/2024", "", false},
		{"date and time mixed", "2024-05-01|2024-05-01 13:00", "", false},
		{"one that is none", "2024-05-01|n/a", "", false},
		{"no such day", "2024-02-30", "", false},
		{"13 months", "13/13/2024", "", false},
		{"serial numbers of Excel", "45413|45414", "", false},
		{"years", "2023|2024", "", false},
		{"nothing", "||", "", false},
		{"phones", "043-797-5229", "", false},
	} {
		var judge imports.DateJudge
		for v := range strings.SplitSeq(c.column, "|") {
			judge.Add(v)
		}
		layout, ambiguous, ok := judge.Verdict()
		if layout != c.layout || ambiguous != c.ambiguous || ok != (c.layout != "") {
			t.Errorf("%s: %q, ambiguous %v, ok %v", c.name, layout, ambiguous, ok)
		}
	}
}

func TestBestLayoutCountsMisfits(t *testing.T) {
	t.Parallel()
	var judge imports.DateJudge
	for _, v := range []string{"26-08-2020", "02-07-2020", "unknown", "", "2020-01-01"} {
		judge.Add(v)
	}
	if layout, hits, total := judge.Best(); layout != "02-01-2006" || hits != 2 || total != 4 {
		t.Errorf("%q, %d of %d", layout, hits, total)
	}
}

// A column that is written in one layout is read in it, or in one that is ambiguous
// with it.
func TestWrittenDatesAreJudged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom(imports.DateLayouts()).Draw(t, "layout")
		days := rapid.SliceOfN(rapid.IntRange(0, 40_000), 1, 20).Draw(t, "days")
		var judge imports.DateJudge
		var written []string
		for _, d := range days {
			v := time.Date(1950, 1, 1, 10, 11, 12, 0, time.UTC).AddDate(0, 0, d).Format(layout)
			judge.Add(v)
			written = append(written, v)
		}
		got, ambiguous, ok := judge.Verdict()
		read := slices.IndexFunc(written, func(v string) bool {
			day, err := time.Parse(got, v)
			return err != nil || day.Format(layout) != v
		}) < 0
		if !ok || !read && !ambiguous {
			t.Fatalf("%q in %q: %q, ambiguous %v, ok %v", written, layout, got, ambiguous, ok)
		}
	})
}
