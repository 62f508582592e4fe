package commands_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/segment"
)

const friends = "01900000-0000-7000-8000-0000000000f1"

func TestSegment(t *testing.T) {
	t.Parallel()
	type facts = []segment.Event
	type row = spec[segment.Segment, segment.Event]
	rule := segment.Rule{Filter: "status eq working"}
	saved := segment.Created{Name: "At work", Kind: segment.Filter, Rule: rule}
	list := segment.Created{Name: "Friends", Kind: segment.List}
	create := func(name string, kind segment.Kind, r segment.Rule) commands.CreateSegment {
		return commands.CreateSegment{ID: friends, Name: name, Kind: kind, Rule: r}
	}
	change := func(name, filter, words *string) commands.ChangeSegment {
		return commands.ChangeSegment{ID: friends, Name: name, Filter: filter, Words: words}
	}
	add := func(leads ...string) commands.AddToSegment { return commands.AddToSegment{ID: friends, Leads: leads} }
	remove := func(leads ...string) commands.RemoveFromSegment {
		return commands.RemoveFromSegment{ID: friends, Leads: leads}
	}
	check(t, []row{
		{name: "a saved filter: created", when: create(" At work ", segment.Filter, rule), then: facts{saved}},
		{name: "words alone: created", when: create("Ann", segment.Filter, segment.Rule{Words: "ann"}), then: facts{segment.Created{Name: "Ann", Kind: segment.Filter, Rule: segment.Rule{Words: "ann"}}}},
		{name: "a list: created", when: create("Friends", segment.List, segment.Rule{}), then: facts{list}},
		{name: "no name: refused", when: create(" ", segment.List, segment.Rule{}), err: errInvalid, fields: []string{"name"}},
		{name: "a filter that asks nothing: refused", when: create("All", segment.Filter, segment.Rule{}), err: errInvalid, fields: []string{"filter"}},
		{name: "a list with a filter: refused", when: create("All", segment.List, rule), err: errInvalid, fields: []string{"filter"}},
		{name: "no kind: refused", when: create("All", "", rule), err: errInvalid, fields: []string{"kind"}},
		{name: "twice: refused", given: facts{list}, when: create("Friends", segment.List, segment.Rule{}), err: segment.ErrExists},
		{name: "another name: changed", given: facts{saved}, when: change(new("Working"), nil, nil), then: facts{segment.Changed{Name: "Working", Rule: rule}}},
		{name: "another rule: changed", given: facts{saved}, when: change(nil, new("status eq new"), new("ann")), then: facts{segment.Changed{Name: "At work", Rule: segment.Rule{Filter: "status eq new", Words: "ann"}}}},
		{name: "the same: nothing new", given: facts{saved}, when: change(new("At work"), nil, nil)},
		{name: "rule taken away: refused", given: facts{saved}, when: change(nil, new(""), nil), err: errInvalid, fields: []string{"filter"}},
		{name: "a rule for a list: refused", given: facts{list}, when: change(nil, new("status eq new"), nil), err: errInvalid, fields: []string{"filter"}},
		{name: "leads: added once", given: facts{list, segment.Added{Leads: []string{ann}}}, when: add(ann, me, me), then: facts{segment.Added{Leads: []string{me}}}},
		{name: "leads that are there: nothing new", given: facts{list, segment.Added{Leads: []string{ann}}}, when: add(ann)},
		{name: "to a saved filter: refused", given: facts{saved}, when: add(ann), err: segment.ErrNoList},
		{name: "no ids: refused", given: facts{list}, when: add(ann, "bob", strings.ToUpper(ann)), err: errInvalid, fields: []string{"leads[1]", "leads[2]"}},
		{name: "too many: refused", given: facts{list}, when: add(slices.Repeat([]string{ann}, segment.MaxBatch+1)...), err: errInvalid, fields: []string{"leads"}},
		{name: "leads: removed", given: facts{list, segment.Added{Leads: []string{ann, me}}}, when: remove(me, you), then: facts{segment.Removed{Leads: []string{me}}}},
		{name: "removed and added again", given: facts{list, segment.Added{Leads: []string{ann}}, segment.Removed{Leads: []string{ann}}}, when: add(ann), then: facts{segment.Added{Leads: []string{ann}}}},
		{name: "deleted", given: facts{list}, when: commands.DeleteSegment{ID: friends}, then: facts{segment.Deleted{}}},
		{name: "deleted twice: nothing new", given: facts{list, segment.Deleted{}}, when: commands.DeleteSegment{ID: friends}},
		{name: "deleted: no more leads", given: facts{list, segment.Deleted{}}, when: add(ann), err: segment.ErrNotFound},
		{name: "restored", given: facts{list, segment.Deleted{}}, when: commands.RestoreSegment{ID: friends}, then: facts{segment.Restored{}}},
		{name: "restored, and there: nothing new", given: facts{list}, when: commands.RestoreSegment{ID: friends}},
		{name: "nothing to change", when: change(new("x"), nil, nil), err: segment.ErrNotFound},
		{name: "nothing to add to", when: add(ann), err: segment.ErrNotFound},
		{name: "nothing to remove from", when: remove(ann), err: segment.ErrNotFound},
		{name: "nothing to delete", when: commands.DeleteSegment{ID: friends}, err: segment.ErrNotFound},
		{name: "nothing to restore", when: commands.RestoreSegment{ID: friends}, err: segment.ErrNotFound},
	}...)
}

// A name belongs to one segment for as long as it is there.
func TestSegmentName(t *testing.T) {
	t.Parallel()
	s := domain.Fold(segment.Segment{}, segment.Event(segment.Created{Name: "  STRAßE  und ", Kind: segment.List}))
	if got := s.Claims(); len(got) != 1 || got[0] != (domain.Claim{Scope: "segment.name", Value: "strasse und"}) {
		t.Errorf("holds %v", got)
	}
	if got := s.Evolve(segment.Deleted{}).Claims(); got != nil {
		t.Errorf("deleted, it holds %v", got)
	}
}

// A list holds at most so many.
func TestSegmentFull(t *testing.T) {
	t.Parallel()
	full := make([]string, segment.MaxMembers-1)
	for i := range full {
		full[i] = commands.NewID()
	}
	s := domain.Fold(segment.Segment{}, segment.Event(segment.Created{Name: "x", Kind: segment.List}), segment.Event(segment.Added{Leads: full}))
	if facts, err := s.Add([]string{ann}); err != nil || len(facts) != 1 {
		t.Errorf("the last one: %v, %v", facts, err)
	}
	if _, err := s.Add([]string{ann, me}); err != segment.ErrFull { //nolint:errorlint // the very value
		t.Errorf("one too many: %v", err)
	}
}
