package reactors_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// TestEraser: a person is erased, a job is made of it, the key is destroyed, and the
// log is told once.
func TestEraser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	o.queue(o.Keys)
	other := o.Captured()
	for range 3 {
		id := o.erased()
		o.await(id)
		if !o.hasTombstone(id) || o.shredded(id) != 1 {
			t.Errorf("tombstone: %v, told %d times", o.hasTombstone(id), o.shredded(id))
		}
		fact := o.Strings(t, `select meta->>'actor' || ' ' || (meta->>'causation') from es.events where type = 'lead.shredded' and stream_id = $1`, id)
		cause := o.Strings(t, `select 'job:eraser ' || event_id from es.events where type = 'lead.erased' and stream_id = $1`, id)
		if !slices.Equal(fact, cause) {
			t.Errorf("recorded by %v, want %v", fact, cause)
		}
	}
	if o.jobs() != 3 || o.hasTombstone(other) {
		t.Errorf("%d jobs; the key of somebody else is gone: %v", o.jobs(), o.hasTombstone(other))
	}
}

// Captured is a person whom nobody erases.
func (o *office) Captured() string {
	id := eventstoretest.NewID()
	o.Put(o.t, o.org, leadStream(id), eventstoretest.Captured("bo"))
	return id
}

// TestJobsHoldIDsOnly: the queue is no place for personal data.
func TestJobsHoldIDsOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	o.erased()
	o.Await(t, o.sub(), 2)
	var args map[string]string
	if err := json.Unmarshal([]byte(o.Strings(t, `select args::text from river.river_job`)[0]), &args); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(args)); !slices.Equal(keys, []string{"correlation", "event", "org", "stream"}) {
		t.Errorf("a job holds %v", keys)
	}
	for k, v := range args {
		if len(v) != 36 {
			t.Errorf("%s of a job is %q, no id", k, v)
		}
	}
	if all := strings.Join(o.Strings(t, `select j::text from river.river_job j`), ""); strings.Contains(strings.ToLower(all), "secret") {
		t.Errorf("a job holds personal data: %s", all)
	}
}

// TestHistoryMovesNothing: who was erased before the eraser was first deployed is no
// business of its, and a restart of it repeats nothing.
func TestHistoryMovesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.erased()
	f := o.react()
	id := o.erased()
	o.Await(t, o.sub(), 4)
	f.Stop()
	meanwhile := o.erased()
	o.react()
	o.Await(t, o.sub(), 6)
	got := o.Strings(t, `select args->>'stream' from river.river_job order by id`)
	if !slices.Equal(got, []string{id, meanwhile}) {
		t.Errorf("jobs for %v, want %v and not %s", got, []string{id, meanwhile}, before)
	}
}

// TestEnqueuedOnce: the jobs of a batch that fails are gone with it.
func TestEnqueuedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	r := reactors.Eraser()
	handle := r.Handler(o.queue(nil))
	var failures atomic.Int64
	o.Follow(t, r.Subscription(), func(ctx context.Context, b *eventstore.Batch) error {
		if err := handle(ctx, b); err != nil {
			return err
		}
		if b.Events[len(b.Events)-1].Type == "lead.erased" && failures.Add(1) <= 2 {
			return errors.New("not yet")
		}
		return nil
	})
	o.erased()
	o.Await(t, o.sub(), 2)
	if o.jobs() != 1 || failures.Load() != 3 {
		t.Errorf("%d jobs for one erasure", o.jobs())
	}
}

// TestRebuildMovesNothing: neither a rebuild nor a new version of a projection makes a
// job, on a log that holds what jobs are made of. They have no way to: projections
// import neither commands nor clients nor the queue, which the linter checks.
func TestRebuildMovesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.react()
	b := projections.Builder{Pool: o.Pools.Worker, Store: o.Store, Log: slog.New(slog.DiscardHandler)}
	for range 5 {
		o.erased()
	}
	o.Await(t, o.sub(), 10)
	for _, p := range projections.All() {
		for _, build := range []func() error{
			func() error { return b.Prepare(t.Context(), p, nil) },
			func() error { return b.Rebuild(t.Context(), p, nil) },
			func() error { p.Version++; return b.Prepare(t.Context(), p, nil) },
		} {
			if err := build(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if o.jobs() != 5 || o.Head(t) != 10 {
		t.Errorf("%d jobs and %d facts, want 5 and 10", o.jobs(), o.Head(t))
	}
}
