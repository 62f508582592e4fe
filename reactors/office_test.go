package reactors_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/migrations"
	"github.com/canvass-hq/canvass/reactors"
)

// office is a log, the eraser, and the queue between it and its worker.
type office struct {
	*eventstoretest.DB
	t   testing.TB
	org string
	run *commands.Runner
}

func newOffice(t testing.TB) *office {
	t.Helper()
	return officeOn(t, eventstoretest.New(t))
}

func officeOn(t testing.TB, db *eventstoretest.DB) *office {
	t.Helper()
	return &office{DB: db, t: t, org: uuid.NewString(), run: &commands.Runner{Store: db.Store, Now: time.Now}}
}

// soon tries a job again at once.
type soon struct{}

func (soon) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Millisecond) } // a time that has passed is not taken

// queue is a client of the job queue, which works when it is given a shredder.
func (o *office) queue(shredder reactors.Shredder) *river.Client[pgx.Tx] {
	o.t.Helper()
	cfg := &river.Config{Schema: migrations.JobSchema, Logger: slog.New(slog.DiscardHandler), TestOnly: true}
	if shredder != nil {
		cfg.Workers = river.NewWorkers()
		river.AddWorker(cfg.Workers, &reactors.ShredWorker{Shredder: shredder, Run: o.run, Sign: o.Keys.Keyed})
		cfg.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}}
		cfg.FetchPollInterval, cfg.RetryPolicy = 100*time.Millisecond, soon{}
	}
	client, err := river.NewClient(riverpgxv5.New(o.Pools.Worker), cfg)
	if err != nil {
		o.t.Fatal(err)
	}
	if shredder != nil {
		if err := client.Start(context.Background()); err != nil {
			o.t.Fatal(err)
		}
		o.t.Cleanup(func() { _ = client.StopAndCancel(context.Background()) })
	}
	return client
}

// react has the eraser follow the log.
func (o *office) react() *eventstoretest.Following {
	o.t.Helper()
	r := reactors.Eraser()
	return o.Follow(o.t, r.Subscription(), r.Handler(o.queue(nil)))
}

func (o *office) do(cmd func(ctx context.Context, call commands.Call) error) {
	o.t.Helper()
	call := commands.Call{Principal: access.Principal{Org: o.org, ID: uuid.NewString(), Role: access.Admin, Strong: true}, ID: commands.NewID()}
	if err := cmd(o.t.Context(), call); err != nil {
		o.t.Fatal(err)
	}
}

// erased captures a person and has them erased.
func (o *office) erased() (id string) {
	o.t.Helper()
	id = commands.NewID()
	o.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, o.run, call, commands.CaptureLead{ID: id, Details: lead.Details{Name: "Ann Secret", Email: id[24:] + "@secret.example"}})
		return err
	})
	o.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, o.run, call, commands.EraseLead{ID: id})
		return err
	})
	return id
}

func (o *office) jobs() int64 { return o.Count(o.t, `select count(*) from river.river_job`) }

func (o *office) shredded(id string) int64 {
	return o.Count(o.t, `select count(*) from es.events where type = 'lead.shredded' and stream_id = $1`, id)
}

func (o *office) hasTombstone(id string) bool {
	return o.Count(o.t, `select count(*) from keys.subject_keys where tenant_id = $1 and subject_id = $2 and wrapped is null and erased_at is not null`, o.org, id) == 1
}

// await waits until the erasure of a person is done and told.
func (o *office) await(id string) {
	o.t.Helper()
	eventstoretest.Eventually(o.t, "the key is destroyed and the log knows", func() bool { return o.shredded(id) > 0 })
	eventstoretest.Eventually(o.t, "the queue is empty", func() bool {
		return o.Count(o.t, `select count(*) from river.river_job where state <> 'completed'`) == 0
	})
}

// job is the one job there is, as a worker gets it.
func (o *office) job() *river.Job[reactors.Shred] {
	o.t.Helper()
	raw := o.Strings(o.t, `select args::text from river.river_job`)
	if len(raw) != 1 {
		o.t.Fatalf("%d jobs", len(raw))
	}
	job := &river.Job[reactors.Shred]{JobRow: &rivertype.JobRow{}}
	if err := json.Unmarshal([]byte(raw[0]), &job.Args); err != nil {
		o.t.Fatal(err)
	}
	return job
}

func (o *office) sub() eventstore.Subscription { return reactors.Eraser().Subscription() }
