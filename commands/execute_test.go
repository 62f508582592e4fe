package commands_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

func TestExecuteAsksPermissionFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	o.store.loads, o.store.commits = 0, nil
	for _, role := range []access.Role{access.User, access.Manager, access.API, access.System, "", "root"} {
		if _, err := o.do(o.by(role, me), commands.EraseLead{ID: id}); !errors.Is(err, domain.ErrForbidden) {
			t.Errorf("%s: %v", role, err)
		}
	}
	if o.store.loads != 0 || len(o.store.commits) != 0 {
		t.Errorf("%d loads, %d appends", o.store.loads, len(o.store.commits))
	}
}

func TestExecuteHidesOthersLeads(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mine, yours, nobodys, missing := o.capture(me, ""), o.capture(you, ""), o.capture("", ""), commands.NewID()
	edit := func(id string) commands.EditLead {
		return commands.EditLead{ID: id, Patch: lead.Patch{Name: new(commands.NewID())}}
	}
	for _, c := range []struct {
		name string
		role access.Role
		id   string
		ok   bool
	}{
		{"mine", access.User, mine, true},
		{"nobody's", access.User, nobodys, true},
		{"yours", access.User, yours, false},
		{"nothing", access.User, missing, false},
		{"yours, for a manager", access.Manager, yours, true},
		{"yours, for a key", access.API, yours, true},
	} {
		_, err := o.do(o.by(c.role, me), edit(c.id))
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, lead.ErrNotFound) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// What is not to be seen is not told from what is not there, whatever is asked.
	for name, cmd := range map[string]commands.Command[lead.Lead, lead.Event]{
		"archive": commands.ArchiveLead{ID: yours}, "capture": commands.CaptureLead{ID: yours, Details: lead.Details{Name: "x"}},
		"a bad edit": commands.EditLead{ID: yours, Patch: lead.Patch{Email: new("no")}},
	} {
		call := o.by(access.User, me)
		call.Chosen, call.IfMatch = true, []int{7}
		var refusal *domain.Error
		if _, err := o.do(call, cmd); !errors.As(err, &refusal) || refusal.Kind != domain.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExecuteIfMatch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	edit := commands.EditLead{ID: id, Patch: lead.Patch{Name: new("Anna")}}
	for _, versions := range [][]int{{0}, {2}, {}, {2, 3}} {
		call := o.by(access.Admin, me)
		call.IfMatch = versions
		if _, err := o.do(call, edit); !errors.Is(err, commands.ErrPrecondition) {
			t.Errorf("%v: %v", versions, err)
		}
	}
	call := o.by(access.Admin, me)
	call.IfMatch = []int{1}
	if _, err := o.do(call, commands.EditLead{ID: commands.NewID()}); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("on nothing: %v", err)
	}
	call.IfMatch = []int{4, 1}
	if r, err := o.do(call, edit); err != nil || r.Version != 2 {
		t.Errorf("one of two fits: %+v, %v", r, err)
	}

	// A race that is lost is a precondition that failed: nobody decides again on a
	// version that the caller has not seen.
	call = o.by(access.Admin, me)
	call.IfMatch = []int{2}
	o.store.commits, o.store.loads = nil, 0
	o.store.before = func(int, domain.Commit) error { o.overtake(id, lead.Archived{}); return nil }
	_, err := o.do(call, commands.AssignLead{ID: id, Owner: you})
	if !errors.Is(err, commands.ErrPrecondition) || len(o.store.commits) != 1 || o.store.loads != 1 {
		t.Errorf("a lost race: %v after %d loads, %d appends", err, o.store.loads, len(o.store.commits))
	}
}

func TestExecuteDecidesAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	edit := commands.EditLead{ID: id, Patch: lead.Patch{Name: new("Anna")}}
	o.store.commits, o.store.loads = nil, 0
	o.store.before = func(n int, _ domain.Commit) error {
		if n <= 2 {
			o.overtake(id, lead.Edited{Changes: []lead.Change{{Field: "name", From: "?", To: "Bob"}}})
		}
		return nil
	}
	if r, err := o.do(o.by(access.Admin, me), edit); err != nil || r.Version != 4 || o.store.loads != 3 {
		t.Errorf("two lost races: %+v, %v, %d loads", r, err, o.store.loads)
	}
	if last, want := o.history(id)[3], any(lead.Edited{Changes: []lead.Change{{Field: "name", From: "Bob", To: "Anna"}}}); !reflect.DeepEqual(last, want) {
		t.Errorf("decided on an old state: %+v", last)
	}

	o.store.commits = nil
	o.store.before = func(int, domain.Commit) error { o.overtake(id, lead.Edited{}); return nil }
	_, err := o.do(o.by(access.Admin, me), commands.AssignLead{ID: id, Owner: you})
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Kind != domain.Conflict || !slices.Equal(refusal.Streams, []string{id}) || len(o.store.commits) != 3 {
		t.Errorf("races without end: %v after %d appends", err, len(o.store.commits))
	}
	if domain.ErrStale.Kind != domain.Stale {
		t.Error("the sentinel has changed")
	}

	// The second look may show that there is nothing left to do, or that it is refused.
	o.store.commits = nil
	o.store.before = func(int, domain.Commit) error { o.overtake(id, lead.Archived{}); return nil }
	if _, err := o.do(o.by(access.Admin, me), edit); err != nil {
		t.Errorf("nothing to change: %v", err)
	}
	other := o.capture(me, "")
	o.store.before = func(int, domain.Commit) error { o.overtake(other, lead.Archived{}); return nil }
	if _, err := o.do(o.by(access.Admin, me), commands.EditLead{ID: other, Patch: lead.Patch{Name: new("x")}}); !errors.Is(err, lead.ErrArchived) {
		t.Errorf("archived meanwhile: %v", err)
	}
}

func TestExecuteOtherRefusalsAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	holder := o.capture(me, "ann@example.org")
	id := o.capture(me, "")
	o.store.commits = nil
	_, err := o.do(o.by(access.Admin, me), commands.EditLead{ID: id, Patch: lead.Patch{Email: new("Ann@example.org")}})
	var conflict *domain.ConflictError
	if !errors.As(err, &conflict) || conflict.Claims[0].Holder != holder || len(o.store.commits) != 1 {
		t.Errorf("an address that is taken: %v after %d appends", err, len(o.store.commits))
	}
	o.store.commits = nil
	o.store.before = func(int, domain.Commit) error { return domain.ErrBusy }
	if _, err := o.do(o.by(access.Admin, me), commands.ArchiveLead{ID: id}); !errors.Is(err, domain.ErrBusy) || len(o.store.commits) != 1 {
		t.Errorf("busy: %v after %d appends", err, len(o.store.commits))
	}
}

func TestExecuteMovesClaims(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "Ann@example.org")
	if o.holder("ann@example.org") != id {
		t.Error("captured: no claim")
	}
	o.must(commands.EditLead{ID: id, Patch: lead.Patch{Email: new("a@example.org")}})
	if o.holder("ann@example.org") != "" || o.holder("a@example.org") != id {
		t.Error("edited: the claim has not moved")
	}
	o.must(commands.ArchiveLead{ID: id})
	if o.holder("a@example.org") != id {
		t.Error("archived: the claim is gone")
	}
	o.must(commands.EraseLead{ID: id})
	if o.holder("a@example.org") != "" {
		t.Error("erased: the claim stays")
	}
	if next := o.capture(you, "a@example.org"); o.holder("a@example.org") != next {
		t.Error("free: not taken")
	}
}

func TestExecuteTellsTheLog(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	call := o.by(access.API, "k1")
	call.RequestID, call.Causation = "r1", "e1"
	if _, err := o.do(call, commands.CaptureLead{ID: ann, Details: lead.Details{Name: "Ann"}}); err != nil {
		t.Fatal(err)
	}
	c := o.store.commits[0]
	want := domain.Meta{Actor: "api:k1", Correlation: call.ID, Causation: "e1", RequestID: "r1", OccurredAt: noon}
	if c.Meta != want || c.Org != o.org || c.Command != call.ID || c.Bulk || string(c.Request) != "request" || c.Meta.OccurredAt.Location() != time.UTC {
		t.Errorf("%+v", c)
	}
	call.ID, call.Correlation = uuid.NewString(), "chain"
	if _, err := o.do(call, commands.ArchiveLead{ID: ann}); err != nil || o.store.commits[1].Meta.Correlation != "chain" {
		t.Errorf("%+v, %v", o.store.commits[1].Meta, err)
	}
}

func TestDerivedIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, id := range map[string]string{
		"key": commands.KeyedID("o", "p", "k"), "another key": commands.KeyedID("o", "p", "l"),
		"another principal": commands.KeyedID("o", "q", "k"), "another organization": commands.KeyedID("n", "p", "k"),
		"principal with a bar": commands.KeyedID("o", "p|k", "k"), "key with a bar": commands.KeyedID("o", "p", "k|k"),
		"cause": commands.CausedID("e", "r"), "another reactor": commands.CausedID("e", "s"), "another cause": commands.CausedID("f", "r"),
	} {
		if _, err := uuid.Parse(id); err != nil || seen[id] != "" {
			t.Errorf("%s: %s is that of %s, %v", name, id, seen[id], err)
		}
		seen[id] = name
	}
	first, second := commands.KeyedID("o", "p", "k"), commands.KeyedID("o", "p", "k")
	made, another := commands.NewID(), commands.NewID()
	if first != second || made == another {
		t.Error("the same cause makes the same id, and nothing else does")
	}
}
