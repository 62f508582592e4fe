package redis

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// errAway is what a caller gets at once while the server is known to be away.
var errAway = errors.New("redis: the server is away")

const (
	faultsToOpen = 3                      // in a row
	probePause   = 500 * time.Millisecond // between two looks at a server that is away
)

// breaker keeps callers from a server that does not answer: after some faults in a row
// nobody is let through any more until a probe, for which nobody waits, has been answered.
type breaker struct {
	ping func(context.Context) error
	log  *slog.Logger

	faults atomic.Int64 // in a row
	trips  atomic.Int64
	open   atomic.Bool

	mu     sync.Mutex
	timer  *time.Timer // of the next probe
	closed bool
}

// guard runs one exchange with the server, or answers errAway.
func (b *breaker) guard(ctx context.Context, exchange func(context.Context) error) error {
	if b.open.Load() {
		return errAway
	}
	err := exchange(ctx)
	switch {
	case err == nil || errors.Is(err, goredis.Nil):
		if b.faults.Load() != 0 {
			b.faults.Store(0)
		}
	case ctx.Err() != nil: // the caller has gone: nobody knows how the server is
	case b.faults.Add(1) >= faultsToOpen && b.open.CompareAndSwap(false, true):
		b.trips.Add(1)
		b.log.WarnContext(ctx, "redis is away; canvass goes on without it")
		b.probeLater()
	}
	return err
}

func (b *breaker) probeLater() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.timer = time.AfterFunc(probePause, b.probe)
	}
}

func (b *breaker) probe() {
	if b.ping(context.Background()) != nil {
		b.probeLater()
		return
	}
	b.faults.Store(0)
	b.open.Store(false)
	b.log.Info("redis is back")
}

// close lets no further probe begin.
func (b *breaker) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.timer != nil {
		b.timer.Stop()
	}
}
