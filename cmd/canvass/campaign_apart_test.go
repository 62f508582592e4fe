package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

// apart is a database, and the settings of processes that work on it side by side.
func apart(t *testing.T, dir string, more ...string) (*postgres.Server, []string) {
	t.Helper()
	pg, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(dir, "pg"), Durable: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop(context.Background()) })
	if err := createDatabase(t.Context(), pg.URL()); err != nil {
		t.Fatal(err)
	}
	settings := append([]string{"DATABASE_URL=" + pg.DatabaseURL(databaseName), "DATA_DIR=" + dir, "MASTER_KEY=" + eventstore.NewMasterKey(), "MAIL_FROM=team@canvass.example", "PUBLIC_URL=https://canvass.example"}, more...)
	command(t, settings, "migrate").ok(t)
	return pg, settings
}

// TestCapsOfTwoProcesses: workers of which each knows nothing of the other send as much as the
// day allows together, and not one mail more.
func TestCapsOfTwoProcesses(t *testing.T) {
	t.Parallel()
	program(t) // skips under -short
	// Eight parts: more than a worker has in hand.
	const people, most = 8_000, 1_234
	sink, err := smtptest.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	pg, settings := apart(t, dataDir(t), "SMTP_HOST=127.0.0.1", "SMTP_PORT="+strconv.Itoa(sink.Port()))
	workers := []*process{launch(t, settings, "worker"), launch(t, settings, "worker")}
	s := serve(t, settings)
	s.wellWithin(t)
	s.committed(t, s.planned(t, fileOf(people), "").ID)
	id := s.launchedBy(t, fmt.Sprintf(`"zone":%q,"limits":{"per_day":%d}`, noon(time.Now()), most))
	eventually(t, "all parts wait for tomorrow", func() bool {
		return jobs[int](t, pg, `select count(*) from river.river_job where kind = 'send_part' and state = 'scheduled' and scheduled_at > now() + interval '30 seconds'`) == people/1_000
	})
	if by := jobs[int](t, pg, `select count(distinct b) from river.river_job, unnest(attempted_by) b where kind = 'send_part'`); by != len(workers) {
		t.Errorf("%d processes have sent, want %d", by, len(workers))
	}
	if _, n := sink.Counts(); n != most {
		t.Errorf("%d mails came, want %d", n, most)
	}
	for phase, want := range map[enrollment.Phase]int{enrollment.Taken: most, enrollment.Queued: people - most} {
		list := fmt.Sprintf("/v1/campaigns/%s/recipients?limit=200&phase=%s", id, phase)
		eventually(t, fmt.Sprintf("%d recipients are %s", want, phase), func() bool { return len(all[projections.Recipient](t, s, list)) == want })
	}
	for _, p := range append(workers, s.process) {
		p.interrupt()
	}
}

// noon is a zone in which the day is about half over.
func noon(now time.Time) string { return fmt.Sprintf("Etc/GMT%+d", now.UTC().Hour()-12) }

func jobs[T any](t *testing.T, pg *postgres.Server, query string) (out T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pg.DatabaseURL(databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), query).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}
