package reactors_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

func (d *desk) files() *reactors.Files {
	return &reactors.Files{Run: d.run, Staging: d.staging, Now: d.worker.Now}
}

// aged has the files destroyed that are old at a time from now.
func (d *desk) aged(from time.Duration) {
	d.t.Helper()
	files := d.files()
	files.Now = func() time.Time { return time.Now().Add(from) }
	w := &reactors.AgedFilesWorker{Files: files}
	if err := w.Work(d.t.Context(), &river.Job[reactors.AgedFiles]{JobRow: &rivertype.JobRow{}}); err != nil {
		d.t.Fatal(err)
	}
}

// erase erases a lead, and gives the job that follows for the files.
func (d *desk) erase(id string) *river.Job[reactors.ErasedFiles] {
	d.t.Helper()
	d.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, d.run, call, commands.EraseLead{ID: id})
		return err
	})
	read, err := d.Store.Read(d.t.Context(), eventstore.DefaultLog, d.Head(d.t)-1, 1)
	if err != nil {
		d.t.Fatal(err)
	}
	job, follows := reactors.Importer().Job(read[0])
	if !follows {
		d.t.Fatal("no job follows an erasure")
	}
	return &river.Job[reactors.ErasedFiles]{JobRow: &rivertype.JobRow{}, Args: job.Args.(reactors.ErasedFiles)}
}

func (d *desk) afterErasure(job *river.Job[reactors.ErasedFiles]) error {
	return (&reactors.ErasedFilesWorker{Files: d.files()}).Work(d.t.Context(), job)
}

// isKept tells whether anything is left of a file; where nothing is, its key must be
// gone too, and the import say why.
func (d *desk) isKept(id, why string) bool {
	d.t.Helper()
	left := d.Count(d.t, `select (select count(*) from staging.chunks where import_id = $1) + (select count(*) from staging.rows where import_id = $1) + (select count(*) from staging.decided where import_id = $1)`, id)
	told := d.Count(d.t, `select count(*) from es.events where stream_id = $1 and type = 'import.file_destroyed' and data->>'why' = $2`, id, why)
	_, err := d.staging.File(d.t.Context(), d.org, id)
	switch {
	case left > 0 && told == 0 && err == nil:
		return true
	case left == 0 && told == 1 && errors.Is(err, imports.ErrGone):
		return false
	}
	d.t.Errorf("%d rows are left, told %d times for %s, opened: %v", left, told, why, err)
	return false
}

const people = "name,email\nAnn,ann@acme.com\nBo,bo@acme.com\n"

// TestAgedFiles: a file is destroyed 30 days after it came, and what the import has done
// can be taken back without it.
func TestAgedFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	done, planned, other := d.bring(people), d.bring(people), d.bring("name\nCy\n")
	d.work(commands.PlanImport{ID: done})
	d.work(commands.CommitImport{ID: done, Role: string(access.Admin)})
	d.work(commands.PlanImport{ID: planned})
	d.aged(imports.KeptFor - time.Hour)
	for _, id := range []string{done, planned, other} {
		if !d.isKept(id, imports.ForAge) {
			t.Fatal("a file is destroyed before its time")
		}
	}
	for range 2 { // a job may run twice
		d.aged(imports.KeptFor + time.Hour)
	}
	for _, id := range []string{done, planned, other} {
		if d.isKept(id, imports.ForAge) {
			t.Error("a file is kept for too long")
		}
		if i := d.shows(id); i.Destroyed != imports.ForAge || i.File.Name != "people.csv" || len(i.Columns) == 0 {
			t.Errorf("it is shown as %+v", i)
		}
	}
	if n := d.Count(t, `select count(*) from keys.subject_keys where tenant_id = $1 and wrapped is null`, d.org); n != 3 {
		t.Errorf("%d keys are destroyed, want one per file", n)
	}
	if err := d.order(commands.CommitImport{ID: planned, Role: string(access.Admin)}); !errors.Is(err, imports.ErrGone) {
		t.Errorf("a commit without the file: %v", err)
	}
	if err := d.order(commands.PlanImport{ID: other}); !errors.Is(err, imports.ErrGone) {
		t.Errorf("a plan without the file: %v", err)
	}
	if i := d.work(commands.UndoImport{ID: done, Role: string(access.Admin)}); i.Undo.Deleted != 2 || len(d.leads()) != 0 {
		t.Errorf("the undo without the file says %+v; left are %v", i.Undo, d.leads())
	}
	if err := d.order(commands.PlanImport{ID: done}); !errors.Is(err, imports.ErrGone) {
		t.Errorf("a plan after the undo: %v", err)
	}
}

