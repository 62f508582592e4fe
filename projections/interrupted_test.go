package projections_test

import (
	"strconv"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

const killAfter = "CANVASS_TEST_KILL_AFTER"

// TestChildRebuild is no test: it is the rebuild that dies in TestInterruptedRebuild.
func TestChildRebuild(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OnlyInChild(t)
	after, _ := strconv.Atoi(eventstoretest.ChildValue(killAfter))
	steps := 0
	err := builderOn(db).Rebuild(t.Context(), projections.Leads(), func(string, int64, int64) {
		if steps++; steps == after {
			eventstoretest.KillSelf()
		}
	})
	t.Fatalf("the rebuild was to be killed at step %d and ended after %d: %v", after, steps, err)
}

// TestInterruptedRebuild kills a rebuild half way: the live rows stay as they are, and
// the next rebuild begins anew.
func TestInterruptedRebuild(t *testing.T) { //nolint:paralleltest // it kills processes
	w := newWorld(t)
	org := uuid.NewString()
	ids, _ := w.Import(t, org, 11_000)
	w.followAll()
	p := projections.Leads()
	live := w.rows(p)
	for _, after := range []int{1, 2} {
		c := eventstoretest.StartChild(t, w.DB, "TestChildRebuild", killAfter+"="+strconv.Itoa(after))
		c.Ended()
		if n := w.Count(t, `select count(*) from read.leads_v5_rebuild`); n < 5_000*int64(after) {
			t.Fatalf("the rebuild has left %d rows, so it was not killed half way", n)
		}
		same(t, "live after a killed rebuild", live, w.rows(p))
		if n, _, err := w.view(t.Context(), org); err != nil || n != 11_000 {
			t.Errorf("the view shows %d leads, %v", n, err)
		}
	}
	// What it has left must not find its way into the next one.
	w.Exec(t, `delete from read.leads_v5_rebuild where id = $1`, ids[0])
	w.rebuild(p)
	same(t, "the next rebuild", live, w.rows(p))
	if n := w.Count(t, `select count(*) from pg_class c join pg_namespace s on s.oid = c.relnamespace where s.nspname = 'read' and c.relkind = 'r' and relname like '%_rebuild'`); n > 0 {
		t.Errorf("%d tables of rebuilds are left", n)
	}
}

// TestTwoRebuilds: somebody rebuilds what is being rebuilt. One of them may be turned
// away, and what is live is whole.
func TestTwoRebuilds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Import(t, uuid.NewString(), 6_000)
	w.followAll()
	p := projections.Leads()
	live := w.rows(p)
	first, second := make(chan error, 1), make(chan error, 1)
	begun := make(chan struct{})
	told := false
	go func() {
		first <- w.build.Rebuild(t.Context(), p, func(string, int64, int64) {
			if !told {
				told = true
				close(begun)
				second <- w.build.Rebuild(t.Context(), p, nil)
			}
		})
	}()
	<-begun
	if err := <-second; err == nil {
		t.Error("a second rebuild ran into the first")
	}
	if err := <-first; err != nil {
		t.Errorf("the first rebuild: %v", err)
	}
	same(t, "live", live, w.rows(p))
}
