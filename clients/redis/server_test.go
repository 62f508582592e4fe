package redis_test

import (
	"context"
	osexec "os/exec"
	"path/filepath"
	"testing"

	"github.com/canvass-hq/canvass/clients/redis"
)

// realServer is a redis-server of the test's own, which can be ended and begun again.
type realServer struct {
	t      *testing.T
	dir    string
	socket string
	stop   func() // kills it and returns when it has ended
}

// newServer starts a real server, or skips the test where none is installed.
func newServer(t *testing.T) *realServer {
	t.Helper()
	if _, err := osexec.LookPath("redis-server"); err != nil {
		t.Skip("no redis-server on this machine: .ci/run installs it")
	}
	dir := t.TempDir()
	s := &realServer{t: t, dir: dir, socket: filepath.Join(dir, "redis.sock")}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *realServer) start() {
	s.t.Helper()
	ctx, kill := context.WithCancel(context.Background())
	server := osexec.CommandContext(ctx, "redis-server", "--port", "0", "--unixsocket", s.socket, "--dir", s.dir, "--save", "")
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
}

func (s *realServer) url() string { return "unix://" + s.socket }

// both runs a test on a real server, where there is one, and on the embedded one.
func both(t *testing.T, test func(t *testing.T, r *redis.Redis)) {
	t.Helper()
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		r := open(t, redis.Config{URL: newServer(t).url()})
		eventually(t, "the server answers", func() bool { return r.Ping(t.Context()) == nil })
		test(t, r)
	})
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, redis.Config{}))
	})
}
