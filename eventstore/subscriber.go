package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
)

// Subscriber lets Watermill's Router follow the log: one message is one batch of
// facts and one transaction. An acknowledged message commits the handler's writes
// together with the checkpoint, a refused one rolls both back. It gives the next
// message only when the last one is answered, which is what keeps the order.
type Subscriber struct {
	follower *follower
	feed     *Feed

	mu      sync.Mutex
	stop    context.CancelFunc
	stopped sync.WaitGroup
	closed  bool
	halted  error
	moved   func(position int64)
}

// NewSubscriber follows the feed's log under the subscription's name. moved, which
// may be nil, is told how far the follower has come.
func (s *Store) NewSubscriber(sub Subscription, feed *Feed, moved func(position int64)) *Subscriber {
	if moved == nil {
		moved = func(int64) {}
	}
	f := s.newFollower(sub, feed)
	f.lazy = true
	return &Subscriber{moved: moved, feed: feed, follower: f}
}

func (s *Store) newFollower(sub Subscription, from source) *follower {
	if sub.Batch == 0 {
		sub.Batch = liveBatch
	}
	if sub.Worker == "" {
		sub.Worker = uuid.NewString()
	}
	return &follower{Subscription: sub, store: s, feed: from, begin: s.beginner(sub), limit: sub.Batch, reached: func(string) {}}
}

func (s *Store) beginner(sub Subscription) beginner {
	if sub.SQL {
		return beginSQL(s.worker)
	}
	return beginPgx(s.worker)
}

type batchKey struct{}

// BatchOf takes the batch out of a message's context.
func BatchOf(ctx context.Context) *Batch {
	b, _ := ctx.Value(batchKey{}).(*Batch)
	return b
}

// Handler makes a Watermill handler of a function over a batch. The Router logs what it
// answers, so that a fault is told by its class only.
func Handler(handle func(context.Context, *Batch) error) message.NoPublishHandlerFunc {
	return func(msg *message.Message) error {
		b := BatchOf(msg.Context())
		if b == nil {
			return errors.New("the message carries no batch of the log")
		}
		b.err = calm(func() error { return understood(msg.Context(), b, handle) })
		if b.err != nil {
			return classError(errorClass(b.err))
		}
		return nil
	}
}

// understood hands on only facts that this release understands: one that it does not
// is a fault, never skipped.
func understood(ctx context.Context, b *Batch, handle func(context.Context, *Batch) error) error {
	for i := range b.Events {
		if err := b.Events[i].Err; err != nil {
			return err
		}
	}
	return handle(ctx, b)
}

// Prepare makes the first checkpoint of a follower that has none: one that begins now
// is handed everything that is written from here on, however late it is started.
func (s *Subscriber) Prepare(ctx context.Context) error { return s.follower.seed(ctx) }

// Subscribe implements message.Subscriber. The topic is the subscription's name: a
// subscriber follows one log under one name, once.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if topic != s.follower.Name || s.stop != nil || s.closed {
		return nil, fmt.Errorf("this subscriber follows the log once, as %s", s.follower.Name)
	}
	ctx, s.stop = context.WithCancel(ctx)
	// Who begins now, begins before anything is written that it is to act on. Where the
	// database is away, run tries again.
	_ = s.follower.seed(ctx)
	out := make(chan *message.Message)
	s.stopped.Go(func() {
		defer close(out)
		s.run(ctx, out)
	})
	return out, nil
}

// Close implements message.Subscriber: it waits for the batch in hand.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.stop != nil {
		s.stop()
	}
	s.mu.Unlock()
	s.stopped.Wait()
	return nil
}

// Halted is why the subscriber has stopped for good: the log is damaged, and a
// person has to look.
func (s *Subscriber) Halted() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.halted
}

func (s *Subscriber) run(ctx context.Context, out chan<- *message.Message) {
	f := s.follower
	seeded := false
	for backoff := 20 * time.Millisecond; ctx.Err() == nil; {
		changed := s.feed.Changed()
		var n int
		var err error
		if !seeded {
			err = f.seed(ctx)
			seeded = err == nil
		}
		if seeded {
			n, err = f.step(ctx, func(b *Batch) bool { return deliver(ctx, out, b) })
		}
		switch {
		case err == nil && n > 0:
			backoff = 20 * time.Millisecond
			s.moved(f.seen)
			pause(ctx, f.linger(n))
		case err == nil:
			waitFor(ctx, changed)
		case errors.Is(err, ErrDamaged):
			f.store.slog.ErrorContext(ctx, "a follower stops: the log is damaged", "projection", f.Name, "fault", err)
			s.mu.Lock()
			s.halted = err
			s.mu.Unlock()
			return
		case errors.Is(err, errNotMine): // stand by, and keep up with the one who follows
			seeded = false
			pause(ctx, idlePause)
		case errors.Is(err, errMoved):
			seeded = false
		case errors.Is(err, errApart):
			backoff = 20 * time.Millisecond
		default:
			if ctx.Err() == nil && !errors.Is(err, errRefused) {
				f.store.slog.WarnContext(ctx, "a follower tries again", "projection", f.Name, "fault", errorClass(err))
				seeded = false
			}
			pause(ctx, backoff)
			backoff = min(2*backoff, 2*time.Second)
		}
	}
}

// linger is for how long facts gather behind a batch of n.
func (f *follower) linger(n int) time.Duration {
	switch {
	case n >= f.Batch:
		return 0
	case f.Gather > 0:
		return f.Gather
	case n >= f.Batch/4:
		return 0
	case f.Rebuildable:
		return lingerForPeople
	}
	return lingerForOthers
}

// deliver hands a batch to the Router and waits for its answer. A batch that was
// taken is always answered, so that nobody writes into an ended transaction.
func deliver(ctx context.Context, out chan<- *message.Message, b *Batch) bool {
	msg := message.NewMessage(uuid.NewString(), nil)
	msg.SetContext(context.WithValue(context.WithoutCancel(ctx), batchKey{}, b))
	select {
	case out <- msg:
	case <-ctx.Done():
		b.err = ctx.Err()
		return false
	}
	select {
	case <-msg.Acked():
		return true
	case <-msg.Nacked():
		return false
	}
}

func waitFor(ctx context.Context, changed <-chan struct{}) {
	select {
	case <-changed:
	case <-ctx.Done():
	}
}
