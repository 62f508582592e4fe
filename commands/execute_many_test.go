package commands_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

type job = []commands.Command[lead.Lead, lead.Event]

func (o *office) many(call commands.Call, cmds job) []commands.Result {
	o.Helper()
	out, err := commands.ExecuteMany(o.Context(), o.runner, call, cmds)
	if err != nil || len(out) != len(cmds) {
		o.Fatalf("%d results of %d, %v", len(out), len(cmds), err)
	}
	return out
}

// captures makes n commands that open leads of different addresses.
func captures(n int) job {
	out := make(job, n)
	for i := range out {
		out[i] = commands.CaptureLead{ID: commands.NewID(), Details: lead.Details{Name: fmt.Sprint("n", i), Email: fmt.Sprintf("a%d@example.org", i)}}
	}
	return out
}

// positions counts the facts of the log.
func (o *office) facts() int {
	o.Helper()
	all, err := o.store.Read(o.Context(), 0, 0, 1<<20)
	if err != nil {
		o.Fatal(err)
	}
	return len(all)
}

func TestExecuteManyInChunks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	call := o.by(access.Admin, me)
	cmds := captures(600)
	out := o.many(call, cmds)
	for i, r := range out {
		if r.Err != nil || r.Receipt.Stream != cmds[i].Stream().ID || r.Receipt.Version != 1 || r.Receipt.Replayed || r.Receipt.Position == 0 {
			t.Fatalf("command %d: %+v", i, r)
		}
	}
	if len(o.store.commits) != 3 || o.facts() != 600 {
		t.Errorf("%d commits, %d facts", len(o.store.commits), o.facts())
	}
	ids := map[string]bool{}
	for _, c := range o.store.commits {
		ids[c.Command] = true
		if !c.Bulk || c.Meta.Correlation != call.ID || c.Meta.Actor != "user:"+me {
			t.Errorf("commit %+v", c.Meta)
		}
	}
	if len(ids) != 3 || ids[call.ID] {
		t.Errorf("ids of chunks: %v", ids)
	}

	// The job is run again, as after a crash: nothing is carried out twice.
	o.store.commits = nil
	for i, r := range o.many(call, cmds) {
		if r.Err != nil || !r.Receipt.Replayed || r.Receipt.Stream != cmds[i].Stream().ID {
			t.Fatalf("again, command %d: %+v", i, r)
		}
	}
	if o.facts() != 600 {
		t.Errorf("%d facts", o.facts())
	}
	if _, err := commands.ExecuteMany(t.Context(), o.runner, call, captures(3)); !errors.Is(err, domain.ErrCommandReused) {
		t.Errorf("the job's id with other commands: %v", err)
	}
	if out := o.many(o.by(access.Admin, me), nil); len(out) != 0 {
		t.Errorf("an empty job: %v", out)
	}
}

func TestExecuteManyAfterCrash(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	call, cmds := o.by(access.Admin, me), captures(700)
	o.store.before = func(n int, _ domain.Commit) error {
		if n == 2 {
			return domain.ErrUnavailable
		}
		return nil
	}
	out, err := commands.ExecuteMany(t.Context(), o.runner, call, cmds)
	if !errors.Is(err, domain.ErrUnavailable) || len(out) != 250 || o.facts() != 250 {
		t.Fatalf("%d results, %d facts, %v", len(out), o.facts(), err)
	}
	o.store.before = nil
	for i, r := range o.many(call, cmds) {
		if r.Err != nil || r.Receipt.Replayed != (i < 250) {
			t.Fatalf("command %d: %+v", i, r)
		}
	}
	if o.facts() != 700 {
		t.Errorf("%d facts", o.facts())
	}
}

func TestExecuteManyNamesConflicts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	taken3, taken7 := o.capture(me, "a3@example.org"), o.capture(me, "a7@example.org")
	cmds := captures(20)
	cmds[12] = commands.CaptureLead{ID: commands.NewID(), Details: lead.Details{Email: "A2@example.org"}} // as the third has
	cmds[14] = commands.CaptureLead{ID: commands.NewID(), Details: lead.Details{Email: "nobody"}}
	cmds[16] = commands.EditLead{ID: commands.NewID()}
	refused := map[int]error{3: domain.ErrClaimed, 7: domain.ErrClaimed, 12: domain.ErrClaimed, 14: errInvalid, 16: lead.ErrNotFound}
	out := o.many(o.by(access.Admin, me), cmds)
	for i, r := range out {
		if want := refused[i]; !errors.Is(r.Err, want) || want == nil && (r.Err != nil || len(o.history(cmds[i].Stream().ID)) != 1) {
			t.Errorf("command %d: %+v", i, r)
		}
	}
	for i, holder := range map[int]string{3: taken3, 7: taken7, 12: cmds[2].Stream().ID} {
		var conflict *domain.ConflictError
		if !errors.As(out[i].Err, &conflict) || len(conflict.Claims) != 1 || conflict.Claims[0].Holder != holder {
			t.Errorf("command %d: %v", i, out[i].Err)
		}
	}
	if o.facts() != 2+15 {
		t.Errorf("%d facts", o.facts())
	}
}

func TestExecuteManyOneStreamTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := commands.NewID()
	out := o.many(o.by(access.Admin, me), job{
		commands.EditLead{ID: id, Patch: lead.Patch{Name: new("too soon")}},
		commands.CaptureLead{ID: id, Details: lead.Details{Name: "Ann", Email: "old@example.org"}},
		commands.EditLead{ID: id, Patch: lead.Patch{Email: new("ann@example.org")}},
		commands.CaptureLead{ID: id, Details: lead.Details{Name: "again"}},
		commands.ChangeLeadStatus{ID: id, Status: lead.Working},
	})
	for i, want := range []error{lead.ErrNotFound, nil, nil, lead.ErrExists, nil} {
		if !errors.Is(out[i].Err, want) {
			t.Errorf("command %d: %v, want %v", i, out[i].Err, want)
		}
	}
	for i, version := range map[int]int{1: 1, 2: 2, 4: 3} {
		if out[i].Receipt.Version != version {
			t.Errorf("command %d: %+v", i, out[i].Receipt)
		}
	}
	if len(o.store.commits) != 1 || len(o.history(id)) != 3 {
		t.Errorf("%d commits, %d facts", len(o.store.commits), len(o.history(id)))
	}
	if o.holder("ann@example.org") != id || o.holder("old@example.org") != "" {
		t.Error("the claims are not those of the last state")
	}
}

func TestExecuteManyLosesRaces(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second, third := o.capture(me, ""), o.capture(me, ""), o.capture(me, "")
	archiveAll := job{commands.ArchiveLead{ID: first}, commands.AssignLead{ID: second, Owner: you}, commands.ArchiveLead{ID: third}}
	o.store.commits = nil
	o.store.before = func(n int, _ domain.Commit) error {
		if n == 1 {
			o.overtake(second, lead.Archived{})
		}
		return nil
	}
	out := o.many(o.by(access.Admin, me), archiveAll)
	if out[0].Err != nil || !errors.Is(out[1].Err, lead.ErrArchived) || out[2].Err != nil || len(o.store.commits) != 2 {
		t.Errorf("one lost race: %+v after %d appends", out, len(o.store.commits))
	}

	// One stream that is always changed by others must not keep the rest from being written.
	o.store.commits = nil
	o.store.before = func(int, domain.Commit) error { o.overtake(second, lead.Assigned{To: uuid.NewString()}); return nil }
	out = o.many(o.by(access.Admin, me), job{commands.RestoreLead{ID: first}, commands.RestoreLead{ID: second}, commands.RestoreLead{ID: third}})
	var refusal *domain.Error
	if out[0].Err != nil || out[2].Err != nil || !errors.As(out[1].Err, &refusal) || refusal.Kind != domain.Conflict || refusal.Streams[0] != second {
		t.Errorf("races without end: %+v", out)
	}
	if len(o.store.commits) != 4 {
		t.Errorf("%d appends", len(o.store.commits))
	}
}

func TestExecuteManyForbidden(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	o.store.loads = 0
	out, err := commands.ExecuteMany(t.Context(), o.runner, o.by(access.User, me), job{commands.ArchiveLead{ID: id}, commands.EraseLead{ID: id}})
	if !errors.Is(err, domain.ErrForbidden) || len(out) != 0 || o.store.loads != 0 || len(o.history(id)) != 1 {
		t.Errorf("%v, %v, %d loads", out, err, o.store.loads)
	}
	yours := o.capture(you, "")
	results := o.many(o.by(access.User, me), job{commands.ArchiveLead{ID: id}, commands.ArchiveLead{ID: yours}})
	if results[0].Err != nil || !errors.Is(results[1].Err, lead.ErrNotFound) {
		t.Errorf("%+v", results)
	}
}

// A job that changed nothing is carried out too: to run it again later, when it would
// change something, still changes nothing.
func TestExecuteManyRepeatsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	call, restore := o.by(access.Admin, me), job{commands.RestoreLead{ID: id}}
	if out := o.many(call, restore); out[0].Err != nil || out[0].Receipt.Position != 1 {
		t.Fatalf("%+v", out)
	}
	o.must(commands.ArchiveLead{ID: id})
	if out := o.many(call, restore); out[0].Err != nil || len(o.history(id)) != 2 {
		t.Errorf("again: %+v, %d facts", out, len(o.history(id)))
	}
}
