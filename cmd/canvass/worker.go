package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/components/metrics"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/migrations"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

type workerCmd struct{}

// Help implements kong's detailed help.
func (workerCmd) Help() string { return "Example: DATABASE_URL=postgres://... canvass worker" }

// Run implements the subcommand.
func (workerCmd) Run(s *session) error {
	return runParts(s, "worker", func(*App) (Parts, error) { return Parts{Worker: true, Progress: progressTo(s)}, nil })
}

// worker is everything that follows the log in a process.
type worker struct {
	app         *App
	router      *message.Router
	jobs        *river.Client[pgx.Tx]
	subscribers map[string]*eventstore.Subscriber
	line        lifeline
}

const (
	drainPatience = 20 * time.Second
	// A job that has run for so long is taken from a worker that lives, and hangs.
	rescueAfter = 5 * time.Minute
)

// newWorker brings the projections up to this release, and prepares to follow.
func newWorker(ctx context.Context, a *App, progress projections.Progress) (*worker, error) {
	for _, p := range projections.All() {
		if err := a.builder.Prepare(ctx, p, progress); err != nil {
			return nil, err
		}
	}
	if err := a.store.MakeRelayTopic(ctx); err != nil {
		return nil, err
	}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: drainPatience}, watermill.NopLogger{})
	if err != nil {
		return nil, err
	}
	router.AddMiddleware(metrics.NewPrometheusMetricsBuilder(a.meters.registry, "canvass", "follower").NewRouterMiddleware().Middleware, middleware.Recoverer)
	w := &worker{
		app: a, router: router, subscribers: map[string]*eventstore.Subscriber{},
		line: lifeline{pool: a.pools.Worker, id: uuid.NewString(), log: a.log},
	}
	if w.jobs, err = newJobs(a, w.line.id); err != nil {
		return nil, err
	}
	feed := eventstore.NewFeed(a.store, eventstore.DefaultLog)
	for _, f := range a.followers(w.jobs) {
		if err := w.follow(ctx, feed, f.sub, f.handle); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// follower is whatever follows the log: a projection, the relay, a reactor.
type follower struct {
	sub    eventstore.Subscription
	handle func(context.Context, *eventstore.Batch) error
}

// followers are all of this release; reactors put their jobs into the queue of the client.
func (a *App) followers(jobs *river.Client[pgx.Tx]) (all []follower) {
	for _, p := range projections.All() {
		all = append(all, follower{p.Subscription(), a.tracing.batches(p.Subscription(), p.Handler(p.Live()))})
	}
	all = append(all, follower{eventstore.Relay(), a.store.PublishFacts})
	for _, r := range reactors.All() {
		all = append(all, follower{r.Subscription(), r.Handler(jobs)})
	}
	return all
}

// queue puts jobs into the job queue, and works none of them.
func (a *App) queue() (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(riverpgxv5.New(a.pools.Worker), &river.Config{Schema: migrations.JobSchema, Logger: slog.New(quiet{a.log.Handler()})})
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return client, nil
}

func newJobs(a *App, id string) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &reactors.ShredWorker{Shredder: a.keys, Run: a.run, Sign: a.keys.Keyed})
	river.AddWorker(workers, &reactors.ImportWorker{Run: a.run, Find: a.store.Find, Staging: a.staging, Queries: a.queries, Await: a.await, Now: a.now})
	river.AddWorker(workers, &reactors.BulkWorker{Run: a.run, Staging: a.staging, Queries: a.queries, Await: a.await, Now: a.now})
	river.AddWorker(workers, &reactors.RemindWorker{Run: a.run})
	if err := a.campaignWorkers(workers); err != nil {
		return nil, err
	}
	middleware := []rivertype.Middleware{jobMeter{a.meters.jobs, a.now}, newFrugal()}
	if a.tracing != nil {
		middleware = append(middleware, jobTraces{a.tracing})
	}
	mailer, err := a.mailer()
	if err != nil {
		return nil, err
	}
	river.AddWorker(workers, &reactors.InviteWorker{
		Run: a.run, Queries: a.queries, Mailer: mailer, From: a.cfg.Mail.from(), AppURL: a.cfg.appURL(), Sign: a.keys.Keyed, Await: a.await, Parked: a.store.ParkedFacts, Now: a.now,
	})
	files := &reactors.Files{Run: a.run, Staging: a.staging, Now: a.now}
	river.AddWorker(workers, &reactors.ErasedFilesWorker{Files: files})
	river.AddWorker(workers, &reactors.AgedFilesWorker{Files: files})
	return river.NewClient(riverpgxv5.New(a.pools.Worker), &river.Config{
		ID:                   id,
		Schema:               migrations.JobSchema,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 20}, reactors.MailQueue: {MaxWorkers: 5}, reactors.CampaignQueue: {MaxWorkers: 4}},
		Workers:              workers,
		PeriodicJobs:         []*river.PeriodicJob{reactors.AgedFilesSchedule()},
		RescueStuckJobsAfter: rescueAfter,
		Logger:               slog.New(quiet{a.log.Handler()}),
		ErrorHandler:         jobFaults{a.log},
		Middleware:           middleware,
	})
}

// quiet keeps the job queue's own chatter out of the log.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (quiet) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (w *worker) follow(ctx context.Context, feed *eventstore.Feed, sub eventstore.Subscription, handle func(context.Context, *eventstore.Batch) error) error {
	s := w.app.store.NewSubscriber(sub, feed, func(position int64) { w.app.positions.Reached(sub, position) })
	w.subscribers[sub.Name] = s
	w.router.AddConsumerHandler(sub.Name, sub.Name, s, eventstore.Handler(handle))
	return s.Prepare(ctx) // before anybody is served: what is asked for from now on is not missed
}

func (w *worker) run(ctx context.Context) error {
	if err := w.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the jobs: %w", err)
	}
	var alive sync.WaitGroup
	defer alive.Wait()
	lives, die := context.WithCancel(context.WithoutCancel(ctx))
	defer die()
	alive.Go(func() { w.line.run(lives) })
	err := w.router.Run(ctx)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainPatience)
	defer cancel()
	if stopErr := w.jobs.Stop(drain); err == nil {
		err = stopErr
	}
	return err
}

// halted names the followers that have stopped for good.
func (w *worker) halted() (names []string) {
	for name, s := range w.subscribers {
		if s.Halted() != nil {
			names = append(names, name)
		}
	}
	return names
}
