package filter_test

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/filter"
)

// TestCanonical: the canonical text of any expression is read as that expression.
func TestCanonical(t *testing.T) {
	t.Parallel()
	known := fields()
	rapid.Check(t, func(t *rapid.T) {
		want := anyExpr(t, known, 3) // of no more comparisons than a filter may hold
		text := want.String()
		if utf8.RuneCountInString(text) > filter.MaxLength {
			t.Skip("too long")
		}
		got, err := filter.Parse(text, known)
		if err != nil || !reflect.DeepEqual(got, want) || got.String() != text {
			t.Fatalf("%s\nis read as\n%#v, %+v\nand not as\n%#v", text, got, err, want)
		}
	})
}

// anyExpr draws an expression in the form that Parse gives it.
func anyExpr(t *rapid.T, known filter.Fields, depth int) filter.Expr {
	shape := rapid.IntRange(0, 6).Draw(t, "shape")
	if depth == 0 {
		shape = 6
	}
	switch shape {
	case 0:
		return filter.Not{Of: anyExpr(t, known, depth-1)}
	case 1, 2:
		return filter.And(anyParts(t, known, depth, func(e filter.Expr) bool { _, ok := e.(filter.And); return ok }))
	case 3, 4:
		return filter.Or(anyParts(t, known, depth, func(e filter.Expr) bool { _, ok := e.(filter.Or); return ok }))
	default:
		return anyCompare(t, known)
	}
}

func anyParts(t *rapid.T, known filter.Fields, depth int, same func(filter.Expr) bool) []filter.Expr {
	parts := make([]filter.Expr, rapid.IntRange(2, 4).Draw(t, "parts"))
	for i := range parts {
		if parts[i] = anyExpr(t, known, depth-1); same(parts[i]) {
			parts[i] = filter.Not{Of: parts[i]}
		}
	}
	return parts
}

func anyCompare(t *rapid.T, known filter.Fields) filter.Expr {
	f := known[rapid.SampledFrom(slices.Sorted(maps.Keys(known))).Draw(t, "field")]
	c := filter.Compare{Field: f.Name, Kind: f.Kind, Op: rapid.SampledFrom(f.Kind.Operators()).Draw(t, "operator")}
	switch c.Op {
	case filter.IsEmpty, filter.IsNotEmpty:
	case filter.In, filter.NotIn, filter.HasAny:
		for range rapid.IntRange(1, 4).Draw(t, "values") {
			c.Values = append(c.Values, anyLiteral(t, f))
		}
	default:
		c.Values = []filter.Literal{anyLiteral(t, f)}
	}
	return c
}

func anyLiteral(t *rapid.T, f filter.Field) filter.Literal {
	switch f.Kind {
	case filter.Number:
		return filter.Literal{Number: 0 + rapid.Float64().Draw(t, "number")} // zero has no sign
	case filter.Bool:
		return filter.Literal{Bool: rapid.Bool().Draw(t, "bool")}
	case filter.Date:
		first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		at := time.Unix(rapid.Int64Range(first.Unix(), last.Unix()).Draw(t, "time"), 1_000*rapid.Int64Range(0, 999_999).Draw(t, "microseconds")).UTC()
		if rapid.Bool().Draw(t, "day") {
			return filter.Literal{Time: time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC), Day: true}
		}
		return filter.Literal{Time: at}
	default:
	}
	if f.Values != nil {
		return filter.Literal{Text: rapid.SampledFrom(f.Values).Draw(t, "value")}
	}
	text := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_.:@+\-/]{1,9}`), rapid.SampledFrom([]string{"and", "OR", "nOt", "in", `\`, `"`, "(", ",", " ", "\t", "true"}),
		rapid.StringN(1, 9, -1).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) })).Draw(t, "text")
	if f.Normalise != nil {
		text = f.Normalise(text)
	}
	return filter.Literal{Text: text}
}

// TestFold: to fold twice changes nothing, and neither does the case or the form of what is folded.
func TestFold(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{{"Straße", "STRASSE", "strasse"}, {"ΟΔΟΣ", "οδος", "οδοσ"}, {"Müller", "MU\u0308LLER"}, {"K", "k", "\u212a"}, {"日本", "日本"}} {
		for _, text := range same {
			if filter.Fold(text) != filter.Fold(same[0]) || filter.Fold(filter.Fold(text)) != filter.Fold(text) {
				t.Errorf("%q is folded to %q, %q to %q", text, filter.Fold(text), same[0], filter.Fold(same[0]))
			}
		}
	}
}

// FuzzParse: whatever is given is understood, and then its canonical text means the
// same, or is refused in the one way.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", `status in (new, working) and country eq DE and (title contains "head of" or custom.tier gt 3) and not archived eq true and phone is_empty`,
		`tags has vip and created_at ge 2026-01-01 or "not" eq true`, `title eq "\\ \""`, `created_at lt 9999-12-31T23:59:59-01:00`,
		`custom.tier in (1e-7, -0, 1e300)`, "not (not ((phone is_empty)))", `country eq "İ"`, "title eq \"\u0344\"", "title = 1",
	} {
		f.Add(s)
	}
	known := fields()
	f.Fuzz(func(t *testing.T, text string) {
		e, err := filter.Parse(text, known)
		if err != nil {
			var refusal *domain.Error
			if e != nil || !errors.As(err, &refusal) || !strings.HasPrefix(message(err), "character ") || !utf8.ValidString(message(err)) {
				t.Fatalf("%q: %v, %#v", text, e, err)
			}
			return
		}
		again, err := filter.Parse(e.String(), known)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%q\nis %s, %#v\nthen %s, %#v, %+v", text, e, e, again, again, err)
		}
		e.Matches(func(string) filter.Value { return filter.TextValue(text) })
	})
}
