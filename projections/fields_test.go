package projections_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// define gives an organization a field.
func (w *world) define(org string, f field.Defined) string {
	w.t.Helper()
	if f.Label == "" {
		f.Label = field.LabelOf(f.Key)
	}
	id := eventstoretest.NewID()
	w.Put(w.t, org, field.Stream(id), f)
	return id
}

// found are the names of the leads that a filter finds.
func (w *world) found(org, text string) string {
	w.t.Helper()
	leads, _ := w.search(admin(org), projections.LeadQuery{Filter: w.asked(org, text), Sort: "name", Limit: 10})
	var names []string
	for _, l := range leads {
		names = append(names, l.Name)
	}
	return strings.Join(names, " ")
}

// TestFieldSlots takes a field through its life while leads hold values: what filters find
// follows, whatever the leads held before, and a neighbour's slots are their own.
func TestFieldSlots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, neighbour := uuid.NewString(), uuid.NewString()
	for name, size := range map[string]string{"Ann": "5", "Bo": "12", "Cy": "large"} {
		for _, o := range []string{org, neighbour} {
			w.capture(o, lead.Captured{Status: lead.New, Details: lead.Details{Name: name, Custom: map[string]string{"size": size, "since": "2026-01-31"}}})
		}
	}
	w.followAll()
	if got := w.found(org, "custom.size eq 12"); got != "Bo" { // text, as long as nobody says otherwise
		t.Errorf("nobody's field: %q", got)
	}
	size := w.define(org, field.Defined{Key: "size", Kind: field.Number})
	w.define(neighbour, field.Defined{Key: "since", Kind: field.Date, Slot: "d1"})
	w.followAll()
	fields, err := w.ask.LeadFields(t.Context(), admin(org), "custom.size gt 1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filter.Parse("status eq new and custom.size gt 1", fields); !errors.Is(err, filter.ErrInvalid) || !strings.Contains(message(err), "custom.size is not filterable") {
		t.Errorf("a number without a slot: %v", err)
	}
	w.Put(t, org, field.Stream(size), field.MadeFilterable{Slot: "n1"})
	w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Di", Custom: map[string]string{"size": "7.5"}}})
	w.followAll()
	if got := w.found(org, "custom.size gt 5"); got != "Bo Di" {
		t.Errorf("made filterable: %q", got)
	}
	if got := w.found(org, "custom.size is_empty"); got != "Cy" {
		t.Errorf("what is no number: %q", got)
	}
	if got := w.found(neighbour, "custom.size eq 12"); got != "Bo" {
		t.Errorf("the neighbour's text: %q", got)
	}
	w.Put(t, org, field.Stream(size), field.Retired{})
	w.define(org, field.Defined{Key: "since", Kind: field.Text, Slot: "t1"})
	w.followAll()
	if got := w.found(org, "custom.size eq 12"); got != "Bo" {
		t.Errorf("retired, it is text again: %q", got)
	}
	if n := w.Count(t, `select count(*) from read.lead_search_v5 where n1 is not null`); n != 0 {
		t.Errorf("the slot that was freed holds %d values", n)
	}
	w.define(org, field.Defined{Key: "other", Kind: field.Number, Slot: "n1"})
	w.followAll()
	if got := w.found(org, "custom.other is_not_empty"); got != "" {
		t.Errorf("the slot's next field: %q", got)
	}
	if got := w.found(neighbour, "custom.since eq 2026-01-31"); got != "Ann Bo Cy" {
		t.Errorf("the neighbour's dates: %q", got)
	}
}

func message(err error) string { return refusalOf(err).Fields[0].Message }

// TestFields: what is shown of fields, and that a retired one is not there.
func TestFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	tier := w.define(org, field.Defined{Key: "tier", Kind: field.Enum, Options: []string{"Gold"}, Slot: "t1"})
	w.Put(t, org, field.Stream(tier), field.Changed{Label: "Level", AddedOptions: []string{"Tin"}})
	size := w.define(org, field.Defined{Key: "size", Kind: field.Number})
	w.Put(t, org, field.Stream(size), field.MadeFilterable{Slot: "n3"}, field.Retired{})
	w.define(uuid.NewString(), field.Defined{Key: "theirs", Kind: field.Text})
	w.followAll()
	all, err := w.ask.Fields(t.Context(), org)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	f, err := w.ask.Field(t.Context(), admin(org), tier)
	if err != nil || f.ID != tier || f.Key != "tier" || f.Label != "Level" || !slices.Equal(f.Options, []string{"Gold", "Tin"}) || !f.Filterable || f.Version != 2 {
		t.Errorf("%+v, %v", f, err)
	}
	if set, err := w.ask.FieldSet(t.Context(), org, "tier", "size"); err != nil || len(set) != 1 || set["tier"].Slot != "t1" {
		t.Errorf("%+v, %v", set, err)
	}
	for _, id := range []string{size, uuid.NewString()} {
		if _, err := w.ask.Field(t.Context(), admin(org), id); !errors.Is(err, field.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := w.ask.Field(t.Context(), admin(uuid.NewString()), tier); !errors.Is(err, field.ErrNotFound) {
		t.Errorf("another organization's: %v", err)
	}
}

func refusalOf(err error) *domain.Error {
	refusal, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return &domain.Error{Fields: []domain.Field{{Message: "no refusal"}}}
	}
	return refusal
}

// TestSlotsAgree: a value comes into a slot alike, whether the field was there first or the
// lead.
func TestSlotsAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range field.Kinds() {
		slot := kind.Slots()[0]
		var got [2][]string
		for first := range got {
			org := uuid.NewString()
			defined := field.Defined{Key: "own", Kind: kind, Slot: slot}
			if first == 0 {
				w.define(org, defined)
			}
			for i, v := range oddValues {
				w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: fmt.Sprintf("%03d", i), Custom: map[string]string{"own": v}}})
			}
			w.followAll()
			if first == 1 {
				w.define(org, defined)
				w.followAll()
			}
			got[first] = w.Strings(t, `select name || ' ' || coalesce(to_jsonb(`+slot+`)::text, 'nothing') from read.lead_search_v5 where tenant_id = $1 order by name`, org)
		}
		same(t, string(kind), got[0], got[1])
	}
	if parked := w.Count(t, `select count(*) from es.parked`); parked != 0 {
		t.Errorf("%d facts are parked", parked)
	}
}
