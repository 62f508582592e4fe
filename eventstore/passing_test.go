package eventstore_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// picky is a follower that few facts concern.
func picky() eventstore.Subscription {
	return eventstore.Subscription{Name: "picky", Version: 1, Batch: 20, Concerns: func(e eventstore.Recorded) bool { return e.Position%37 == 0 }}
}

// countOwn counts what concerns the follower, as handlers do.
func countOwn(ctx context.Context, b *eventstore.Batch) error {
	own := *b
	own.Events = nil
	for _, e := range b.Events {
		if picky().About(e) {
			own.Events = append(own.Events, e)
		}
	}
	if len(own.Events) == 0 {
		return errors.New("a batch that does not concern the follower")
	}
	return count(ctx, &own)
}

// TestPassing: what does not concern a follower is behind it at once, its handler is not
// asked, and the checkpoint follows, also when nothing more comes.
func TestPassing(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.sub = picky()
	told := make(chan int64, 1_000)
	s := c.Store.NewSubscriber(c.sub, eventstore.NewFeed(c.Store, eventstore.DefaultLog), func(at int64) { told <- at })
	c.FollowWith(t, s, c.sub, countOwn)
	begun := time.Now()
	c.Import(t, c.org, 30)
	for at := range told {
		if at == 30 {
			break
		}
	}
	if n := c.Count(t, `select count(*) from es.checkpoints where to_pos > 0`); n != 0 && time.Since(begun) < 500*time.Millisecond {
		t.Errorf("%d transactions for facts that concern nobody", n)
	}
	c.Await(t, c.sub, 30)
	c.Import(t, c.org, 50)
	c.Await(t, c.sub, 80)
	if n := c.applied(); n != 2 {
		t.Errorf("%d facts of 2 were applied", n)
	}
	c.contiguous()
}

// TestPassingOfOthers: who waits for a follower in another process hears that nothing
// concerns it, before its checkpoint says so, and does not hear it of one that is late.
func TestPassingOfOthers(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	other := eventstoretest.Open(t, c.URL)
	p := eventstore.NewPositions(c.Store)
	of := func(reads ...string) eventstore.Subscription {
		return eventstore.Subscription{Name: "view", Version: 1, Reads: reads}
	}
	wait := func(sub eventstore.Subscription, position int64) error {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		return p.Wait(ctx, sub, position)
	}
	if err := wait(of("import"), 0); err != nil {
		t.Errorf("position 0: %v", err)
	}
	late := make(chan struct{})
	other.Follow(t, of(lead.Category), func(context.Context, *eventstore.Batch) error { <-late; return nil })
	c.Import(t, c.org, 12)
	if err := wait(of("import"), 12); err != nil {
		t.Errorf("nothing concerns the view, and it is waited for: %v", err)
	}
	if err := wait(of("import", "lead.erased"), 12); err != nil {
		t.Errorf("no fact of the type is there, and it is waited for: %v", err)
	}
	if err := wait(of("import"), 13); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("a position that the log has not reached: %v", err)
	}
	p = eventstore.NewPositions(c.Store) // it has told of the other view under the same name
	if err := wait(of("import", lead.Category), 12); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("the view is late, and said to be there: %v", err)
	}
	p = eventstore.NewPositions(c.Store)
	if err := wait(of("import", "lead.captured"), 12); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("the view is late with a type, and said to be there: %v", err)
	}
	close(late)
	c.Await(t, of(lead.Category), 12)
	if err := wait(of(lead.Category), 12); err != nil {
		t.Errorf("the view has caught up: %v", err)
	}
	if err := wait(eventstore.Subscription{Name: "never", Version: 1, Reads: []string{"import"}}, 12); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("a view that has never begun: %v", err)
	}
}

// TestChildPicky is no test: it is the worker of TestPickyKilled.
func TestChildPicky(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OnlyInChild(t)
	s := db.Store.NewSubscriber(picky(), eventstore.NewFeed(db.Store, eventstore.DefaultLog), nil)
	s.Reached(dieAt(eventstoretest.ChildValue(endAt)))
	db.FollowWith(t, s, picky(), countOwn)
	eventstoretest.Tell("following")
	<-t.Context().Done()
}

// TestPickyKilled kills, at every step, a worker that passes over most of what comes: what
// concerns it is applied once.
func TestPickyKilled(t *testing.T) { //nolint:paralleltest // it kills processes
	c := newCounter(t, "counter")
	c.sub = picky()
	stop := c.appending()
	for kills := range eventstoretest.Rounds(len(steps)) {
		step := steps[kills%len(steps)]
		child := eventstoretest.StartChild(t, c.DB, "TestChildPicky", endAt+"="+step+" "+strconv.Itoa(1+kills%3)+" kill")
		child.Expect("at " + step)
		child.Ended()
	}
	stop()
	last := eventstoretest.StartChild(t, c.DB, "TestChildPicky", endAt+"=")
	last.Expect("following")
	c.Await(t, c.sub, c.Head(t))
	last.Kill()
	if n := c.Count(t, `select count(*) from (select position from es.events where position % 37 = 0) e full join (select position, count(*) n from public.applied group by 1) a using (position) where n is distinct from 1 or e.position is null`); n != 0 || c.applied() == 0 {
		t.Errorf("%d facts of %d are lost or doubled", n, c.Head(t))
	}
	c.contiguous()
}
