package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/clients/redis/redistest"
)

func open(t *testing.T, cfg redis.Config) *redis.Redis {
	t.Helper()
	r, err := redis.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	r := open(t, redis.Config{})
	if !r.Embedded() {
		t.Error("is not embedded")
	}
	behaves(t, r)
}

// The same on a real server, where there is one.
func TestServer(t *testing.T) {
	t.Parallel()
	r := open(t, redis.Config{URL: redistest.New(t).URL()})
	if r.Embedded() {
		t.Error("is embedded")
	}
	behaves(t, r)
}

func behaves(t *testing.T, r *redis.Redis) {
	t.Helper()
	ctx, c := t.Context(), r.Client()
	if err := r.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(ctx, "brief", "1", 300*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(ctx, "long", "1", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(ctx, "brief").Err(); err != nil {
		t.Errorf("gone before its time: %v", err)
	}
	eventually(t, "the key expires", func() bool { return errors.Is(c.Get(ctx, "brief").Err(), goredis.Nil) })
	if left, err := c.TTL(ctx, "long").Result(); err != nil || left < 59*time.Minute || left > time.Hour {
		t.Errorf("an hour has become %s, %v", left, err)
	}
	if got, err := c.Eval(ctx, `return redis.call('INCRBY', KEYS[1], ARGV[1])`, []string{"n"}, 3).Int(); err != nil || got != 3 {
		t.Errorf("script: %d, %v", got, err)
	}
	pipe := c.Pipeline()
	value := strings.Repeat("v", 200)
	for i := range 5000 {
		pipe.Set(ctx, fmt.Sprint("many:", i), value, 0)
		pipe.Get(ctx, fmt.Sprint("many:", i))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Errorf("a long pipeline: %v", err)
	}
}

func TestEmbeddedServersAreApart(t *testing.T) {
	t.Parallel()
	one, other := open(t, redis.Config{}), open(t, redis.Config{})
	if err := one.Client().Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := other.Client().Get(t.Context(), "k").Err(); !errors.Is(err, goredis.Nil) {
		t.Errorf("got %v", err)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	r, err := redis.Open(t.Context(), redis.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Ping(t.Context()); err == nil {
		t.Error("answers after Close")
	}
}

func TestDeadServer(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"refuses":       closedAddress(t),
		"never answers": silentAddress(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var logged bytes.Buffer
			r := open(t, redis.Config{URL: "redis://:secret@" + address, Log: slog.New(slog.NewTextHandler(&logged, nil))})
			if !strings.Contains(logged.String(), "does not answer") || strings.Contains(logged.String(), "secret") {
				t.Errorf("logged: %s", logged.String())
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := r.Ping(ctx); err == nil || ctx.Err() != nil {
				t.Errorf("within a second: %v, %v", err, ctx.Err())
			}
		})
	}
}

func TestMalformedURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://:se cret@host", "redis://:secret", "redis://:secret@host:port", "secret", "http://:secret@host",
		"redis://:secret%zz@host", "redis://host/secret", "redis://:secret@host?nosuch=secret",
	} {
		_, err := redis.Open(t.Context(), redis.Config{URL: url})
		if err == nil || strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func closedAddress(t *testing.T) string {
	t.Helper()
	listener := listen(t)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func silentAddress(t *testing.T) string {
	t.Helper()
	listener := listen(t)
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for !done() {
		select {
		case <-limit.C:
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}
