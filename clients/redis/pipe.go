package redis

import (
	"net"
	"sync"
)

// replies is the server's end of a pipe, with room for answers that nobody
// reads yet. Pipes have none: a client that sends many commands before it reads
// the first answer, and a server that waits for it to read, would wait for each
// other.
type replies struct {
	net.Conn
	mu      sync.Mutex
	changed *sync.Cond
	pending []byte
	closed  bool
}

func withRoom(conn net.Conn) *replies {
	r := &replies{Conn: conn}
	r.changed = sync.NewCond(&r.mu)
	go r.deliver()
	return r
}

// Write never waits for the reader.
func (r *replies) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, net.ErrClosed
	}
	r.pending = append(r.pending, p...)
	r.changed.Signal()
	return len(p), nil
}

// Close drops what has not been read.
func (r *replies) Close() error {
	r.mu.Lock()
	r.closed = true
	r.changed.Signal()
	r.mu.Unlock()
	return r.Conn.Close()
}

func (r *replies) deliver() {
	for {
		batch, ok := r.take()
		if !ok {
			return
		}
		if _, err := r.Conn.Write(batch); err != nil {
			_ = r.Close() // the client is gone
			return
		}
	}
}

// take waits for answers to deliver.
func (r *replies) take() ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.pending) == 0 && !r.closed {
		r.changed.Wait()
	}
	batch := r.pending
	r.pending = nil
	return batch, !r.closed
}
