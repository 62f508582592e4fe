package http

import (
	"sync"
	"time"
)

// recent remembers answers for a short while, and not too many of them.
type recent[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]remembered[V]
}

type remembered[V any] struct {
	value V
	until time.Time
}

const recentHeld = 10_000

func (r *recent[K, V]) get(key K, now time.Time) (V, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	hit, ok := r.known[key]
	if !ok || !now.Before(hit.until) {
		var none V
		return none, false
	}
	return hit.value, true
}

func (r *recent[K, V]) put(key K, value V, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= recentHeld {
		r.known = map[K]remembered[V]{}
	}
	r.known[key] = remembered[V]{value, until}
}

func (r *recent[K, V]) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = nil
}
