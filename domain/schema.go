package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Upcast lifts the opened JSON of one stored version of a fact to the next. It sees
// null where a subject was erased, and must bear it.
type Upcast func(json.RawMessage) (json.RawMessage, error)

// AsItWas lifts a shape to one that only knows more values: those are not there.
func AsItWas(raw json.RawMessage) (json.RawMessage, error) { return raw, nil }

// Schema says how one kind of fact is stored: its name, which never changes, its
// version, and which of its values are somebody's personal data.
type Schema struct {
	Type     string
	Version  int
	Go       reflect.Type
	Sealed   []string // paths of the personal values, for the catalogue; "*" stands for every element
	IsPublic bool     // the relay carries it to other services, without its sealed values
	Erases   bool     // the stream's subject is forgotten from this fact on

	decode  func(json.RawMessage) (any, error)
	seals   []seal
	upcasts []Upcast
}

type seal struct {
	subject func(fact any) string // "" for the stream itself
	paths   func(fact any) []string
}

// Sealed is one personal value of a fact: where it lies, and whose it is ("" for
// the subject that the stream is about).
type Sealed struct{ Path, Subject string }

// Stored names fact T as it lies in the log; lifts[i] turns version i+1 into i+2.
func Stored[T any](name string, lifts ...Upcast) Schema {
	return Schema{
		Type: name, Version: len(lifts) + 1, Go: reflect.TypeFor[T](), upcasts: lifts,
		decode: func(raw json.RawMessage) (any, error) {
			var t T
			err := json.Unmarshal(raw, &t)
			return t, err
		},
	}
}

// Seal says that the values at these paths are personal data of the stream's own subject.
func (s Schema) Seal(paths ...string) Schema {
	return s.with(paths, seal{paths: func(any) []string { return paths }})
}

// SealFor says that the values at these paths are personal data of another subject,
// whose id the fact itself tells: one fact may hold two people.
func SealFor[T any](s Schema, subject func(T) string, paths ...string) Schema {
	return s.with(paths, seal{
		subject: func(fact any) string { return subject(fact.(T)) },
		paths:   func(any) []string { return paths },
	})
}

// SealEach says that which values are personal depends on the fact: pick names the
// paths of one fact, shape describes them for the catalogue.
func SealEach[T any](s Schema, pick func(T) []string, shape ...string) Schema {
	return s.with(shape, seal{paths: func(fact any) []string { return pick(fact.(T)) }})
}

func (s Schema) with(shape []string, add seal) Schema {
	s.Sealed = append(append([]string(nil), s.Sealed...), shape...)
	s.seals = append(append([]seal(nil), s.seals...), add)
	return s
}

// Public lets the relay carry the fact's clear values to other services.
func (s Schema) Public() Schema { s.IsPublic = true; return s }

// Erasing marks the fact that asks for the stream's subject to be forgotten.
func (s Schema) Erasing() Schema { s.Erases = true; return s }

// SealedValues lists the personal values of one fact.
func (s Schema) SealedValues(fact any) []Sealed {
	var out []Sealed
	for _, l := range s.seals {
		subject := ""
		if l.subject != nil {
			subject = l.subject(fact)
		}
		for _, p := range l.paths(fact) {
			out = append(out, Sealed{Path: p, Subject: subject})
		}
	}
	return out
}

// Lift brings opened JSON from its stored version to today's.
func (s Schema) Lift(version int, raw json.RawMessage) (json.RawMessage, error) {
	if version < 1 || version > s.Version {
		return nil, fmt.Errorf("%s: version %d is not known to this release, which knows 1 to %d", s.Type, version, s.Version)
	}
	for i, lift := range s.upcasts[version-1:] {
		lifted, err := lift(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: lift from version %d: %w", s.Type, version+i, err)
		}
		raw = lifted
	}
	return raw, nil
}

// Decode turns lifted JSON into the fact.
func (s Schema) Decode(raw json.RawMessage) (any, error) {
	fact, err := s.decode(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Type, err)
	}
	return fact, nil
}
