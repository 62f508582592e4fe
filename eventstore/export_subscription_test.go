package eventstore

import "context"

// Reached has a test told of each step of a batch (read, handled, checkpointed,
// committed), so that it can end or hold the worker there.
func (s *Subscriber) Reached(told func(step string)) { s.follower.reached = told }

// Seed is what a worker does before its first batch.
func (s *Subscriber) Seed(ctx context.Context) error { return s.follower.seed(ctx) }

// Closing reports whether Close has been called.
func (s *Subscriber) Closing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// What tests need to know of the limits.
const (
	CheckpointsKept = checkpointsKept
	FactsShared     = factsShared
	BytesShared     = bytesShared
	BytesPerRead    = bytesPerRead
)
