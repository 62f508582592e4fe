package reactors_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/reactors"
)

func leadStream(id string) domain.StreamID { return lead.Stream(id) }

// shredder does something once the key is destroyed.
type shredder struct {
	keys reactors.Shredder
	then func() error
}

func (s shredder) Destroy(ctx context.Context, subject eventstore.Subject) error {
	if err := s.keys.Destroy(ctx, subject); err != nil {
		return err
	}
	return s.then()
}

// TestShredTwice: a job that runs again changes nothing and tells nothing.
func TestShredTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	id := o.erased()
	o.Await(t, o.sub(), 2)
	w := &reactors.ShredWorker{Shredder: o.Keys, Run: o.run}
	for range 3 {
		if err := w.Work(t.Context(), o.job()); err != nil {
			t.Fatal(err)
		}
	}
	if o.shredded(id) != 1 || !o.hasTombstone(id) || o.Head(t) != 3 {
		t.Errorf("told %d times, tombstone: %v, %d facts", o.shredded(id), o.hasTombstone(id), o.Head(t))
	}
	// The command is the erasure's own, so that it is carried out once whatever the rules say.
	cause := o.Strings(t, `select event_id::text from es.events where type = 'lead.erased'`)[0]
	if got := o.Strings(t, `select command_id::text from es.events where type = 'lead.shredded'`)[0]; got != commands.CausedID(cause, "eraser") {
		t.Errorf("told by command %s", got)
	}
}

// TestShredFails: the key goes, and the log cannot be told yet.
func TestShredFails(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	var runs atomic.Int64
	o.queue(shredder{o.Keys, func() error {
		if runs.Add(1) <= 2 {
			return errors.New("the network is away")
		}
		return nil
	}})
	id := o.erased()
	o.await(id)
	if runs.Load() != 3 || o.shredded(id) != 1 || !o.hasTombstone(id) {
		t.Errorf("ran %d times, told %d times, tombstone: %v", runs.Load(), o.shredded(id), o.hasTombstone(id))
	}
}

// TestChildShredder is no test: it is the worker that dies in TestShredderKilled.
func TestChildShredder(t *testing.T) {
	t.Parallel()
	o := officeOn(t, eventstoretest.OnlyInChild(t))
	o.queue(shredder{o.Keys, func() error {
		eventstoretest.KillSelf()
		return nil
	}})
	<-t.Context().Done()
}

// TestShredderKilled kills the worker with SIGKILL between the key and the command.
func TestShredderKilled(t *testing.T) { //nolint:paralleltest // it kills processes
	o := newOffice(t)
	o.react()
	id := o.erased()
	o.Await(t, o.sub(), 2)
	eventstoretest.StartChild(t, o.DB, "TestChildShredder").Ended()
	if !o.hasTombstone(id) || o.shredded(id) != 0 {
		t.Fatalf("tombstone: %v, told %d times: the worker did not die where it should", o.hasTombstone(id), o.shredded(id))
	}
	if n := o.Count(t, `select count(*) from river.river_job where state = 'running'`); n != 1 {
		t.Fatalf("%d jobs are in hand of the dead worker", n)
	}
	// What River's rescuer does with the jobs of the dead, in less than an hour.
	o.Exec(t, `update river.river_job set state = 'available', scheduled_at = now() where state = 'running'`)
	o.queue(o.Keys)
	o.await(id)
	if o.shredded(id) != 1 {
		t.Errorf("told %d times", o.shredded(id))
	}
}
