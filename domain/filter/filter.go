// Package filter is the one language in which lists and segments are narrowed down:
//
//		status in (new, working) and (title contains "head of" or custom.tier gt 3) and not archived eq true
//
//	 1. A comparison is a field, an operator and, but for is_empty and is_not_empty, a
//	    value or a list of values in parentheses. The field's kind says which operators
//	    there are, and how a value is read.
//	 2. A value is a bare word of letters, digits and _ . : @ + - / or anything "in
//	    quotes", where \" is a quote and \\ a backslash. A field whose name is no bare
//	    word is written in quotes too. In quotes, "and" is a word like any other.
//	 3. "not" takes the next comparison or group; "and" binds tighter than "or"; the
//	    words of the language are understood in upper and lower case, names of fields
//	    and values are taken as they are.
//	 4. A value that is missing, "" or a list of nothing is empty. Every comparison with
//	    an empty value is false, but for ne and not_in: they are what "not" makes of eq
//	    and in. There is no third truth value, so "not" always turns one into the other.
//	 5. Text is compared as Fold leaves it: upper and lower case are the same. Keywords
//	    and the elements of lists are compared exactly, once the field has normalised
//	    what is looked for.
//	 6. A day is the whole day in UTC: eq is within it, lt before it, gt after it, le
//	    before its end and ge from its start. A time is exact, to the microsecond.
//	 7. Nothing at all is a filter that everything matches.
package filter

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// How large a filter may be.
const (
	MaxLength      = 4_000 // characters, as given and as String gives it
	MaxDepth       = 20    // "not" and parentheses within each other
	MaxComparisons = 100
	MaxValues      = 200 // in one list
)

// Kind says what a field holds.
type Kind uint8

// The kinds of field.
const (
	Keyword Kind = iota + 1 // an exact value: a status, an id, a country, a source
	Text                    // what people write: upper and lower case are the same
	Number
	Date // a point in time
	Bool
	List // several exact values: tags, addresses
)

func (k Kind) String() string {
	switch k {
	case Keyword:
		return "keyword"
	case Text:
		return "text"
	case Number:
		return "number"
	case Date:
		return "date"
	case Bool:
		return "boolean"
	case List:
		return "list"
	default:
		return "unknown"
	}
}

// Op is what a comparison asks of a field.
type Op string

// The operators, as they are written.
const (
	Eq         Op = "eq"
	Ne         Op = "ne"
	In         Op = "in"
	NotIn      Op = "not_in"
	Lt         Op = "lt"
	Le         Op = "le"
	Gt         Op = "gt"
	Ge         Op = "ge"
	Contains   Op = "contains"
	StartsWith Op = "starts_with"
	Has        Op = "has"
	HasAny     Op = "has_any"
	IsEmpty    Op = "is_empty"
	IsNotEmpty Op = "is_not_empty"
)

// Operators are those that a field of the kind understands.
func (k Kind) Operators() []Op {
	switch k {
	case Keyword:
		return []Op{Eq, Ne, In, NotIn, IsEmpty, IsNotEmpty}
	case Text:
		return []Op{Eq, Ne, In, NotIn, Contains, StartsWith, IsEmpty, IsNotEmpty}
	case Number:
		return []Op{Eq, Ne, In, NotIn, Lt, Le, Gt, Ge, IsEmpty, IsNotEmpty}
	case Date:
		return []Op{Eq, Ne, Lt, Le, Gt, Ge, IsEmpty, IsNotEmpty}
	case Bool:
		return []Op{Eq, Ne, IsEmpty, IsNotEmpty}
	case List:
		return []Op{Has, HasAny, Contains, IsEmpty, IsNotEmpty}
	default:
		return nil
	}
}

// takesNone tells of operators that stand without a value.
func (o Op) takesNone() bool { return o == IsEmpty || o == IsNotEmpty }

// takesList tells of operators whose values stand in parentheses.
func (o Op) takesList() bool { return o == In || o == NotIn || o == HasAny }

// Field is something that can be asked about.
type Field struct {
	Name   string
	Kind   Kind
	Values []string // of a Keyword: the only values there are; nil for any
	Closed string   // why nobody may ask about it, "" when anybody may

	// Normalise brings a value that is looked for into the form that records keep, such
	// as an address in lower case; nil leaves it. To normalise twice changes nothing.
	Normalise func(string) string
}

// Fields are the fields that somebody may ask about, by name. A field that is not to
// be seen is left out: its name then is as unknown as any other.
type Fields map[string]Field

// NewFields puts fields under their names.
func NewFields(fields ...Field) Fields {
	out := Fields{}
	for _, f := range fields {
		out[f.Name] = f
	}
	return out
}

func (f Fields) names() []string { return slices.Sorted(maps.Keys(f)) }

// Fold is the form in which texts are compared: Unicode's case folding, composed
// (NFC). Go and Postgres do not agree on lower case, and two clusters of Postgres need
// not either; so a column that is searched holds what Fold made, and nobody but Fold
// ever changes case.
func Fold(text string) string {
	folded := cases.Fold().String(norm.NFC.String(text))
	// The library folds small letters of Cherokee to capitals, as Unicode has it, and
	// capitals to small ones.
	if strings.ContainsFunc(folded, isCherokee) {
		folded = strings.Map(capitalCherokee, folded)
	}
	return norm.NFC.String(folded)
}

func isCherokee(r rune) bool { return r >= 0x13a0 && (r <= 0x13ff || r >= 0xab70 && r <= 0xabbf) }

// capitalCherokee is the letter that both cases fold to (Unicode, CaseFolding.txt).
func capitalCherokee(r rune) rune {
	switch {
	case r >= 0xab70 && r <= 0xabbf:
		return r - 0xab70 + 0x13a0
	case r >= 0x13f8 && r <= 0x13fd:
		return r - 8
	}
	return r
}
