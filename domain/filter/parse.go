package filter

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse reads a filter over the fields. What cannot be read is refused with ErrInvalid,
// whose one field says where and why.
func Parse(text string, fields Fields) (Expr, error) {
	switch {
	case !utf8.ValidString(text):
		return nil, refuse(firstInvalid(text), "found what is not UTF-8")
	case utf8.RuneCountInString(text) > MaxLength:
		return nil, refuse(MaxLength+1, tooLong)
	}
	p := parser{tokens: lex(text), fields: fields}
	if p.peek().class == end {
		return And(nil), nil
	}
	e, err := p.either()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.class != end {
		return nil, t.unexpected("and, or, or the end")
	}
	if utf8.RuneCountInString(e.String()) > MaxLength { // what is kept can be read again
		return nil, refuse(1, tooLong+" in its canonical form")
	}
	return e, nil
}

type parser struct {
	tokens      []token
	at          int
	fields      Fields
	depth       int
	comparisons int
}

func (p *parser) peek() token { return p.tokens[p.at] }

// take gives the next token and steps behind it; the last one stays.
func (p *parser) take() token {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (p *parser) either() (Expr, error) {
	parts, err := p.sequence("or", p.every)
	if err != nil {
		return nil, err
	}
	return anyOf(parts), nil
}

func (p *parser) every() (Expr, error) {
	parts, err := p.sequence("and", p.one)
	if err != nil {
		return nil, err
	}
	return All(parts...), nil
}

func (p *parser) sequence(word string, part func() (Expr, error)) ([]Expr, error) {
	var parts []Expr
	for {
		e, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, e)
		if !p.peek().is(word) {
			return parts, nil
		}
		p.take()
	}
}

// one is a comparison, a group, or "not" before one of these.
func (p *parser) one() (Expr, error) {
	t := p.peek()
	if !t.is("not") && !t.isMark("(") {
		return p.comparison()
	}
	p.take()
	if p.depth++; p.depth > MaxDepth {
		return nil, refuse(t.at, fmt.Sprintf("found more than %d groups and negations within each other", MaxDepth))
	}
	defer func() { p.depth-- }()
	if t.is("not") {
		e, err := p.one()
		if err != nil {
			return nil, err
		}
		return Not{Of: e}, nil
	}
	e, err := p.either()
	if err != nil {
		return nil, err
	}
	if t := p.take(); !t.isMark(")") {
		return nil, t.unexpected("and, or, or )")
	}
	return e, nil
}

func (p *parser) comparison() (Expr, error) {
	name := p.take()
	if !name.isValue() {
		return nil, name.unexpected("a field, not, or (")
	}
	if p.comparisons++; p.comparisons > MaxComparisons {
		return nil, refuse(name.at, fmt.Sprintf("found more than %d comparisons", MaxComparisons))
	}
	field, ok := p.fields[name.text]
	if !ok {
		return nil, name.unexpected(p.fields.suggest(name.text))
	}
	if field.Closed != "" {
		return nil, refuse(name.at, written(name.text)+" "+field.Closed)
	}
	c := Compare{Field: name.text, Kind: field.Kind}
	op := p.take()
	c.Op = Op(strings.ToLower(op.text))
	if allowed := field.Kind.Operators(); op.class != word || !slices.Contains(allowed, c.Op) {
		return nil, op.unexpected(fmt.Sprintf("an operator of %s, which is a %s: %s", written(name.text), field.Kind, listed(allowed)))
	}
	var err error
	switch {
	case c.Op.takesNone():
	case c.Op.takesList():
		c.Values, err = p.list(field)
	default:
		c.Values, err = p.value(nil, field)
	}
	return c, err
}

func (p *parser) list(field Field) ([]Literal, error) {
	if t := p.take(); !t.isMark("(") {
		return nil, t.unexpected("( and values")
	}
	var out []Literal
	for {
		if len(out) == MaxValues {
			return nil, refuse(p.peek().at, fmt.Sprintf("found more than %d values in a list", MaxValues))
		}
		var err error
		if out, err = p.value(out, field); err != nil {
			return nil, err
		}
		switch t := p.take(); {
		case t.isMark(")"):
			return out, nil
		case !t.isMark(","):
			return nil, t.unexpected(`"," or ")"`)
		}
	}
}

// value reads one value behind those that there are.
func (p *parser) value(before []Literal, field Field) ([]Literal, error) {
	t := p.take()
	if !t.isValue() {
		return nil, t.unexpected("a value of " + written(field.Name))
	}
	l, expected := field.literal(t.text)
	if expected != "" {
		return nil, t.unexpected(expected)
	}
	return append(before, l), nil
}
