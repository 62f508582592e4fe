package eventstore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Start is where a follower begins the first time that it is deployed.
type Start int

// Read models begin at the origin; what acts on the world begins now, so that it
// never acts on history.
const (
	Origin Start = iota
	Now
)

// Subscription names one follower of the log. Name and Version key its checkpoint:
// they are stored, so renaming one begins anew.
type Subscription struct {
	Name    string
	Version int
	Start   Start
	Log     int16
	Batch   int    // facts at a time; 0 is 500, for a rebuild more
	SQL     bool   // the batch's transaction is also given as *sql.Tx, for watermill-sql
	Worker  string // who works, for the checkpoint's row
	// Rebuildable says that all which the follower writes can be made again from the
	// log: its commits then wait for no flush of the disk. A crash may take the last of
	// them back, whole, with their checkpoints. What other processes act on (jobs,
	// relayed facts) is not rebuildable.
	Rebuildable bool
}

// Batch is what a follower handles at once: facts in the order of the log, and the
// transaction that holds the follower's writes and its checkpoint.
type Batch struct {
	Tx     pgx.Tx
	SQL    *sqlTx
	Events []Recorded

	err error // why the handler refused it, for the class of a parked fact
}

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
)

var (
	errNotMine = errors.New("another worker follows under this name")
	errMoved   = errors.New("another worker has moved the checkpoint")
	errRefused = errors.New("the handler refused the batch")
	errApart   = errors.New("the batch is taken apart")
	// A fault that no fact is to blame for: it is waited out, and nothing is parked.
	errElsewhere = errors.New("the fault lies elsewhere")
)

// key is the advisory lock of the follower: one worker at a time, whoever it is.
func (s Subscription) key() int32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s/%d", s.Name, s.Version)
	return int32(h.Sum32()) //nolint:gosec // any bits will do
}

// Lock waits until no worker follows under this name, and keeps it so until the
// transaction ends.
func (s Subscription) Lock(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1, $2)`, s.key(), int32(s.Log))
	return unavailable("wait for the follower", err)
}

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

	position int64 // the checkpoint as this worker knows it
	limit    int   // shrinks towards the fact at fault
	suspect  int64 // a fact at fault lies no further than here
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
	events, err := f.feed.After(ctx, f.position, f.limit)
	if err != nil || len(events) == 0 {
		return 0, err
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
	if err := f.advance(ctx, tx.Tx, events[len(events)-1].Position); err != nil {
		return f.unfinished(ctx, tx, events, err)
	}
	f.reached("checkpointed")
	if err := tx.commit(ctx); err != nil {
		return f.unfinished(ctx, tx, events, err)
	}
	f.reached("committed")
	f.position = events[len(events)-1].Position
	f.failures = 0
	if f.position >= f.suspect {
		f.limit = f.Batch
	}
	f.prune(ctx)
	return len(events), nil
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
