package commands_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
)

const own = "01900000-0000-7000-8000-00000000000f"

func TestFieldCommands(t *testing.T) {
	t.Parallel()
	type specs = spec[field.Field, field.Event]
	many := field.Known{Fields: field.Set{}}
	for n := range field.MaxFields {
		many.Fields[strconv.Itoa(n)] = field.Field{}
	}
	size := field.Defined{Key: "size", Label: "Size", Kind: field.Number}
	check(t, []specs{
		{
			name: "nothing: defined", when: commands.DefineField{ID: own, Definition: field.Definition{Key: "size", Kind: field.Number, Filterable: true}, Known: field.Known{Tried: 1}},
			then: []field.Event{field.Defined{Key: "size", Label: "Size", Kind: field.Number, Slot: "n2"}},
		},
		{name: "there already: refused", given: []field.Event{size}, when: commands.DefineField{ID: own, Definition: field.Definition{Key: "b", Kind: field.Text}}, err: field.ErrExists},
		{name: "as many as there may be: refused", when: commands.DefineField{ID: own, Definition: field.Definition{Key: "b", Kind: field.Text}, Known: many}, err: field.ErrTooMany},
		{name: "several faults: all named", when: commands.DefineField{ID: own, Definition: field.Definition{Key: "B", Kind: "money", Options: []string{"x"}}}, err: errInvalid, fields: []string{"key", "kind", "options"}},
		{name: "another name: changed", given: []field.Event{size}, when: commands.ChangeField{ID: own, Edit: field.Edit{Label: "Deal"}}, then: []field.Event{field.Changed{Label: "Deal"}}},
		{name: "to filter by: a slot", given: []field.Event{size}, when: commands.ChangeField{ID: own, Edit: field.Edit{Filterable: true}}, then: []field.Event{field.MadeFilterable{Slot: "n1"}}},
		{name: "has a slot: nothing new", given: []field.Event{size, field.MadeFilterable{Slot: "n1"}}, when: commands.ChangeField{ID: own, Edit: field.Edit{Filterable: true}, Known: field.Known{Tried: 1}}},
		{name: "nothing: not changed", when: commands.ChangeField{ID: own, Edit: field.Edit{Label: "Deal"}}, err: field.ErrNotFound},
		{name: "in use: retired", given: []field.Event{size}, when: commands.RetireField{ID: own}, then: []field.Event{field.Retired{}}},
		{name: "retired: nothing new", given: []field.Event{size, field.Retired{}}, when: commands.RetireField{ID: own}},
		{name: "retired: not changed", given: []field.Event{size, field.Retired{}}, when: commands.ChangeField{ID: own, Edit: field.Edit{Label: "Deal"}}, err: field.ErrNotFound},
		{name: "nothing: not retired", when: commands.RetireField{ID: own}, err: field.ErrNotFound},
	}...)
}

// TestExecuteInSlot: whoever knows of no field at all gets a slot that nobody has, as long
// as there is one, and the same key is refused whatever the slot.
func TestExecuteInSlot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	define := func(key string, call commands.Call) (domain.Receipt, error) {
		return commands.ExecuteInSlot(t.Context(), o.runner, call, commands.DefineField{ID: commands.NewID(), Definition: field.Definition{Key: key, Kind: field.Boolean, Filterable: true}})
	}
	var ids []string
	var last commands.Call
	for n := range field.BooleanSlots {
		last = o.by(access.Manager, me)
		last.Chosen = true
		r, err := define("b"+string(rune('a'+n)), last)
		if err != nil {
			t.Fatalf("field %d: %v", n+1, err)
		}
		ids = append(ids, r.Stream)
	}
	for n, id := range ids {
		h, err := o.store.Memory.Load(t.Context(), o.org, field.Stream(id), commands.NewID(), nil)
		if err != nil || h.Facts[0].(field.Defined).Slot != field.Boolean.Slots()[n] {
			t.Errorf("field %d: %+v, %v", n+1, h.Facts, err)
		}
	}
	if _, err := define("more", o.by(access.Manager, me)); !errors.Is(err, field.ErrNoSlot) {
		t.Errorf("one too many: %v", err)
	}
	if again, err := define("bf", last); err != nil || again.Stream != ids[len(ids)-1] || !again.Replayed {
		t.Errorf("the last one again: %+v, %v", again, err)
	}
	if _, err := commands.Execute(t.Context(), o.runner, o.by(access.Admin, me), commands.RetireField{ID: ids[2]}); err != nil {
		t.Fatal(err)
	}
	if _, err := define("ba", o.by(access.Manager, me)); !errors.Is(err, domain.ErrClaimed) {
		t.Errorf("a key that another has: %v", err)
	}
	r, err := define("bc", o.by(access.Manager, me)) // its key is free again
	if err != nil {
		t.Fatal(err)
	}
	if h, _ := o.store.Memory.Load(t.Context(), o.org, field.Stream(r.Stream), commands.NewID(), nil); h.Facts[0].(field.Defined).Slot != "b3" {
		t.Errorf("the slot that was freed: %+v", h.Facts)
	}
	if _, err := define("x", o.by(access.User, me)); !errors.Is(err, domain.ErrForbidden) {
		t.Errorf("a user: %v", err)
	}
}
