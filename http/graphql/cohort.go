package graphql

import "sync"

// Cohort is the records that one step of a query shows side by side: those of a list, or all those
// that a list's records lead to. A query asks every one of them for the same, so what the first
// is asked for is read for all of them at once, and a query costs as many statements as it has steps,
// however many records it shows. No clock decides which records are read together.
//
// A cohort is born in a request and is forgotten with it: it holds what its principal may see.
type Cohort[T any] struct {
	Members []T

	mu    sync.Mutex
	loads map[string]any
}

// NewCohort puts records side by side.
func NewCohort[T any](members []T) *Cohort[T] {
	return &Cohort[T]{Members: members, loads: map[string]any{}}
}

// Together gives what is asked for of every member, and reads it once; what names it, with all its arguments.
func Together[T, V any](c *Cohort[T], what string, read func(members []T) (V, error)) (V, error) {
	c.mu.Lock()
	load, ok := c.loads[what].(func() (V, error))
	if !ok {
		load = sync.OnceValues(func() (V, error) { return read(c.Members) })
		c.loads[what] = load
	}
	c.mu.Unlock()
	return load()
}
