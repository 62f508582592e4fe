package redis_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/clients/redis/redistest"
)

func TestCache(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, r *redis.Redis) {
		c := redis.NewCache(r)
		if _, found := c.Get(t.Context(), "k"); found {
			t.Error("there is something in an empty cache")
		}
		c.Put(t.Context(), "k", []byte("a\x00b"))
		if v, found := c.Get(t.Context(), "k"); !found || string(v) != "a\x00b" {
			t.Errorf("%q, %v", v, found)
		}
		if ttl, err := r.Client().PTTL(t.Context(), "k").Result(); err != nil || ttl <= 0 || ttl > time.Minute {
			t.Errorf("it is kept for %s, %v", ttl, err)
		}
		if c.Hits() != 1 || c.Misses() != 1 {
			t.Errorf("%d hits, %d misses", c.Hits(), c.Misses())
		}
	})
}

// Without its server a cache holds nothing, and nobody waits for it.
func TestCacheWithoutServer(t *testing.T) {
	t.Parallel()
	r := open(t, redis.Config{URL: "redis://" + closedAddress(t)})
	c := redis.NewCache(r)
	for range 5 {
		c.Put(t.Context(), "k", []byte("v"))
		if _, found := c.Get(t.Context(), "k"); found {
			t.Error("found")
		}
	}
	if !r.Away() || r.Trips() != 1 {
		t.Errorf("away %v, %d times", r.Away(), r.Trips())
	}
}

// A cache in the process forgets in time, and never holds more than it has room for.
func TestLocalCache(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := redis.NewLocalCache(func() time.Time { return now }, 10_000)
	ctx := t.Context()
	c.Put(ctx, "k", []byte("v"))
	if v, found := c.Get(ctx, "k"); !found || string(v) != "v" {
		t.Errorf("%q, %v", v, found)
	}
	now = now.Add(time.Minute)
	if _, found := c.Get(ctx, "k"); found {
		t.Error("it is kept for ever")
	}
	c.Put(ctx, "huge", make([]byte, 10_001))
	value := bytes.Repeat([]byte("x"), 97)
	for i := range 1000 {
		key := fmt.Sprintf("%03d", i)
		c.Put(ctx, key, value)
		c.Put(ctx, key, value) // in its own place
		if _, found := c.Get(ctx, key); !found {
			t.Fatalf("%s is not kept", key)
		}
	}
	held := 0
	for i := range 1000 {
		if _, found := c.Get(ctx, fmt.Sprintf("%03d", i)); found {
			held++
		}
	}
	if held < 50 || held > 100 {
		t.Errorf("%d values of 100 bytes in 10,000", held)
	}
	if _, found := c.Get(ctx, "huge"); found {
		t.Error("what has no room is kept")
	}
}
