package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/canvass-hq/canvass/clients/dns"
	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/schema"
	"github.com/canvass-hq/canvass/eventstore"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// App is the assembled product: what runs in one process on one database.
type App struct {
	cfg       Config
	log       *slog.Logger
	now       domain.Clock
	pools     *eventstore.Pools
	keys      *eventstore.Keys
	store     *eventstore.Store
	positions projections.Views
	builder   projections.Builder
	run       *commands.Runner
	queries   *projections.Queries
	staging   *projections.Staging
	redis     *redis.Redis
	limiter   apphttp.Limiter
	cache     apphttp.Cache
	worker    atomic.Pointer[worker]         // nil in a process that only serves
	server    atomic.Pointer[apphttp.Server] // nil in a process that only works
	explore   bool                           // GraphQL tells its schema: dev alone
	meters    *meters
	tracing   *tracing // nil where nobody collects traces
}

// NewApp opens the store and everything that stands on it. cfg.DatabaseURL is set.
func NewApp(ctx context.Context, cfg Config, log *slog.Logger) (_ *App, err error) {
	a := &App{cfg: cfg, log: log, now: time.Now, meters: newMeters()}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.tracing, err = newTracing(ctx, cfg, log); err != nil {
		return nil, err
	}
	registry, err := eventstore.NewRegistry(schema.All())
	if err != nil {
		return nil, err
	}
	master, err := eventstore.NewMaster(cfg.masterKey)
	if err != nil {
		return nil, err
	}
	if a.pools, err = eventstore.Connect(ctx, cfg.DatabaseURL, cfg.keysURL()); err != nil {
		return nil, err
	}
	a.keys = eventstore.NewKeys(a.pools.Keys, master, a.now)
	a.store, err = eventstore.New(ctx, eventstore.Config{
		App: a.pools.App, Worker: a.pools.Worker, Vault: a.keys, Registry: registry, Log: log, Now: a.now, OneDatabase: a.pools.OneDatabase,
		Appended: a.meters.appended,
	})
	if err != nil {
		return nil, err
	}
	if err := a.keys.Check(ctx); err != nil {
		return nil, err
	}
	a.positions = projections.Views{Positions: eventstore.NewPositions(a.store)}
	a.queries = projections.NewQueries(a.pools.App, a.store)
	a.staging = &projections.Staging{App: a.pools.App, Worker: a.pools.Worker, Vault: a.keys}
	a.builder = projections.Builder{Pool: a.pools.Worker, Store: a.store, Log: log}
	a.run = &commands.Runner{Store: a.tracing.store(a.store), Now: a.now}
	if a.redis, err = redis.Open(ctx, redis.Config{URL: cfg.RedisURL, Log: log}); err != nil {
		return nil, err
	}
	a.limiter, a.cache = limiterOf(a.redis, a.now), cacheOf(a.redis, a.now)
	a.meters.registry.MustRegister(a.collectors()...)
	return a, nil
}

// Close gives back what NewApp took.
func (a *App) Close() {
	if a.redis != nil {
		_ = a.redis.Close()
	}
	if a.pools != nil {
		a.pools.Close()
	}
	a.tracing.close()
}

// Server is the API of the app.
func (a *App) Server(ctx context.Context) (*apphttp.Server, error) {
	tokens, issuer, err := a.authority(ctx)
	if err != nil {
		return nil, err
	}
	limits, err := a.limits()
	if err != nil {
		return nil, err
	}
	checks := a.checks()
	if tokens.Ready != nil {
		checks = append(checks, apphttp.Check{Name: "tokens", Probe: func(ctx context.Context) (string, error) { return "", tokens.Ready(ctx) }})
	}
	ops, err := a.ops(ctx)
	if err != nil {
		return nil, err
	}
	return apphttp.NewServer(apphttp.Config{
		Run: a.run, Queries: a.queries, Staging: a.staging, Feed: a.positions, Limits: limits, Cache: a.cache,
		Tokens: tokens, Issuer: issuer, Vault: a.keys, Checks: checks, Origins: a.cfg.origins(), Public: a.cfg.publicURL(), Version: version(), Explore: a.explore, Now: a.now, Log: a.log, Metrics: a.meters.registry, Tracer: a.tracing.tracer(), Ops: ops,
		MailLeaves: a.cfg.Mail.sends(), CheckDomain: dns.Checker{Resolver: net.DefaultResolver, Selectors: a.cfg.Mail.selectors()}.Check,
		ResendSecret: a.cfg.Mail.ResendSecret, Mailbox: a.shownMail(),
	}), nil
}

// await returns when a projection holds everything that is in the log now.
func (a *App) await(ctx context.Context, p projections.Projection) error {
	head, err := a.store.Head(ctx, eventstore.DefaultLog)
	if err != nil {
		return err
	}
	return a.positions.Wait(ctx, p, head)
}

// Parts says what a process does; Ready, which may be nil, is called when it has begun.
type Parts struct {
	Listener net.Listener // the API is served on it; nil for none
	Private  net.Listener // metrics and profiles are served on it; nil for none
	Worker   bool         // projections, reactors and jobs
	Progress projections.Progress
	Ready    func()
}

// Run works until ctx ends, and then stops from the outside in: requests, workers,
// and last what they stand on.
func (a *App) Run(ctx context.Context, parts Parts) error {
	base, stopBase := context.WithCancel(context.WithoutCancel(ctx))
	var under sync.WaitGroup
	under.Go(func() { _ = a.keys.Run(base) })
	under.Go(func() { _ = a.store.Run(base) })
	defer under.Wait()
	defer stopBase()

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var all sync.WaitGroup
	var faults []error
	begin := func(ctx context.Context, name string, work func(context.Context) error) {
		all.Go(func() {
			defer stop()
			if err := work(ctx); err != nil && !errors.Is(err, context.Canceled) {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	// Requests end first: one that waits for a view is answered by a worker.
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	if parts.Private != nil {
		private := apphttp.Private{Metrics: a.meters.registry, Checks: a.checks(), Log: a.log}
		begin(working, "the private address", func(ctx context.Context) error { return private.Serve(ctx, parts.Private) })
	}
	if parts.Worker {
		w, err := newWorker(ctx, a, parts.Progress)
		if err != nil {
			return err
		}
		a.worker.Store(w)
		begin(working, "the worker", w.run)
	}
	if parts.Listener != nil {
		server, err := a.Server(ctx)
		if err != nil {
			return err
		}
		a.server.Store(server)
		begin(ctx, "the API", func(ctx context.Context) error {
			defer stopWork()
			return server.Serve(ctx, parts.Listener)
		})
	} else {
		context.AfterFunc(ctx, stopWork)
	}
	if parts.Ready != nil {
		parts.Ready()
	}
	all.Wait()
	return errors.Join(faults...)
}
