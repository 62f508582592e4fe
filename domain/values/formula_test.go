package values_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/values"
)

func TestDefused(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]string{
		"":                               "",
		"Ann":                            "Ann",
		"O'Hara":                         "O'Hara",
		"'s-Hertogenbosch":               "'s-Hertogenbosch",
		"=1+1":                           "'=1+1",
		"@SUM(A1)":                       "'@SUM(A1)",
		"-2+3+cmd|' /C calc'!A0":         "'-2+3+cmd|' /C calc'!A0",
		"+1+cmd|' /C calc'!A0":           "'+1+cmd|' /C calc'!A0",
		"\t=1":                           "'\t=1",
		"\r=1":                           "'\r=1",
		"  =1":                           "'  =1",
		"＝1+1":                           "'＝1+1",
		"'=1":                            "''=1",
		`=HYPERLINK("http://x","click")`: `'=HYPERLINK("http://x","click")`,
		"x;=1":                           "x;'=1",
		"x; =1;y;@z":                     "x;' =1;y;'@z",
		"+49 30 123":                     "+49 30 123",
		"+4930123456":                    "+4930123456",
		"+49 (0)30/123-45":               "+49 (0)30/123-45",
		"+4930123456;ext=12":             "+4930123456;ext=12",
		"+49;=1":                         "'+49;'=1",
		"'+49 30 123":                    "''+49 30 123",
		"a-b;c-d":                        "a-b;c-d",
		"-":                              "'-",
	} {
		if got := values.Defused(v); got != want {
			t.Errorf("%q: %q, want %q", v, got, want)
		}
	}
	for v, want := range map[string]string{"'=1": "=1", "'+49 30 123": "+49 30 123", "'s-Hertogenbosch": "'s-Hertogenbosch", "Ann": "Ann", "''": "''"} {
		if got := values.Undefused(v); got != want {
			t.Errorf("taken off %q: %q, want %q", v, got, want)
		}
	}
}

// Whatever a value is: defused it begins no formula, in no cell, and it comes back whole.
func TestDefusedComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringOf(rapid.SampledFrom([]rune("=+-@＝＋－＠\t\r\n ';ae1(.ü"))).Draw(t, "value")
		safe := values.Defused(v)
		if back := values.Undefused(safe); back != v {
			t.Fatalf("%q is written %q and read %q", v, safe, back)
		}
		if safe == v && strings.HasPrefix(v, "+") {
			v = strings.TrimLeft(v, "+0123456789 ().-/") // a phone
			safe = v
		}
		for cell := range strings.SplitSeq(safe, ";") {
			if cell != "" && strings.ContainsRune("=+-@＝＋－＠\t\r\n", []rune(strings.TrimLeft(cell, " ") + " ")[0]) {
				t.Fatalf("%q has a cell %q", safe, cell)
			}
		}
	})
}
