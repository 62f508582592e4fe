package commands_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/schema"
	"github.com/canvass-hq/canvass/eventstore"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// spec reads: given these facts, when this command, then these facts or this refusal.
type spec[S domain.State[S, E], E any] struct {
	name   string
	given  []E
	when   commands.Command[S, E]
	then   []E
	err    error
	fields []string // the values that the refusal names
}

// errInvalid compares by its code with every refusal of a value.
var errInvalid = &domain.Error{Code: "request.invalid"}

func check[S domain.State[S, E], E any](t *testing.T, specs ...spec[S, E]) {
	t.Helper()
	for _, s := range specs {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var zero S
			given := make([]E, len(s.given))
			for i, f := range s.given {
				given[i] = stored(t, f) // what a rule sees has been in the log
			}
			got, err := s.when.Decide(domain.Fold(zero, given...), noon)
			if !errors.Is(err, s.err) {
				t.Fatalf("err = %v, want %v", err, s.err)
			}
			if names := faulty(err); !reflect.DeepEqual(names, s.fields) {
				t.Fatalf("fields at fault: %q, want %q", names, s.fields)
			}
			for i, f := range got {
				got[i] = stored(t, f)
			}
			if len(got)+len(s.then) > 0 && !reflect.DeepEqual(got, s.then) {
				t.Fatalf("got  %#v\nwant %#v", got, s.then)
			}
		})
	}
}

func faulty(err error) []string {
	var refusal *domain.Error
	if !errors.As(err, &refusal) {
		return nil
	}
	var out []string
	for _, f := range refusal.Fields {
		out = append(out, f.Name)
	}
	return out
}

// stored sends a fact through its Schema and back, so that a forgotten Schema line or
// a value that JSON loses fails the first test that needs it.
func stored[E any](t *testing.T, fact E) E {
	t.Helper()
	for _, s := range schema.All() {
		if s.Go != reflect.TypeOf(fact) {
			continue
		}
		raw, err := json.Marshal(fact)
		if err != nil {
			t.Fatal(err)
		}
		lifted, err := s.Lift(s.Version, raw)
		if err != nil {
			t.Fatal(err)
		}
		back, err := s.Decode(lifted)
		if err != nil {
			t.Fatal(err)
		}
		return back.(E)
	}
	t.Fatalf("%T stands in no Schema", fact)
	return fact
}

func registry(t *testing.T) *eventstore.Registry {
	t.Helper()
	r, err := eventstore.NewRegistry(schema.All())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

//go:fix inline
