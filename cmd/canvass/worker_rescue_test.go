package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
)

// A worker whose connection breaks keeps its jobs; what one had in hand that is dead is
// taken up.
func TestLifeline(t *testing.T) {
	t.Parallel()
	url := database(t)
	command(t, []string{"DATABASE_URL=" + url, "DATA_DIR=" + dataDir(t), "MASTER_KEY=" + eventstore.NewMasterKey()}, "migrate").ok(t)
	pools, err := eventstore.Connect(t.Context(), url, url)
	if err != nil {
		t.Fatal(err)
	}
	defer pools.Close()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	answer := func(sql string) (out string) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), sql).Scan(&out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	begin := func(id string) (end func()) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			lifeline{pool: pools.Worker, id: id, log: slog.New(slog.DiscardHandler)}.run(ctx)
		}()
		return func() { cancel(); <-done }
	}
	breaks, stays := begin("breaks"), begin("stays")
	defer stays()
	const holder = `select coalesce(min(pid), 0)::text from pg_locks where locktype = 'advisory' and classid = 726504 and objid::bigint = hashtext('breaks')::bigint & 4294967295 and granted`
	held := func() bool { return answer(holder) != "0" }
	eventually(t, "the worker holds its lock", held)
	answer(`insert into river.river_job (kind, queue, args, max_attempts, state, attempt, attempted_at, attempted_by) values ('test', 'none', '{}', 5, 'running', 1, now(), '{breaks}') returning id::text`)
	answer(`select pg_terminate_backend((` + holder + `)::int)::text`)
	eventually(t, "the worker has a connection again", held)
	time.Sleep(2 * lifelinePulse) // the other one looks twice more
	if state := answer(`select state::text from river.river_job`); state != "running" {
		t.Errorf("the job of a worker that lives is %s", state)
	}
	breaks()
	eventually(t, "the job of a dead worker is taken up", func() bool { return answer(`select state::text from river.river_job`) == "available" })
}
