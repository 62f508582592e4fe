package eventstore_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// TestFence lets another worker move the checkpoint while this one is in a batch, which
// only a worker without the lock could do: what this one did is rolled back, and it
// goes on behind the other.
func TestFence(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"read", "handled"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, "counter")
			c.Import(t, c.org, 40)
			s := c.Store.NewSubscriber(c.sub, eventstore.NewFeed(c.Store, eventstore.DefaultLog), nil)
			var once sync.Once
			s.Reached(func(at string) {
				if at != step {
					return
				}
				once.Do(func() {
					c.Exec(t, `with w as (insert into es.checkpoints (projection, version, log_id, from_pos, to_pos, worker) values ('counter', 1, 0, 1, 25, 'other') returning 1)
						insert into public.applied (position, stream_id, version) select position, stream_id, version from es.events where position <= 25 order by position`)
				})
			})
			c.FollowWith(t, s, c.sub, count)
			c.Await(t, c.sub, 40)
			// The other's counts, which would have waited for the rows of the batch in hand.
			c.Exec(t, `insert into public.counted select stream_id, count(*) from es.events where position <= 25 group by 1`)
			c.exactlyOnce()
		})
	}
}

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

// TestSeedBeside: a worker that comes while another goes on never takes the other's
// progress for damage.
func TestSeedBeside(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.Follow(t, c.sub, count)
	stop := c.appending()
	defer stop()
	for range 400 {
		s := c.Store.NewSubscriber(c.sub, eventstore.NewFeed(c.Store, eventstore.DefaultLog), nil)
		if err := s.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
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

// TestProgress: neither a transaction with an id in another database of the cluster nor
// a snapshot that has been open for long keeps anybody from going on.
func TestProgress(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	foreign := "foreign_" + uuid.NewString()[:8]
	c.Exec(t, `create database `+foreign)
	t.Cleanup(func() { c.execute(`drop database ` + foreign + ` with (force)`) })
	c.Import(t, c.org, 5)
	for dsn, sql := range map[string]string{
		eventstoretest.WithDatabase(c.URL, foreign): `begin; select pg_current_xact_id()`,
		c.URL: `begin isolation level repeatable read; select count(*) from es.events`,
	} {
		held, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = held.Close(context.Background()) })
		if _, err := held.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.Count(t, `select count(*) from pg_stat_activity where state = 'idle in transaction' and (backend_xid is not null or backend_xmin is not null) and datname in ($1, current_database())`, foreign); n < 2 {
		t.Fatalf("%d transactions stand in the way, want 2", n)
	}
	c.Follow(t, c.sub, count)
	c.Import(t, c.org, 700)
	c.Await(t, c.sub, 705)
	c.exactlyOnce()
}

// execute is Exec for the time after the test.
func (c *counter) execute(sql string) {
	pool, err := pgxpool.New(context.Background(), eventstoretest.WithDatabase(c.URL, "postgres"))
	if err == nil {
		_, err = pool.Exec(context.Background(), sql)
		pool.Close()
	}
	if err != nil {
		c.t.Log(err)
	}
}

// TestVersions: another version of a name is another follower.
func TestVersions(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	stream := lead.Stream(eventstoretest.NewID())
	c.Put(t, c.org, stream, eventstoretest.Captured("ann"))
	for v := range 2 {
		sub := c.sub
		sub.Version = v + 1
		c.Follow(t, sub, count)
		c.Await(t, sub, 1)
	}
	if n := c.applied(); n != 2 {
		t.Errorf("two versions were given %d facts", n)
	}
	if _, err := c.Store.NewSubscriber(c.sub, eventstore.NewFeed(c.Store, 0), nil).Subscribe(t.Context(), "another"); err == nil {
		t.Error("a subscriber follows under a name that is not its own")
	}
}
