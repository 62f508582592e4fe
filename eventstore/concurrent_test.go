package eventstore_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// seed is that of all dice of one run.
var seed = sync.OnceValue(func() uint64 { //nolint:gochecknoglobals // one for one run
	if n, err := strconv.ParseUint(os.Getenv("FAULT_SEED"), 10, 64); err == nil {
		return n
	}
	return rand.Uint64()
})

// dice is random, and tells its seed so that a failure can be had again.
func dice(t *testing.T, player int) *rand.Rand {
	t.Helper()
	if player == 0 {
		t.Logf("FAULT_SEED=%d", seed())
	}
	return rand.New(rand.NewPCG(seed(), uint64(player)))
}

// faultTime is how long a test with faults runs.
func faultTime(t *testing.T) time.Duration {
	t.Helper()
	seconds := 5
	if v := os.Getenv("FAULT_SECONDS"); v != "" {
		var err error
		if seconds, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	return time.Duration(seconds) * time.Second
}

// done is a commit that was asked for, and what came of it.
type done struct {
	commit  domain.Commit
	receipt domain.Receipt
	err     error
}

// randomCommit wants facts on one to three streams, and sometimes a claim.
func (w world) randomCommit(r *rand.Rand) domain.Commit {
	c := domain.Commit{
		Org: w.org, Command: uuid.NewString(), Request: []byte("r"), Bulk: r.IntN(4) == 0,
		Meta: domain.Meta{Actor: "user:1", OccurredAt: time.Now().Add(time.Duration(r.IntN(7200)-3600) * time.Second)},
	}
	for _, at := range r.Perm(len(w.streams))[:1+r.IntN(3)] {
		sc := domain.StreamCommit{Stream: w.streams[at], Expected: domain.AnyVersion}
		if r.IntN(3) == 0 {
			sc.Expected = r.IntN(4)
		}
		for n := range 1 + r.IntN(3) {
			// Somebody new in every fact: keys are made all the time.
			sc.Facts = append(sc.Facts, eventstoretest.Met{Host: "h", Guest: "g", GuestID: uuid.NewString(), Place: strconv.Itoa(n)})
		}
		switch claim := w.claims[r.IntN(len(w.claims))]; r.IntN(6) {
		case 0, 1:
			sc.Take = []domain.Claim{claim}
		case 2:
			sc.Release = []domain.Claim{claim}
		}
		c.Streams = append(c.Streams, sc)
	}
	return c
}

// hammer lets players append random commits to a world by way of several stores until
// ctx ends, each command by two stores at once now and then. What is not known to be
// carried out is asked again.
func hammer(ctx context.Context, t *testing.T, w world, players int, stores ...eventstoretest.Store) []done {
	t.Helper()
	var mu sync.Mutex
	var all []done
	var wg sync.WaitGroup
	give := func(s eventstoretest.Store, c domain.Commit) {
		r, err := s.Append(context.WithoutCancel(ctx), c)
		for errors.Is(err, domain.ErrUnavailable) { // what a caller is asked to do
			r, err = s.Append(context.WithoutCancel(ctx), c)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, done{c, r, err})
	}
	for p := range players {
		r := dice(t, p)
		wg.Go(func() {
			for ctx.Err() == nil {
				c := w.randomCommit(r)
				if r.IntN(4) == 0 {
					var twin sync.WaitGroup
					twin.Go(func() { give(stores[(p+1)%len(stores)], c) })
					give(stores[p%len(stores)], c)
					twin.Wait()
					continue
				}
				give(stores[p%len(stores)], c)
			}
		})
	}
	wg.Wait()
	return all
}

// once gives each command that was carried out, in the order of the log, and fails
// when the answers about one command differ.
func once(t *testing.T, all []done) []done {
	t.Helper()
	seen := map[string]done{}
	for _, d := range all {
		if d.err != nil {
			continue
		}
		d.receipt.Replayed = false
		if before, ok := seen[d.commit.Command]; ok && before.receipt != d.receipt {
			t.Fatalf("one command, two answers: %+v and %+v", before.receipt, d.receipt)
		}
		seen[d.commit.Command] = d
	}
	out := make([]done, 0, len(seen))
	for _, d := range seen {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b done) int { return cmp.Compare(a.receipt.First, b.receipt.First) })
	return out
}

// explained fails unless the history is what the commands, one after the other in the
// order of the log, would have led to in a store that nobody else uses.
func explained(t *testing.T, w world, all []done, got *eventstoretest.DB) {
	t.Helper()
	m := eventstore.NewMemory(eventstoretest.TestRegistry(t), time.Now)
	accepted := once(t, all)
	for _, d := range accepted {
		r, err := m.Append(t.Context(), d.commit)
		if err != nil || r != d.receipt {
			t.Fatalf("in its place the command answers %+v, %v; it answered %+v", r, err, d.receipt)
		}
	}
	sameState(t, w, m, got.Store, 0)
	facts, err := m.Read(t.Context(), 0, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	wholeLog(t, got, len(facts))
	t.Logf("%d asked, %d carried out, %d facts", len(all), len(accepted), len(facts))
	if len(accepted) < 10 {
		t.Fatalf("too little happened to prove anything")
	}
}

// wholeLog fails unless the log holds n facts with nothing missing, doubled or out of
// order, all of which can be opened.
func wholeLog(t *testing.T, db *eventstoretest.DB, n int) {
	t.Helper()
	var last eventstore.Recorded
	versions := map[string]int{}
	ids := map[string]bool{}
	for after := int64(0); ; {
		page, err := db.Store.Read(t.Context(), eventstore.DefaultLog, after, 5_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			versions[e.Org+e.Stream.ID]++
			switch {
			case e.Err != nil:
				t.Fatalf("position %d: %v", e.Position, e.Err)
			case e.Position != last.Position+1 || e.Version != versions[e.Org+e.Stream.ID] || e.RecordedAt.Before(last.RecordedAt) || ids[e.ID]:
				t.Fatalf("after %+v comes %+v", last, e)
			}
			last, ids[e.ID] = e, true
		}
		if len(page) == 0 {
			break
		}
		after = last.Position
	}
	if int(last.Position) != n {
		t.Fatalf("the log holds %d facts, and %d were answered for", last.Position, n)
	}
}

// Whatever is done at once by two processes is the same as something done one after
// the other.
func TestConcurrentAppends(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	second := eventstoretest.OpenConformant(t, db.URL)
	w := newWorld(6, 8, 0)
	ctx, cancel := context.WithTimeout(t.Context(), faultTime(t)/2)
	defer cancel()
	all := hammer(ctx, t, w, 12, db.Store, second.Store)
	explained(t, w, all, db)
}