// TestStrayFile: what an upload leaves behind that was cut short goes after a day; one
// that is recorded stays, even where the list of imports does not show it yet.
func TestStrayFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stray := commands.NewID()
	if err := d.staging.Put(t.Context(), d.org, stray, 0, []byte(people)); err != nil {
		t.Fatal(err)
	}
	unseen := d.bring(people)
	d.aged(23 * time.Hour)
	if n := d.Count(t, `select count(*) from staging.chunks`); n != 2 {
		t.Errorf("%d files are kept", n)
	}
	d.aged(25 * time.Hour)
	if n := d.Count(t, `select count(*) from staging.chunks where import_id = $1`, stray); n != 0 || !d.isKept(unseen, imports.ForAge) {
		t.Errorf("%d chunks of a file that nobody knows are kept", n)
	}
	d.aged(imports.KeptFor + time.Hour)
	d.isKept(unseen, imports.ForAge)
}

// TestErasedFiles: an erasure destroys the files that came before it, waits for a stage
// that is under way, and leaves alone what comes later and what others have.
func TestErasedFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	person := d.person(lead.Details{Name: "Ann", Email: "ann@acme.com"})
	skipped, middle := d.bring(people), d.bring(people)
	d.work(commands.PlanImport{ID: skipped})
	if err := d.order(commands.PlanImport{ID: middle}); err != nil {
		t.Fatal(err)
	}
	job := d.erase(person)
	later := d.bring("name\nCy\n")
	other := *d
	other.office = officeOn(t, d.DB)
	neighbours := other.bring(people)

	var snooze *rivertype.JobSnoozeError
	for range 2 {
		if err := d.afterErasure(job); !errors.As(err, &snooze) {
			t.Fatalf("with a stage under way: %v", err)
		}
	}
	if d.isKept(skipped, imports.ForErasure) || !d.isKept(middle, imports.ForErasure) {
		t.Error("the file that rests is kept, or the other is not")
	}
	args := d.job(middle)
	if err := d.worker.Work(t.Context(), &river.Job[reactors.ImportStage]{JobRow: &rivertype.JobRow{}, Args: args}); err != nil || d.shows(middle).Status != imports.StatusPlanned {
		t.Fatalf("the stage does not end: %v", err)
	}
	for range 2 {
		if err := d.afterErasure(job); err != nil {
			t.Fatal(err)
		}
	}
	if d.isKept(middle, imports.ForErasure) || !d.isKept(later, imports.ForErasure) || !other.isKept(neighbours, imports.ForErasure) {
		t.Error("the file whose stage has ended is kept, or one that is none of its business is not")
	}
	fact := d.Strings(t, `select meta->>'actor' || ' ' || (meta->>'causation') from es.events where type = 'import.file_destroyed' limit 1`)[0]
	if fact != "job:importer "+job.Args.Event {
		t.Errorf("recorded by %s", fact)
	}
}

// TestFileDestroyedAfterDeath: a job that died between the fact and the bytes destroys
// them when it is run again.
func TestFileDestroyedAfterDeath(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	person := d.person(lead.Details{Name: "Ann"})
	id := d.bring(people)
	job := d.erase(person)
	away := errors.New("the keys are away")
	broken := d.files()
	broken.Staging = &projections.Staging{App: d.Pools.App, Worker: d.Pools.Worker, Vault: deaf{d.Keys, away}}
	if err := (&reactors.ErasedFilesWorker{Files: broken}).Work(t.Context(), job); !errors.Is(err, away) {
		t.Fatal(err)
	}
	if d.Count(t, `select count(*) from staging.chunks where import_id = $1`, id) != 1 || d.shows(id).Destroyed == "" {
		t.Error("the job did not die where it should")
	}
	if err := d.order(commands.PlanImport{ID: id}); !errors.Is(err, imports.ErrGone) {
		t.Errorf("a plan meanwhile: %v", err)
	}
	if err := d.afterErasure(job); err != nil || d.isKept(id, imports.ForErasure) {
		t.Errorf("after its death: %v", err)
	}
}

// deaf is a vault that destroys nothing.
type deaf struct {
	eventstore.Vault

	err error
}

func (v deaf) Destroy(context.Context, eventstore.Subject) error { return v.err }

// TestImporterJobs: an erasure is the only fact of a lead that concerns files.
func TestImporterJobs(t *testing.T) {
	t.Parallel()
	var jobs []river.InsertManyParams
	for _, f := range []any{lead.Captured{}, lead.Deleted{}, lead.Shredded{}, imports.Uploaded{}, imports.FileDestroyed{}, lead.Erased{}, imports.UndoStarted{}} {
		if job, follows := reactors.Importer().Job(eventstore.Recorded{Fact: f, Stream: domain.StreamID{ID: "s"}}); follows {
			jobs = append(jobs, job)
		}
	}
	if len(jobs) != 2 || jobs[0].Args.Kind() != "import_erased_files" || jobs[1].Args.Kind() != "import_stage" {
		t.Errorf("the jobs are %+v", jobs)
	}
}
