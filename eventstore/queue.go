package eventstore

import (
	"sync"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
)

// The limits of one call: it is one transaction, and everybody waits for it.
const (
	commandsPerCall = 200
	bytesPerCall    = 1 << 20
	// While people wait, import, sending and sync may add this many facts to a call.
	bulkShare = 250
	// A bulk commit that is larger than the share, or that waits behind people who fill
	// every call, is let in after so many calls, or its turn would never come.
	bulkPatience = 16
	// What may wait in one process; more is refused as domain.ErrBusy.
	commandsWaiting = 4_096
	bytesWaiting    = 64 << 20
)

// queue collects the commits of one log that wait for a call. Organizations take
// turns, so that none waits for another's import.
type queue struct {
	mu       sync.Mutex
	lanes    [2]lane // people, bulk
	waiting  int
	bytes    int
	full     int // calls in a row that people filled while bulk commits waited
	arrived  chan struct{}
	stopping bool
}

func newQueue() *queue { return &queue{arrived: make(chan struct{}, 1)} }

// lane holds one queue per organization.
type lane struct {
	turns []uuid.UUID // organizations with something waiting; the first has the next turn
	items map[uuid.UUID][]*prepared
}

func (q *queue) push(p *prepared) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopping || q.waiting >= commandsWaiting || q.bytes+p.size > bytesWaiting && q.waiting > 0 {
		return domain.ErrBusy
	}
	l := &q.lanes[laneOf(p)]
	if l.items == nil {
		l.items = map[uuid.UUID][]*prepared{}
	}
	if len(l.items[p.org]) == 0 {
		l.turns = append(l.turns, p.org)
	}
	l.items[p.org] = append(l.items[p.org], p)
	q.waiting++
	q.bytes += p.size
	select {
	case q.arrived <- struct{}{}:
	default:
	}
	return nil
}

func laneOf(p *prepared) int {
	if p.commit.Bulk {
		return 1
	}
	return 0
}

// next takes what the next call carries; nothing when nothing waits.
func (q *queue) next() []*prepared {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := newCall()
	people, bulk := &q.lanes[0], &q.lanes[1]
	if q.full >= bulkPatience {
		one := true
		bulk.take(c, func(*prepared) bool { first := one; one = false; return first })
	}
	people.take(c, func(*prepared) bool { return true })
	switch {
	case len(c.items) == 0:
		bulk.take(c, func(*prepared) bool { return true })
	case c.full() && q.full < bulkPatience && len(bulk.turns) > 0:
		q.full++
	default:
		q.full = 0
		share := bulkShare
		bulk.take(c, func(p *prepared) bool {
			if p.events > share {
				p.refused++
				if p.events <= bulkShare || p.refused < bulkPatience {
					return false
				}
			}
			share -= p.events
			return true
		})
	}
	for _, p := range c.items {
		q.waiting--
		q.bytes -= p.size
	}
	if q.waiting > 0 {
		select {
		case q.arrived <- struct{}{}:
		default:
		}
	}
	return c.items
}

// stop refuses all that comes from now on and gives back what waits.
func (q *queue) stop() []*prepared {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopping = true
	var left []*prepared
	for i := range q.lanes {
		for _, items := range q.lanes[i].items {
			left = append(left, items...)
		}
		q.lanes[i] = lane{}
	}
	q.waiting, q.bytes = 0, 0
	return left
}

// take moves commits into the call, one of each organization in turn.
func (l *lane) take(c *call, allowed func(*prepared) bool) {
	for skipped := 0; skipped < len(l.turns) && !c.full(); {
		org := l.turns[0]
		l.turns = l.turns[1:]
		rest, taken := c.takeOne(l.items[org], allowed)
		switch {
		case len(rest) == 0:
			delete(l.items, org)
		default:
			l.items[org] = rest
			l.turns = append(l.turns, org)
		}
		if taken {
			skipped = 0
		} else {
			skipped++
		}
	}
}

// call is what goes to the database at once. In it a stream, a claim and a command
// stand once at most, so that the function may look everything up before it decides.
type call struct {
	items []*prepared
	bytes int
	taken map[slot]struct{}
}

type slot struct {
	kind byte // 's'tream, 'k' claim, 'c'ommand
	org  uuid.UUID
	id   [32]byte
}

func newCall() *call { return &call{taken: map[slot]struct{}{}} }

func (c *call) full() bool { return len(c.items) >= commandsPerCall || c.bytes >= bytesPerCall }

// lookahead bounds the search behind a commit that has to wait for the next call.
const lookahead = 256

// takeOne takes the first commit that shares nothing with the call. What is passed
// over keeps its place, and everything of its streams behind it.
func (c *call) takeOne(items []*prepared, allowed func(*prepared) bool) (rest []*prepared, taken bool) {
	var passed map[slot]struct{}
	for i, p := range items[:min(lookahead, len(items))] {
		slots := p.slots()
		if !clash(slots, c.taken) && !clash(slots, passed) && allowed(p) {
			for _, s := range slots {
				c.taken[s] = struct{}{}
			}
			c.items = append(c.items, p)
			c.bytes += p.size
			if i == 0 {
				return items[1:], true
			}
			return append(items[:i:i], items[i+1:]...), true
		}
		if passed == nil {
			passed = map[slot]struct{}{}
		}
		for _, s := range slots {
			passed[s] = struct{}{}
		}
	}
	return items, false
}

func clash(slots []slot, with map[slot]struct{}) bool {
	if len(with) == 0 {
		return false
	}
	for _, s := range slots {
		if _, ok := with[s]; ok {
			return true
		}
	}
	return false
}

func (p *prepared) slots() []slot {
	out := make([]slot, 0, 1+len(p.streams)*2)
	add := func(kind byte, id []byte) {
		s := slot{kind: kind, org: p.org}
		copy(s.id[:], id)
		out = append(out, s)
	}
	add('c', p.command[:])
	for i := range p.streams {
		add('s', p.streams[i].id[:])
		for _, k := range p.streams[i].claims {
			add('k', k.hash)
		}
	}
	return out
}
