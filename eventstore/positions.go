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
	reached map[view]int64
	changed chan struct{}
}

type view struct {
	name    string
	version int
}

const lookUpPause = 15 * time.Millisecond

// NewPositions knows nothing yet.
func NewPositions(s *Store) *Positions {
	return &Positions{store: s, reached: map[view]int64{}, changed: make(chan struct{})}
}

// Reached is told how far a follower has come.
func (p *Positions) Reached(sub Subscription, position int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := (view{sub.Name, sub.Version}); position > p.reached[k] {
		p.reached[k] = position
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// Wait returns when the projection has reached the position, or domain.ErrBehind
// when ctx ends first.
func (p *Positions) Wait(ctx context.Context, sub Subscription, position int64) error {
	for {
		p.mu.Lock()
		at, changed := p.reached[view{sub.Name, sub.Version}], p.changed
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
		at, err := p.store.passed(ctx, sub, position)
		if ctx.Err() != nil {
			return domain.ErrBehind
		}
		if err != nil {
			return err
		}
		p.Reached(sub, at)
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

// passed is how far a follower has come towards a position: to its checkpoint, and on to
// the next fact that it is about.
func (s *Store) passed(ctx context.Context, sub Subscription, towards int64) (int64, error) {
	if len(sub.Reads) == 0 {
		return s.Checkpoint(ctx, sub.Name, sub.Version, sub.Log)
	}
	var at int64
	err := ignoreNone(s.worker.QueryRow(ctx, `with c as (`+lastCheckpoint+`)
		select coalesce(
			(select e.position - 1 from es.events e where e.log_id = $3 and e.position > c.to_pos and e.position <= least($4, c.to_pos + $5) and (e.category = any($6) or e.type = any($6)) order by e.position limit 1),
			(select max(e.position) from es.events e where e.log_id = $3 and e.position <= least($4, c.to_pos + $5)), 0)
		from c`, sub.Name, sub.Version, sub.Log, towards, int64(2*passedFacts), sub.Reads).Scan(&at))
	return at, unavailable("read how far a view is", err)
}
