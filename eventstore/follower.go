package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	liveBatch = 500
	// A batch that fails so often is taken apart until the fact at fault is alone.
	attemptsPerBatch = 3
	idlePause        = 500 * time.Millisecond
	// After a small batch a live follower waits a little, so that under load the next
	// one is worth its round trips; a fact that comes alone is handled at once. People
	// wait for what is rebuildable (views), and nobody for the rest (jobs, the relay).
	lingerForPeople = 60 * time.Millisecond
	lingerForOthers = 100 * time.Millisecond
	checkpointsKept = 1_000
	// What does not concern a live follower is passed over in memory, and its checkpoint
	// follows with the next fact that does, or so late. Who begins again reads no more
	// than that anew.
	passedFor   = time.Second
	passedFacts = 5_000
)

var (
	errNotMine = errors.New("another worker follows under this name")
	errMoved   = errors.New("another worker has moved the checkpoint")
	errRefused = errors.New("the handler refused the batch")
	errApart   = errors.New("the batch is taken apart")
	// A fault that no fact is to blame for: it is waited out, and nothing is parked.
	errElsewhere = errors.New("the fault lies elsewhere")
)

// source is where a follower gets its facts from.
type source interface {
	After(ctx context.Context, after int64, limit int) ([]Recorded, error)
}

// follower is the state of one worker's subscription.
type follower struct {
	Subscription
	store *Store
	feed  source
	begin beginner

	lazy     bool      // passes over what does not concern it
	position int64     // the checkpoint as this worker knows it
	seen     int64     // nothing between the checkpoint and this concerns the follower
	since    time.Time // when seen left the checkpoint behind
	limit    int       // shrinks towards the fact at fault
	suspect  int64     // a fact at fault lies no further than here
	failures int
	commits  int
	reached  func(step string) // told of each step, so that a test can kill the worker there
}

// seed makes the first checkpoint, and reads where the follower stands.
func (f *follower) seed(ctx context.Context) error {
	start := int64(0)
	head, err := f.store.Head(ctx, f.Log)
	if err != nil {
		return err
	}
	if f.Start == Now {
		start = head
	}
	_, err = f.store.worker.Exec(ctx, `insert into es.checkpoints (projection, version, log_id, from_pos, to_pos, worker)
		select $1, $2, $3, 0, $4, $5 where not exists (select from es.checkpoints where projection = $1 and version = $2 and log_id = $3)
		on conflict do nothing`, f.Name, f.Version, f.Log, start, f.Worker)
	if err != nil {
		return unavailable("seed the checkpoint", err)
	}
	f.position, err = f.store.Checkpoint(ctx, f.Name, f.Version, f.Log)
	f.seen = f.position
	if err != nil {
		return err
	}
	if f.position > head { // another worker may have gone on since the head was read
		if head, err = f.store.Head(ctx, f.Log); err != nil {
			return err
		}
	}
	if f.position > head {
		return fmt.Errorf("%w: %s has been at position %d and log %d ends at %d", ErrDamaged, f.Name, f.position, f.Log, head)
	}
	return nil
}

const lastCheckpoint = `select to_pos from es.checkpoints where projection = $1 and version = $2 and log_id = $3 order by from_pos desc limit 1`

// step handles one batch in one transaction. It reports how many facts it has put
// behind it.
func (f *follower) step(ctx context.Context, handle func(*Batch) bool) (int, error) {
	events, err := f.feed.After(ctx, f.seen, f.limit)
	if err != nil {
		return 0, err
	}
	behind := len(events)
	if f.pass(events) {
		if !f.overdue() {
			return behind, nil
		}
		events = nil
	}
	f.reached("read")
	events = untilFault(events)
	tx, err := f.begin(ctx)
	if err != nil {
		return 0, err
	}
	ctx = context.WithoutCancel(ctx) // who is asked to stop brings the batch in hand to its end
	defer tx.rollback(ctx)
	parked, err := f.enter(ctx, tx.Tx)
	if err != nil {
		return 0, err
	}
	mine, theirs := sift(events, parked)
	if len(theirs) > 0 {
		if err := f.park(ctx, tx.Tx, theirs, "behind a parked fact of its stream"); err != nil {
			return 0, err
		}
	}
	if len(mine) > 0 {
		b := &Batch{Tx: tx.Tx, SQL: tx.sql, Events: mine}
		if !handle(b) {
			lost := tx.Tx.Conn().IsClosed()
			tx.rollback(ctx)
			if lost || notTheFacts(b.err) {
				return 0, elsewhere(b.err)
			}
			return f.failed(ctx, events, b.err)
		}
	}
	f.reached("handled")
	to := f.seen
	if n := len(events); n > 0 {
		to, behind = events[n-1].Position, n
	}
	if err := f.advance(ctx, tx.Tx, to); err != nil {
		return f.unfinished(ctx, tx, events, err)
	}
	f.reached("checkpointed")
	if err := tx.commit(ctx); err != nil {
		return f.unfinished(ctx, tx, events, err)
	}
	f.reached("committed")
	f.position, f.seen = to, to
	f.failures = 0
	if to >= f.suspect {
		f.limit = f.Batch
	}
	f.prune(ctx)
	return behind, nil
}

