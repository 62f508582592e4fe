package reactors_test

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// TestStageOfAnother: a job whose stage is over does nothing, whatever stage the import
// is in by then. The queue hands a job out again when its worker died before it could
// say that it was done.
func TestStageOfAnother(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	staging := &projections.Staging{App: o.Pools.App, Worker: o.Pools.Worker, Vault: o.Keys}
	w := &reactors.ImportWorker{
		Run: o.run, Find: o.Store.Find, Staging: staging, Queries: projections.NewQueries(o.Pools.App, o.Store),
		Await: func(context.Context, projections.Projection) error { return nil }, Now: time.Now,
	}
	id, file := commands.NewID(), []byte("email\nann@acme.com\n")
	if err := staging.Put(t.Context(), o.org, id, 0, file); err != nil {
		t.Fatal(err)
	}
	columns := []imports.Column{{Header: "email", Field: "email"}}
	order := func(cmd commands.Command[imports.Import, imports.Event]) {
		t.Helper()
		o.do(func(ctx context.Context, call commands.Call) error {
			_, err := commands.Execute(ctx, o.run, call, cmd)
			return err
		})
	}
	var job reactors.ImportStage
	work := func() {
		t.Helper()
		if err := w.Work(t.Context(), &river.Job[reactors.ImportStage]{JobRow: &rivertype.JobRow{}, Args: job}); err != nil {
			t.Fatal(err)
		}
	}
	order(commands.UploadImport{ID: id, Uploaded: imports.Uploaded{Name: "people.csv", Bytes: int64(len(file)), Chunks: 1, Format: "csv", Encoding: "utf-8", Columns: columns}})
	order(commands.PlanImport{ID: id, Columns: columns})
	job = reactors.ImportStage{Actor: "user:" + commands.NewID(), Cause: reactors.Cause{
		Org: o.org, Stream: id, Correlation: commands.NewID(),
		Event: o.Strings(t, `select event_id::text from es.events where type = 'import.planning_started'`)[0],
	}}
	work()
	order(commands.CommitImport{ID: id, Role: string(access.Admin)})
	work()
	if got := o.Strings(t, `select type from es.events order by position desc limit 1`)[0]; got != "import.commit_started" {
		t.Errorf("the job of the plan went on to %s", got)
	}
	if o.Count(t, `select count(*) from es.events where type = 'import.planned'`) != 1 {
		t.Error("the plan was not made once")
	}
}
