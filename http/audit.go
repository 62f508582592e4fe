package http

import (
	"context"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/audit"
)

// auditor gathers what is refused and how much is read, and writes it down minute by
// minute: one fact for each principal, route and minute, however often it was asked. What a
// process that is killed has gathered in its last minute is lost.
type auditor struct {
	run *commands.Runner
	now domain.Clock

	mu     sync.Mutex
	denied map[denial]int
	read   map[reading]int
	hours  map[reader]int // rows of lists in this hour
	hour   time.Time
}

type denial struct {
	org, principal, route, reason string
	minute                        time.Time
}

type reading struct {
	org, principal, route string
	minute                time.Time
}

type reader struct{ org, principal string }

// auditHeld bounds what is gathered: what comes on top within a minute is not recorded.
const auditHeld = 10_000

// deny counts a refusal.
func (a *auditor) deny(ctx context.Context, reason string) {
	p := principalOf(ctx)
	if p.Org == "" {
		return // nobody's log would be the place for it
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.denied == nil {
		a.denied = map[denial]int{}
	}
	if k := (denial{p.Org, p.Actor(), routeOf(ctx), reason, a.now().UTC().Truncate(time.Minute)}); len(a.denied) < auditHeld || a.denied[k] > 0 {
		a.denied[k]++
	}
}

// rows counts rows of a list that somebody was shown.
func (a *auditor) rows(ctx context.Context, n int) {
	p := principalOf(ctx)
	if n == 0 || p.Org == "" {
		return
	}
	now := a.now().UTC()
	a.mu.Lock()
	defer a.mu.Unlock()
	if hour := now.Truncate(time.Hour); a.hours == nil || !hour.Equal(a.hour) || len(a.hours) >= auditHeld {
		a.hours, a.hour = map[reader]int{}, hour
	}
	who := reader{p.Org, p.Actor()}
	if a.hours[who] += n; a.hours[who] <= audit.ManyRows {
		return
	}
	if a.read == nil {
		a.read = map[reading]int{}
	}
	if k := (reading{p.Org, p.Actor(), routeOf(ctx), now.Truncate(time.Minute)}); len(a.read) < auditHeld || a.read[k] > 0 {
		a.read[k] += n
	}
}

// take gives what was gathered, of the minutes that are over, or of all.
func (a *auditor) take(all bool) map[string][]audit.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	open := a.now().UTC().Truncate(time.Minute)
	out := map[string][]audit.Event{}
	for k, n := range a.denied {
		if all || k.minute.Before(open) {
			out[k.org] = append(out[k.org], audit.Denied{Principal: k.principal, Operation: k.route, Reason: k.reason, Minute: k.minute, Count: n})
			delete(a.denied, k)
		}
	}
	for k, n := range a.read {
		if all || k.minute.Before(open) {
			out[k.org] = append(out[k.org], audit.ReadMany{Principal: k.principal, Operation: k.route, Minute: k.minute, Rows: n})
			delete(a.read, k)
		}
	}
	return out
}

// flush writes down what was gathered. What the log does not take now is lost: it must not
// pile up while the log is away.
func (a *auditor) flush(ctx context.Context, all bool) error {
	var failed error
	for org, facts := range a.take(all) {
		for _, f := range facts {
			id := commands.NewID()
			call := commands.Call{Principal: access.Principal{Org: org, ID: "auditor", Role: access.System}, ID: id}
			if _, err := commands.Execute(ctx, a.run, call, commands.RecordAudit{ID: id, Fact: f}); err != nil {
				failed = err
			}
		}
	}
	return failed
}

const (
	auditEvery = 15 * time.Second
	usesEvery  = 5 * time.Second
)

// gather writes down, from time to time and at the end, what the server notes beside its
// answers: what was refused, how much was read, and when keys were used.
func (s *Server) gather(ctx context.Context) {
	audits, uses := time.NewTicker(auditEvery), time.NewTicker(usesEvery)
	defer audits.Stop()
	defer uses.Stop()
	for {
		select {
		case <-audits.C:
			s.noteFault(ctx, "refusals", s.audit.flush(ctx, false))
		case <-uses.C:
			s.noteFault(ctx, "uses of keys", s.queries.NoteKeyUses(ctx, s.who.uses.take()))
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.noteFault(last, "refusals", s.audit.flush(last, true))
			s.noteFault(last, "uses of keys", s.queries.NoteKeyUses(last, s.who.uses.take()))
			return
		}
	}
}

func (s *Server) noteFault(ctx context.Context, what string, err error) {
	if err != nil {
		s.log.WarnContext(ctx, "what was noted beside answers is lost", "what", what, "fault", err.Error())
	}
}
