package eventstore

import (
	"context"
	"fmt"
	"sync"
)

// Feed lets all live followers of a log in one process share its end: each fact is
// read, opened and decoded once. Whoever is further behind reads for itself.
type Feed struct {
	store *Store
	log   int16

	reading sync.Mutex // one read of the end at a time

	mu    sync.Mutex
	facts []Recorded // contiguous, up to end
	bytes int        // of what the facts hold, as JSON
	end   int64      // position up to which has been read
	seen  <-chan struct{}
}

// How far back the shared end reaches, in facts and in bytes.
const (
	factsShared = 4_096
	bytesShared = 8 << 20
)

// NewFeed shares the end of one log.
func NewFeed(s *Store, log int16) *Feed { return &Feed{store: s, log: log, end: -1} }

// Changed is closed when the log may have grown since the call.
func (f *Feed) Changed() <-chan struct{} { return f.store.wake.next() }

// After gives up to limit facts behind a position; none when there are none yet.
func (f *Feed) After(ctx context.Context, after int64, limit int) ([]Recorded, error) {
	if shared, ok := f.shared(after, limit); ok {
		return shared, nil
	}
	if f.behind(after) {
		return f.store.Read(ctx, f.log, after, limit)
	}
	f.reading.Lock()
	defer f.reading.Unlock()
	if shared, ok := f.shared(after, limit); ok { // somebody read it while we waited
		return shared, nil
	}
	changed := f.store.wake.next()
	if own := f.store.justWritten(f.log, after, limit); len(own) > 0 {
		f.extend(after, own, changed)
		return own, nil
	}
	read, err := f.store.Read(ctx, f.log, after, limit)
	if err != nil {
		return nil, err
	}
	if err := f.reaches(ctx, after, read); err != nil {
		return nil, err
	}
	f.extend(after, read, changed)
	return read, nil
}

// reaches finds out that the end of the log is gone: nothing behind a position looks
// the same as nothing there any more.
func (f *Feed) reaches(ctx context.Context, after int64, read []Recorded) error {
	if len(read) > 0 || after == 0 {
		return nil
	}
	head, err := f.store.Head(ctx, f.log)
	if err == nil && head < after {
		err = fmt.Errorf("%w: log %d ends at %d and reached to %d", ErrDamaged, f.log, head, after)
	}
	return err
}

// shared answers from what has been read, or knows that nothing has come since.
func (f *Feed) shared(after int64, limit int) ([]Recorded, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after == f.end && f.seen != nil {
		select {
		case <-f.seen:
		default:
			return nil, true
		}
	}
	first := f.end - int64(len(f.facts))
	if after < first || after >= f.end {
		return nil, false
	}
	from := int(after - first)
	return f.facts[from:min(from+limit, len(f.facts))], true
}

func (f *Feed) behind(after int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return after < f.end
}

// extend adds what was read at the end. A fact that erases somebody empties the
// shared end first: nobody is to be served their data from memory.
func (f *Feed) extend(after int64, read []Recorded, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after != f.end {
		f.facts, f.bytes = nil, 0
	}
	for _, r := range read {
		if s, ok := f.store.opener.registry.Schema(r.Type); ok && s.Erases {
			f.facts, f.bytes = nil, 0
			f.end = after + int64(len(read))
			f.seen = nil
			return
		}
	}
	for i := range read {
		f.bytes += read[i].weight()
	}
	over := len(f.facts) + len(read) - factsShared
	drop := 0
	for drop < len(f.facts) && (drop < over || f.bytes > bytesShared) {
		f.bytes -= f.facts[drop].weight()
		drop++
	}
	f.facts = f.facts[drop:]
	if cap(f.facts)-len(f.facts) < len(read) { // what was let go of is freed now and then, and not each time
		f.facts = append(make([]Recorded, 0, factsShared+factsShared/2), f.facts...)
	}
	f.facts = append(f.facts, read...)
	f.end = after + int64(len(read))
	f.seen = nil
	if len(read) == 0 {
		f.seen = changed
	}
}
