package field_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
)

var tier = field.Defined{Key: "tier", Label: "Tier", Kind: field.Enum, Options: []string{"Gold", "Silver"}, Slot: "t1"}

func TestDefine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in    field.Definition
		want  field.Defined
		holds []domain.Claim
	}{
		"a name of the key": {
			field.Definition{Key: "deal_size", Kind: field.Number},
			field.Defined{Key: "deal_size", Label: "Deal size", Kind: field.Number},
			[]domain.Claim{{Scope: "field.key", Value: "deal_size"}},
		},
		"one to filter by": {
			field.Definition{Key: "since", Label: " Customer since ", Kind: field.Date, Slot: "d3"},
			field.Defined{Key: "since", Label: "Customer since", Kind: field.Date, Slot: "d3"},
			[]domain.Claim{{Scope: "field.key", Value: "since"}, {Scope: "field.slot", Value: "d3"}},
		},
		"options that read the same are one": {
			field.Definition{Key: "tier", Label: "Tier", Kind: field.Enum, Options: []string{" Gold", "GOLD", "Silver"}, Slot: "t1"},
			tier,
			[]domain.Claim{{Scope: "field.key", Value: "tier"}, {Scope: "field.slot", Value: "t1"}},
		},
	} {
		facts, err := field.Field{}.Define(c.in, field.MaxFields-1)
		if err != nil || !reflect.DeepEqual(facts, []field.Event{c.want}) {
			t.Fatalf("%s: %+v, %v", name, facts, err)
		}
		if got := domain.Fold(field.Field{}, facts...).Claims(); !slices.Equal(got, c.holds) {
			t.Errorf("%s: holds %v", name, got)
		}
	}
}

func TestDefineRefused(t *testing.T) {
	t.Parallel()
	many := make([]string, field.MaxOptions+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for name, d := range map[string]field.Definition{
		"key":        {Key: "Deal Size", Kind: field.Number},
		"kind":       {Key: "a", Kind: "money"},
		"label":      {Key: "a", Kind: field.Text, Label: strings.Repeat("x", field.MaxLabel+1)},
		"options":    {Key: "a", Kind: field.Enum},
		"options[1]": {Key: "a", Kind: field.Enum, Options: []string{"x", " "}},
		"filterable": {Key: "a", Kind: field.Text, Slot: "n1"},
	} {
		var refusal *domain.Error
		if _, err := (field.Field{}).Define(d, 0); !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, d := range map[string]field.Definition{
		"too many options":    {Key: "a", Kind: field.Enum, Options: many},
		"options of a number": {Key: "a", Kind: field.Number, Options: []string{"1"}},
	} {
		if _, err := (field.Field{}).Define(d, 0); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := (field.Field{}).Define(field.Definition{Key: "a", Kind: field.Text}, field.MaxFields); !errors.Is(err, field.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	if _, err := domain.Fold(field.Field{}, field.Event(tier)).Define(field.Definition{Key: "b", Kind: field.Text}, 0); !errors.Is(err, field.ErrExists) {
		t.Errorf("twice: %v", err)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	is := domain.Fold(field.Field{}, field.Event(field.Defined{Key: "tier", Label: "Tier", Kind: field.Enum, Options: []string{"Gold"}}))
	for name, c := range map[string]struct {
		label   string
		options []string
		slot    string
		want    []field.Event
	}{
		"nothing":                 {},
		"what is so already":      {"Tier", []string{"gold"}, "", nil},
		"a name and an option":    {"Level", []string{"Silver"}, "", []field.Event{field.Changed{Label: "Level", AddedOptions: []string{"Silver"}}}},
		"a slot":                  {"", nil, "t9", []field.Event{field.MadeFilterable{Slot: "t9"}}},
		"an option and a slot":    {"", []string{"Tin"}, "t9", []field.Event{field.Changed{AddedOptions: []string{"Tin"}}, field.MadeFilterable{Slot: "t9"}}},
		"a name as it is written": {" Tier  ", nil, "", nil},
	} {
		got, err := is.Change(c.label, c.options, c.slot)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if len(got) > 0 {
			after := domain.Fold(is, got...)
			if again, err := after.Change(c.label, c.options, c.slot); err != nil || len(again) != 0 {
				t.Errorf("%s, again: %+v, %v", name, again, err)
			}
		}
	}
	number := domain.Fold(field.Field{}, field.Event(field.Defined{Key: "n", Label: "N", Kind: field.Number}))
	for name, do := range map[string]func() ([]field.Event, error){
		"options":    func() ([]field.Event, error) { return number.Change("", []string{"1"}, "") },
		"filterable": func() ([]field.Event, error) { return number.Change("", nil, "t1") },
		"label":      func() ([]field.Event, error) { return number.Change("a\x00", nil, "") },
	} {
		var refusal *domain.Error
		if _, err := do(); !errors.As(err, &refusal) || refusal.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRetire(t *testing.T) {
	t.Parallel()
	is := domain.Fold(field.Field{}, field.Event(tier))
	facts, err := is.Retire()
	if err != nil || !reflect.DeepEqual(facts, []field.Event{field.Retired{}}) {
		t.Fatalf("%v, %v", facts, err)
	}
	gone := domain.Fold(is, facts...)
	if held := gone.Claims(); held != nil {
		t.Errorf("it still holds %v", held)
	}
	if again, err := gone.Retire(); err != nil || len(again) > 0 {
		t.Errorf("twice: %v, %v", again, err)
	}
	if _, err := gone.Change("New", nil, ""); !errors.Is(err, field.ErrNotFound) {
		t.Errorf("changed: %v", err)
	}
	if _, err := (field.Field{}).Retire(); !errors.Is(err, field.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
}

// TestFree: what is offered is what nobody has, the lowest first, and never more than there is.
func TestFree(t *testing.T) {
	t.Parallel()
	s := field.Set{"a": {Key: "a", Kind: field.Text, Slot: "t1"}, "b": {Key: "b", Kind: field.URL, Slot: "t3"}, "c": {Key: "c", Kind: field.Text}}
	if got := s.Free(field.Enum); len(got) != field.TextSlots-2 || got[0] != "t2" || got[1] != "t4" {
		t.Errorf("of text: %v", got)
	}
	if got := s.Offer(field.Enum); len(got) != field.TextSlots || got[0] != "t2" || got[8] != "t1" || got[9] != "t3" {
		t.Errorf("offered: %v", got)
	}
	for kind, n := range map[field.Kind]int{field.Number: field.NumberSlots, field.Date: field.DateSlots, field.Boolean: field.BooleanSlots, "money": 0} {
		if got := s.Free(kind); len(got) != n {
			t.Errorf("of %s: %v", kind, got)
		}
	}
}
