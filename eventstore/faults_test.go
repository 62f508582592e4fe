package eventstore_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// Connections that the server ends at any moment lose nothing and double nothing.
func TestBackendsTerminated(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	second := eventstoretest.OpenConformant(t, db.URL)
	admin := db.Admin(t)
	ctx, cancel := context.WithTimeout(t.Context(), faultTime(t))
	defer cancel()

	var killer sync.WaitGroup
	kills := 0
	killer.Go(func() {
		r := dice(t, 99)
		for ctx.Err() == nil {
			tag, err := admin.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'canvass%' order by random() limit 1`)
			if err != nil {
				t.Error(err)
				return
			}
			kills += int(tag.RowsAffected())
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(r.IntN(30)) * time.Millisecond):
			}
		}
	})
	w := newWorld(6, 8, 0)
	all := hammer(ctx, t, w, 12, db.Store, second.Store)
	killer.Wait()
	for _, pool := range []*pgxpool.Pool{db.Pools.App, db.Pools.Worker, db.Pools.Keys} {
		pool.Reset() // what was ended last is met by whoever asks next, which is the comparison now
	}
	explained(t, w, all, db)
	t.Logf("%d connections ended", kills)
	if kills < 10 {
		t.Error("too few connections were ended to prove anything")
	}
}

// waitingStore is a store that does not write yet, so that a test decides what
// comes into one call.
func waitingStore(t *testing.T, db *eventstoretest.DB) (s *eventstore.Store, run func()) {
	t.Helper()
	s, err := eventstore.New(t.Context(), eventstore.Config{
		App: db.Pools.App, Worker: db.Pools.Worker, Vault: db.Keys, Registry: db.Registry, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	return s, func() { wg.Go(func() { _ = s.Run(ctx) }) }
}

// at200 gives 200 commits to one call, each changed by change, and tells what came of them.
func at200(t *testing.T, db *eventstoretest.DB, change func(i int, c *domain.Commit)) []error {
	t.Helper()
	s, run := waitingStore(t, db)
	errs := make([]error, 200)
	var wg sync.WaitGroup
	for i := range errs {
		c := domain.Commit{Org: uuid.NewString(), Command: uuid.NewString(), Streams: []domain.StreamCommit{{
			Stream: domain.StreamID{Category: "test", ID: uuid.NewString()}, Facts: []any{eventstoretest.Noted{Text: strconv.Itoa(i)}},
		}}}
		change(i, &c)
		wg.Go(func() { _, errs[i] = s.Append(t.Context(), c) })
	}
	eventstoretest.Eventually(t, "all commits wait", func() bool { return s.Waiting(eventstore.DefaultLog) == len(errs) })
	run()
	wg.Wait()
	return errs
}

func TestOneInvalidOf200(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	for name, category := range map[string]string{"a zero byte": "secret\x00", "no UTF-8": "secret\xff"} {
		before := db.Head(t)
		errs := at200(t, db, func(i int, c *domain.Commit) {
			if i == 117 {
				c.Streams[0].Stream.Category = category
			}
		})
		for i, err := range errs {
			if (err != nil) != (i == 117) {
				t.Errorf("%s: commit %d: %v", name, i, err)
			}
		}
		if err := errs[117]; err != nil && (strings.Contains(err.Error(), "secret") || errors.Is(err, domain.ErrUnavailable)) {
			t.Errorf("%s: %v", name, err)
		}
		if got := db.Head(t) - before; got != 199 {
			t.Errorf("%s: %d of 199 written", name, got)
		}
	}
}

// A commit that conflicts, and one that was carried out before, leave their
// neighbours in the call alone, and each hears of its own.
func TestMixedCall(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	claim := domain.Claim{Scope: "email", Value: "x"}
	org, holder := uuid.NewString(), domain.StreamID{Category: "test", ID: uuid.NewString()}
	first := domain.Commit{Org: org, Command: uuid.NewString(), Request: []byte("first"), Streams: []domain.StreamCommit{{Stream: holder, Facts: []any{eventstoretest.Noted{}}, Take: []domain.Claim{claim}}}}
	if _, err := db.Store.Append(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	before := db.Head(t)
	wanted := map[int]string{}
	errs := at200(t, db, func(i int, c *domain.Commit) {
		spare := domain.StreamCommit{Stream: domain.StreamID{Category: "test", ID: uuid.NewString()}, Facts: []any{eventstoretest.Noted{}}}
		switch i % 4 {
		case 0: // the second stream is not there yet
			spare.Expected = i + 1
			c.Streams = append(c.Streams, spare)
			wanted[i] = spare.Stream.ID
		case 1:
			c.Streams = append(c.Streams, spare)
			c.Streams[1].Take = []domain.Claim{{Scope: "email", Value: "own"}}
		case 2:
			if i == 2 { // one claim stands once in a call
				c.Org = org
				c.Streams = append(c.Streams, spare)
				c.Streams[1].Take = []domain.Claim{{Scope: "phone", Value: "free"}, claim}
				wanted[i] = spare.Stream.ID
			}
		case 3:
			if i == 3 {
				*c = first
				c.Request = []byte("other")
			}
		}
	})
	var facts int64
	for i, err := range errs {
		var conflict *domain.ConflictError
		switch {
		case i == 2:
			if !errors.As(err, &conflict) || len(conflict.Claims) != 1 || conflict.Claims[0] != (domain.ClaimConflict{Claim: claim, Wanted: wanted[i], Holder: holder.ID}) {
				t.Errorf("commit %d: %v", i, err)
			}
		case i == 3:
			if !errors.Is(err, domain.ErrCommandReused) {
				t.Errorf("commit %d: %v", i, err)
			}
		case i%4 == 0:
			if !errors.As(err, &conflict) || len(conflict.Stale) != 1 || conflict.Stale[0] != wanted[i] {
				t.Errorf("commit %d: %v", i, err)
			}
		default:
			if err != nil {
				t.Errorf("commit %d: %v", i, err)
			}
			facts++
			if i%4 == 1 {
				facts++
			}
		}
	}
	if got := db.Head(t) - before; got != facts {
		t.Errorf("%d facts written, want %d", got, facts)
	}
	wholeLog(t, db, int(before+facts))
}

// Somebody who appends inside a transaction and then falls silent holds the log's
// lock. The others are written all the same, later.
func TestSilentTransaction(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	if _, err := db.Store.Append(t.Context(), lonely()); err != nil {
		t.Fatal(err)
	}
	rogue, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rogue.Close(context.Background()) })
	const call = `select es.append_batch(0::smallint, array[$1]::uuid[], array[$1]::uuid[], array['h']::bytea[], array['{}']::json[], array[1], array[$1]::uuid[], array[0], array[1],
		array[1], array[1], array[1], array[$1]::uuid[], array['test'], array['test.noted'], array[1]::smallint[], array['{}']::json[], '{}', '{}', '{}', '{}', '{}', '{}', '{}')`
	mustExec(t, rogue, `set role canvass_app; begin`)
	if _, err := rogue.Exec(t.Context(), call, uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := db.Store.Append(t.Context(), lonely()); err != nil {
				t.Errorf("append: %v", err)
			}
		})
	}
	wg.Wait()
	took := time.Since(begun)
	t.Logf("recovered after %v", took)
	if took > 9*time.Second || took < time.Second {
		t.Errorf("recovered after %v: the lock was not held, or too long", took)
	}
	if err := rogue.Ping(t.Context()); err == nil {
		t.Error("the silent transaction is still there")
	}
	wholeLog(t, db, 11)
}

// lonely is a commit of one fact on a stream and in an organization of its own.
func lonely() domain.Commit {
	return domain.Commit{Org: uuid.NewString(), Command: uuid.NewString(), Streams: []domain.StreamCommit{{
		Stream: domain.StreamID{Category: "test", ID: uuid.NewString()}, Facts: []any{eventstoretest.Noted{}},
	}}}
}
