package eventstore_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// TestStart: a read model begins at the origin; what acts on the world begins where the
// log ends when it is first deployed, and then misses nothing.
func TestStart(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "now")
	c.Import(t, c.org, 5)
	c.sub.Start = eventstore.Now
	f := c.Follow(t, c.sub, count)
	c.Import(t, c.org, 2) // at once: the follower has begun when it is there
	c.Await(t, c.sub, 7)
	f.Stop()
	c.Import(t, c.org, 3)
	c.Follow(t, c.sub, count)
	c.Await(t, c.sub, 10)
	if n, first := c.applied(), c.Count(t, `select min(position) from public.applied`); n != 5 || first != 6 {
		t.Errorf("given %d facts from position %d, want 5 from 6", n, first)
	}
	c.Exec(t, `truncate public.applied, public.counted`)
	c.sub = eventstore.Subscription{Name: "origin", Version: 1}
	c.Follow(t, c.sub, count)
	c.Await(t, c.sub, 10)
	c.exactlyOnce()
}

// TestCheckpoints: they are only ever added, and the newest are kept as the fence.
func TestCheckpoints(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	const facts = 2*eventstore.CheckpointsKept + 50
	c.Import(t, c.org, facts)
	c.sub.Batch = 1
	if err := c.Store.CatchUp(t.Context(), c.sub, count, nil); err != nil {
		t.Fatal(err)
	}
	kept := c.Count(t, `select count(*) from es.checkpoints`)
	if kept < eventstore.CheckpointsKept || kept > eventstore.CheckpointsKept+100 {
		t.Errorf("%d checkpoints are kept after %d", kept, facts)
	}
	if n := c.Count(t, `select count(*) from es.checkpoints where to_pos > $1`, facts-eventstore.CheckpointsKept); n != eventstore.CheckpointsKept {
		t.Errorf("%d of the newest %d are kept", n, eventstore.CheckpointsKept)
	}
	if n := c.Count(t, `select count(*) filter (where has_table_privilege(r, 'es.checkpoints', 'update')) from unnest(array['canvass_app', 'canvass_worker', 'canvass_auditor']) r`); n != 0 {
		t.Error("a role may change a checkpoint")
	}
	c.exactlyOnce()
}

// TestCatchUpOfABusyLog: a log that grows with every batch is caught up with all the same.
func TestCatchUpOfABusyLog(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.Import(t, c.org, 50)
	told := int64(0)
	batches := 0
	err := c.Store.CatchUp(t.Context(), c.sub, func(ctx context.Context, b *eventstore.Batch) error {
		if batches++; batches > 20 {
			t.Fatal("it follows a log that has no end")
		}
		c.Import(t, c.org, 1)
		return count(ctx, b)
	}, func(position, head int64) {
		if told = position; position > head {
			t.Errorf("told of %d of %d", position, head)
		}
	})
	if err != nil || told < 50 || c.Checkpoint(t, c.sub) != told {
		t.Errorf("caught up to %d, told of %d: %v", c.Checkpoint(t, c.sub), told, err)
	}
}

// TestCatchUpPastPoison: a rebuild parks what it must and still reaches the end.
func TestCatchUpPastPoison(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.Import(t, c.org, 300)
	err := c.Store.CatchUp(t.Context(), c.sub, func(ctx context.Context, b *eventstore.Batch) error {
		for _, e := range b.Events {
			if e.Position == 1 || e.Position == 150 {
				panic("no")
			}
		}
		return count(ctx, b)
	}, nil)
	if err != nil || c.Checkpoint(t, c.sub) != 300 {
		t.Fatalf("caught up to %d of 300: %v", c.Checkpoint(t, c.sub), err)
	}
	c.parked(t, []int64{1, 150}, 298, "panic")
}

// meanwhile does something when a worker that begins has read where the log ends, and
// not yet where its follower stands.
type meanwhile struct {
	once sync.Once
	do   func()
}

func (m *meanwhile) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if strings.HasPrefix(q.SQL, "insert into es.checkpoints") && strings.Contains(q.SQL, "where not exists") {
		m.once.Do(m.do)
	}
	return ctx
}

func (*meanwhile) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestSeedBeside: a worker that comes while another goes on never takes the other's
// progress for damage.
func TestSeedBeside(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.Import(t, c.org, 5)
	beside := traced(t, c.DB, &meanwhile{do: func() {
		c.Import(t, c.org, 5)
		if err := c.Store.CatchUp(t.Context(), c.sub, count, nil); err != nil {
			t.Error(err)
		}
	}})
	s := beside.Store.NewSubscriber(c.sub, eventstore.NewFeed(beside.Store, eventstore.DefaultLog), nil)
	if err := s.Seed(t.Context()); err != nil {
		t.Error(err)
	}
	if at := c.Checkpoint(t, c.sub); at != 10 {
		t.Errorf("the other stands at %d: it has not gone on in between", at)
	}
}

// TestClose: who is asked to stop brings the batch in hand to its end.
func TestClose(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.Import(t, c.org, 30)
	c.sub.Batch = 10
	inHand, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f := c.Follow(t, c.sub, func(ctx context.Context, b *eventstore.Batch) error {
		once.Do(func() {
			close(inHand)
			<-goOn
		})
		return count(ctx, b)
	})
	<-inHand
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		f.Stop()
	}()
	eventstoretest.Eventually(t, "the subscriber is asked to close", f.Subscriber.Closing)
	select {
	case <-closed:
		t.Fatal("it closed with a batch in hand")
	default:
	}
	close(goOn)
	<-closed
	if at, n := c.Checkpoint(t, c.sub), c.applied(); at != 10 || n != 10 {
		t.Errorf("the checkpoint is %d and %d facts are counted, want 10", at, n)
	}
	c.Follow(t, c.sub, count)
	c.Await(t, c.sub, 30)
	c.exactlyOnce()
}
