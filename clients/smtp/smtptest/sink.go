// Package smtptest has a mail server that takes mails and counts them, fast enough to
// measure what sends them.
package smtptest

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// Sink is a server that counts mails by the part of their Message-ID before the @.
type Sink struct {
	// Keep is how many of the latest mails are kept whole.
	Keep int
	// Delay is how long it takes over each mail.
	Delay time.Duration
	// Refuse gives what a recipient is answered, such as 550, or 0 to take it. A server that
	// has said 421 hangs up.
	Refuse func(rcpt string) (code int)
	// Drop tells whether to hang up, with no answer, on who brought the nth mail, which is
	// taken all the same.
	Drop func(n int) bool

	listener net.Listener
	serving  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	open    map[net.Conn]bool
	callers int
	mails   int
	seen    map[string]int
	kept    [][]byte
}

// Listen opens a sink, on a port of its own for "127.0.0.1:0". The options are set before
// anybody connects.
func Listen(addr string, options ...func(*Sink)) (*Sink, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Sink{listener: l, open: map[net.Conn]bool{}, seen: map[string]int{}}
	for _, set := range options {
		set(s)
	}
	s.serving.Go(s.accept)
	return s, nil
}

// Port is where it listens.
func (s *Sink) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Counts tells how many mails have come, and how many different ones.
func (s *Sink) Counts() (mails, distinct int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails, len(s.seen)
}

// Connections tells how many have ever been opened.
func (s *Sink) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.callers
}

// Seen tells how often each mail has come.
func (s *Sink) Seen() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.seen)
}

// Twice gives the mails that have come more than once, in order.
func (s *Sink) Twice() (out []string) {
	for id, n := range s.Seen() {
		if n > 1 {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Kept gives the latest mails as they were written, the newest last.
func (s *Sink) Kept() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept)
}

// HangUp ends every connection that is open; others may be opened.
func (s *Sink) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		_ = conn.Close()
	}
}

// Close ends it, and waits until it has ended.
func (s *Sink) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.listener.Close()
	s.HangUp()
	s.serving.Wait()
}

func (s *Sink) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.admit(conn) {
			_ = conn.Close()
			return
		}
		s.serving.Go(func() {
			newVisit(s, conn).serve()
			_ = conn.Close()
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.open, conn)
		})
	}
}

func (s *Sink) admit(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open[conn] = true
	s.callers++
	return true
}

// count takes a mail, and tells how many there are with it.
func (s *Sink) count(id, raw []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails++
	if n, known := s.seen[string(id)]; known {
		s.seen[string(id)] = n + 1
	} else {
		s.seen[string(id)] = 1
	}
	if s.Keep > 0 {
		s.kept = append(s.kept, slices.Clone(raw))
		s.kept = s.kept[max(0, len(s.kept)-s.Keep):]
	}
	return s.mails
}
