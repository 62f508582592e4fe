package filter

import (
	"slices"
	"strings"
	"time"
)

// Value is what a record holds in a field. The zero Value is missing.
type Value struct{ v any } // nil, string, float64, time.Time, bool or []string

// TextValue is a value of a Keyword or a Text.
func TextValue(v string) Value { return Value{v} }

// NumberValue is a value of a Number; no record holds NaN.
func NumberValue(v float64) Value { return Value{v} }

// TimeValue is a value of a Date, to the microsecond.
func TimeValue(v time.Time) Value { return Value{v.UTC().Truncate(time.Microsecond)} }

// BoolValue is a value of a Bool.
func BoolValue(v bool) Value { return Value{v} }

// ListValue is a value of a List.
func ListValue(v []string) Value { return Value{v} }

// Matches holds when all parts do.
func (a And) Matches(record func(field string) Value) bool {
	return !slices.ContainsFunc(a, func(e Expr) bool { return !e.Matches(record) })
}

// Matches holds when one of the parts does.
func (o Or) Matches(record func(field string) Value) bool {
	return slices.ContainsFunc(o, func(e Expr) bool { return e.Matches(record) })
}

// Matches holds when the part does not.
func (n Not) Matches(record func(field string) Value) bool { return !n.Of.Matches(record) }

// Matches compares the record's value. A value of another kind than the field's is
// none: the field has changed since it was written.
func (c Compare) Matches(record func(field string) Value) bool {
	v := record(c.Field).v
	switch c.Op {
	case IsEmpty:
		return c.empty(v)
	case IsNotEmpty:
		return !c.empty(v)
	case Ne, NotIn:
		return c.empty(v) || !c.anyHolds(v)
	default:
		return !c.empty(v) && c.anyHolds(v)
	}
}

func (c Compare) empty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == "" || c.Kind != Keyword && c.Kind != Text
	case float64:
		return c.Kind != Number
	case time.Time:
		return c.Kind != Date
	case bool:
		return c.Kind != Bool
	case []string:
		return len(v) == 0 || c.Kind != List
	default:
		return true
	}
}

func (c Compare) anyHolds(v any) bool {
	return slices.ContainsFunc(c.Values, func(l Literal) bool {
		switch v := v.(type) {
		case string:
			return l.holdsText(c.Kind, c.Op, v)
		case float64:
			return ordered(c.Op, v < l.Number, v == l.Number, v > l.Number)
		case time.Time:
			return ordered(c.Op, v.Before(l.Time), l.spans(v), l.isBefore(v))
		case bool:
			return v == l.Bool
		case []string:
			return slices.ContainsFunc(v, func(element string) bool {
				return element == l.Text || c.Op == Contains && strings.Contains(element, l.Text)
			})
		default:
			return false
		}
	})
}

func (l Literal) holdsText(k Kind, o Op, v string) bool {
	if k == Keyword {
		return v == l.Text
	}
	v, text := Fold(v), Fold(l.Text)
	switch o {
	case Contains:
		return strings.Contains(v, text)
	case StartsWith:
		return strings.HasPrefix(v, text)
	default:
		return v == text
	}
}

func (l Literal) spans(at time.Time) bool { return !at.Before(l.Time) && !l.isBefore(at) }

func (l Literal) isBefore(at time.Time) bool {
	if l.Day {
		return !at.Before(l.End())
	}
	return at.After(l.Time)
}

// ordered answers by how a value lies to the one that is looked for.
func ordered(o Op, less, same, more bool) bool {
	switch o {
	case Lt:
		return less
	case Le:
		return less || same
	case Gt:
		return more
	case Ge:
		return same || more
	default:
		return same
	}
}