// pass puts facts behind the follower of which none concerns it; no facts are such too.
func (f *follower) pass(events []Recorded) bool {
	n := len(events)
	if !f.lazy && n > 0 || slices.ContainsFunc(events, f.mayNotPass) {
		return false
	}
	if n > 0 {
		if f.seen == f.position {
			f.since = f.store.now()
		}
		f.seen = events[n-1].Position
	}
	return true
}

// mayNotPass reports whether a fact has to be handed to the follower, or parked: one that
// cannot be understood may concern it.
func (f *follower) mayNotPass(e Recorded) bool { return e.Err != nil || f.About(e) }

// overdue reports whether the checkpoint is to follow what has been passed over.
func (f *follower) overdue() bool {
	return f.seen > f.position && (f.seen-f.position >= passedFacts || f.store.now().Sub(f.since) >= passedFor)
}

// enter takes the follower's lock and then, as a statement of its own, reads the
// checkpoint; both travel with the streams that are parked, in one round trip.
func (f *follower) enter(ctx context.Context, tx pgx.Tx) (map[string]bool, error) {
	var mine bool
	at := int64(-1)
	parked := map[string]bool{}
	b := &pgx.Batch{}
	if f.Rebuildable {
		b.Queue(`select set_config('synchronous_commit', 'off', true)`)
	}
	b.Queue(`select pg_try_advisory_xact_lock($1, $2)`, f.key(), int32(f.Log)).QueryRow(func(r pgx.Row) error { return r.Scan(&mine) })
	b.Queue(lastCheckpoint, f.Name, f.Version, f.Log).QueryRow(func(r pgx.Row) error { return ignoreNone(r.Scan(&at)) })
	b.Queue(`select distinct stream_id from es.parked where projection = $1 and version = $2 and log_id = $3`, f.Name, f.Version, f.Log).Query(func(rows pgx.Rows) error {
		var stream string
		_, err := pgx.ForEachRow(rows, []any{&stream}, func() error { parked[stream] = true; return nil })
		return err
	})
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, unavailable("enter a batch", err)
	}
	switch {
	case !mine:
		return nil, errNotMine
	case at != f.position:
		return nil, errMoved
	}
	return parked, nil
}

// advance writes the checkpoint. Its key is the fence: a worker that was paused while
// another went on fails here, and all that it did is rolled back.
func (f *follower) advance(ctx context.Context, tx pgx.Tx, to int64) error {
	_, err := tx.Exec(ctx, `insert into es.checkpoints (projection, version, log_id, from_pos, to_pos, worker) values ($1, $2, $3, $4, $5, $6)`,
		f.Name, f.Version, f.Log, f.position+1, to, f.Worker)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return errMoved
	}
	return err
}

// prune drops old checkpoints now and then; the newest stay, for they are the fence.
func (f *follower) prune(ctx context.Context) {
	f.commits++
	if f.commits%checkpointsKept != 0 {
		return
	}
	_, err := f.store.worker.Exec(ctx, `delete from es.checkpoints where projection = $1 and version = $2 and log_id = $3 and from_pos <
		(select from_pos from es.checkpoints where projection = $1 and version = $2 and log_id = $3 order by from_pos desc offset $4 limit 1)`,
		f.Name, f.Version, f.Log, checkpointsKept)
	if err != nil {
		f.store.slog.WarnContext(ctx, "old checkpoints stay for now", "projection", f.Name, "fault", errorClass(err))
	}
}
