package eventstore

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/canvass-hq/canvass/domain"
)

// Registry knows every fact by its stored name and by its Go type.
type Registry struct {
	byName map[string]*domain.Schema
	byGo   map[reflect.Type]*domain.Schema
}

// NewRegistry refuses two facts of one name or of one type.
func NewRegistry(schemas []domain.Schema) (*Registry, error) {
	r := &Registry{byName: map[string]*domain.Schema{}, byGo: map[reflect.Type]*domain.Schema{}}
	for i := range schemas {
		s := &schemas[i]
		if r.byName[s.Type] != nil || r.byGo[s.Go] != nil {
			return nil, fmt.Errorf("the fact %s (%s) is listed twice", s.Type, s.Go)
		}
		r.byName[s.Type], r.byGo[s.Go] = s, s
	}
	return r, nil
}

// Schema finds the schema of a stored name.
func (r *Registry) Schema(name string) (*domain.Schema, bool) {
	s, ok := r.byName[name]
	return s, ok
}

// encode gives a fact its stored name and its JSON, all of it still in clear.
func (r *Registry) encode(fact any) (*domain.Schema, json.RawMessage, error) {
	s, ok := r.byGo[reflect.TypeOf(fact)]
	if !ok {
		return nil, nil, fmt.Errorf("the fact %T stands in no Schema", fact)
	}
	raw, err := json.Marshal(fact)
	if err != nil {
		return nil, nil, fmt.Errorf("encode %s: %w", s.Type, err)
	}
	return s, raw, nil
}

// decode lifts and decodes opened JSON.
func (r *Registry) decode(name string, version int, opened json.RawMessage) (json.RawMessage, any, error) {
	s, ok := r.byName[name]
	if !ok {
		return opened, nil, fmt.Errorf("the fact %s is not known to this release", name)
	}
	lifted, err := s.Lift(version, opened)
	if err != nil {
		return opened, nil, err
	}
	fact, err := s.Decode(lifted)
	return lifted, fact, err
}
