package field_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	const refused = "\x00"
	for kind, texts := range map[field.Kind]map[string]string{
		field.Text: {" a ": "a"},
		field.Number: {
			"5": "5", "+5": "5", "-5": "-5", "007": "7", "1.50": "1.5", "1,5": "1.5", "1,234.5": "1234.5", "1.234,5": "1234.5", "1,234,567": "1234567", "-0": "0", "0.0": "0", "12,5000": "12.5",
			"123456789012345": "123456789012345", "0.000000000000001": "0.000000000000001", "1.234": "1.234",
			"1,234": refused, "1234567890123456": refused, "five": refused, "1e3": refused, "": refused, ".5": refused, "5.": refused, "1,23,456": refused, "0x1": refused, "NaN": refused,
			"- 5": refused, "--5": refused, "1.2.3": refused, "٣": refused,
		},
		field.Date: {
			"2026-01-31": "2026-01-31", "2026-01-31T12:00:00+02:00": "2026-01-31T10:00:00Z", "2026-01-31t10:00:00.5z": "2026-01-31T10:00:00.5Z", "2026-01-31T10:00:00.123456789Z": "2026-01-31T10:00:00.123456Z",
			"2026-02-30": refused, "31.01.2026": refused, "0000-01-01": refused, "soon": refused, "0001-01-01T00:00:00+01:00": refused,
		},
		field.Boolean: {"true": "true", "YES": "true", "t": "true", "No": "false", "F": "false", "maybe": refused, "1": refused},
		field.Enum:    {"gold": "Gold", "SILVER": "Silver", " Gold ": "Gold", "tin": refused},
		field.URL:     {"acme.com/x": "https://acme.com/x", "http://acme.com": "http://acme.com", "ftp://acme.com": refused, "acme": refused, strings.Repeat("a", 501) + ".de": refused},
	} {
		f := field.Field{Key: "k", Kind: kind, Options: []string{"Gold", "Silver"}}
		for in, want := range texts {
			got, wrong := f.Canonical(in)
			if (wrong != "") != (want == refused) || wrong == "" && got != want {
				t.Errorf("%s %q: %q, %q", kind, in, got, wrong)
			}
		}
	}
}

// TestCanonicalTwice: what a value was brought into stays as it is, and can be filtered by.
func TestCanonicalTwice(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[-+]?[0-9]{0,16}[.,]?[0-9]{0,16}`), rapid.StringMatching(`[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-]0[0-9]:00))?`),
		rapid.SampledFrom([]string{"yes", "False", "gold", "acme.com/ü"}), rapid.StringN(1, 20, -1))
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(field.Kinds()).Draw(t, "kind")
		f := field.Field{Key: "k", Kind: kind, Options: []string{"Gold"}}
		once, wrong := f.Canonical(text.Draw(t, "text"))
		if wrong != "" {
			return
		}
		if again, wrong := f.Canonical(once); again != once || wrong != "" {
			t.Fatalf("%q becomes %q, %s", once, again, wrong)
		}
		folded, ok := filter.Fold(once), true
		switch kind {
		case field.Number:
			_, ok = field.AsNumber(folded)
		case field.Date:
			_, ok = field.AsTime(folded)
		case field.Boolean:
			_, ok = field.AsBoolean(folded)
		case field.Text, field.Enum, field.URL:
		}
		if !ok {
			t.Fatalf("%q of %s is no value to filter by", once, kind)
		}
	})
}

func TestValues(t *testing.T) {
	t.Parallel()
	s := field.Set{"size": {Key: "size", Kind: field.Number}, "vip": {Key: "vip", Kind: field.Boolean}}
	given := map[string]string{"size": "1,5", "vip": "", "note": "1,5"}
	got, faults := s.Values(given)
	if want := map[string]string{"size": "1.5", "vip": "", "note": "1,5"}; faults != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, faults)
	}
	if given["size"] != "1,5" {
		t.Error("what was given has changed")
	}
	if _, faults := s.Values(map[string]string{"vip": "perhaps", "size": "big"}); len(faults) != 2 || faults[0].Name != "custom.size" || faults[1].Name != "custom.vip" {
		t.Errorf("%v", faults)
	}
	if got, faults := field.Set(nil).Values(given); faults != nil || !reflect.DeepEqual(got, given) {
		t.Errorf("of nobody's fields: %v, %v", got, faults)
	}
}
