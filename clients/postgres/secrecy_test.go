package postgres_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
)

func TestPasswordIsSecret(t *testing.T) {
	t.Parallel()
	dir := home(t)
	var logged bytes.Buffer
	cfg := config(dir)
	cfg.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server := start(t, cfg)
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	if len(password) < 20 {
		t.Fatalf("the password has %d characters", len(password))
	}
	info, err := os.Stat(filepath.Join(dir, "postgres.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("postgres.json: %v, %v", info.Mode(), err)
	}
	processes, err := osexec.CommandContext(t.Context(), "ps", "-eo", "args").Output()
	if err != nil {
		t.Skip("no ps on this machine")
	}
	stop(t, server)
	for where, text := range map[string]string{
		"the command line": string(processes),
		"the server's log": read(t, server.LogFile()),
		"our log":          logged.String(),
	} {
		if strings.Contains(text, password) {
			t.Errorf("%s shows the password", where)
		}
	}
	if !strings.Contains(logged.String(), "postgres runs") {
		t.Error("the start is not logged")
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	server := start(t, config(home(t)))
	if err := connectAs(t, server, "wrong"); err == nil {
		t.Error("a wrong password was let in")
	}
}

func TestLogHoldsNoValues(t *testing.T) {
	t.Parallel()
	server := start(t, config(home(t)))
	conn := connect(t, server.URL())
	run := func(sql string, args ...any) {
		if _, err := conn.Exec(t.Context(), sql, args...); err == nil {
			t.Errorf("%s: no error", sql)
		}
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE person (mail text UNIQUE, age int CHECK (age > 0))`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO person VALUES ('ada@example.com', 1)`); err != nil {
		t.Fatal(err)
	}
	run(`INSERT INTO person VALUES ($1, 1)`, "ada@example.com")
	run(`INSERT INTO person VALUES ('ada@example.com', 1)`)
	run(`INSERT INTO person VALUES ('ada@example.com', -1)`)
	run(`SELECT 'ada@example.com'::int`)
	run(`SELECT ada@example.com`)
	run(`DO $$ BEGIN RAISE WARNING 'ada@example.com'; RAISE EXCEPTION 'ada@example.com'; END $$`)
	stop(t, server)
	if text := read(t, server.LogFile()); strings.Contains(text, "ada") || !strings.Contains(text, "ready to accept connections") {
		t.Errorf("the log:\n%s", text)
	}
}

func connectAs(t *testing.T, server *postgres.Server, password string) error {
	t.Helper()
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(address.User.Username(), password)
	conn, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		return err
	}
	return conn.Close(t.Context())
}
