package field_test

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
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
			field.Definition{Key: "since", Label: " Customer since ", Kind: field.Date, Filterable: true},
			field.Defined{Key: "since", Label: "Customer since", Kind: field.Date, Slot: "d1"},
			[]domain.Claim{{Scope: "field.key", Value: "since"}, {Scope: "field.slot", Value: "d1"}},
		},
		"options that read the same are one": {
			field.Definition{Key: "tier", Label: "Tier", Kind: field.Enum, Options: []string{" Gold", "GOLD", "Silver"}, Filterable: true},
			tier,
			[]domain.Claim{{Scope: "field.key", Value: "tier"}, {Scope: "field.slot", Value: "t1"}},
		},
	} {
		facts, err := field.Field{}.Define(c.in, field.Known{})
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
		many[i] = strconv.Itoa(i)
	}
	for name, d := range map[string]field.Definition{
		"key":        {Key: "Deal Size", Kind: field.Number},
		"kind":       {Key: "a", Kind: "money"},
		"label":      {Key: "a", Kind: field.Text, Label: strings.Repeat("x", field.MaxLabel+1)},
		"options":    {Key: "a", Kind: field.Enum},
		"options[1]": {Key: "a", Kind: field.Enum, Options: []string{"x", " "}},
	} {
		var refusal *domain.Error
		if _, err := (field.Field{}).Define(d, field.Known{}); !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, d := range map[string]field.Definition{
		"too many options":    {Key: "a", Kind: field.Enum, Options: many},
		"options of a number": {Key: "a", Kind: field.Number, Options: []string{"1"}},
	} {
		if _, err := (field.Field{}).Define(d, field.Known{}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	full := field.Set{}
	for i := range field.MaxFields {
		full[strconv.Itoa(i)] = field.Field{}
	}
	if _, err := (field.Field{}).Define(field.Definition{Key: "a", Kind: field.Text}, field.Known{Fields: full}); !errors.Is(err, field.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	if _, err := domain.Fold(field.Field{}, field.Event(tier)).Define(field.Definition{Key: "b", Kind: field.Text}, field.Known{}); !errors.Is(err, field.ErrExists) {
		t.Errorf("twice: %v", err)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	is := domain.Fold(field.Field{}, field.Event(field.Defined{Key: "tier", Label: "Tier", Kind: field.Enum, Options: []string{"Gold"}}))
	known := field.Known{Fields: field.Set{"a": {Key: "a", Kind: field.URL, Slot: "t1"}}}
	for name, c := range map[string]struct {
		edit field.Edit
		want []field.Event
	}{
		"nothing":                 {},
		"what is so already":      {field.Edit{Label: "Tier", Options: []string{"gold"}}, nil},
		"a name and an option":    {field.Edit{Label: "Level", Options: []string{"Silver"}}, []field.Event{field.Changed{Label: "Level", AddedOptions: []string{"Silver"}}}},
		"a slot":                  {field.Edit{Filterable: true}, []field.Event{field.MadeFilterable{Slot: "t2"}}},
		"an option and a slot":    {field.Edit{Options: []string{"Tin"}, Filterable: true}, []field.Event{field.Changed{AddedOptions: []string{"Tin"}}, field.MadeFilterable{Slot: "t2"}}},
		"a name as it is written": {field.Edit{Label: " Tier  "}, nil},
	} {
		got, err := is.Change(c.edit, known)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if len(got) > 0 {
			after := domain.Fold(is, got...)
			if again, err := after.Change(c.edit, known); err != nil || len(again) != 0 {
				t.Errorf("%s, again: %+v, %v", name, again, err)
			}
		}
	}
	number := domain.Fold(field.Field{}, field.Event(field.Defined{Key: "n", Label: "N", Kind: field.Number}))
	for name, do := range map[string]func() ([]field.Event, error){
		"add_options": func() ([]field.Event, error) { return number.Change(field.Edit{Options: []string{"1"}}, known) },
		"filterable": func() ([]field.Event, error) {
			return number.Change(field.Edit{Filterable: true}, field.Known{Tried: field.NumberSlots})
		},
		"label": func() ([]field.Event, error) { return number.Change(field.Edit{Label: "a\x00"}, known) },
	} {
		var refusal *domain.Error
		if _, err := do(); !errors.As(err, &refusal) || refusal.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRetire(t *testing.T) {
	t.Parallel()
	known := field.Known{}
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
	if _, err := gone.Change(field.Edit{Label: "New"}, known); !errors.Is(err, field.ErrNotFound) {
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
	var tried []string
	for n := range field.TextSlots {
		facts, err := field.Field{}.Define(field.Definition{Key: "d", Kind: field.Text, Filterable: true}, field.Known{Fields: s, Tried: n})
		if err != nil {
			t.Fatal(err)
		}
		tried = append(tried, facts[0].(field.Defined).Slot)
	}
	if got := strings.Join(tried, " "); got != "t2 t4 t5 t6 t7 t8 t9 t10 t1 t3" {
		t.Errorf("tried: %s", got)
	}
	if _, err := (field.Field{}).Define(field.Definition{Key: "d", Kind: field.Text, Filterable: true}, field.Known{Fields: s, Tried: field.TextSlots}); !errors.Is(err, field.ErrNoSlot) {
		t.Errorf("all tried: %v", err)
	}
	for kind, n := range map[field.Kind]int{field.Number: field.NumberSlots, field.Date: field.DateSlots, field.Boolean: field.BooleanSlots, "money": 0} {
		if got := s.Free(kind); len(got) != n {
			t.Errorf("of %s: %v", kind, got)
		}
	}
}
