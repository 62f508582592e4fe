package reactors_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// desk is an office where files are taken in, step by step: nothing happens that the
// test does not ask for.
type desk struct {
	*office

	staging *projections.Staging
	ask     *projections.Queries
	worker  *reactors.ImportWorker
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	o := newOffice(t)
	d := &desk{office: o, staging: &projections.Staging{App: o.Pools.App, Worker: o.Pools.Worker, Vault: o.Keys}, ask: projections.NewQueries(o.Pools.App, o.Store)}
	build := projections.Builder{Pool: o.Pools.Worker, Store: o.Store, Log: slog.New(slog.DiscardHandler)}
	for _, p := range projections.All() {
		if err := build.Prepare(t.Context(), p, nil); err != nil {
			t.Fatal(err)
		}
	}
	d.worker = &reactors.ImportWorker{Run: o.run, Find: o.Store.Find, Staging: d.staging, Queries: d.ask, Await: d.catchUp, Now: time.Now}
	return d
}

// catchUp brings a projection to the end of the log.
func (d *desk) catchUp(ctx context.Context, p projections.Projection) error {
	return d.Store.CatchUp(ctx, p.Live().Subscription(), p.Handler(p.Live()), nil)
}

func (d *desk) order(cmd commands.Command[imports.Import, imports.Event]) error {
	call := commands.Call{Principal: access.Principal{Org: d.org, ID: commands.NewID(), Role: access.Admin, Strong: true}, ID: commands.NewID()}
	_, err := commands.Execute(d.t.Context(), d.run, call, cmd)
	return err
}

// bring uploads a file whose header names fields of a lead.
func (d *desk) bring(file string) (id string) {
	d.t.Helper()
	id = commands.NewID()
	if err := d.staging.Put(d.t.Context(), d.org, id, 0, []byte(file)); err != nil {
		d.t.Fatal(err)
	}
	header, _, _ := strings.Cut(file, "\n")
	var columns []imports.Column
	for h := range strings.SplitSeq(header, ",") {
		columns = append(columns, imports.Column{Header: h, Field: imports.Field(h)})
	}
	if err := d.order(commands.UploadImport{ID: id, Uploaded: imports.Uploaded{Name: "people.csv", Bytes: int64(len(file)), Chunks: 1, Format: imports.CSV, Encoding: imports.UTF8, Columns: columns}}); err != nil {
		d.t.Fatal(err)
	}
	return id
}

// job is that of the stage which the import's last fact asks for.
func (d *desk) job(id string) reactors.ImportStage {
	d.t.Helper()
	last := d.Strings(d.t, `select event_id::text from es.events where stream_id = $1 order by position desc limit 1`, id)[0]
	chain := d.Strings(d.t, `select meta->>'correlation' from es.events where event_id = $1`, last)[0]
	return reactors.ImportStage{Actor: "user:" + commands.NewID(), Cause: reactors.Cause{Org: d.org, Stream: id, Event: last, Correlation: chain}}
}

// work carries an order out to its end, and says where the import stands then.
func (d *desk) work(cmd commands.Command[imports.Import, imports.Event]) projections.Import {
	d.t.Helper()
	if err := d.order(cmd); err != nil {
		d.t.Fatal(err)
	}
	id := cmd.Stream().ID
	for job := d.job(id); ; {
		err := d.worker.Work(d.t.Context(), &river.Job[reactors.ImportStage]{JobRow: &rivertype.JobRow{}, Args: job})
		if err == nil {
			return d.shows(id)
		}
		if _, later := errors.AsType[*rivertype.JobSnoozeError](err); !later {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) shows(id string) projections.Import {
	d.t.Helper()
	if err := d.catchUp(d.t.Context(), projections.Imports()); err != nil {
		d.t.Fatal(err)
	}
	i, err := d.ask.Import(d.t.Context(), access.Principal{Org: d.org, Role: access.Admin}, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return i
}

// rows are what becomes of each row, with the code of its first reason.
func (d *desk) rows(id string) (out []string) {
	d.t.Helper()
	page, err := d.ask.ImportRows(d.t.Context(), access.Principal{Org: d.org, Role: access.Admin}, id, "", 0, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, r := range page.Items {
		said := string(r.Outcome)
		if len(r.Reasons) > 0 {
			said += " " + r.Reasons[0].Code
		}
		out = append(out, said)
	}
	return out
}

// person is a lead that is there before.
func (d *desk) person(details lead.Details) (id string) {
	d.t.Helper()
	id = commands.NewID()
	d.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, d.run, call, commands.CaptureLead{ID: id, Details: details})
		return err
	})
	return id
}

// leads are the names and cities of all leads, the oldest first.
func (d *desk) leads() []string {
	d.t.Helper()
	if err := d.catchUp(d.t.Context(), projections.Leads()); err != nil {
		d.t.Fatal(err)
	}
	return d.Strings(d.t, `select name || ' ' || coalesce(company, '-') || ' ' || coalesce(phone, '-') || ' ' || coalesce(city, '-') from `+projections.Leads().Live().Table("lead_search")+` where not deleted order by created_position, name`)
}

func (d *desk) remove(id string) {
	d.t.Helper()
	d.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, d.run, call, commands.DeleteLead{ID: id})
		return err
	})
}
