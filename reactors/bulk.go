package reactors

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

const bulkActor = "bulk"

// Bulk sees to it that bulk actions are carried out and taken back.
func Bulk() Reactor {
	return Reactor{Name: bulkActor, Job: func(e eventstore.Recorded) (job river.InsertManyParams, follows bool) {
		switch e.Fact.(type) {
		case bulk.Started, bulk.UndoStarted:
			return river.InsertManyParams{Args: BulkStage{Cause: causeOf(e), Actor: e.Meta.Actor}}, true
		}
		return job, false
	}}
}

// BulkStage is the job of a bulk action, or of its undo.
type BulkStage struct {
	Cause

	Actor string `json:"actor"` // who asked, in whose name leads are changed
}

// Kind implements river.JobArgs; it is stored and never renamed.
func (BulkStage) Kind() string { return "bulk_stage" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (BulkStage) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 25} }

// BulkWorker carries a bulk action out. However often it is stopped or killed, it goes
// on where it was, and changes nothing twice.
type BulkWorker struct {
	river.WorkerDefaults[BulkStage]

	Run     *commands.Runner
	Staging *projections.Staging
	Queries *projections.Queries
	// Await returns when a projection holds everything that is in the log now.
	Await func(ctx context.Context, p projections.Projection) error
	Now   domain.Clock
}

// A job works for so long and then makes room for others; another takes it up where it
// is.
const (
	bulkTurn  = 10 * time.Second
	bulkBatch = 500 // leads at a time
)

// Timeout implements river.Worker.
func (*BulkWorker) Timeout(*river.Job[BulkStage]) time.Duration { return 4 * time.Minute }

// acting is a bulk action, or its undo, under way.
type acting struct {
	*BulkWorker

	job   BulkStage
	state bulk.Bulk
	marks []domain.Mark // of the action's own facts
	at    projections.StageProgress
	until time.Time
}

// Work implements river.Worker.
func (w *BulkWorker) Work(ctx context.Context, job *river.Job[BulkStage]) error {
	release, alone, err := w.Staging.Alone(ctx, job.Args.Stream)
	switch {
	case err != nil:
		return err
	case !alone: // a worker that was thought dead is still at it
		return river.JobSnooze(time.Second)
	}
	defer release()
	h, err := w.Run.Store.Load(ctx, job.Args.Org, bulk.Stream(job.Args.Stream), commands.NewID(), nil)
	if err != nil {
		return err
	}
	if n := len(h.Marks); n == 0 || h.Marks[n-1].Event != job.Args.Event {
		return nil // another has done it
	}
	a := &acting{BulkWorker: w, job: job.Args, marks: h.Marks, until: w.Now().Add(bulkTurn)}
	for _, f := range h.Facts {
		if e, ok := f.(bulk.Event); ok {
			a.state = a.state.Evolve(e)
		}
	}
	if err := a.begin(ctx); err != nil {
		return err
	}
	do := a.act
	if a.state.Phase == bulk.Undoing {
		do = a.undo
	}
	done, err := do(ctx)
	if err == nil && !done {
		return river.JobSnooze(0)
	}
	return err
}

// begin finds out how far the action is, or starts it.
func (a *acting) begin(ctx context.Context) (err error) {
	if a.at, err = a.Staging.Progress(ctx, a.job.Org, a.job.Stream); err != nil || a.at.Run == a.job.Event {
		return err
	}
	a.at = projections.StageProgress{Run: a.job.Event, Stage: string(a.state.Phase), Prepared: -1}
	return a.Staging.Begin(ctx, a.job.Org, a.job.Stream, a.at, false)
}

// principal is in whose name leads are changed: who asked, in the role of then.
func (a *acting) principal() access.Principal {
	_, id, _ := strings.Cut(a.job.Actor, ":")
	return access.Principal{Org: a.job.Org, ID: id, Role: access.Role(a.state.Role), Teams: a.state.Teams}
}

// call is the call of one part of the action.
func (a *acting) call(part string) commands.Call {
	return commands.Call{
		Principal: a.principal(), ID: uuid.NewSHA1(uuid.MustParse(a.job.Event), []byte(part)).String(), Chosen: true, // an event's id is a UUID
		Correlation: a.job.Correlation, Causation: a.job.Event,
	}
}

// record notes how the action, or its undo, has ended.
func (a *acting) record(ctx context.Context, r commands.RecordBulk) error {
	r.ID = a.job.Stream
	_, err := commands.Execute(ctx, a.Run, a.job.call(bulkActor), r)
	if errors.Is(err, bulk.ErrBusy) {
		return nil // another has noted it
	}
	return err
}
