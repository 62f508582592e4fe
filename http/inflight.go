package http

import (
	"net/http"
	"sync"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/quota"
)

// Bound is how many requests of a kind are worked on at a time.
type Bound struct {
	Server    int // in this process
	Principal int // of one who asks
}

// Streams are the requests whose answers last, as bounds name them.
const Streams = "stream"

// inFlightBounds keep the heavy requests from taking every connection to the database, and
// from one another. Light ones need no bound: they are over before one could tell.
func inFlightBounds() map[string]Bound {
	return map[string]Bound{
		string(quota.Search): {Server: 256, Principal: 64},
		string(quota.Bulk):   {Server: 64, Principal: 16},
		Streams:              {Server: 4096, Principal: 128},
	}
}

// inFlight counts the heavy requests that are being worked on.
type inFlight struct {
	bounds map[string]Bound

	mu  sync.Mutex
	all map[string]int
	of  map[asker]int
}

type asker struct{ kind, org, actor string }

func newInFlight(bounds map[string]Bound) *inFlight {
	if bounds == nil {
		bounds = inFlightBounds()
	}
	return &inFlight{bounds: bounds, all: map[string]int{}, of: map[asker]int{}}
}

// InFlight is how many requests of each kind that has a bound are being worked on.
func (s *Server) InFlight() map[string]int {
	s.inFlight.mu.Lock()
	defer s.inFlight.mu.Unlock()
	out := map[string]int{}
	for kind := range s.inFlight.bounds {
		out[kind] = s.inFlight.all[kind]
	}
	return out
}

// enter lets a request begin, or refuses it. leave is to be called when it has ended.
func (f *inFlight) enter(class quota.Class, route string, p access.Principal) (leave func(), err error) {
	who := asker{string(class), p.Org, p.Actor()}
	if streams[route] {
		who.kind = Streams
	}
	bound, heavy := f.bounds[who.kind]
	if !heavy {
		return func() {}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.of[who] >= bound.Principal:
		return nil, waiting(http.StatusTooManyRequests, "rate.in_flight", "too many requests of yours are being worked on; wait for one to end")
	case f.all[who.kind] >= bound.Server:
		return nil, waiting(http.StatusServiceUnavailable, "server.busy", "too many requests of this kind are being worked on")
	}
	f.all[who.kind]++
	f.of[who]++
	return func() { f.leave(who) }, nil
}

func (f *inFlight) leave(who asker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[who.kind]--
	if f.of[who]--; f.of[who] == 0 {
		delete(f.of, who)
	}
}

func waiting(status int, code, detail string) *Problem {
	p := problem(status, code, detail)
	p.retryAfter = "1"
	return p
}
