package redis

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// cacheTTL is how long a value is kept. It is found by a key that changes with what it was
// made of, so this is only for how long one that nobody can find any more takes up room.
const cacheTTL = 30 * time.Second

// Counts are how often a cache held what was looked for, and how often not.
type Counts struct{ hits, misses atomic.Int64 }

// Hits is how often a value was found.
func (c *Counts) Hits() int64 { return c.hits.Load() }

// Misses is how often there was none.
func (c *Counts) Misses() int64 { return c.misses.Load() }

func (c *Counts) note(found bool) {
	if found {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
}

// Cache keeps values in Redis. While the server is away there are none.
type Cache struct {
	Counts

	redis *Redis
}

// NewCache keeps values in r.
func NewCache(r *Redis) *Cache { return &Cache{redis: r} }

// Get finds a value.
func (c *Cache) Get(ctx context.Context, key string) (value []byte, found bool) {
	err := c.redis.breaker.guard(ctx, func(ctx context.Context) (err error) {
		value, err = c.redis.client.Get(ctx, key).Bytes()
		return err
	})
	c.note(err == nil)
	return value, err == nil
}

// Put keeps a value for a while.
func (c *Cache) Put(ctx context.Context, key string, value []byte) {
	_ = c.redis.breaker.guard(ctx, func(ctx context.Context) error {
		return c.redis.client.Set(ctx, key, value, cacheTTL).Err()
	})
}

// LocalCache keeps values in this process alone, as many as there is room for.
type LocalCache struct {
	Counts

	now  domain.Clock
	room int // bytes of a generation; there are two

	mu         sync.Mutex
	young, old map[string]kept
	held       int // bytes of the young ones
}

type kept struct {
	value []byte
	until time.Time
}

// NewLocalCache keeps up to room bytes of values.
func NewLocalCache(now domain.Clock, room int) *LocalCache {
	return &LocalCache{now: now, room: room / 2, young: map[string]kept{}}
}

// Get finds a value.
func (c *LocalCache) Get(_ context.Context, key string) (value []byte, found bool) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	k, found := c.young[key]
	if !found {
		k, found = c.old[key]
	}
	found = found && now.Before(k.until)
	c.note(found)
	if !found {
		return nil, false
	}
	return k.value, true
}

// Put keeps a value for a while.
func (c *LocalCache) Put(_ context.Context, key string, value []byte) {
	size := len(key) + len(value)
	if size > c.room {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held+size > c.room {
		c.old, c.young, c.held = c.young, map[string]kept{}, 0
	}
	if before, again := c.young[key]; again {
		c.held -= len(key) + len(before.value)
	}
	c.young[key] = kept{value, c.now().Add(cacheTTL)}
	c.held += size
}
