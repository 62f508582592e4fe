package reactors

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

const importer = "importer"

// Importer sees to it that imports are planned, carried out and taken back, and that
// files are destroyed in which a person may be who is erased.
func Importer() Reactor {
	return Reactor{Name: importer, Job: func(e eventstore.Recorded) (job river.InsertManyParams, follows bool) {
		switch e.Fact.(type) {
		case lead.Erased:
			return river.InsertManyParams{Args: ErasedFiles{causeOf(e)}}, true
		case imports.PlanningStarted, imports.CommitStarted, imports.UndoStarted:
			return river.InsertManyParams{Args: ImportStage{Cause: causeOf(e), Actor: e.Meta.Actor}}, true
		}
		return job, false
	}}
}

// ImportStage is the job of one stage of an import.
type ImportStage struct {
	Cause

	Actor string `json:"actor"` // who asked, in whose name leads are written
}

// Kind implements river.JobArgs; it is stored and never renamed.
func (ImportStage) Kind() string { return "import_stage" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ImportStage) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 25} }

// ImportWorker carries a stage of an import out. However often it is stopped or killed,
// it goes on where it was, and carries nothing out twice.
type ImportWorker struct {
	river.WorkerDefaults[ImportStage]

	Run     *commands.Runner
	Find    func(ctx context.Context, org string, claims []domain.Claim) (map[domain.Claim]string, error)
	Staging *projections.Staging
	Queries *projections.Queries
	// Await returns when a projection holds everything that is in the log now.
	Await func(ctx context.Context, p projections.Projection) error
	Now   domain.Clock
}

// A job works for so long and then makes room for others; another takes it up where it
// is. So a worker that dies is found out soon, however long an import takes.
const (
	importTurn    = 10 * time.Second
	importTimeout = 4 * time.Minute // to read a gigabyte up to where it was left, too
	importBatch   = 500             // rows at a time
)

// Timeout implements river.Worker.
func (*ImportWorker) Timeout(*river.Job[ImportStage]) time.Duration { return importTimeout }

// stage is one stage of an import under way.
type stage struct {
	*ImportWorker

	job   ImportStage
	id    string
	state imports.Import
	chain string // of causes that the last commit began
	at    projections.StageProgress
	until time.Time
}

// Work implements river.Worker.
func (w *ImportWorker) Work(ctx context.Context, job *river.Job[ImportStage]) error {
	release, alone, err := w.Staging.Alone(ctx, job.Args.Stream)
	switch {
	case err != nil:
		return err
	case !alone: // a worker that was thought dead is still at it
		return river.JobSnooze(time.Second)
	}
	defer release()
	h, err := w.Run.Store.Load(ctx, job.Args.Org, imports.Stream(job.Args.Stream), commands.NewID(), nil)
	if err != nil {
		return err
	}
	if n := len(h.Marks); n == 0 || h.Marks[n-1].Event != job.Args.Event {
		return nil // another has done it, and the stage that may be under way has a job of its own
	}
	s := &stage{ImportWorker: w, job: job.Args, id: job.Args.Stream}
	for n, f := range h.Facts {
		if e, ok := f.(imports.Event); ok {
			s.state = s.state.Evolve(e)
		}
		if _, ok := f.(imports.CommitStarted); ok {
			s.chain = h.Marks[n].Correlation
		}
	}
	var do func(context.Context) (bool, error)
	switch s.state.Status {
	case imports.StatusPlanning:
		do = s.plan
	case imports.StatusCommitting:
		do = s.commit
	case imports.StatusUndoing:
		do = s.undo
	default:
		return nil // asked for nothing that is done by a job
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.own(ctx); err != nil {
		return err
	}
	done, err := do(ctx)
	if err == nil && !done {
		return river.JobSnooze(0)
	}
	return err
}

// begin finds out how far the stage is, or starts it.
func (s *stage) begin(ctx context.Context) (err error) {
	if s.at, err = s.Staging.Progress(ctx, s.job.Org, s.id); err != nil || s.at.Run == s.job.Event {
		return err
	}
	s.at = projections.StageProgress{Run: s.job.Event, Stage: string(s.state.Status), Prepared: -1}
	return s.Staging.Begin(ctx, s.job.Org, s.id, s.at, s.state.Status == imports.StatusPlanning)
}

// late tells whether it is time to make room for others; the time begins with the first
// piece of work.
func (s *stage) late() bool {
	if s.until.IsZero() {
		s.until = s.Now().Add(importTurn)
	}
	return s.Now().After(s.until)
}

// principal is in whose name leads are written: who asked, in the role of then.
func (s *stage) principal() access.Principal {
	_, id, _ := strings.Cut(s.job.Actor, ":")
	return access.Principal{Org: s.job.Org, ID: id, Role: access.Role(s.state.Role)}
}

// call is the call of one part of the stage.
func (s *stage) call(part string) commands.Call {
	return commands.Call{
		Principal: s.principal(), ID: uuid.NewSHA1(uuid.MustParse(s.job.Event), []byte(part)).String(), Chosen: true, // an event's id is a UUID
		Correlation: s.job.Correlation, Causation: s.job.Event,
	}
}

// record notes how the stage has ended.
func (s *stage) record(ctx context.Context, r commands.RecordImport) error {
	r.ID = s.id
	_, err := commands.Execute(ctx, s.Run, s.job.call(importer), r)
	if errors.Is(err, imports.ErrBusy) {
		return nil // another has noted it
	}
	return err
}

// rows reads the file again, some rows at a time, until do has had enough.
func (s *stage) rows(ctx context.Context, do func(rows []imports.Row, bytes int64) (more bool, err error)) (done bool, err error) {
	file, err := s.Staging.File(ctx, s.job.Org, s.id)
	if err != nil {
		return false, err
	}
	r, err := imports.Open(file)
	if err != nil {
		return false, err
	}
	batch := make([]imports.Row, 0, importBatch)
	for {
		row, err := r.Next()
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return false, err
		}
		if !end {
			batch = append(batch, row)
		}
		if len(batch) == importBatch || end && len(batch) > 0 {
			more, err := do(batch, min(r.Offset(), s.state.File.Bytes))
			if err != nil || !more {
				return false, err
			}
			batch = make([]imports.Row, 0, importBatch) // the one before may still be worked on
		}
		if end {
			return true, nil
		}
	}
}

// refusal is the fault of a file, where an error is one.
func refusal(err error) (*domain.Error, bool) {
	var e *domain.Error
	return e, errors.As(err, &e) && e.Kind == domain.Invalid
}

func fieldsOf(e *domain.Error) string {
	parts := []string{e.Message}
	for _, f := range e.Fields {
		parts = append(parts, f.Name+" "+f.Message)
	}
	return strings.Join(parts, "; ")
}
