package projections_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// keys are those under which the leads of a random history hold values.
var keys = []string{"size", "since", "vip", "tier"}

// oddValues are what leads may hold from before somebody defined the field, in every
// kind's form and in some that only look like one.
var oddValues = []string{
	"5", "-5.25", "-0", "0", "1.50", "1e3", "123456789012345", "1234567890123456", "0.000000000000001", "5\u0660", "2026-01-31", "2026-02-29", "2024-02-29", "2026-02-30", "2026-04-31", "0000-01-01",
	"0001-01-01", "9999-12-31", "2026-01-31T10:00:00Z", "2026-01-31T23:59:59.999999Z", "2026-01-31T10:00:00+02:00", "2026-01-31T24:00:00Z", "2026-01-31T10:00:60Z", "2026-13-01", "true", "FALSE", "fal\u017fe", "yes",
	"Gold", "GOLD", "İ", strings.Repeat("ß", 250), strings.Repeat("🙂", 300), "https://acme.example/x",
}

// inUse are the fields that the organization has now.
func (h *history) inUse() field.Set {
	out := field.Set{}
	for _, f := range h.fields {
		if !f.Retired {
			out[f.Key] = f
		}
	}
	return out
}

// field defines a field, or does something to one, as the rules allow.
func (h *history) field() {
	known := h.inUse()
	filterable := rapid.Bool().Draw(h.rt, "filterable")
	key := rapid.SampledFrom(keys).Draw(h.rt, "key")
	f, defined := known[key]
	if !defined {
		kind := rapid.SampledFrom(field.Kinds()).Draw(h.rt, "kind")
		d := field.Definition{Key: key, Kind: kind, Filterable: filterable}
		if kind == field.Enum {
			d.Options = []string{"Gold"}
		}
		h.decideField(eventstoretest.NewID(), func(f field.Field) ([]field.Event, error) { return f.Define(d, field.Known{Fields: known}) })
		return
	}
	id := slices.Sorted(maps.Keys(h.fields))[0]
	for i, g := range h.fields {
		if g.Key == f.Key && !g.Retired {
			id = i
		}
	}
	switch rapid.IntRange(0, 2).Draw(h.rt, "what") {
	case 0:
		h.decideField(id, field.Field.Retire)
	case 1:
		h.decideField(id, func(f field.Field) ([]field.Event, error) {
			return f.Change(field.Edit{Label: h.word("label")}, field.Known{})
		})
	case 2:
		h.decideField(id, func(f field.Field) ([]field.Event, error) {
			return f.Change(field.Edit{Filterable: filterable}, field.Known{Fields: known})
		})
	}
}

func (h *history) decideField(id string, decision func(field.Field) ([]field.Event, error)) {
	facts, err := decision(h.fields[id])
	if err != nil {
		h.rt.Fatalf("a field: %v", err)
	}
	all := make([]any, len(facts))
	for i, e := range facts {
		all[i] = e
	}
	if len(facts) > 0 {
		h.fields[id] = domain.Fold(h.fields[id], facts...)
		h.Put(h.t, h.org, field.Stream(id), all...)
	}
}

// custom are values of own fields, of which nobody asks whether they fit.
func (h *history) custom() map[string]string {
	out := map[string]string{}
	for range rapid.IntRange(0, 2).Draw(h.rt, "values") {
		out[rapid.SampledFrom(keys).Draw(h.rt, "key")] = rapid.SampledFrom(append([]string{""}, oddValues...)).Draw(h.rt, "value")
	}
	return out
}
