package filter

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Literal is a value that a filter looks for. The field's kind says which part of it
// holds.
type Literal struct {
	Text   string // Keyword, Text and List, normalised
	Number float64
	Time   time.Time // Date: in UTC; of a day, its start
	Day    bool      // Date: the whole day
	Bool   bool
}

// End is the start of the day after a day.
func (l Literal) End() time.Time { return l.Time.AddDate(0, 0, 1) }

// literal reads a value of the field, or says what it expects in its place.
func (f Field) literal(text string) (l Literal, expected string) {
	switch f.Kind {
	case Number:
		return number(text)
	case Date:
		return date(text)
	case Bool:
		switch strings.ToLower(text) {
		case "true":
			return Literal{Bool: true}, ""
		case "false":
			return Literal{}, ""
		default:
			return l, "true or false"
		}
	default:
		return f.text(text)
	}
}

func (f Field) text(text string) (l Literal, expected string) {
	if f.Normalise != nil {
		text = f.Normalise(text)
	}
	switch {
	case f.Kind == Keyword && len(f.Values) > 0 && !slices.Contains(f.Values, text):
		return l, "one of " + listed(f.Values)
	case text == "":
		return l, "a value; that there is none is asked with is_empty"
	}
	return Literal{Text: text}, ""
}

// number is a decimal number. What Go reads beyond that (hexadecimals, infinity) has
// no place in a filter.
func number(text string) (l Literal, expected string) {
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || strings.Trim(text, "0123456789+-.eE") != "":
		return l, "a number"
	case n == 0:
		return l, "" // zero has no sign
	}
	return Literal{Number: n}, ""
}

// date is a day, or a time to the microsecond, as Postgres keeps it.
func date(text string) (l Literal, expected string) {
	at, err := time.Parse(time.DateOnly, text)
	day := err == nil
	if !day {
		at, err = time.Parse(time.RFC3339, text)
	}
	at = at.UTC().Truncate(time.Microsecond)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return l, "a day (2026-01-31) or a time (2026-01-31T10:00:00Z)"
	}
	return Literal{Time: at, Day: day}, ""
}

// written is the canonical text.
func (l Literal) written(k Kind) string {
	switch k {
	case Number:
		if size := math.Abs(l.Number); size != 0 && (size < 1e-6 || size >= 1e15) {
			return strconv.FormatFloat(l.Number, 'e', -1, 64)
		}
		return strconv.FormatFloat(l.Number, 'f', -1, 64)
	case Date:
		if l.Day {
			return l.Time.Format(time.DateOnly)
		}
		return l.Time.Format(time.RFC3339Nano)
	case Bool:
		return strconv.FormatBool(l.Bool)
	default:
		return written(l.Text)
	}
}
