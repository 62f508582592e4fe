package eventstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Parked is a fact that a follower could not handle, or that waits behind one.
type Parked struct {
	Position int64
	Stream   string
	Class    string // class and code of the fault
}

// ParkedFacts lists what a follower has parked, in order.
func (s *Store) ParkedFacts(ctx context.Context, sub Subscription) ([]Parked, error) {
	rows, err := s.worker.Query(ctx, `select position, stream_id, error_class from es.parked
		where projection = $1 and version = $2 and log_id = $3 order by position`, sub.Name, sub.Version, sub.Log)
	if err != nil {
		return nil, unavailable("list parked facts", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Parked])
	return out, unavailable("list parked facts", err)
}

// Unpark hands the parked facts to the handler again, each stream in its order and
// in one transaction of its own, and reports how many are handled. A stream whose
// facts are refused again stays parked, whole, and the others go on.
func (s *Store) Unpark(ctx context.Context, sub Subscription, handle func(context.Context, *Batch) error) (handled int, err error) {
	parked, err := s.ParkedFacts(ctx, sub)
	if err != nil {
		return 0, err
	}
	begin := s.beginner(sub)
	seen := map[string]bool{}
	var faults []error
	for _, p := range parked {
		if seen[p.Stream] || ctx.Err() != nil {
			continue
		}
		seen[p.Stream] = true
		n, err := s.unparkStream(ctx, sub, begin, p.Stream, handle)
		if err != nil {
			faults = append(faults, fmt.Errorf("unpark stream %s: %w", p.Stream, scrubbed(err)))
		}
		handled += n
	}
	return handled, errors.Join(append(faults, ctx.Err())...)
}

func (s *Store) unparkStream(ctx context.Context, sub Subscription, begin beginner, stream string, handle func(context.Context, *Batch) error) (int, error) {
	tx, err := begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.rollback(context.WithoutCancel(ctx))
	// The follower's own lock: while it is held, no later fact of the stream can be
	// handled or parked beside us.
	if err := sub.Lock(ctx, tx.Tx); err != nil {
		return 0, err
	}
	rows, err := tx.Tx.Query(ctx, `delete from es.parked where projection = $1 and version = $2 and log_id = $3 and stream_id = $4 returning position`,
		sub.Name, sub.Version, sub.Log, stream)
	if err != nil {
		return 0, err
	}
	positions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(positions) == 0 {
		return 0, err
	}
	events, err := s.readAt(ctx, tx.Tx, sub.Log, positions)
	if err != nil {
		return 0, err
	}
	b := &Batch{Tx: tx.Tx, SQL: tx.sql, Events: events}
	if err := calm(func() error { return understood(ctx, b, handle) }); err != nil {
		return 0, err
	}
	return len(events), tx.commit(ctx)
}
