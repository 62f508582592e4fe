package eventstore_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// TestOneAtATime: while one worker has a batch in hand, another of the same name stands
// by.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.sub.Batch = 10
	c.Import(t, c.org, 30)
	inHand, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.Follow(t, c.sub, func(ctx context.Context, b *eventstore.Batch) error {
		once.Do(func() {
			close(inHand)
			<-goOn
		})
		return count(ctx, b)
	})
	<-inHand
	other := eventstoretest.Open(t, c.URL)
	s := other.Store.NewSubscriber(c.sub, eventstore.NewFeed(other.Store, eventstore.DefaultLog), nil)
	var tried, entered atomic.Int64
	s.Reached(func(step string) {
		if step == "read" {
			tried.Add(1)
		}
	})
	other.FollowWith(t, s, c.sub, func(ctx context.Context, b *eventstore.Batch) error {
		entered.Add(1)
		return count(ctx, b)
	})
	eventstoretest.Eventually(t, "the other has tried", func() bool { return tried.Load() >= 2 })
	if entered.Load() != 0 || c.Checkpoint(t, c.sub) != 0 {
		t.Error("two workers are in a batch at once")
	}
	close(goOn)
	c.Await(t, c.sub, 30)
	c.exactlyOnce()
}

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
