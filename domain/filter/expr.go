package filter

import (
	"slices"
	"strings"
)

// Expr is a filter that has been understood. Its canonical text is what a segment
// keeps and what a cache is keyed by: Parse reads the same expression out of it.
//
//sumtype:decl
type Expr interface {
	// String is the canonical text, "" for a filter that everything matches.
	String() string
	// Fields are the names of the fields that are asked about, each once, in order.
	Fields() []string
	// Matches answers for one record, of which it is told the values by name.
	Matches(record func(field string) Value) bool

	isExpr()
}

// And holds when all its parts do; of no parts, it always holds. Parse makes one of
// at least two parts, none of which is an And, or the one that always holds.
type And []Expr

// Or holds when one of its parts does. Parse makes one of at least two parts, none of
// which is an Or.
type Or []Expr

// Not holds when its part does not.
type Not struct{ Of Expr }

// Compare asks about one field. Parse makes it fit: the operator is one of the kind's,
// the values are as many as the operator takes, and none of them is empty.
type Compare struct {
	Field  string
	Kind   Kind
	Op     Op
	Values []Literal
}

func (And) isExpr()     {}
func (Or) isExpr()      {}
func (Not) isExpr()     {}
func (Compare) isExpr() {}

// All holds when every part does, such as a list's own filter within a segment. A part
// that is nil asks for nothing.
func All(parts ...Expr) Expr {
	var out And
	for _, p := range parts {
		switch p := p.(type) {
		case nil:
		case And:
			out = append(out, p...)
		case Or, Not, Compare:
			out = append(out, p)
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// anyOf is All's counterpart, of at least one part.
func anyOf(parts []Expr) Expr {
	var out Or
	for _, p := range parts {
		if or, ok := p.(Or); ok {
			out = append(out, or...)
			continue
		}
		out = append(out, p)
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

func (a And) String() string { return join(a, " and ") }
func (o Or) String() string  { return join(o, " or ") }
func (n Not) String() string { return "not " + grouped(n.Of) }

func (c Compare) String() string {
	head := written(c.Field) + " " + string(c.Op)
	switch {
	case c.Op.takesNone():
		return head
	case c.Op.takesList():
		values := make([]string, len(c.Values))
		for i, v := range c.Values {
			values[i] = v.written(c.Kind)
		}
		return head + " (" + strings.Join(values, ", ") + ")"
	default:
		return head + " " + c.Values[0].written(c.Kind)
	}
}

func join(parts []Expr, word string) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.String()
		if _, or := p.(Or); or {
			texts[i] = grouped(p)
		}
	}
	return strings.Join(texts, word)
}

// grouped stands in parentheses where "not" or "and" would take only its first part.
func grouped(e Expr) string {
	switch e.(type) {
	case And, Or:
		return "(" + e.String() + ")"
	case Not, Compare:
	}
	return e.String()
}

// written is a word as it is, or in quotes when it would be read as something else.
func written(word string) string {
	if word != "" && !reserved(word) && !strings.ContainsFunc(word, func(r rune) bool { return !bare(r) }) {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// Fields are the names of the fields that the parts ask about.
func (a And) Fields() []string { return fieldsOf(a) }

// Fields are the names of the fields that the parts ask about.
func (o Or) Fields() []string { return fieldsOf(o) }

// Fields are the names of the fields that the part asks about.
func (n Not) Fields() []string { return n.Of.Fields() }

// Fields is the one field.
func (c Compare) Fields() []string { return []string{c.Field} }

func fieldsOf(parts []Expr) []string {
	var out []string
	for _, p := range parts {
		out = append(out, p.Fields()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
