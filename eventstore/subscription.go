package eventstore

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
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
	// Reads names the kinds of streams, and the types of facts, that the follower is about;
	// none is everything. What it is not about it may put behind it without a transaction,
	// and without being shown it.
	Reads []string
	// Concerns, which may be nil, tells which of those facts it is about.
	Concerns func(Recorded) bool
	// Rebuildable says that all which the follower writes can be made again from the
	// log: its commits then wait for no flush of the disk. A crash may take the last of
	// them back, whole, with their checkpoints. What other processes act on (jobs,
	// relayed facts) is not rebuildable.
	Rebuildable bool
	// Gather is for how long facts gather between two batches that are not full: a follower
	// that changes a row with each fact of a stream then changes it once for several.
	Gather time.Duration
}

// Batch is what a follower handles at once: facts in the order of the log, and the
// transaction that holds the follower's writes and its checkpoint.
type Batch struct {
	Tx     pgx.Tx
	SQL    *sqlTx
	Events []Recorded

	err error // why the handler refused it, for the class of a parked fact
}

// About reports whether a fact concerns the follower.
func (s Subscription) About(e Recorded) bool {
	return (len(s.Reads) == 0 || slices.Contains(s.Reads, e.Stream.Category) || slices.Contains(s.Reads, e.Type)) && (s.Concerns == nil || s.Concerns(e))
}

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
