package filter

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/canvass-hq/canvass/domain"
)

// ErrInvalid refuses a filter that cannot be read.
var ErrInvalid = &domain.Error{Kind: domain.Invalid, Code: "filter.invalid", Message: "the filter cannot be read"}

const tooLong = "the filter is longer than 4,000 characters"

// refuse says what is wrong at a character of the text, counted from 1.
func refuse(at int, message string) error {
	e := *ErrInvalid
	e.Fields = []domain.Field{{Name: "filter", Message: fmt.Sprintf("character %d: %s", at, message)}}
	return &e
}

// unexpected says what was found and what was expected in its place.
func (t token) unexpected(expected string) error {
	found := strconv.Quote(short(t.text))
	switch t.class {
	case broken:
		return refuse(t.at, t.text)
	case end:
		found = "the end"
	case word:
		if reserved(t.text) {
			expected += " (as a value it stands in quotes)"
		}
	case quoted, mark:
	}
	return refuse(t.at, "found "+found+", expected "+expected)
}

// short is enough of a word to know it by.
func short(word string) string {
	const enough = 40
	if utf8.RuneCountInString(word) <= enough {
		return word
	}
	return string([]rune(word)[:enough]) + "…"
}

func firstInvalid(text string) int {
	at := 1
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			break
		}
		text = text[size:]
		at++
	}
	return at
}

func listed[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = written(string(w))
	}
	return strings.Join(texts, ", ")
}

// suggested is how many fields a message names.
const suggested = 5

// suggest names the fields that are written like an unknown one; where there is none,
// the first that there are.
func (f Fields) suggest(unknown string) string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	looked := strings.ToLower(unknown)
	for _, name := range f.names() {
		known := strings.ToLower(name)
		d := distance(looked, known, max(1, (len(known)+1)/3))
		switch {
		case d >= 0:
			near = append(near, candidate{name, d})
		case len(looked) > 2 && (strings.Contains(known, looked) || strings.Contains(looked, known)):
			near = append(near, candidate{name, len(known)})
		}
	}
	if near == nil {
		names := f.names()
		return "a field, such as " + listed(names[:min(len(names), suggested)])
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, c := range near[:min(len(near), suggested)] {
		names = append(names, c.name)
	}
	return "a field; is it " + listed(names) + "?"
}

// distance is how many letters have to be changed, added or left out to make one word
// of the other (Levenshtein), or -1 when there are more than limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return -1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	if d := row[len(b)]; d <= limit {
		return d
	}
	return -1
}
