package eventstore

import (
	"context"
	"errors"
)

const rebuildBatch = 5_000

// CatchUp follows the log, without a Router, from the subscription's checkpoint to the
// end of the log: the way of a rebuild. A log that is written all the time has no end
// to wait for, so that less than a batch behind it is there. Batches are large and the
// next one is read while one is handled. progress, which may be nil, is told of every
// checkpoint and of the end.
func (s *Store) CatchUp(ctx context.Context, sub Subscription, handle func(context.Context, *Batch) error, progress func(position, head int64)) error {
	if sub.Batch == 0 {
		sub.Batch = rebuildBatch
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := s.newFollower(sub, &prefetch{store: s, log: sub.Log})
	if err := f.seed(ctx); err != nil {
		return err
	}
	head, err := s.Head(ctx, sub.Log)
	if err != nil {
		return err
	}
	for patience := 0; ; {
		n, err := f.step(ctx, func(b *Batch) bool {
			b.err = calm(func() error { return understood(ctx, b, handle) })
			return b.err == nil
		})
		if patience++; err != nil && patience > catchUpPatience {
			return err
		}
		if err != nil {
			if err := f.endure(ctx, err); err != nil {
				return err
			}
			continue
		}
		if n == 0 {
			return nil
		}
		patience = 0
		progress(f.position, max(head, f.position))
		if f.position < head {
			continue
		}
		if head, err = s.Head(ctx, sub.Log); err != nil || head-f.position < int64(f.Batch) {
			return err
		}
	}
}

// catchUpPatience is how many faults in a row are endured; taking a batch apart down to
// one fact is a dozen.
const catchUpPatience = 40

// endure waits out a fault of a step, or gives back one that waiting does not mend.
func (f *follower) endure(ctx context.Context, fault error) error {
	switch {
	case errors.Is(fault, ErrDamaged):
		return fault
	case errors.Is(fault, errRefused), errors.Is(fault, errApart):
		return nil
	case !pause(ctx, idlePause/2):
		return ctx.Err()
	case errors.Is(fault, errNotMine), errors.Is(fault, errMoved): // another process does the same: go on where it is
		return f.seed(ctx)
	}
	return nil
}

const errPanic = classError("panic")

// calm turns a panic into an error: the fact that brings it about is parked like any
// other, and what the panic says is kept nowhere.
func calm(do func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return do()
}

// prefetch reads the next batch while one is handled.
type prefetch struct {
	store *Store
	log   int16
	next  chan prefetched
	after int64
	limit int
}

type prefetched struct {
	facts []Recorded
	err   error
}

// After implements source.
func (p *prefetch) After(ctx context.Context, after int64, limit int) ([]Recorded, error) {
	var got prefetched
	if p.next != nil {
		got = <-p.next
		p.next = nil
	}
	if got.facts == nil || p.after != after || p.limit != limit {
		got.facts, got.err = p.store.Read(ctx, p.log, after, limit)
	}
	if got.err == nil && len(got.facts) == limit {
		p.next, p.after, p.limit = make(chan prefetched, 1), after+int64(limit), limit
		go func(to chan<- prefetched, after int64) {
			facts, err := p.store.Read(ctx, p.log, after, limit)
			to <- prefetched{facts, err}
		}(p.next, p.after)
	}
	return got.facts, got.err
}
