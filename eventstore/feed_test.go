package eventstore_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// reads counts the facts that a store reads from the log.
type reads struct{ facts atomic.Int64 }

type isRead struct{}

func (r *reads) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, isRead{}, strings.Contains(q.SQL, "from es.events e where e.log_id = $1 and e.position > $2"))
}

func (r *reads) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryEndData) {
	if mine, _ := ctx.Value(isRead{}).(bool); mine {
		r.facts.Add(q.CommandTag.RowsAffected())
	}
}

// counted is the same log, read by a store whose reads are counted.
func counted(t *testing.T, db *eventstoretest.DB) (*eventstoretest.DB, *reads) {
	t.Helper()
	r := &reads{}
	return traced(t, db, r), r
}

// traced is the same log, worked on by a store whose worker's queries a tracer sees.
func traced(t *testing.T, db *eventstoretest.DB, tracer pgx.QueryTracer) *eventstoretest.DB {
	t.Helper()
	cfg := db.Pools.Worker.Config()
	cfg.ConnConfig.Tracer = tracer
	worker, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	out := *db
	out.Store, err = eventstore.New(t.Context(), eventstore.Config{
		App: db.Pools.App, Worker: worker, Vault: db.Keys, Registry: db.Registry, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = out.Store.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		worker.Close()
	})
	return &out
}

// TestSharedEnd: however many follow one feed, each fact is read once.
func TestSharedEnd(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "a")
	follows, r := counted(t, c.DB)
	feed := eventstore.NewFeed(follows.Store, eventstore.DefaultLog)
	c.Import(t, c.org, 40)
	var subs []eventstore.Subscription
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		sub := eventstore.Subscription{Name: name, Version: 1, Start: eventstore.Now, Batch: 30}
		subs = append(subs, sub)
		c.FollowWith(t, follows.Store.NewSubscriber(sub, feed, nil), sub, func(context.Context, *eventstore.Batch) error { return nil })
	}
	last := int64(0)
	for range 20 {
		_, last = c.Import(t, c.org, 15)
	}
	for _, sub := range subs {
		c.Await(t, sub, last)
	}
	if n := r.facts.Load(); n != 300 {
		t.Errorf("five followers of 300 facts have read %d", n)
	}
}

// after asks the feed, and tells how many facts were read for the answer.
func after(t *testing.T, f *eventstore.Feed, r *reads, position int64, limit int) (facts []eventstore.Recorded, read int64) {
	t.Helper()
	before := r.facts.Load()
	facts, err := f.After(t.Context(), position, limit)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range facts {
		if e.Position != position+1+int64(i) {
			t.Fatalf("behind %d comes %d", position+int64(i), e.Position)
		}
	}
	return facts, r.facts.Load() - before
}

func TestFeed(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "a")
	follows, r := counted(t, c.DB)
	f := eventstore.NewFeed(follows.Store, eventstore.DefaultLog)
	const facts = eventstore.FactsShared + 1_000
	c.Import(t, c.org, facts)
	expect := func(what string, position int64, limit, n int, read int64) {
		t.Helper()
		if got, wasRead := after(t, f, r, position, limit); len(got) != n || wasRead != read {
			t.Errorf("%s: %d facts behind %d, and %d read; want %d and %d", what, len(got), position, wasRead, n, read)
		}
	}
	for at := int64(0); at < facts; at += 500 {
		n := min(500, facts-at)
		expect("the first who comes", at, 500, int(n), n)
	}
	expect("who stands at the end", facts, 500, 0, 0)
	expect("the second who stands there", facts, 500, 0, 0)
	expect("who is within what is shared", facts-3_000, 500, 500, 0)
	expect("who is at the beginning of what is shared", facts-eventstore.FactsShared, 500, 500, 0)
	expect("who is further behind", 0, 500, 500, 500)
	expect("the end, which that has not moved", facts-10, 500, 10, 0)
	heard := f.Changed()
	c.Import(t, c.org, 7)
	<-heard
	expect("the first who hears of more", facts, 500, 7, 7)
	expect("the second", facts, 5, 5, 0)
	expect("one who straddles", facts-3, 500, 10, 0)
	expect("who comes from nowhere", facts+7, 500, 0, 0)
}

// TestFeedForgets: a fact that erases somebody empties the shared end, so that nobody
// is handed their data from memory.
func TestFeedForgets(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "a")
	follows, r := counted(t, c.DB)
	f := eventstore.NewFeed(follows.Store, eventstore.DefaultLog)
	ids, _ := c.Import(t, c.org, 10)
	if facts, _ := after(t, f, r, 0, 500); facts[3].Fact.(lead.Captured).Name == "" {
		t.Fatal("the name is not there to begin with")
	}
	c.Put(t, c.org, lead.Stream(ids[3]), lead.Erased{})
	if err := c.Keys.Destroy(t.Context(), eventstore.Subject{Org: c.org, ID: ids[3]}); err != nil {
		t.Fatal(err)
	}
	if facts, _ := after(t, f, r, 0, 500); facts[3].Fact.(lead.Captured).Name == "" {
		t.Fatal("the feed has forgotten before it could know")
	}
	if facts, _ := after(t, f, r, 10, 500); len(facts) != 1 {
		t.Fatalf("behind 10 come %d facts", len(facts))
	}
	facts, read := after(t, f, r, 0, 500)
	if e := facts[3]; read == 0 || !e.Erased || e.Fact.(lead.Captured).Name != "" || e.Fact.(lead.Captured).Country != "DE" {
		t.Errorf("an erased person is handed out as %s, %d read", e.Data, read)
	}
}

// TestLargeFacts: of large facts as many are shared, and read at once, as fit into memory; who
// is further behind is given all of them all the same.
func TestLargeFacts(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "a")
	follows, r := counted(t, c.DB)
	f := eventstore.NewFeed(follows.Store, eventstore.DefaultLog)
	const size, facts = 50_000, 200
	for range facts {
		c.Put(t, c.org, lead.Stream(uuid.NewString()), lead.Captured{Details: lead.Details{Source: strings.Repeat("x", size)}})
	}
	walk := func(from int64) (most int) {
		for at := from; at < facts; {
			got, _ := after(t, f, r, at, 500)
			if len(got) == 0 {
				t.Fatalf("nothing is behind %d", at)
			}
			at += int64(len(got))
			most = max(most, len(got))
		}
		return most
	}
	if most := walk(0); most > eventstore.BytesPerRead/size+1 {
		t.Errorf("%d are read at once", most)
	}
	const shared = eventstore.BytesShared / (2 * size) // each is there as it is stored, and opened
	if got, read := after(t, f, r, facts-shared/2, 500); len(got) != shared/2 || read != 0 {
		t.Errorf("of the end %d are given, and %d read", len(got), read)
	}
	if _, read := after(t, f, r, facts-2*shared, 500); read == 0 {
		t.Errorf("more is kept than %d bytes", eventstore.BytesShared)
	}
	walk(0)
}
