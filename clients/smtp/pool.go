package smtp

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/canvass-hq/canvass/domain/mail"
)

// Pool hands many mails to one server, over connections that stay open.
type Pool struct {
	cfg     Config
	places  chan struct{} // one for each connection that carries mails
	waiting atomic.Int32  // for a place

	mu     sync.Mutex
	idle   []*session
	closed bool
}

// turn is how many mails a connection carries before it serves others that wait.
const turn = 20

// NewPool makes a pool of so many connections at most; it does not connect.
func NewPool(cfg Config, connections int) *Pool {
	cfg.Timeout = cmp.Or(cfg.Timeout, patience)
	cfg.Idle = cmp.Or(cfg.Idle, idleness)
	return &Pool{cfg: cfg, places: make(chan struct{}, max(connections, 1))}
}

// Carry hands mails over, and returns when the flight has been told what became of each. A
// mail whose connection ends before it leaves goes by another. Those that nobody takes then
// are unavailable; one is in doubt for each connection at most.
func (p *Pool) Carry(ctx context.Context, mails []mail.Mail, f mail.Flight) {
	l := &load{ctx: ctx, flight: f, compose: p.cfg.compose, mails: mails, empty: make(chan struct{}), fault: unavailable(0)}
	var crew sync.WaitGroup
	var more sync.Once
	crew.Go(func() {
		p.work(l, func() {
			more.Do(func() { // only now: where one is not let in, ten are not
				for range min(cap(p.places), len(mails)) - 1 {
					crew.Go(func() { p.work(l, func() {}) })
				}
			})
		})
	})
	crew.Wait()
	for left := l.pick(); left != nil; left = l.pick() {
		f.Ended(left.i, "", l.fault)
	}
}

// work carries mails of a load, in turns with others, until there are none.
func (p *Pool) work(l *load, connected func()) {
	for again := true; again && p.enter(l); {
		again = p.serve(l, connected)
		<-p.places
	}
}

// serve takes one turn. It gives up when it is not let in, or when two connections in a row
// have ended before the server said anything of a mail.
func (p *Pool) serve(l *load, connected func()) bool {
	for failed := 0; failed < 2; {
		s, fault := p.session(l.ctx, failed > 0)
		if fault != nil {
			l.blame(fault)
			return false
		}
		connected()
		stop, before := context.AfterFunc(l.ctx, s.cut), s.answered
		fault = s.carry(l, func(n int) bool { return n >= turn && p.waiting.Load() > 0 })
		if stop() && fault == nil {
			p.keep(s)
			return true
		}
		s.cut()
		if fault == nil || l.over() {
			return false
		}
		l.blame(fault)
		if failed++; s.answered > before {
			failed = 0
		}
	}
	return false
}

// enter waits for a place. There is none for a load that has no more mails.
func (p *Pool) enter(l *load) bool {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	select {
	case <-l.empty:
	case <-l.ctx.Done():
	case p.places <- struct{}{}:
		if !l.over() {
			return true
		}
		<-p.places
	}
	return false
}

// session gives a connection that rests, which may have ended meanwhile, or a fresh one.
func (p *Pool) session(ctx context.Context, fresh bool) (*session, *mail.Error) {
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 && !fresh {
		defer p.mu.Unlock()
		s := p.idle[last]
		s.rest.Stop()
		s.rested, p.idle = true, p.idle[:last]
		return s, nil
	}
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, unavailable(0)
	}
	return dial(ctx, p.cfg)
}

func (p *Pool) keep(s *session) {
	p.mu.Lock()
	kept := !p.closed
	if kept {
		s.rest = time.AfterFunc(p.cfg.Idle, func() { p.forget(s) })
		p.idle = append(p.idle, s)
	}
	p.mu.Unlock()
	if !kept {
		s.quit()
	}
}

// forget ends a connection that has rested for long.
func (p *Pool) forget(s *session) {
	p.mu.Lock()
	i := slices.Index(p.idle, s)
	if i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		s.quit()
	}
}

// Close ends the connections that rest, and each of the others when its mails are carried.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	var parting sync.WaitGroup
	for _, s := range idle {
		s.rest.Stop()
		parting.Go(s.quit)
	}
	parting.Wait()
}
