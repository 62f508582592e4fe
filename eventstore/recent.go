package eventstore

import (
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// recent is what this process itself has just written to one log: its own followers
// take it from here, and need not read, open and decode it again. It is one run of the
// log without a gap; a fact of another process ends the run.
type recent struct {
	mu      sync.Mutex
	commits []writtenCommit // each begins where the one before ends
	facts   int
	bytes   int
}

// writtenCommit is a commit with its place in the log.
type writtenCommit struct {
	*prepared

	first   int64
	version int // of its first stream, after the commit
	at      time.Time
	since   time.Time // by this process's own clock
}

// What is kept, and for how long: as for keys, nobody's data is served from memory for
// longer than a minute after an erasure.
const (
	recentFacts    = 4_096
	recentBytes    = 4 << 20
	recentLifetime = keyLifetime
)

func (w writtenCommit) end() int64 { return w.first + int64(w.events) - 1 }

// known tells whether the versions of all its facts are: the log says only that of the
// first stream, the others follow from what was expected.
func (w writtenCommit) known() bool {
	for i, s := range w.commit.Streams {
		if i > 0 && s.Expected < 0 && len(w.streams[i].events) > 0 {
			return false
		}
	}
	return true
}

func (w writtenCommit) erases() bool {
	for _, s := range w.streams {
		for _, e := range s.events {
			if e.schema.Erases {
				return true
			}
		}
	}
	return false
}

// add takes the commits of one call, in the order of the log.
func (r *recent) add(written []writtenCommit, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range written {
		w.since = now
		n := len(r.commits)
		if n > 0 && r.commits[n-1].end()+1 != w.first || !w.known() || w.erases() {
			r.commits, r.facts, r.bytes = nil, 0, 0
		}
		if !w.known() || w.erases() {
			continue
		}
		r.commits = append(r.commits, w)
		r.facts += w.events
		r.bytes += w.size
	}
	drop := 0
	for drop < len(r.commits) && (r.facts > recentFacts || r.bytes > recentBytes) {
		r.facts -= r.commits[drop].events
		r.bytes -= r.commits[drop].size
		drop++
	}
	clear(r.commits[:drop])
	r.commits = r.commits[drop:]
}

// after gives up to limit facts behind a position; none when the one right behind it is
// not here.
func (r *recent) after(reg *Registry, log int16, after int64, limit int, now time.Time) []Recorded {
	var out []Recorded
	for _, w := range r.from(after+1, limit, now) {
		for _, e := range w.recorded(reg, log) {
			if e.Position > after && len(out) < limit {
				out = append(out, e)
			}
		}
	}
	return out
}

// from gives the commits that hold these positions.
func (r *recent) from(position int64, limit int, now time.Time) []writtenCommit {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.commits); n == 0 || r.commits[0].first > position || r.commits[n-1].end() < position {
		return nil
	}
	first := sort.Search(len(r.commits), func(i int) bool { return r.commits[i].end() >= position })
	if now.Sub(r.commits[first].since) > recentLifetime { // those behind it are younger
		return nil
	}
	last := first
	for last < len(r.commits) && r.commits[last].first < position+int64(limit) {
		last++
	}
	return slices.Clone(r.commits[first:last])
}

// recorded is what reading the commit's facts from the log would give.
func (w writtenCommit) recorded(reg *Registry, log int16) []Recorded {
	out := make([]Recorded, 0, w.events)
	for i, s := range w.streams {
		asked := w.commit.Streams[i]
		before := asked.Expected
		if i == 0 {
			before = w.version - len(s.events)
		}
		for n, e := range s.events {
			rec := Recorded{
				Log: log, Position: w.first + int64(len(out)), Org: w.commit.Org, Version: before + n + 1,
				Stream: domain.StreamID{Category: asked.Stream.Category, ID: asked.Stream.ID},
				ID:     e.id.String(), Type: e.schema.Type, Command: w.commit.Command, Meta: w.commit.Meta, RecordedAt: w.at.UTC(),
				stored: e.data, storedVersion: e.schema.Version,
			}
			rec.Data, rec.Fact, rec.Err = reg.decode(e.schema.Type, e.schema.Version, e.clear)
			out = append(out, rec)
		}
	}
	return out
}
