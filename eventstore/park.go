package eventstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// untilFault parts a fact that cannot be understood from its neighbours.
func untilFault(events []Recorded) []Recorded {
	for i, e := range events {
		if e.Err != nil {
			return events[:max(i, 1)]
		}
	}
	return events
}

// sift parts the facts of parked streams from the others: a stream stays in order.
func sift(events []Recorded, parked map[string]bool) (mine, theirs []Recorded) {
	if len(parked) == 0 {
		return events, nil
	}
	for _, e := range events {
		if parked[e.Stream.ID] {
			theirs = append(theirs, e)
		} else {
			mine = append(mine, e)
		}
	}
	return mine, theirs
}

// failed decides what a refused batch leads to: try again, take it apart, or park
// the one fact that is left. It reports how many facts it has put behind it.
func (f *follower) failed(ctx context.Context, events []Recorded, cause error) (int, error) {
	f.failures++
	if f.failures < attemptsPerBatch {
		return 0, errRefused
	}
	f.failures = 0
	if n := len(events); n > 1 {
		f.limit, f.suspect = (n+1)/2, events[n-1].Position
		return 0, errApart
	}
	class := "refused"
	if cause != nil {
		class = errorClass(cause)
	}
	f.store.slog.ErrorContext(ctx, "a fact is parked", "projection", f.Name, "version", f.Version, "position", events[0].Position, "type", events[0].Type, "fault", class)
	tx, err := f.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.rollback(ctx)
	if _, err := f.enter(ctx, tx.Tx); err != nil {
		return 0, err
	}
	if err := f.park(ctx, tx.Tx, events, class); err != nil {
		return 0, err
	}
	if err := f.advance(ctx, tx.Tx, events[0].Position); err != nil {
		return 0, unavailable("park a fact", err)
	}
	if err := tx.commit(ctx); err != nil {
		return 0, unavailable("park a fact", err)
	}
	f.position, f.seen = events[0].Position, events[0].Position
	f.limit, f.suspect = f.Batch, 0
	return 1, nil
}

func (f *follower) park(ctx context.Context, tx pgx.Tx, events []Recorded, class string) error {
	positions, streams := make([]int64, len(events)), make([]string, len(events))
	for i, e := range events {
		positions[i], streams[i] = e.Position, e.Stream.ID
	}
	_, err := tx.Exec(ctx, `insert into es.parked (projection, version, log_id, position, stream_id, error_class, attempts)
		select $1, $2, $3, u.p, u.s, $6, $7 from unnest($4::bigint[], $5::uuid[]) u(p, s) on conflict do nothing`,
		f.Name, f.Version, f.Log, positions, streams, class, attemptsPerBatch)
	return unavailable("park", err)
}

// unfinished is what becomes of a batch that the handler took and the database did not:
// the handler passed over a fault, or left a constraint broken that is checked at the end.
func (f *follower) unfinished(ctx context.Context, tx *transaction, events []Recorded, err error) (int, error) {
	tx.rollback(ctx)
	// After a commit the connection is no longer this follower's to look at: what the server
	// ends it with is told by the fault.
	var pg *pgconn.PgError
	if errors.Is(err, errMoved) || len(events) == 0 || !errors.As(err, &pg) || pg.SeverityUnlocalized != "ERROR" || notTheFacts(err) {
		return 0, unavailable("finish a batch", err)
	}
	return f.failed(ctx, events, err)
}

// elsewhere is a refusal that is no fact's fault.
func elsewhere(cause error) error {
	if cause == nil {
		return errElsewhere
	}
	return fmt.Errorf("%w: %w", errElsewhere, scrubbed(cause))
}
