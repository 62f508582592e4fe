package commands_test

import (
	"errors"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

func TestExecuteRepeats(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	archive := o.chosen()
	first, err := o.do(archive, commands.ArchiveLead{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	o.must(commands.EraseLead{ID: id})
	o.store.commits = nil
	// Decided anew it would be refused: the lead is erased.
	again, err := o.do(archive, commands.ArchiveLead{ID: id})
	first.Replayed = true
	if err != nil || again != first || len(o.store.commits) != 0 {
		t.Errorf("repeated: %+v, %v, %d appends; want %+v", again, err, len(o.store.commits), first)
	}
	archive.Request = []byte("another")
	if _, err := o.do(archive, commands.ArchiveLead{ID: id}); !errors.Is(err, domain.ErrCommandReused) {
		t.Errorf("another request: %v", err)
	}
}

// A request that changed nothing is carried out too: to repeat it later, when it would
// change something, still changes nothing.
func TestExecuteRepeatsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	restore := o.chosen()
	first, err := o.do(restore, commands.RestoreLead{ID: id})
	if err != nil || first.First != 0 || first.Version != 1 || first.Position != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	o.must(commands.ArchiveLead{ID: id})
	again, err := o.do(restore, commands.RestoreLead{ID: id})
	first.Replayed = true
	if err != nil || again != first {
		t.Errorf("%+v, %v", again, err)
	}
	if n := len(o.history(id)); n != 2 {
		t.Errorf("%d facts", n)
	}
	// Nobody can repeat an id that was made for one call: nothing is recorded.
	o.store.commits = nil
	r, err := o.do(o.by(access.Admin, me), commands.ArchiveLead{ID: id})
	if err != nil || len(o.store.commits) != 0 || r != (domain.Receipt{Stream: id, Version: 2, Position: 2}) {
		t.Errorf("%+v, %v, %d appends", r, err, len(o.store.commits))
	}
}

func TestExecuteOpens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.capture(me, "")
	if o.store.loads != 0 {
		t.Errorf("a new lead was looked for %d times", o.store.loads)
	}
	call := o.chosen()
	cmd := commands.CaptureLead{ID: commands.NewID(), Details: lead.Details{Name: "Ann"}}
	for range 2 {
		if r, err := o.do(call, cmd); err != nil || r.Version != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if o.store.loads != 2 {
		t.Errorf("a repeatable command was looked for %d times", o.store.loads)
	}
	if _, err := o.do(o.chosen(), cmd); !errors.Is(err, lead.ErrExists) {
		t.Errorf("an id that is taken: %v", err)
	}
}

// A job that is run again tells of each command what became of it the first time, and
// does not call done what was refused.
func TestExecuteManyRepeatsRefusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	taken := lead.Details{Name: "Ann", Email: "ann@example.org"}
	o.many(o.by(access.Admin, me), job{commands.CaptureLead{ID: commands.NewID(), Details: taken}})
	call := o.by(access.Admin, me)
	archived := o.capture(me, "")
	cmds := job{
		commands.CaptureLead{ID: commands.NewID(), Details: lead.Details{Name: "Bob"}},
		commands.CaptureLead{ID: commands.NewID(), Details: taken},
		commands.CaptureLead{ID: commands.NewID()},
		commands.ArchiveLead{ID: archived},
		commands.RestoreLead{ID: o.capture(me, "")},
	}
	first := o.many(call, cmds)
	facts := o.facts()
	again := o.many(call, cmds)
	for i := range cmds {
		if (first[i].Err == nil) != (again[i].Err == nil) || again[i].Receipt.Stream != first[i].Receipt.Stream {
			t.Errorf("command %d: first %+v, again %+v", i, first[i], again[i])
		}
	}
	if !errors.Is(again[1].Err, commands.ErrNotDone) || o.facts() != facts {
		t.Errorf("%v, %d facts more", again[1].Err, o.facts()-facts)
	}
}
