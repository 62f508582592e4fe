package commands

import (
	"context"
	"errors"
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// Guarded is a command on a record that belongs to a record of another kind, as a task
// belongs to a lead: whether it may be carried out is asked of the other one too.
type Guarded[S any] interface {
	// Guard says on which other record it depends; none where its stream has no id.
	Guard(state S) Guard
}

// Guard is what a command asks of another record.
type Guard struct {
	Stream domain.StreamID
	// Allow refuses, by the other record's facts, what the principal may not know of.
	Allow func(p access.Principal, facts []any) error
	// Still has the log refuse the command when the other record has changed meanwhile.
	Still bool
}

// guard asks the other record, and gives what the log is to assert of it.
func guard[S domain.State[S, E], E any](ctx context.Context, r *Runner, call Call, cmd Command[S, E], state S) ([]domain.StreamCommit, error) {
	guarded, ok := cmd.(Guarded[S])
	if !ok {
		return nil, nil
	}
	g := guarded.Guard(state)
	if g.Stream.ID == "" {
		return nil, nil
	}
	found, _, err := r.Store.LoadMany(ctx, call.Principal.Org, []domain.StreamID{g.Stream}, nil)
	if err != nil {
		return nil, err
	}
	other := found[g.Stream.ID]
	if err := g.Allow(call.Principal, other.Facts); err != nil || !g.Still {
		return nil, err
	}
	return []domain.StreamCommit{{Stream: g.Stream, Expected: other.Version}}, nil
}

// errGuarded says that a command which asks another record was given in bulk, where
// nobody would ask.
var errGuarded = errors.New("a command that asks another record cannot be one of many")

// lost tells whether it was this stream on which another writer was first, and not one
// that the command only asked.
func lost(err error, stream string) bool {
	var stale *domain.Error
	return !errors.As(err, &stale) || len(stale.Streams) == 0 || slices.Contains(stale.Streams, stream)
}
