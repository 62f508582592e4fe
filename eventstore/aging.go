package eventstore

import (
	"sync"
	"time"
)

// aging is a cache whose entries live between one and two lifetimes of a generation,
// and of which there are never more than twice the limit.
type aging[K comparable, V any] struct {
	now      func() time.Time
	lifetime time.Duration
	limit    int

	mu         sync.Mutex
	young, old map[K]V
	born       time.Time
}

func newAging[K comparable, V any](now func() time.Time, lifetime time.Duration, limit int) *aging[K, V] {
	return &aging[K, V]{now: now, lifetime: lifetime, limit: limit, young: map[K]V{}, born: now()}
}

func (a *aging[K, V]) get(k K) (V, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn()
	if v, ok := a.young[k]; ok {
		return v, true
	}
	v, ok := a.old[k]
	return v, ok
}

func (a *aging[K, V]) put(k K, v V) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn()
	a.young[k] = v
}

func (a *aging[K, V]) drop(k K) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.young, k)
	delete(a.old, k)
}

func (a *aging[K, V]) turn() {
	now := a.now()
	switch age := now.Sub(a.born); {
	case age >= 2*a.lifetime:
		a.old, a.young, a.born = nil, map[K]V{}, now
	case age >= a.lifetime: // the generation ended then, however late it is noticed
		a.old, a.young, a.born = a.young, map[K]V{}, a.born.Add(a.lifetime)
	case len(a.young) >= a.limit:
		a.old, a.young, a.born = a.young, map[K]V{}, now
	}
}
