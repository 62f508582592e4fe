package reactors

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// ErasedFiles is the job of destroying every file of an organization that came before a
// person was erased. Any of them may hold the person, in a row that was skipped or
// refused, too: they cannot be told apart without reading them all.
type ErasedFiles struct{ Cause }

// Kind implements river.JobArgs; it is stored and never renamed.
func (ErasedFiles) Kind() string { return "import_erased_files" }

// InsertOpts implements river.JobArgsWithInsertOpts. An erasure is a duty.
func (ErasedFiles) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 25} }

// AgedFiles is the job of destroying every file that has been kept for long enough, and
// what is left of uploads that were cut short.
type AgedFiles struct{}

// Kind implements river.JobArgs; it is stored and never renamed.
func (AgedFiles) Kind() string { return "import_aged_files" }

// InsertOpts implements river.JobArgsWithInsertOpts: the next one does what this one could
// not.
func (AgedFiles) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

const (
	agedEvery = time.Hour
	// A file that is not recorded by then is none that is still coming in.
	strayAfter = 24 * time.Hour
	// How soon a file is asked for again that a stage works on.
	stagePatience = 5 * time.Second
)

// AgedFilesSchedule has AgedFiles done from time to time.
func AgedFilesSchedule() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(agedEvery), func() (river.JobArgs, *river.InsertOpts) { return AgedFiles{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

// Files destroys the files of imports.
type Files struct {
	Run     *commands.Runner
	Staging *projections.Staging
	Now     domain.Clock
}

// destroy gives up a file and destroys it. It is not done where a stage works on it.
func (f *Files) destroy(ctx context.Context, org, id, why string, call commands.Call) (done bool, err error) {
	release, alone, err := f.Staging.Alone(ctx, id)
	if err != nil || !alone {
		return false, err
	}
	defer release()
	// The fact comes first: no stage can begin behind it, and a job that dies here destroys
	// the bytes when it is run again.
	_, err = commands.Execute(ctx, f.Run, call, commands.DestroyImportFile{ID: id, Why: why})
	switch {
	case errors.Is(err, imports.ErrBusy):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, f.Staging.Destroy(ctx, org, id)
}

// ErasedFilesWorker carries ErasedFiles out.
type ErasedFilesWorker struct {
	river.WorkerDefaults[ErasedFiles]

	Files *Files
}

// Timeout implements river.Worker.
func (*ErasedFilesWorker) Timeout(*river.Job[ErasedFiles]) time.Duration { return importTimeout }

// Work implements river.Worker.
func (w *ErasedFilesWorker) Work(ctx context.Context, job *river.Job[ErasedFiles]) error {
	kept, err := w.before(ctx, job.Args.Cause)
	if err != nil {
		return err
	}
	busy := false
	for _, id := range kept {
		call := job.Args.call(importer)
		call.ID = uuid.NewSHA1(uuid.MustParse(job.Args.Event), []byte(id)).String() // an event's id is a UUID
		call.Request = []byte(importer + " " + id)
		done, err := w.Files.destroy(ctx, job.Args.Org, id, imports.ForErasure, call)
		if err != nil {
			return err
		}
		busy = busy || !done
	}
	if busy {
		return river.JobSnooze(stagePatience)
	}
	return nil
}

// before lists the kept files that were recorded before a fact about a lead: one that
// comes in again later was brought by somebody who may.
func (w *ErasedFilesWorker) before(ctx context.Context, c Cause) (ids []string, err error) {
	files, err := w.Files.Staging.Files(ctx, c.Org)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	erased, err := w.Files.Run.Store.Load(ctx, c.Org, lead.Stream(c.Stream), commands.NewID(), nil)
	if err != nil {
		return nil, err
	}
	var until int64
	for _, m := range erased.Marks {
		if m.Event == c.Event {
			until = m.Position
		}
	}
	streams := make([]domain.StreamID, len(files))
	for i, f := range files {
		streams[i] = imports.Stream(f.ID)
	}
	histories, _, err := w.Files.Run.Store.LoadMany(ctx, c.Org, streams, nil)
	for _, f := range files {
		if h := histories[f.ID]; len(h.Marks) > 0 && h.Marks[0].Position < until {
			ids = append(ids, f.ID)
		}
	}
	return ids, err
}

// AgedFilesWorker carries AgedFiles out.
type AgedFilesWorker struct {
	river.WorkerDefaults[AgedFiles]

	Files *Files
}

// Timeout implements river.Worker.
func (*AgedFilesWorker) Timeout(*river.Job[AgedFiles]) time.Duration { return importTimeout }

// Work implements river.Worker. A file that a stage works on has its turn the next time.
func (w *AgedFilesWorker) Work(ctx context.Context, _ *river.Job[AgedFiles]) error {
	aged := w.Files.Now().Add(-imports.KeptFor)
	files, err := w.Files.Staging.FilesBefore(ctx, aged, w.Files.Now().Add(-strayAfter))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := w.end(ctx, f, f.Since.Before(aged)); err != nil {
			return err
		}
	}
	return nil
}

func (w *AgedFilesWorker) end(ctx context.Context, f projections.StagedFile, aged bool) error {
	if aged {
		call := commands.Call{Principal: access.Principal{Org: f.Org, ID: importer, Role: access.System}, ID: commands.NewID()}
		if _, err := w.Files.destroy(ctx, f.Org, f.ID, imports.ForAge, call); !errors.Is(err, imports.ErrNotFound) {
			return err
		}
	}
	// Nobody has recorded the file, as far as the list of imports tells; the log decides.
	h, err := w.Files.Run.Store.Load(ctx, f.Org, imports.Stream(f.ID), commands.NewID(), nil)
	if err != nil || h.Version > 0 {
		return err
	}
	return w.Files.Staging.Destroy(ctx, f.Org, f.ID)
}
