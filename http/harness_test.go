package http_test

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// app is the API on a real store, with projections that follow it as they do in the
// product.
type app struct {
	db     *eventstoretest.DB
	issuer *apphttp.Issuer
	server *apphttp.Server
	base   string                                  // URL of the listening server
	again  func(t testing.TB, address string) *app // another server on the same store
	close  func()                                  // stops the server, as a shutdown does, and returns when it has
}

type option func(*apphttp.Config)

func withFeed(f apphttp.Feed) option { return func(c *apphttp.Config) { c.Feed = f } }

func withLog(l *slog.Logger) option { return func(c *apphttp.Config) { c.Log = l } }

// start runs an app of the test's own.
func start(t testing.TB, options ...option) *app {
	t.Helper()
	return startOn(t, eventstoretest.New(t), options...)
}

func startOn(t testing.TB, db *eventstoretest.DB, options ...option) *app {
	t.Helper()
	a := &app{db: db, issuer: newIssuer(t)}
	positions := follow(t, db)
	cfg := apphttp.Config{
		Run: &commands.Runner{Store: db.Store, Now: time.Now}, Queries: projections.NewQueries(db.Pools.App, db.Store), Feed: positions,
		Staging: &projections.Staging{App: db.Pools.App, Worker: db.Pools.Worker, Vault: db.Keys},
		CheckDomain: func(context.Context, string) sender.Check {
			return sender.Check{SPF: sender.Pass, DKIM: sender.Pass, DMARC: sender.Missing}
		},
		Issuer: a.issuer, Tokens: a.issuer.Authority(), Vault: db.Keys, Version: "test", Now: time.Now, Log: logged.logger(),
	}
	for _, o := range options {
		o(&cfg)
	}
	if cfg.Issuer != nil && a.issuer != cfg.Issuer { // a test brings its own
		a.issuer, cfg.Tokens = cfg.Issuer, cfg.Issuer.Authority()
	}
	a.again = func(t testing.TB, address string) *app {
		t.Helper()
		next := &app{db: a.db, issuer: a.issuer, again: a.again}
		next.listen(t, cfg, address)
		return next
	}
	a.listen(t, cfg, "127.0.0.1:0")
	return a
}

// listen serves until the test ends, or close is called.
func (a *app) listen(t testing.TB, cfg apphttp.Config, address string) {
	t.Helper()
	a.server = apphttp.NewServer(cfg)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	a.base = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.server.Serve(ctx, listener) }()
	a.close = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	t.Cleanup(a.close)
}

func newIssuer(t testing.TB) *apphttp.Issuer {
	t.Helper()
	key, err := apphttp.NewIssuerKey()
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := apphttp.OpenIssuer(key)
	if err != nil {
		t.Fatal(err)
	}
	return issuer
}

// follow keeps the projections up to date.
func follow(t testing.TB, db *eventstoretest.DB) projections.Views {
	t.Helper()
	positions := eventstore.NewPositions(db.Store)
	builder := projections.Builder{Pool: db.Pools.Worker, Store: db.Store, Log: logged.logger()}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	feed := eventstore.NewFeed(db.Store, eventstore.DefaultLog)
	for _, p := range projections.All() {
		if err := builder.Prepare(t.Context(), p, nil); err != nil {
			t.Fatal(err)
		}
		sub := p.Subscription()
		s := db.Store.NewSubscriber(sub, feed, func(position int64) { positions.Reached(sub, position) })
		router.AddConsumerHandler(sub.Name, sub.Name, s, eventstore.Handler(p.Handler(p.Live())))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = router.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	<-router.Running()
	return projections.Views{Positions: positions}
}

var (
	sharedOnce sync.Once //nolint:gochecknoglobals // one app for one test binary
	sharedApp  *app      //nolint:gochecknoglobals // one app for one test binary
	sharedLife *life     //nolint:gochecknoglobals // one app for one test binary
)

// shared is the one app that tests use which need nothing but organizations of their
// own: that these do not see each other is a promise of the product.
func shared(t testing.TB) *app {
	t.Helper()
	eventstoretest.AdminURL(t) // skips under -short
	sharedOnce.Do(func() {
		sharedLife = &life{TB: t}
		sharedApp = start(sharedLife)
	})
	if sharedApp == nil {
		t.Fatal("the shared app did not start")
	}
	return sharedApp
}

// life outlives the test that happens to start the shared app.
type life struct {
	testing.TB

	ends []func()
}

func (l *life) Context() context.Context  { return context.Background() }
func (l *life) Cleanup(end func())        { l.ends = append(l.ends, end) }
func (l *life) Logf(string, ...any)       {}
func (l *life) Errorf(f string, a ...any) { panic(f) }

func closeShared() {
	for sharedLife != nil && len(sharedLife.ends) > 0 {
		last := len(sharedLife.ends) - 1
		sharedLife.ends[last]()
		sharedLife.ends = sharedLife.ends[:last]
	}
}

// member is a principal of an organization, who asks.
type member struct {
	*app
	access.Principal

	token string
}

// member makes a member of a new organization.
func (a *app) member(t testing.TB, role access.Role) *member {
	t.Helper()
	return a.colleague(t, uuid.NewString(), role)
}

// founder makes an organization by the API, and is its first admin.
func (a *app) founder(t testing.TB) *member {
	t.Helper()
	m := a.as(t, access.Principal{ID: uuid.NewString(), Role: access.Visitor, Strong: true, Email: "founder@people.example"})
	org := m.ask(t, "POST", "/v1/organizations", `{"name":"Acme"}`).wants(t, 201).receipt(t).ID
	boss := a.as(t, access.Principal{Org: org, ID: m.ID, Role: access.Admin, Strong: true, Email: m.Email})
	boss.fresh(t, "/v1/organization").wants(t, 200)
	return boss
}

// colleague makes a member of an organization.
func (a *app) colleague(t testing.TB, org string, role access.Role) *member {
	t.Helper()
	return a.as(t, access.Principal{Org: org, ID: uuid.NewString(), Role: role, Strong: true})
}

// as is a principal with a token.
func (a *app) as(t testing.TB, p access.Principal) *member {
	t.Helper()
	m := &member{app: a, Principal: p}
	var err error
	if m.token, err = a.issuer.Token(m.Principal, time.Now(), time.Hour); err != nil {
		t.Fatal(err)
	}
	return m
}
