// Package eventstoretest gives tests a real Postgres, a database for each of them,
// and the conformance suite that every store passes.
package eventstoretest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/domain/schema"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/migrations"
)

// cluster is the Postgres server of one test binary.
type cluster struct {
	once     sync.Once
	err      error
	server   *postgres.Server
	dir      string
	admin    string
	template string
	made     atomic.Int64
}

var shared cluster //nolint:gochecknoglobals // one server for one test binary

// Main runs the tests of a package and stops its server, if one was started.
func Main(m *testing.M) int {
	code := m.Run()
	shared.close()
	return code
}

func (c *cluster) close() {
	if c.server != nil {
		_ = c.server.Stop(context.Background())
		_ = os.RemoveAll(c.dir)
	}
}

// AdminURL is the server of this test binary, as its superuser: TEST_DATABASE_URL or
// a private one.
func AdminURL(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Postgres")
	}
	shared.once.Do(shared.start)
	if shared.err != nil {
		t.Fatalf("start Postgres: %v", shared.err)
	}
	return shared.admin
}

func (c *cluster) start() {
	ctx := context.Background()
	if c.admin = os.Getenv("TEST_DATABASE_URL"); c.admin == "" {
		if c.dir, c.err = os.MkdirTemp("", "canvass-test-"); c.err != nil {
			return
		}
		c.server, c.err = postgres.Start(ctx, postgres.Config{Dir: c.dir, Binaries: binaries(), Log: slog.New(slog.DiscardHandler)})
		if c.err != nil {
			return
		}
		c.admin = c.server.URL()
	}
	c.template = fmt.Sprintf("canvass_template_%d_%d", os.Getpid(), time.Now().UnixNano()%1_000_000)
	if c.err = execute(ctx, c.admin, "create database "+c.template); c.err != nil {
		return
	}
	template := WithDatabase(c.admin, c.template)
	c.err = migrations.Up(ctx, template, template, slog.New(slog.DiscardHandler))
}

func binaries() string {
	if v := os.Getenv("CANVASS_POSTGRES"); v != "" {
		return v
	}
	return "auto"
}

func execute(ctx context.Context, dsn, statement string) (err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// WithDatabase is the URL of another database of the same server.
func WithDatabase(dsn, name string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		panic("the database URL cannot be read") // of a test's own server
	}
	u.Path = "/" + name
	return u.String()
}

// URL makes a migrated database for the test alone, and drops it afterwards.
func URL(t testing.TB) string {
	t.Helper()
	admin := AdminURL(t)
	name := shared.template + "_" + strconv.FormatInt(shared.made.Add(1), 10)
	if err := execute(t.Context(), admin, "create database "+name+" template "+shared.template+" strategy file_copy"); err != nil {
		t.Fatalf("create the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(context.Background(), admin, "drop database if exists "+name+" with (force)"); err != nil {
			t.Logf("drop the test's database: %v", err)
		}
	})
	return WithDatabase(admin, name)
}

// DB is a store on a database of its own.
type DB struct {
	URL      string
	Pools    *eventstore.Pools
	Keys     *eventstore.Keys
	Registry *eventstore.Registry
	Store    *eventstore.Store
}

// MasterKey is the master key of every test's store.
const MasterKey = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// Registry knows every fact of the product.
func Registry(t testing.TB) *eventstore.Registry {
	t.Helper()
	r, err := eventstore.NewRegistry(schema.All())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// New opens a running store on a database of the test's own.
func New(t testing.TB) *DB {
	t.Helper()
	return Open(t, URL(t))
}

// Open opens a running store on a migrated database.
func Open(t testing.TB, dsn string) *DB {
	t.Helper()
	return OpenWith(t, dsn, Registry(t), func() (string, error) { return MasterKey, nil })
}

// OpenWith opens a running store that knows other facts, or other master keys.
func OpenWith(t testing.TB, dsn string, registry *eventstore.Registry, master func() (string, error)) *DB {
	t.Helper()
	return openApart(t, dsn, dsn, registry, master)
}

// OpenApart opens a running store whose keys lie in another database.
func OpenApart(t testing.TB, registry *eventstore.Registry) *DB {
	t.Helper()
	return openApart(t, URL(t), URL(t), registry, func() (string, error) { return MasterKey, nil })
}

func openApart(t testing.TB, dsn, keysDSN string, registry *eventstore.Registry, master func() (string, error)) *DB {
	t.Helper()
	pools, err := eventstore.Connect(t.Context(), dsn, keysDSN)
	if err != nil {
		t.Fatal(err)
	}
	m, err := eventstore.NewMaster(master)
	if err != nil {
		t.Fatal(err)
	}
	db := &DB{URL: dsn, Pools: pools, Keys: eventstore.NewKeys(pools.Keys, m, time.Now), Registry: registry}
	db.Store, err = eventstore.New(t.Context(), eventstore.Config{
		App: pools.App, Worker: pools.Worker, Vault: db.Keys, Registry: registry, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		OneDatabase: pools.OneDatabase,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = db.Keys.Run(ctx) })
	wg.Go(func() { _ = db.Store.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		pools.Close()
	})
	return db
}
