package redis

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

// clockStep is how late an embedded key may expire.
const clockStep = 100 * time.Millisecond

// embedded is a Redis inside this process. It listens nowhere: connections are
// pipes, so nobody else on the machine can reach what it holds.
type embedded struct {
	server *miniredis.Miniredis
	peers  *server.Server // serves the connections
	quit   chan struct{}
	once   sync.Once
	clock  sync.WaitGroup
}

func startEmbedded() (*embedded, error) {
	e := &embedded{server: miniredis.NewMiniRedis(), quit: make(chan struct{})}
	first, err := e.server.Dial() // starts it
	if err == nil {
		err = first.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("redis: embedded server: %w", err)
	}
	e.peers = e.server.Server()
	e.clock.Go(e.runClock)
	return e, nil
}

func (e *embedded) dial(context.Context, string, string) (net.Conn, error) {
	select {
	case <-e.quit:
		return nil, net.ErrClosed
	default:
	}
	ours, theirs := net.Pipe()
	e.peers.ServeConn(withRoom(theirs))
	return ours, nil
}

// runClock lets keys expire: made for tests, the server has no clock of its own.
func (e *embedded) runClock() {
	ticker := time.NewTicker(clockStep)
	defer ticker.Stop()
	var last time.Time
	for {
		select {
		case <-e.quit:
			return
		case now := <-ticker.C:
			step := clockStep
			if !last.IsZero() {
				step = now.Sub(last) // a busy machine drops ticks
			}
			last = now
			e.server.FastForward(step)
		}
	}
}

func (e *embedded) stop() {
	e.once.Do(func() {
		close(e.quit)
		e.clock.Wait()
		e.server.Close()
	})
}
