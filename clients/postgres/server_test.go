package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/clients/postgres"
)

func TestDataSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := home(t)
	server := start(t, config(dir))
	exec(t, server.URL(), `CREATE DATABASE app`)
	exec(t, server.DatabaseURL("app"), `CREATE TABLE kept AS SELECT 'yes' AS is_kept`)
	before := server.URL()

	stop(t, server)
	if _, err := os.Stat(socketDir(t, server)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's directory is still there: %v", err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if server.URL() != before {
		t.Error("the URL has changed")
	}
	if got := ask(t, server.DatabaseURL("app"), `SELECT is_kept FROM kept`); got != "yes" {
		t.Errorf("after Restart: %q", got)
	}

	stop(t, server)
	again := start(t, config(dir))
	if got := ask(t, again.DatabaseURL("app"), `SELECT is_kept FROM kept`); got != "yes" {
		t.Errorf("after a new Start: %q", got)
	}
	if again.URL() == before {
		t.Error("two servers had the same socket")
	}
}

func TestRestartWhileRunning(t *testing.T) {
	t.Parallel()
	server := start(t, config(home(t)))
	done := server.Done()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-done
	if got := ask(t, server.URL(), `SELECT 'up'`); got != "up" {
		t.Errorf("got %q", got)
	}
}

func TestKillRecovers(t *testing.T) {
	t.Parallel()
	cfg := config(home(t))
	cfg.Durable = true
	server := start(t, cfg)
	exec(t, server.URL(), `CREATE TABLE kept AS SELECT 'yes' AS is_kept`)
	for range 3 {
		connect(t, server.URL()) // a child that outlives the server for a moment
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		<-server.Done()
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, server.URL(), `SELECT is_kept FROM kept`); got != "yes" {
			t.Errorf("got %q", got)
		}
	}
	if !strings.Contains(read(t, server.LogFile()), "automatic recovery in progress") {
		t.Error("the server did not crash")
	}
}

func TestStopAfterKill(t *testing.T) {
	t.Parallel()
	cfg := config(home(t))
	server := start(t, cfg)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	stop(t, server)
	stop(t, server) // a second time does nothing
	start(t, cfg)
}

func TestStopWithoutTime(t *testing.T) {
	t.Parallel()
	cfg := config(home(t))
	cfg.Durable = true
	server := start(t, cfg)
	exec(t, server.URL(), `CREATE TABLE kept AS SELECT 'yes' AS is_kept`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, start(t, cfg).URL(), `SELECT is_kept FROM kept`); got != "yes" {
		t.Errorf("got %q", got)
	}
}

func TestSecondStartIsBusy(t *testing.T) {
	t.Parallel()
	dir := home(t)
	server := start(t, config(dir))
	_, err := postgres.Start(t.Context(), config(dir))
	if !errors.Is(err, postgres.ErrBusy) || !strings.Contains(err.Error(), "another canvass is running on "+dir) {
		t.Errorf("got %v", err)
	}
	if got := ask(t, server.URL(), `SELECT 'up'`); got != "up" {
		t.Errorf("the first server: %q", got)
	}
}

func TestRunning(t *testing.T) {
	t.Parallel()
	dir := home(t)
	if _, ok := postgres.Running(dir); ok {
		t.Error("runs before it is started")
	}
	server := start(t, config(dir))
	if got, ok := postgres.Running(dir); !ok || got != server.URL() {
		t.Errorf("got %q, %v", got, ok)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, ok := postgres.Running(dir); ok {
		t.Error("runs after it is killed")
	}
	stop(t, server)
	if _, ok := postgres.Running(dir); ok {
		t.Error("runs after it is stopped")
	}
}

func TestStartFailsWithReason(t *testing.T) {
	t.Parallel()
	cfg := config(home(t))
	cfg.Settings["shared_buffers"] = "a lot"
	_, err := postgres.Start(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), `shared_buffers`) {
		t.Fatalf("got %v", err)
	}
	if socket := strings.TrimSpace(read(t, filepath.Join(cfg.Dir, "postgres.json"))); strings.Contains(socket, "socket_dir") {
		t.Errorf("a server that does not run is remembered")
	}
	start(t, config(cfg.Dir)) // nothing of the failure stays
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]postgres.Config{
		"no directory":     {},
		"unknown binaries": {Dir: t.TempDir(), Binaries: "docker"},
	} {
		if _, err := postgres.Start(t.Context(), cfg); err == nil {
			t.Errorf("%s: started", name)
		}
	}
}

func TestLostPassword(t *testing.T) {
	t.Parallel()
	cfg := config(home(t))
	stop(t, start(t, cfg))
	file := filepath.Join(cfg.Dir, "postgres.json")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	cfg := config(home(t))
	cfg.Settings["max_connections"] = "20"
	cfg.Settings["listen_addresses"] = "*"
	server := start(t, cfg)
	for name, want := range map[string]string{
		"max_connections": "20", "listen_addresses": "", "fsync": "off", "jit": "off", "TimeZone": "UTC",
		"shared_buffers": "16MB", "wal_level": "replica", "server_encoding": "UTF8", "max_wal_size": "4GB",
	} {
		if got := ask(t, server.URL(), `SELECT current_setting('`+name+`')`); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func socketDir(t *testing.T, server *postgres.Server) string {
	t.Helper()
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	return address.Query().Get("host")
}
