package eventstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
)

type queued = eventstore.QueuedOfTest

// filler makes commits that share nothing with each other.
type filler struct {
	*eventstore.QueueOfTest
	t *testing.T
	n int
}

func newFiller(t *testing.T) *filler {
	t.Helper()
	return &filler{eventstore.NewQueueOfTest(), t, 1_000_000}
}

func (f *filler) put(org, count, facts int, bulk bool) {
	f.t.Helper()
	for i := range count {
		f.n++
		c := queued{Name: fmt.Sprintf("%d.%d", org, i), Org: org, Command: f.n, Streams: []int{f.n}, Facts: facts, Size: 100, Bulk: bulk}
		if err := f.Push(c); err != nil {
			f.t.Fatal(err)
		}
	}
}

func perOrg(call []queued) map[int]int {
	out := map[int]int{}
	for _, c := range call {
		out[c.Org]++
	}
	return out
}

func TestQueueTurns(t *testing.T) {
	t.Parallel()
	f := newFiller(t)
	f.put(1, 1_000, 1, false)
	f.put(2, 3, 1, false)
	f.put(3, 1, 1, false)
	call := f.Next()
	if got := perOrg(call); len(call) != eventstore.CommandsPerCall || got[2] != 3 || got[3] != 1 {
		t.Errorf("the first call holds %d: %v", len(call), got)
	}
	for i, c := range call[:3] {
		if c.Org != i+1 {
			t.Errorf("turn %d is of organization %d", i, c.Org)
		}
	}
	// One of a thousand organizations waits for the others' turns, not for their work.
	f = newFiller(t)
	for org := range 300 {
		f.put(org+1, 2, 1, false)
	}
	first, second := perOrg(f.Next()), perOrg(f.Next())
	if len(first) != 200 {
		t.Errorf("%d organizations in the first call", len(first))
	}
	for org := range 300 {
		if first[org+1]+second[org+1] == 0 {
			t.Errorf("organization %d has had no turn", org+1)
		}
	}
}

func TestQueueOrderOfOrganization(t *testing.T) {
	t.Parallel()
	f := newFiller(t)
	f.put(1, 450, 1, false)
	n := 0
	for call := f.Next(); len(call) > 0; call = f.Next() {
		for _, c := range call {
			if want := fmt.Sprintf("1.%d", n); c.Name != want {
				t.Fatalf("%s comes in the place of %s", c.Name, want)
			}
			n++
		}
	}
	if n != 450 {
		t.Errorf("%d came out", n)
	}
}

func TestQueueBulkShare(t *testing.T) {
	t.Parallel()
	facts := func(call []queued) (people, bulk int) {
		for _, c := range call {
			if c.Bulk {
				bulk += c.Facts
			} else {
				people += c.Facts
			}
		}
		return people, bulk
	}
	f := newFiller(t)
	f.put(1, 10, 1, true)
	f.put(2, 50, 60, true)
	for round := range 5 {
		f.put(3, 10, 1, false)
		people, bulk := facts(f.Next())
		if people != 10 || bulk > eventstore.BulkShare || bulk < 180 {
			t.Errorf("round %d: %d facts of people, %d of imports", round, people, bulk)
		}
	}
	if _, bulk := facts(f.Next()); bulk < 10*60 {
		t.Errorf("nobody else waits, and the import writes only %d facts", bulk)
	}
}

// However busy people are, an import comes to its turn: one that is larger than the
// share, and one behind people who fill every call.
func TestQueueBulkNeverStarves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		people, facts int
	}{
		{"few people, an oversize import", 5, 500},
		{"calls full of people, an import", eventstore.CommandsPerCall, 100},
		{"calls full of people, an oversize import", 2 * eventstore.CommandsPerCall, 500},
	} {
		f := newFiller(t)
		f.put(1, 1, c.facts, true)
		f.put(3, 1, 1, true)
		in := 0
		for round := 1; round <= 3*eventstore.BulkPatience && in == 0; round++ {
			if round < 5 || c.people <= eventstore.CommandsPerCall {
				f.put(2, c.people, 1, false)
			} else {
				f.put(2, eventstore.CommandsPerCall, 1, false)
			}
			if perOrg(f.Next())[1] > 0 {
				in = round
			}
		}
		if in == 0 || in > eventstore.BulkPatience+2 {
			t.Errorf("%s: in call %d", c.name, in)
		}
	}
}

func TestQueueFull(t *testing.T) {
	t.Parallel()
	f := newFiller(t)
	f.put(1, eventstore.CommandsWaiting, 1, false)
	if err := f.Push(queued{Org: 2}); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	f.Next()
	if err := f.Push(queued{Org: 2}); err != nil {
		t.Errorf("after a call: %v", err)
	}

	f = newFiller(t)
	if err := f.Push(queued{Org: 1, Size: 2 * eventstore.BytesWaiting, Streams: []int{1}}); err != nil {
		t.Errorf("a large commit alone: %v", err)
	}
	if err := f.Push(queued{Org: 2, Size: 1}); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("behind a large commit: %v", err)
	}
	if call := f.Next(); len(call) != 1 {
		t.Errorf("the large commit stays: %v", call)
	}
	if err := f.Push(queued{Org: 2, Size: 1}); err != nil {
		t.Errorf("after the large commit: %v", err)
	}
}

func TestQueueStopped(t *testing.T) {
	t.Parallel()
	f := newFiller(t)
	f.put(1, 3, 1, false)
	f.put(2, 2, 1, true)
	if left := f.Stop(); len(left) != 5 {
		t.Errorf("left: %v", left)
	}
	if err := f.Push(queued{Org: 1}); !errors.Is(err, domain.ErrBusy) {
		t.Errorf("after the stop: %v", err)
	}
	if call := f.Next(); len(call) != 0 {
		t.Errorf("a call after the stop: %v", call)
	}
}
