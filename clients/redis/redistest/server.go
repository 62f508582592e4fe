// Package redistest runs real Redis servers for tests, which can end and begin again.
package redistest

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/redis"
)

// Server is a redis-server of a test's own. It listens on a socket in the file system.
type Server struct {
	t      testing.TB
	dir    string
	socket string
	stop   func()
}

// New starts a server that ends with the test, or skips the test where none is installed.
func New(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("no redis-server on this machine: .ci/run installs it")
	}
	dir := t.TempDir()
	s := &Server{t: t, dir: dir, socket: filepath.Join(dir, "redis.sock")}
	s.Start()
	t.Cleanup(func() { s.stop() })
	return s
}

// URL is what REDIS_URL says of it.
func (s *Server) URL() string { return "unix://" + s.socket }

// Start begins, empty, and returns when it answers.
func (s *Server) Start() {
	s.t.Helper()
	ctx, kill := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, "redis-server", "--port", "0", "--unixsocket", s.socket, "--dir", s.dir, "--save", "")
	if err := server.Start(); err != nil {
		kill()
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = server.Wait()
		close(ended)
	}()
	s.stop = func() {
		kill()
		<-ended
	}
	s.await()
}

func (s *Server) await() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatal("redis-server does not answer")
		}
	}
}

// Stop kills it, and returns when it has ended.
func (s *Server) Stop() { s.stop() }

// Open is a client, which ends with the test. Without a URL it has a server in the process.
func Open(t testing.TB, cfg redis.Config) *redis.Redis {
	t.Helper()
	r, err := redis.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// Both runs a test on a real server, where one is installed, and on the one in the process.
func Both(t *testing.T, test func(t *testing.T, r *redis.Redis)) {
	t.Helper()
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		server := New(t)
		// A busy machine is no Redis that is away, which is what the timeouts are for.
		r := Open(t, redis.Config{URL: server.URL() + "?dial_timeout=20s&read_timeout=20s&write_timeout=20s&pool_timeout=20s"})
		test(t, r)
	})
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, redis.Config{}))
	})
}
