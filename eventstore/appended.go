package eventstore

import "time"

// Appended is one call to the log, for those who count.
type Appended struct {
	Commands int // that it carried
	Facts    int // that it wrote
	Took     time.Duration
	Again    bool // it failed by a fault of the moment, and is tried again
	Refused  bool // the database cannot take something in it
}

func (s *Store) tell(items []*prepared, do func() (int, error)) error {
	begun := s.now()
	facts, err := do()
	if s.appended != nil {
		again := err != nil && transient(err)
		s.appended(Appended{Commands: len(items), Facts: facts, Took: s.now().Sub(begun), Again: again, Refused: err != nil && !again})
	}
	return err
}

// Queued is what waits for a call in this process, in all logs.
func (s *Store) Queued() (commits, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.appenders {
		n, size := a.queue.depth()
		commits, bytes = commits+n, bytes+size
	}
	return commits, bytes
}

func (q *queue) depth() (commits, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting, q.bytes
}
