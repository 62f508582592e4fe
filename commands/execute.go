// Package commands is everything that the product can be asked to do, one type per
// request, and the one way in which a request becomes facts.
package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// Command is a request addressed to one stream. Decide is pure: no context, no I/O.
type Command[S domain.State[S, E], E any] interface {
	Stream() domain.StreamID
	Needs() domain.Permission
	Decide(state S, now time.Time) ([]E, error)
}

// Opening is a command that begins a stream under an id made for it: there is
// nothing to load before it is decided.
type Opening interface{ Opens() }

// Store is the part of the log that commands use.
type Store interface {
	Load(ctx context.Context, org string, stream domain.StreamID, command string, request []byte) (domain.History, error)
	LoadMany(ctx context.Context, org string, streams []domain.StreamID, commands map[string][]byte) (map[string]domain.History, map[string]domain.Receipt, error)
	Append(ctx context.Context, commit domain.Commit) (domain.Receipt, error)
}

// Runner carries out commands.
type Runner struct {
	Store Store
	Now   domain.Clock
}

// Call is what a command comes with: who asks, under which id, in which chain of causes.
type Call struct {
	Principal access.Principal
	ID        string // the command's id; the same id is carried out once
	Chosen    bool   // the caller chose the id, so that it may have been carried out before
	Request   []byte // what is asked, in clear: the same id with another request is refused
	IfMatch   []int  // versions that the caller has seen, one of which must be the newest; nil for any

	RequestID   string // the HTTP request
	Correlation string // the whole chain of causes; the command's own id when it begins one
	Causation   string // the fact or request that caused the command
}

// attempts bounds how often a command is decided again because another writer was first.
const attempts = 3

// ErrPrecondition refuses a write that was conditional on a version which is no
// longer the newest.
var ErrPrecondition = &domain.Error{Kind: domain.Stale, Code: "precondition.failed", Message: "the record has changed since the version in If-Match"}

// Execute authorises a command, decides it on the stream's current state and appends
// the facts, deciding afresh when another writer was first. A command that was
// carried out before answers what it answered then.
func Execute[S domain.State[S, E], E any](ctx context.Context, r *Runner, call Call, cmd Command[S, E]) (domain.Receipt, error) {
	if err := call.Principal.Allows(cmd.Needs()); err != nil {
		return domain.Receipt{}, err
	}
	for attempt := 1; ; attempt++ {
		receipt, err := once(ctx, r, call, cmd)
		switch {
		case !errors.Is(err, domain.ErrStale):
			return receipt, err
		case call.IfMatch != nil && lost(err, cmd.Stream().ID):
			return receipt, ErrPrecondition
		case attempt == attempts:
			return receipt, conflictOf(err)
		}
	}
}

// conflictOf tells the caller of a race that was lost several times: to repeat the
// request may help.
func conflictOf(err error) error {
	var stale *domain.Error
	if !errors.As(err, &stale) {
		return err
	}
	lost := *stale
	lost.Kind = domain.Conflict
	return &lost
}

func once[S domain.State[S, E], E any](ctx context.Context, r *Runner, call Call, cmd Command[S, E]) (domain.Receipt, error) {
	stream := cmd.Stream()
	var h domain.History
	if _, opens := cmd.(Opening); !opens || call.Chosen {
		var err error
		if h, err = r.Store.Load(ctx, call.Principal.Org, stream, call.ID, call.Request); err != nil {
			return domain.Receipt{}, err
		}
	}
	if h.Outcome != nil {
		return *h.Outcome, nil
	}
	state, ok := fold[S, E](h.Facts)
	if !ok {
		return domain.Receipt{}, hidden(cmd, r.Now())
	}
	asserted, err := guard(ctx, r, call, cmd, state)
	if err != nil {
		return domain.Receipt{}, err
	}
	decided, err := decide(r, call, cmd, state, h.Version)
	if err != nil {
		return domain.Receipt{}, err
	}
	if len(decided) == 0 && !call.Chosen {
		return domain.Receipt{Stream: stream.ID, Version: h.Version, Position: h.Position}, nil
	}
	commit := r.commit(call, append([]domain.StreamCommit{change(stream, h.Version, state, decided)}, asserted...))
	return r.Store.Append(ctx, commit)
}

