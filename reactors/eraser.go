package reactors

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

const eraser = "eraser"

// Shredder destroys the key of a person's data.
type Shredder interface {
	Destroy(ctx context.Context, subject eventstore.Subject) error
}

// Eraser sees to it that the key of an erased person is destroyed.
func Eraser() Reactor {
	return Reactor{Name: eraser, Job: func(e eventstore.Recorded) (job river.InsertManyParams, follows bool) {
		_, follows = e.Fact.(lead.Erased)
		return river.InsertManyParams{Args: Shred{causeOf(e)}}, follows
	}}
}

// Shred is the job of destroying one person's key.
type Shred struct{ Cause }

// Kind implements river.JobArgs; it is stored and never renamed.
func (Shred) Kind() string { return "shred" }

// InsertOpts implements river.JobArgsWithInsertOpts. An erasure is a duty: it is
// tried for weeks.
func (Shred) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 25} }

// ShredWorker carries Shred out and records that it is done.
type ShredWorker struct {
	river.WorkerDefaults[Shred]

	Shredder Shredder
	Run      *commands.Runner
}

// Timeout implements river.Worker.
func (*ShredWorker) Timeout(*river.Job[Shred]) time.Duration { return 30 * time.Second }

// Work implements river.Worker.
func (w *ShredWorker) Work(ctx context.Context, job *river.Job[Shred]) error {
	if err := w.Shredder.Destroy(ctx, eventstore.Subject{Org: job.Args.Org, ID: job.Args.Stream}); err != nil {
		return err
	}
	_, err := commands.Execute(ctx, w.Run, job.Args.call(eraser), commands.RecordLeadShredding{ID: job.Args.Stream})
	return err
}
