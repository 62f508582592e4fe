package eventstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

func TestPositions(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	p := eventstore.NewPositions(c.Store)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(gone, c.sub, 1); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("nobody follows: %v, want behind", err)
	}
	if err := p.Wait(gone, c.sub, 0); err != nil {
		t.Errorf("position 0 is always reached: %v", err)
	}
	p.Reached(c.sub, 7)
	p.Reached(c.sub, 5)
	for position, reached := range map[int64]bool{5: true, 7: true, 8: false} {
		if err := p.Wait(gone, c.sub, position); (err == nil) != reached {
			t.Errorf("position %d of 7: %v", position, err)
		}
	}
	if err := p.Wait(gone, eventstore.Subscription{Name: "counter", Version: 2}, 7); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("another version: %v, want behind", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Wait(short, c.sub, 8); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("it is not reached in time: %v, want behind", err)
	}
}

// TestPositionsOfOthers: who waits hears of a follower in this process, and of one in
// another.
func TestPositionsOfOthers(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "here")
	p := eventstore.NewPositions(c.Store)
	feed := eventstore.NewFeed(c.Store, eventstore.DefaultLog)
	c.FollowWith(t, c.Store.NewSubscriber(c.sub, feed, func(at int64) { p.Reached(c.sub, at) }), c.sub, count)
	other := eventstoretest.Open(t, c.URL)
	there := eventstore.Subscription{Name: "there", Version: 1}
	other.Follow(t, there, func(context.Context, *eventstore.Batch) error { return nil })
	for range 10 {
		_, last := c.Import(t, c.org, 1)
		for _, name := range []string{"here", "there"} {
			ctx, cancel := context.WithTimeout(t.Context(), eventstoretest.Patience)
			if err := p.Wait(ctx, eventstore.Subscription{Name: name, Version: 1}, last); err != nil {
				t.Errorf("wait for %s: %v", name, err)
			}
			cancel()
			if at, err := c.Store.Checkpoint(t.Context(), name, 1, 0); err != nil || at < last {
				t.Errorf("told that %s has reached %d, and it stands at %d: %v", name, last, at, err)
			}
		}
	}
}

// TestPositionsOfParked: a fact that is parked is behind the follower too.
func TestPositionsOfParked(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	reached := make(chan int64, 100)
	feed := eventstore.NewFeed(c.Store, eventstore.DefaultLog)
	c.FollowWith(t, c.Store.NewSubscriber(c.sub, feed, func(at int64) { reached <- at }), c.sub, func(context.Context, *eventstore.Batch) error {
		return errors.New("no")
	})
	c.Import(t, c.org, 1)
	select {
	case at := <-reached:
		if at != 1 {
			t.Errorf("told of %d", at)
		}
	case <-time.After(eventstoretest.Patience):
		t.Error("nobody was told of the parked fact's position")
	}
}
