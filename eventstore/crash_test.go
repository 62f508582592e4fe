package eventstore_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/migrations"
)

// A server that is killed in the middle of its work has kept every command that was
// answered, and every key that a fact in the log needs.
func TestServerKilled(t *testing.T) { //nolint:paralleltest // a server that comes and goes takes the machine from others
	_ = eventstoretest.AdminURL(t) // skips where there is no Postgres
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	server, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(dir, "pg"), Durable: true, Log: quiet, Settings: map[string]string{"shared_buffers": "32MB"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := migrations.Up(t.Context(), server.URL(), server.URL(), quiet); err != nil {
		t.Fatal(err)
	}
	db := eventstoretest.OpenConformant(t, server.URL())
	w, r := newWorld(6, 8, 0), dice(t, 97)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all []done
	var players sync.WaitGroup
	players.Go(func() { all = hammer(ctx, t, w, 12, db.Store) })

	begun := time.Now()
	kills := 0
	for time.Since(begun) < faultTime(t) {
		head := db.Head(t)
		some := head + 20 + int64(r.IntN(200))
		eventstoretest.Eventually(t, "the log grows", func() bool {
			at, err := db.Store.Head(t.Context(), 0)
			return err == nil && at >= some
		})
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		kills++
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventstoretest.Eventually(t, "the store answers", func() bool { _, err := db.Store.Head(t.Context(), 0); return err == nil })
	}
	cancel()
	players.Wait()
	t.Logf("%d kills", kills)
	explained(t, w, all, db)
}
