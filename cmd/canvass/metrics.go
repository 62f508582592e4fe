package main

import (
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/canvass-hq/canvass/eventstore"
)

// meters are what operators see of a process in numbers.
type meters struct {
	registry *prometheus.Registry

	calls    *prometheus.CounterVec // to the log
	commands prometheus.Counter
	facts    prometheus.Counter
	seconds  prometheus.Histogram
	jobs     *prometheus.HistogramVec
}

func newMeters() *meters {
	m := &meters{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "canvass_append_calls_total", Help: "Calls to the log: ok, again (a fault of the moment, it is tried again) or refused.",
		}, []string{"outcome"}),
		commands: prometheus.NewCounter(prometheus.CounterOpts{Name: "canvass_append_commands_total", Help: "Commands that calls to the log carried."}),
		facts:    prometheus.NewCounter(prometheus.CounterOpts{Name: "canvass_append_facts_total", Help: "Facts that were written."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "canvass_append_seconds", Help: "How long calls to the log took.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "canvass_job_seconds", Help: "How long jobs worked: ok, or error (it is tried again as long as it may).", Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300},
		}, []string{"kind", "outcome"}),
	}
	m.registry.MustRegister(m.calls, m.commands, m.facts, m.seconds, m.jobs, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "canvass_build_info", Help: "The release.", ConstLabels: prometheus.Labels{"version": version()}})
	info.Set(1)
	m.registry.MustRegister(info)
	return m
}

func (m *meters) appended(a eventstore.Appended) {
	outcome := "ok"
	switch {
	case a.Again:
		outcome = "again"
	case a.Refused:
		outcome = "refused"
	}
	m.calls.WithLabelValues(outcome).Inc()
	m.commands.Add(float64(a.Commands))
	m.facts.Add(float64(a.Facts))
	m.seconds.Observe(a.Took.Seconds())
}

// collectors are the parts of the app that count for themselves: a new one is named here.
func (a *App) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		poolMeter{"app", a.pools.App},
		poolMeter{"worker", a.pools.Worker},
		poolMeter{"keys", a.pools.Keys},
		a.newLogMeter(),
		gauge("canvass_append_queue_commits", "Commits that wait for a call to the log.", func() float64 { n, _ := a.store.Queued(); return float64(n) }),
		askedMeter{a},
		gauge("canvass_append_queue_bytes", "How large they are.", func() float64 { _, n := a.store.Queued(); return float64(n) }),
	}
}

func gauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
}

// poolMeter tells of the connections of a pool.
type poolMeter struct {
	name string
	pool *pgxpool.Pool
}

// Describe implements prometheus.Collector: what is told is known when it is asked for.
func (poolMeter) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (p poolMeter) Collect(out chan<- prometheus.Metric) {
	s := p.pool.Stat()
	connections := map[string]int32{"acquired": s.AcquiredConns(), "idle": s.IdleConns(), "max": s.MaxConns()}
	desc := prometheus.NewDesc("canvass_pool_connections", "Connections to Postgres, by pool: acquired, idle, and how many there may be.", []string{"pool", "state"}, nil)
	for _, state := range slices.Sorted(maps.Keys(connections)) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(connections[state]), p.name, state)
	}
	waits := prometheus.NewDesc("canvass_pool_waits_total", "How often nobody could have a connection at once.", []string{"pool"}, nil)
	waited := prometheus.NewDesc("canvass_pool_wait_seconds_total", "How long was waited for connections.", []string{"pool"}, nil)
	out <- prometheus.MustNewConstMetric(waits, prometheus.CounterValue, float64(s.EmptyAcquireCount()), p.name)
	out <- prometheus.MustNewConstMetric(waited, prometheus.CounterValue, s.EmptyAcquireWaitTime().Seconds(), p.name)
}
