package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
)

// logMeter tells how far behind the log its followers are, what is parked, and which
// jobs wait. It asks the database once a second at most, in one round trip.
type logMeter struct {
	pool     *pgxpool.Pool // role canvass_worker
	names    []string      // of all that follow the log in this release
	versions []int
	origins  []bool // whether they begin with the first fact
	now      domain.Clock
	log      *slog.Logger

	mu    sync.Mutex
	at    time.Time
	known []prometheus.Metric
}

const (
	meterPause    = time.Second
	meterPatience = 2 * time.Second
)

// Describe implements prometheus.Collector: what is told is known when it is asked for.
func (*logMeter) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector. Where the database is away nothing is told
// but that: an old number would read like a new one.
func (m *logMeter) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); m.at.IsZero() || now.Sub(m.at) >= meterPause {
		ctx, cancel := context.WithTimeout(context.Background(), meterPatience)
		defer cancel()
		fresh, err := m.ask(ctx)
		if err != nil {
			m.log.WarnContext(ctx, "the log could not be measured", "class", eventstore.Class(err))
			fresh = nil
		}
		up := 0.0
		if err == nil {
			up = 1
		}
		m.known = append(fresh, prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up))
		m.at = m.now()
	}
	for _, k := range m.known {
		out <- k
	}
}

// described names a series of the log.
func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

//nolint:gochecknoglobals // constants, which Go has none of for structs
var (
	upDesc     = described("canvass_database_up", "1 where the log could be asked; without it there are no numbers of lag, parked facts and jobs.")
	headDesc   = described("canvass_log_position", "The last position of the log.")
	eventsDesc = described("canvass_projection_lag_events", "Facts that a follower (projection, reactor, relay) has yet to handle.", "projection")
	ageDesc    = described("canvass_projection_lag_seconds", "How long the oldest of them has waited.", "projection")
	parkedDesc = described("canvass_parked_events", "Facts that a follower could not handle: see canvass replay.", "projection")
	jobsDesc   = described("canvass_jobs", "Jobs that wait, work, or have been given up (discarded).", "kind", "state")
)

// Both go along indexes: the followers are few, and of the log they take one row each.
const (
	lagQuery = `select f.name, h.head, h.head - least(coalesce(c.to_pos, 0), h.head), coalesce(extract(epoch from clock_timestamp() - e.recorded_at), 0)::float8
		from unnest($1::text[], $2::int[], $4::bool[]) f(name, version, origin)
		cross join (select coalesce(max(position), 0) as head from es.events where log_id = $3) h
		left join lateral (select to_pos from es.checkpoints k where k.projection = f.name and k.version = f.version and k.log_id = $3 order by from_pos desc limit 1) c on true
		left join lateral (select recorded_at from es.events e where e.log_id = $3 and e.position = coalesce(c.to_pos, 0) + 1) e on true
		where f.origin or c.to_pos is not null`
	parkedQuery = `select projection, count(*) from (select projection from es.parked limit 10000) p group by 1`
	// Of completed jobs there are many, and canvass_job_seconds has counted them.
	jobsQuery = `select kind, state::text, count(*) from river.river_job where state in ('available', 'pending', 'retryable', 'running', 'scheduled', 'discarded') group by 1, 2`
)

func (m *logMeter) ask(ctx context.Context) (out []prometheus.Metric, err error) {
	tell := func(d *prometheus.Desc, value float64, labels ...string) {
		out = append(out, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
	}
	b := &pgx.Batch{}
	b.Queue(lagQuery, m.names, m.versions, eventstore.DefaultLog, m.origins).Query(func(rows pgx.Rows) error {
		var name string
		var head, events int64
		var age float64
		_, err := pgx.ForEachRow(rows, []any{&name, &head, &events, &age}, func() error {
			tell(eventsDesc, float64(events), name)
			tell(ageDesc, max(age, 0), name)
			return nil
		})
		tell(headDesc, float64(head))
		return err
	})
	b.Queue(parkedQuery).Query(func(rows pgx.Rows) error {
		var name string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&name, &n}, func() error { tell(parkedDesc, float64(n), name); return nil })
		return err
	})
	b.Queue(jobsQuery).Query(func(rows pgx.Rows) error {
		var kind, state string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&kind, &state, &n}, func() error { tell(jobsDesc, float64(n), kind, state); return nil })
		return err
	})
	return out, m.pool.SendBatch(ctx, b).Close()
}

// newLogMeter measures what follows the log in this release.
func (a *App) newLogMeter() *logMeter {
	m := &logMeter{pool: a.pools.Worker, now: a.now, log: a.log}
	for _, f := range a.followers(nil) {
		m.names, m.versions, m.origins = append(m.names, f.sub.Name), append(m.versions, f.sub.Version), append(m.origins, f.sub.Start == eventstore.Origin)
	}
	return m
}
