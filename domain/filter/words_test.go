package filter_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/filter"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"words", filter.Words("Ann  MÜLLER-Straße", "", "100% (Köln)"), []string{"ann", "müller", "strasse", "100", "köln"}},
		{"marks", filter.Words("हिन्दी"), []string{"हिन्दी"}},
		{"long", filter.Words(strings.Repeat("ä", 50)), []string{strings.Repeat("ä", 40)}},
		{"addresses", filter.AddressWords("Ann.Lee@mail.acme.co.uk", "bo@people.example", "x"), []string{"ann", "lee", "mail", "acme", "bo", "people", "example", "x"}},
		{"a search", filter.SearchWords("ann@acme.com acme.co.uk Lee. 3.5"), []string{"ann", "acme", "acme", "lee", "3", "5"}},
		{"a phone", filter.PhoneWords("+4930123456"), []string{"4930123456", "30123456"}},
		{"of America", filter.PhoneWords("+12025550123"), []string{"12025550123", "2025550123"}},
		{"of Ireland", filter.PhoneWords("+35312345"), []string{"35312345", "12345"}},
		{"with an extension", filter.PhoneWords("+4930123456;ext=12"), []string{"4930123456", "ext", "12", "30123456"}},
		{"as it was given", filter.PhoneWords("call 77-88"), []string{"call", "77", "88"}},
		{"none", filter.PhoneWords("+"), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

// Whatever is written, its words are found again by themselves.
func TestWordsOfWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for _, w := range filter.Words(rapid.String().Draw(t, "text")) {
			if again := filter.Words(w); !slices.Equal(again, []string{w}) || strings.ContainsAny(w, " '\\:&|!()<>") {
				t.Fatalf("%q becomes %q", w, again)
			}
		}
		filter.SearchWords(rapid.String().Draw(t, "search"))
		filter.PhoneWords(rapid.String().Draw(t, "phone"))
		filter.AddressWords(rapid.String().Draw(t, "address"))
	})
}

// What is folded stays as it is, and so do the two cases of a letter become one.
func TestFoldOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.String().Draw(t, "text")
		if once := filter.Fold(v); filter.Fold(once) != once {
			t.Fatalf("%q folds to %q, and that to %q", v, once, filter.Fold(once))
		}
	})
	if a, b := filter.Fold("Ꭰ"), filter.Fold("ꭰ"); a != b {
		t.Errorf("%q and %q", a, b)
	}
}
