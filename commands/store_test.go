package commands_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// spy is a store on which a test sees what is asked, and lets others be first.
type spy struct {
	*eventstore.Memory
	mu      sync.Mutex
	loads   int
	commits []domain.Commit
	came    func(c domain.Commit)              // each append, before its turn
	before  func(n int, c domain.Commit) error // each append, counted from 1; an error is its answer
}

func (s *spy) Load(ctx context.Context, org string, stream domain.StreamID, command string, request []byte) (domain.History, error) {
	s.mu.Lock()
	s.loads++
	s.mu.Unlock()
	return s.Memory.Load(ctx, org, stream, command, request)
}

func (s *spy) LoadMany(ctx context.Context, org string, streams []domain.StreamID, commands map[string][]byte) (map[string]domain.History, map[string]domain.Receipt, error) {
	s.mu.Lock()
	s.loads++
	s.mu.Unlock()
	return s.Memory.LoadMany(ctx, org, streams, commands)
}

func (s *spy) Append(ctx context.Context, c domain.Commit) (domain.Receipt, error) {
	if s.came != nil {
		s.came(c)
	}
	if c.After != nil {
		select {
		case <-c.After:
		case <-ctx.Done():
			return domain.Receipt{}, ctx.Err()
		}
	}
	s.commits = append(s.commits, c)
	if s.before != nil {
		if err := s.before(len(s.commits), c); err != nil {
			return domain.Receipt{}, err
		}
	}
	return s.Memory.Append(ctx, c)
}

// office is one organization at work.
type office struct {
	*testing.T
	store  *spy
	runner *commands.Runner
	org    string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s := &spy{Memory: eventstore.NewMemory(registry(t), func() time.Time { return noon })}
	return &office{t, s, &commands.Runner{Store: s, Now: func() time.Time { return noon }}, uuid.NewString()}
}

func (o *office) by(role access.Role, id string) commands.Call {
	return commands.Call{Principal: access.Principal{Org: o.org, ID: id, Role: role, Strong: true}, ID: uuid.NewString(), Request: []byte("request")}
}

// chosen is a call by an admin that may be repeated.
func (o *office) chosen() commands.Call {
	c := o.by(access.Admin, me)
	c.Chosen = true
	return c
}

func (o *office) do(call commands.Call, cmd commands.Command[lead.Lead, lead.Event]) (domain.Receipt, error) {
	o.Helper()
	return commands.Execute(o.Context(), o.runner, call, cmd)
}

// must carries out a command as an admin.
func (o *office) must(cmd commands.Command[lead.Lead, lead.Event]) domain.Receipt {
	o.Helper()
	r, err := o.do(o.by(access.Admin, me), cmd)
	if err != nil {
		o.Fatal(err)
	}
	return r
}

// capture opens a lead of an owner and gives its id.
func (o *office) capture(owner, email string) string {
	o.Helper()
	id := commands.NewID()
	o.must(commands.CaptureLead{ID: id, Owner: owner, Details: lead.Details{Name: "Ann", Email: email}})
	return id
}

func (o *office) history(id string) []any {
	o.Helper()
	h, err := o.store.Memory.Load(o.Context(), o.org, lead.Stream(id), uuid.NewString(), nil)
	if err != nil {
		o.Fatal(err)
	}
	return h.Facts
}

func (o *office) holder(email string) string {
	o.Helper()
	c := domain.Claim{Scope: lead.EmailClaim, Value: email}
	found, err := o.store.Find(o.Context(), o.org, []domain.Claim{c})
	if err != nil {
		o.Fatal(err)
	}
	return found[c]
}

// overtake writes to a stream behind the back of whoever is deciding on it.
func (o *office) overtake(id string, facts ...any) {
	o.Helper()
	_, err := o.store.Memory.Append(o.Context(), domain.Commit{
		Org: o.org, Command: uuid.NewString(), Streams: []domain.StreamCommit{{Stream: lead.Stream(id), Expected: domain.AnyVersion, Facts: facts}},
	})
	if err != nil {
		o.Fatal(err)
	}
}
