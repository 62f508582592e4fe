package http

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts requests by route, never by path: a path holds ids.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	flying   prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "canvass_http_requests_total", Help: "Requests answered, by method, route and class of status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "canvass_http_request_seconds", Help: "How long requests took, streams left out.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"}),
		flying: prometheus.NewGauge(prometheus.GaugeOpts{Name: "canvass_http_requests_in_flight", Help: "Requests that are being answered, streams included."}),
	}
	if r != nil {
		r.MustRegister(m.requests, m.seconds, m.flying)
	}
	return m
}

// count measures every request, those that are refused or panic too.
func (s *Server) count(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun, status := s.now(), "aborted" // unless it comes to an end
		s.metrics.flying.Inc()
		defer func() {
			s.metrics.flying.Dec()
			method, route := methodOf(c), templateOf(c)
			s.metrics.requests.WithLabelValues(method, route, status).Inc()
			if c.Response().Header().Get(echo.HeaderContentType) != eventStream {
				s.metrics.seconds.WithLabelValues(method, route).Observe(s.now().Sub(begun).Seconds())
			}
		}()
		err := next(c)
		status = strconv.Itoa(c.Response().Status/100) + "xx"
		return err
	}
}

// templateOf is the template of a route; what matches none is one word, for callers must
// not be able to make up names of series.
func templateOf(c echo.Context) string {
	if c.Path() == "" {
		return "none"
	}
	return c.Path()
}

func methodOf(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
