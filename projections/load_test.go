package projections_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// view is what an analyst sees of an organization's leads.
func (w *world) view(ctx context.Context, org string) (n, newest int64, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select count(*), coalesce(max(created_position), 0) from read.leads`).QueryRow(func(r pgx.Row) error { return r.Scan(&n, &newest) })
	err = w.Pools.App.SendBatch(ctx, b).Close()
	return n, newest, err
}

// TestRebuildUnderLoad rebuilds again and again while leads are captured and read: no
// reader sees an error, an empty list or an older one.
func TestRebuildUnderLoad(t *testing.T) { //nolint:paralleltest // it takes the machine from others
	w := newWorld(t)
	org := uuid.NewString()
	facts := 4_000 * int(eventstoretest.FaultTime()/time.Second)
	w.Import(t, org, facts)
	p := projections.Leads()
	w.Follow(t, p.Live().Subscription(), p.Handler(p.Live()))
	w.Await(t, p.Live().Subscription(), int64(facts))

	stop := w.busy(org, int64(facts))
	rebuilds := 0
	for rebuilds = range eventstoretest.Rounds(1) {
		w.rebuild(p)
	}
	stop()
	w.Await(t, p.Live().Subscription(), w.Head(t))
	t.Logf("%d rebuilds of %d facts and more, up to %d", rebuilds+1, facts, w.Head(t))
	if n := w.held(p); n != w.Head(t) {
		t.Errorf("%d leads of %d facts", n, w.Head(t))
	}
}

// TestPrepareUnderLoad brings one release after the other out while leads are captured
// and read: the view never shows less than it has shown.
func TestPrepareUnderLoad(t *testing.T) { //nolint:paralleltest // it takes the machine from others
	w := newWorld(t)
	org := uuid.NewString()
	w.Import(t, org, 2_000)
	p := projections.Leads()
	w.Follow(t, p.Live().Subscription(), p.Handler(p.Live()))
	w.Await(t, p.Live().Subscription(), 2_000)
	stop := w.busy(org, 2_000)
	releases := 0
	for releases = range eventstoretest.Rounds(3) {
		next := version(p, releases+2)
		w.prepare(next)
		w.Follow(t, next.Live().Subscription(), next.Handler(next.Live()))
	}
	stop()
	t.Logf("%d releases over %d facts", releases+1, w.Head(t))
}

// busy captures leads and watches what readers see, until stop is called.
func (w *world) busy(org string, least int64) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { w.watchView(ctx, org, least) })
	wg.Go(func() { w.watchList(ctx, org) })
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				w.Import(w.t, org, 1)
			}
		})
	}
	stop = func() {
		cancel()
		wg.Wait()
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *world) watchView(ctx context.Context, org string, least int64) {
	last := least
	for ctx.Err() == nil {
		n, newest, err := w.view(ctx, org)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.t.Errorf("read the view: %v", err)
			return
		case n < last || newest < last:
			w.t.Errorf("the view shows %d leads up to %d, and %d before", n, newest, last)
			return
		}
		last = n
	}
}

func (w *world) watchList(ctx context.Context, org string) {
	var newest int64
	for ctx.Err() == nil {
		page, err := w.ask.LeadPage(ctx, admin(org), "", 0, 50)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.t.Errorf("read the list: %v", err)
			return
		case len(page.Items) != 50 || page.Items[0].Created() < newest:
			w.t.Errorf("the list shows %d leads, the newest of %d", len(page.Items), newest)
			return
		}
		newest = page.Items[0].Created()
	}
}

// TestRebuildBehindAnalyst: a long query on the view holds the swap up, and must not
// hold up, behind the swap, everybody who reads.
func TestRebuildBehindAnalyst(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w *world) error{
		"rebuild": func(w *world) error { return w.build.Rebuild(w.t.Context(), projections.Leads(), nil) },
		"prepare": func(w *world) error { return w.build.Prepare(w.t.Context(), next(projections.Leads()), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			org := uuid.NewString()
			w.Import(t, org, 10)
			w.followAll()
			analyst := w.Admin(t)
			if _, err := analyst.Exec(t.Context(), `begin; select count(*) from read.leads`); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- change(w) }()
			eventstoretest.Eventually(t, "the swap waits for the analyst", func() bool {
				return w.Count(t, `select count(*) from pg_locks where not granted and mode = 'AccessExclusiveLock' and database = (select oid from pg_database where datname = current_database())`) > 0
			})
			for range 3 {
				if n, _, err := w.view(t.Context(), org); err != nil || n != 10 {
					t.Fatalf("the view behind a waiting swap: %d leads, %v", n, err)
				}
				if n := len(w.page(admin(org)).Items); n != 10 {
					t.Fatalf("the list behind a waiting swap: %d leads", n)
				}
			}
			if _, err := analyst.Exec(t.Context(), `commit`); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		})
	}
}
