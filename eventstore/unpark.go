package eventstore

import (
	"context"
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
// facts are refused again stays parked, whole.
func (s *Store) Unpark(ctx context.Context, sub Subscription, handle func(context.Context, *Batch) error) (handled int, err error) {
	parked, err := s.ParkedFacts(ctx, sub)
	if err != nil {
		return 0, err
	}
	var streams []string
	seen := map[string]bool{}
	for _, p := range parked {
		if !seen[p.Stream] {
			seen[p.Stream], streams = true, append(streams, p.Stream)
		}
	}
	for _, stream := range streams {
		n, err := s.unparkStream(ctx, sub, stream, handle)
		if err != nil {
			return handled, fmt.Errorf("unpark stream %s: %w", stream, err)
		}
		handled += n
	}
	return handled, nil
}

func (s *Store) unparkStream(ctx context.Context, sub Subscription, stream string, handle func(context.Context, *Batch) error) (int, error) {
	n := 0
	err := pgx.BeginFunc(ctx, s.worker, func(tx pgx.Tx) error {
		// The follower's own lock: while it is held, no later fact of the stream can
		// be handled or parked beside us.
		if err := sub.Lock(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `delete from es.parked where projection = $1 and version = $2 and log_id = $3 and stream_id = $4 returning position`,
			sub.Name, sub.Version, sub.Log, stream)
		if err != nil {
			return err
		}
		positions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		events, err := s.readAt(ctx, tx, sub.Log, positions)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Err != nil {
				return e.Err
			}
		}
		n = len(events)
		return handle(ctx, &Batch{Tx: tx, Events: events})
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
