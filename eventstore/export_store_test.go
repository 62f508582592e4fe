package eventstore

// Waiting is how many commits wait for a call of a log.
func (s *Store) Waiting(log int16) int {
	q := s.appender(log).queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}
