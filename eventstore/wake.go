package eventstore

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// wake tells those who follow the log that it has grown: at once in the same
// process, by NOTIFY in others, and by a poll where a notice was lost. A NOTIFY
// inside the append would take a lock of the whole cluster until its commit; so it is
// sent afterwards, at once after a pause and then one for all appends of a moment: each
// costs the server most of a millisecond.
type wake struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change

	notify chan struct{}
}

const (
	channel     = "es_log"
	notifyPause = 100 * time.Millisecond
	pollPause   = 250 * time.Millisecond
)

func newWake() *wake {
	return &wake{changed: make(chan struct{}), notify: make(chan struct{}, 1)}
}

// next is closed when the log may have grown since the call.
func (w *wake) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *wake) broadcast() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

// committed is told of every append of this process.
func (w *wake) committed() {
	w.broadcast()
	select {
	case w.notify <- struct{}{}:
	default:
	}
}

func (w *wake) run(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) {
	var wg sync.WaitGroup
	wg.Go(func() { w.sendNotices(ctx, pool) })
	wg.Go(func() { w.poll(ctx) })
	wg.Go(func() {
		for ctx.Err() == nil {
			err := w.listen(ctx, pool)
			if ctx.Err() == nil {
				log.WarnContext(ctx, "listening for the log broke off; polling meanwhile", "fault", errorClass(err))
				pause(ctx, time.Second)
			}
		}
	})
	wg.Wait()
}

func (w *wake) poll(ctx context.Context) {
	for pause(ctx, pollPause) {
		w.broadcast()
	}
}

// sendNotices tells other processes; a notice that fails is made good by their poll.
func (w *wake) sendNotices(ctx context.Context, pool *pgxpool.Pool) {
	for {
		select {
		case <-w.notify:
			_, _ = pool.Exec(ctx, "notify "+channel)
		case <-ctx.Done():
			return
		}
		if !pause(ctx, notifyPause) {
			return
		}
	}
}

func (w *wake) listen(ctx context.Context, pool *pgxpool.Pool) error {
	pooled, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // a listening connection must not go back to the pool
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	w.broadcast()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		w.broadcast()
	}
}

// pause waits, and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
