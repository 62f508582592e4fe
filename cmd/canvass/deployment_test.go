package main

import (
	"context"
	"log/slog"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/eventstore"
)

// database runs a Postgres that no canvass owns, with an empty database in it.
func database(t *testing.T) string {
	t.Helper()
	program(t) // skips under -short
	p, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(dataDir(t), "pg"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := createDatabase(t.Context(), p.URL()); err != nil {
		t.Fatal(err)
	}
	return p.DatabaseURL(databaseName)
}

var servingLine = regexp.MustCompile(`serving on (http://localhost:\d+)`)

// serve runs the API alone.
func serve(t *testing.T, settings []string) *server {
	t.Helper()
	s := &server{process: launch(t, append(settings, "PORT=0"), "serve"), settings: settings}
	s.says("serving on ")
	s.url = servingLine.FindStringSubmatch(s.err.String())[1]
	s.token = strings.TrimSpace(command(t, settings, "token", "--role", "admin").ok(t).out)
	return s
}

// leastRights makes the user that docs/operations.md tells to make, and gives its URL.
func leastRights(t *testing.T, conn *pgx.Conn, address string) string {
	t.Helper()
	_, statements, _ := strings.Cut(read(t, "../../docs/operations.md"), "```sql\n")
	statements, _, _ = strings.Cut(statements, "```")
	if _, err := conn.Exec(t.Context(), strings.Replace(statements, "'...'", "'secret'", 1)); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("canvass_login", "secret")
	return u.String()
}

// A reactor acts on what is written after it has begun: nobody is served before, or what
// they ask for would never be acted on.
func TestReadyWithReactorsOnly(t *testing.T) {
	t.Parallel()
	administrator := database(t)
	settings := []string{"DATABASE_URL=" + administrator, "DATA_DIR=" + dataDir(t), "MASTER_KEY=" + eventstore.NewMasterKey()}
	command(t, settings, "migrate").ok(t)
	conn, err := pgx.Connect(t.Context(), administrator)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	settings[0] = "DATABASE_URL=" + leastRights(t, conn, administrator)
	command(t, append(slices.Clone(settings), "MIGRATE_DATABASE_URL="+administrator), "migrate").ok(t)
	worker := launch(t, settings, "worker")
	s := serve(t, settings)
	s.wellWithin(t)
	if strings.Contains(s.err.String(), "could change the log") {
		t.Error("a user with the least rights is warned of")
	}
	worker.interrupt()
	if _, err := conn.Exec(t.Context(), `delete from es.checkpoints where projection = 'eraser'`); err != nil {
		t.Fatal(err)
	}
	if body := s.ask(t, "GET", "/health/ready", "", 503); !strings.Contains(body, `"reactors":{"status":"down","detail":"eraser has not begun`) {
		t.Errorf("before a reactor has begun it says %s", body)
	}
	launch(t, settings, "worker")
	s.wellWithin(t)
}

// A deployment: the database is migrated by hand, and API and workers are processes
// of their own, several of each.
func TestDeployment(t *testing.T) {
	t.Parallel()
	settings := []string{"DATABASE_URL=" + database(t), "DATA_DIR=" + dataDir(t), "MASTER_KEY=" + eventstore.NewMasterKey()}
	if got := command(t, settings, "serve"); got.code != 1 || !strings.Contains(got.err, "migrate") {
		t.Errorf("serve on an empty database: %d %q", got.code, got.err)
	}
	for range 2 { // the second time there is nothing to do
		command(t, settings, "migrate").ok(t)
	}
	one := serve(t, settings)
	if body := one.ask(t, "GET", "/health/ready", "", 503); !strings.Contains(body, `"projections":{"status":"down"`) {
		t.Errorf("without projections it says %s", body)
	}
	worker := launch(t, settings, "worker")
	one.wellWithin(t)
	two := serve(t, settings)

	if body := one.ask(t, "POST", "/graphql", schemaQuery, 200); strings.Contains(body, "companyName") {
		t.Errorf("GraphQL tells its schema: %s", body)
	}
	r := one.capture(t, `{"name":"Ada"}`)
	if got := two.leads(t, r.Position); len(got) != 1 || got[0].ID != r.ID {
		t.Errorf("the other process sees %v", got)
	}
	// With another master key nothing begins that could open nothing.
	for _, name := range []string{"serve", "worker"} {
		other := append(slices.Clone(settings), "MASTER_KEY="+eventstore.NewMasterKey())
		if got := command(t, other, name); got.code != 1 || !strings.Contains(got.err, "MASTER_KEY is not the one of this database") {
			t.Errorf("%s with another master key: %d %q", name, got.code, got.err)
		}
	}
	gone := append(slices.Clone(settings), strings.Replace(settings[0], "/"+databaseName+"?", "/nowhere?", 1))
	if got := command(t, gone, "serve"); got.code != 1 || !strings.Contains(got.err, "there is no such database") {
		t.Errorf("on a database that is not there: %d %q", got.code, got.err)
	}
	if !strings.Contains(one.err.String(), "could change the log") {
		t.Error("nobody is warned of a superuser")
	}
	// The standby takes over from a worker that is killed.
	standby := launch(t, settings, "worker")
	worker.kill()
	r = two.capture(t, `{"name":"Bob"}`)
	eventually(t, "the standby shows what came after the kill", func() bool {
		status, body, err := one.try(t.Context(), "GET", "/v1/leads/"+r.ID, "")
		return err == nil && status == 200 && strings.Contains(body, "Bob")
	})
	one.ask(t, "POST", "/v1/leads/"+r.ID+"/erase", "", 200)
	eventually(t, "the standby destroys the key", func() bool {
		return strings.Contains(one.ask(t, "GET", "/v1/events?stream="+r.ID, "", 200), "lead.shredded")
	})
	command(t, append(settings, "CANVASS_URL="+two.url), "events").ok(t)
	for _, p := range []*process{one.process, two.process, standby} {
		if code := p.interrupt(); code != 0 {
			t.Errorf("exit code %d\n%s", code, p.err.String())
		}
	}
}