// decide asks the rules, once it is clear that the principal may know of the record
// and has seen its newest version.
func decide[S domain.State[S, E], E any](r *Runner, call Call, cmd Command[S, E], state S, version int) ([]E, error) {
	if owned, ok := any(state).(access.Owned); ok && version > 0 && !call.Principal.Sees(owned.Belongs()) {
		return nil, hidden(cmd, r.Now())
	}
	if call.IfMatch != nil && !slices.Contains(call.IfMatch, version) {
		if version == 0 {
			return nil, hidden(cmd, r.Now())
		}
		return nil, ErrPrecondition
	}
	return cmd.Decide(state, r.Now())
}

// hidden is the refusal of a record that is not there: what the rules say of nothing.
func hidden[S domain.State[S, E], E any](cmd Command[S, E], now time.Time) error {
	var nothing S
	if _, err := cmd.Decide(nothing, now); err != nil {
		return err
	}
	return &domain.Error{Kind: domain.NotFound, Code: "not_found", Message: "there is no such record"}
}

// fold is the state of a stream; not ok says that the stream is of another kind of
// record, so that there is none of this kind under its id.
func fold[S domain.State[S, E], E any](facts []any) (state S, ok bool) {
	for _, f := range facts {
		fact, ok := f.(E)
		if !ok {
			return state, false
		}
		state = state.Evolve(fact)
	}
	return state, true
}

// State is what a stream holds now, for who decides about another by it; the zero state where
// there is none of this kind.
func State[S domain.State[S, E], E any](ctx context.Context, r *Runner, org string, stream domain.StreamID) (state S, err error) {
	found, err := States[S, E](ctx, r, org, []domain.StreamID{stream})
	return found[stream.ID].State, err
}

// Held is what a stream holds, and as which version.
type Held[S any] struct {
	State   S
	Version int
}

// States is what streams hold now, by their ids; one that is none, or of another kind, holds
// nothing.
func States[S domain.State[S, E], E any](ctx context.Context, r *Runner, org string, streams []domain.StreamID) (map[string]Held[S], error) {
	found, _, err := r.Store.LoadMany(ctx, org, streams, nil)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Held[S], len(found))
	for id, h := range found {
		if folded, ok := fold[S, E](h.Facts); ok {
			out[id] = Held[S]{folded, h.Version}
		}
	}
	return out, nil
}

// change is what a decision writes to one stream: its facts, and the claims that the
// state holds after them and not before, or before and not after.
func change[S domain.State[S, E], E any](stream domain.StreamID, version int, before S, decided []E) domain.StreamCommit {
	out := domain.StreamCommit{Stream: stream, Expected: version, Facts: make([]any, len(decided))}
	for i, f := range decided {
		out.Facts[i] = f
	}
	held, holds := claims(before), claims(domain.Fold(before, decided...))
	for _, c := range holds {
		if !slices.Contains(held, c) {
			out.Take = append(out.Take, c)
		}
	}
	for _, c := range held {
		if !slices.Contains(holds, c) {
			out.Release = append(out.Release, c)
		}
	}
	return out
}

func claims(state any) []domain.Claim {
	if c, ok := state.(domain.Claimant); ok {
		return c.Claims()
	}
	return nil
}

func (r *Runner) commit(call Call, streams []domain.StreamCommit) domain.Commit {
	correlation := call.Correlation
	if correlation == "" {
		correlation = call.ID
	}
	return domain.Commit{
		Org: call.Principal.Org, Command: call.ID, Request: call.Request, Streams: streams,
		Meta: domain.Meta{
			Actor: call.Principal.Actor(), Correlation: correlation, Causation: call.Causation,
			RequestID: call.RequestID, OccurredAt: r.Now().UTC(),
		},
	}
}
