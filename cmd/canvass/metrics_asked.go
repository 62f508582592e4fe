package main

import "github.com/prometheus/client_golang/prometheus"

// askedMeter tells of what is asked of the API: what was refused for its number, what is
// remembered, and whether Redis is there for it.
type askedMeter struct{ app *App }

// Describe implements prometheus.Collector: what is told is known when it is asked for.
func (askedMeter) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m askedMeter) Collect(out chan<- prometheus.Metric) {
	tell := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		var names []string
		if len(labels) > 0 {
			names = []string{"class"}
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, labels...)
	}
	if server := m.app.server.Load(); server != nil {
		for class, n := range server.Refused() {
			tell(prometheus.CounterValue, "canvass_requests_refused_total", "Requests that came too often, by class.", float64(n), class)
		}
		for class, n := range server.InFlight() {
			tell(prometheus.GaugeValue, "canvass_requests_in_flight", "Heavy requests that are worked on, by class.", float64(n), class)
		}
	}
	if l, ok := m.app.limiter.(interface{ Fallbacks() int64 }); ok {
		tell(prometheus.CounterValue, "canvass_limiter_fallbacks_total", "Requests that were counted in the process, Redis being away.", float64(l.Fallbacks()))
	}
	if c, ok := m.app.cache.(interface {
		Hits() int64
		Misses() int64
	}); ok {
		tell(prometheus.CounterValue, "canvass_cache_hits_total", "Lists that were remembered.", float64(c.Hits()))
		tell(prometheus.CounterValue, "canvass_cache_misses_total", "Lists that were not remembered.", float64(c.Misses()))
	}
	away := 0.0
	if m.app.redis.Away() {
		away = 1
	}
	tell(prometheus.GaugeValue, "canvass_redis_away", "1 while Redis is away.", away)
	tell(prometheus.CounterValue, "canvass_redis_trips_total", "How often Redis went away.", float64(m.app.redis.Trips()))
}
