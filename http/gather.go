package http

import (
	"context"
	"errors"
	"sync"
)

// gather carries out together what several requests ask for at the same time: the first of
// those who wait does it for all of them, and then the first of those who have come since.
// Nobody waits for somebody to come.
type gather[Q any] struct {
	do   func(ctx context.Context, asked []Q) []error // an error for each
	most int                                          // that are carried out together

	mu      sync.Mutex
	busy    bool
	waiting []*gathered[Q]
}

type gathered[Q any] struct {
	what Q
	lead chan struct{} // it is to do it for those who wait
	done chan error
}

var errGather = errors.New("what was asked for together was not carried out")

// ask carries out q, alone or with others.
func (g *gather[Q]) ask(ctx context.Context, q Q) error {
	me := &gathered[Q]{q, make(chan struct{}, 1), make(chan error, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, me)
	if leads := !g.busy; leads {
		g.busy = true
		me.lead <- struct{}{}
	}
	g.mu.Unlock()
	select {
	case err := <-me.done:
		return err
	case <-me.lead:
		g.carryOut(context.WithoutCancel(ctx)) // the others do not go when this one does
		return <-me.done
	}
}

// carryOut does what those ask for who wait, and leaves the next to one of them.
func (g *gather[Q]) carryOut(ctx context.Context) {
	g.mu.Lock()
	n := min(g.most, len(g.waiting))
	batch := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.mu.Unlock()
	var errs []error
	defer func() {
		for i, one := range batch {
			if i < len(errs) {
				one.done <- errs[i]
			} else {
				one.done <- errGather
			}
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.busy = len(g.waiting) > 0; g.busy {
			g.waiting[0].lead <- struct{}{}
		}
	}()
	asked := make([]Q, n)
	for i, one := range batch {
		asked[i] = one.what
	}
	errs = g.do(ctx, asked)
}
