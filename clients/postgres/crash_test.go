package postgres_test

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/canvass-hq/canvass/clients/postgres"
)

func TestParentDies(t *testing.T) {
	t.Parallel()
	dir := home(t)
	parent := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperProcess$")
	parent.Env = append(os.Environ(), helperDir+"="+dir)
	parent.Stderr = os.Stderr
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	eventually(t, "the helper's server runs", func() (ok bool) {
		url, ok = postgres.Running(dir)
		return ok
	})
	exec(t, url, `CREATE TABLE kept AS SELECT 'yes' AS is_kept`)
	connect(t, url) // the server must not wait for its clients
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()

	if runtime.GOOS == "linux" {
		eventually(t, "the server is gone with its parent", func() bool {
			_, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
			return os.IsNotExist(err)
		})
	}
	if got := ask(t, start(t, config(dir)).URL(), `SELECT is_kept FROM kept`); got != "yes" {
		t.Errorf("got %q", got)
	}
}

func TestStartAtOnceAfterParentDies(t *testing.T) {
	t.Parallel()
	dir := home(t)
	parent := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperProcess$")
	parent.Env = append(os.Environ(), helperDir+"="+dir)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the helper's server runs", func() bool {
		_, ok := postgres.Running(dir)
		return ok
	})
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	start(t, config(dir))
}

func TestStalePidOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := home(t)
	server := start(t, config(dir))
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	stop(t, server)
	// After a reboot the number may be that of anything, here of this test.
	file := filepath.Join(dir, "data", "postmaster.pid")
	if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, config(dir))
}

func TestHalfMadeCluster(t *testing.T) {
	t.Parallel()
	dir := home(t)
	half := filepath.Join(dir, "data.new", "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, config(dir))
	if _, err := os.Stat(filepath.Dir(half)); !os.IsNotExist(err) {
		t.Errorf("what a killed start left is still there: %v", err)
	}
}

// A directory that only root may enter, as /root is, keeps its mode, and still
// the server runs there as another user.
func TestClosedParent(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("only root on Linux runs the server as another user")
	}
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg := config(filepath.Join(closed, "pg"))
	cfg.Durable = true
	server := start(t, cfg)
	exec(t, server.URL(), `CREATE DATABASE app`)
	exec(t, server.DatabaseURL("app"), `CREATE TABLE kept AS SELECT 'yes' AS is_kept`)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, server.DatabaseURL("app"), `SELECT is_kept FROM kept`); got != "yes" {
		t.Errorf("got %q", got)
	}
	stop(t, server)
	if _, ok := postgres.Running(cfg.Dir); ok {
		t.Error("runs after it is stopped")
	}
	info, err := os.Stat(closed)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory was opened: %v, %v", info.Mode(), err)
	}
	if got := ask(t, start(t, cfg).DatabaseURL("app"), `SELECT is_kept FROM kept`); got != "yes" {
		t.Errorf("got %q", got)
	}
}
