package eventstore_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// pool is one connection in a role, "" for the superuser's own.
func pool(t *testing.T, dsn, role string) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if role != "" {
		cfg.ConnConfig.RuntimeParams["role"] = role
	}
	cfg.MaxConns = 1
	p, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestMightyRolesRefused(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	// Roles belong to the cluster, which other tests share: their names are of this test.
	suffix := strings.ReplaceAll(uuid.NewString(), "-", "")
	heir, blind, writer := "heir_"+suffix, "blind_"+suffix, "writer_"+suffix
	db.Exec(t, `create role `+heir+` in role canvass_owner`)
	db.Exec(t, `create role `+blind+` bypassrls`)
	db.Exec(t, `create role `+writer)
	db.Exec(t, `grant usage on schema es to `+writer+`; grant delete on es.events to `+writer)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), db.URL)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close(context.Background()) }()
		for _, r := range []string{heir, blind, writer} {
			if _, err := conn.Exec(context.Background(), `drop owned by `+r+`; drop role `+r); err != nil {
				t.Error(err)
			}
		}
	})
	for role, ok := range map[string]bool{"": false, "canvass_owner": false, heir: false, blind: false, writer: false, "canvass_app": true, "canvass_worker": true, "canvass_auditor": true} {
		suspect := pool(t, db.URL, role)
		for name, cfg := range map[string]eventstore.Config{
			"app":    {App: suspect, Worker: db.Pools.Worker},
			"worker": {App: db.Pools.App, Worker: suspect},
		} {
			cfg.Vault, cfg.Registry, cfg.Log = db.Keys, db.Registry, slog.New(slog.DiscardHandler)
			_, err := eventstore.New(t.Context(), cfg)
			if ok != (err == nil) || err != nil && !strings.Contains(err.Error(), "refusing") {
				t.Errorf("%q as %s: %v", role, name, err)
			}
		}
	}
}

func TestPooledConnectionForgets(t *testing.T) {
	t.Parallel()
	db, orgs := guarded(t)
	p := pool(t, db.URL, "canvass_app") // one connection, so that the next caller gets the same
	count := func() (n int, setting string) {
		t.Helper()
		if err := p.QueryRow(t.Context(), `select count(*), coalesce(current_setting('app.tenant', true), '') from es.events`).Scan(&n, &setting); err != nil {
			t.Fatal(err)
		}
		return n, setting
	}
	asked := func(query string) (n int, err error) {
		b := eventstore.ForOrg(orgs[0])
		b.Queue(query).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
		return n, p.SendBatch(t.Context(), b).Close()
	}
	for range 2 {
		if n, err := asked(`select count(*)::int from es.events`); n != 2 || err != nil {
			t.Fatalf("with its organization: %d, %v", n, err)
		}
		if n, setting := count(); n != 0 || setting != "" {
			t.Errorf("afterwards: %d rows, app.tenant %q", n, setting)
		}
		if _, err := asked(`select 1 / (count(*) - 2)::int from es.events`); err == nil {
			t.Fatal("no fault")
		}
		if n, setting := count(); n != 0 || setting != "" {
			t.Errorf("after a fault: %d rows, app.tenant %q", n, setting)
		}
	}
}

func TestOtherLogRefused(t *testing.T) {
	t.Parallel()
	db, orgs := guarded(t)
	head := db.Head(t)
	// What a process would send that holds an outdated pin.
	const call = `select status from es.append_batch($1, $2, $3, $4, $5, array[1], $6, array[-1], array[1],
		array[1], array[1], array[1], $7, array['test'], array['test.noted'], array[1]::smallint[], array['{}']::json[], '{}', '{}', '{}', '{}', '{}', '{}', '{}')`
	status := func(log int, org string) string {
		t.Helper()
		var s string
		id := func() []string { return []string{uuid.NewString()} }
		err := db.Pools.App.QueryRow(t.Context(), call, log, []string{org}, id(), [][]byte{{1}}, []string{"{}"}, id(), id()).Scan(&s)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for i, want := range []string{"other_log", "other_log", "ok"} {
		if got := status(7, orgs[i]); got != want {
			t.Errorf("organization %d in log 7: %s, want %s", i, got, want)
		}
	}
	if got := status(0, orgs[2]); got != "other_log" {
		t.Errorf("the organization of log 7 in log 0: %s", got)
	}
	if now := db.Head(t); now != head {
		t.Errorf("log 0 went from %d to %d", head, now)
	}
}

// An organization may be looked for before it is placed; that must not decide where
// it is placed.
func TestPlacedAfterLookedFor(t *testing.T) {
	t.Parallel()
	db, _ := guarded(t)
	org, stream := uuid.NewString(), domain.StreamID{Category: "test", ID: uuid.NewString()}
	if h, err := db.Store.Load(t.Context(), org, stream, uuid.NewString(), nil); err != nil || h.Version != 0 {
		t.Fatalf("%+v, %v", h, err)
	}
	db.Exec(t, `insert into es.tenants (tenant_id, log_id) values ($1, 7)`, org)
	r, err := db.Store.Append(t.Context(), domain.Commit{Org: org, Command: uuid.NewString(), Streams: []domain.StreamCommit{{Stream: stream, Facts: []any{eventstoretest.Noted{}}}}})
	if err != nil || r.Version != 1 {
		t.Errorf("append: %+v, %v", r, err)
	}
	if n := db.Count(t, `select count(*) from es.events where tenant_id = $1 and log_id = 7`, org); n != 1 {
		t.Errorf("%d facts in log 7", n)
	}
}
