package eventstore

import (
	"context"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Positions lets a reader wait until a projection has reached a position, so that
// people read their own writes. It hears of projections that run in this process at
// once, and looks up those of others while somebody waits.
type Positions struct {
	store *Store

	mu      sync.Mutex
	reached map[Subscription]int64
	changed chan struct{}
}

const lookUpPause = 15 * time.Millisecond

// NewPositions knows nothing yet.
func NewPositions(s *Store) *Positions {
	return &Positions{store: s, reached: map[Subscription]int64{}, changed: make(chan struct{})}
}

// Reached is told of a committed checkpoint.
func (p *Positions) Reached(name string, version int, position int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := (Subscription{Name: name, Version: version}); position > p.reached[k] {
		p.reached[k] = position
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// Wait returns when the projection has reached the position, or domain.ErrBehind
// when ctx ends first.
func (p *Positions) Wait(ctx context.Context, name string, version int, position int64) error {
	for {
		p.mu.Lock()
		at, changed := p.reached[Subscription{Name: name, Version: version}], p.changed
		p.mu.Unlock()
		if at >= position {
			return nil
		}
		select {
		case <-changed:
			continue
		case <-ctx.Done():
			return domain.ErrBehind
		case <-time.After(lookUpPause):
		}
		at, err := p.store.Checkpoint(ctx, name, version, DefaultLog)
		if ctx.Err() != nil {
			return domain.ErrBehind
		}
		if err != nil {
			return err
		}
		p.Reached(name, version, at)
	}
}

// Changed is closed when a projection may have moved since the call.
func (p *Positions) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// Checkpoint is how far a follower has come; 0 when it has never begun.
func (s *Store) Checkpoint(ctx context.Context, name string, version int, log int16) (int64, error) {
	var at int64
	err := ignoreNone(s.worker.QueryRow(ctx, lastCheckpoint, name, version, log).Scan(&at))
	return at, unavailable("read the checkpoint", err)
}
