package http_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// Requests are counted by their route; nothing that a caller makes up names a series.
func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	a := start(t, func(c *apphttp.Config) { c.Metrics = registry })
	m := a.member(t, access.Admin)
	id := m.capture(t, `{"name":"Persona"}`).ID
	m.ask(t, "GET", "/v1/leads/"+uuid.NewString(), "").wants(t, 404)
	m.ask(t, "POST", "/v1/leads", `{"email":"x"}`).wants(t, 422)
	m.ask(t, "GET", "/v1/leads/"+id+"/Persona", "").wants(t, 404)
	m.ask(t, "GET", "/Persona/"+id, "").wants(t, 404)
	m.ask(t, "PERSONA", "/v1/leads", "").wants(t, 405)
	(&member{app: a}).ask(t, "GET", "/v1/leads", "").wants(t, 401)

	requests := series(t, registry, "canvass_http_requests_total")
	for want, n := range map[string]float64{
		`method="POST" route="/v1/leads" status="2xx"`:    1,
		`method="POST" route="/v1/leads" status="4xx"`:    1,
		`method="GET" route="/v1/leads/:id" status="4xx"`: 1,
		`method="GET" route="/v1/leads" status="4xx"`:     1,
		`method="GET" route="none" status="4xx"`:          2,
		`method="other" route="/v1/leads" status="4xx"`:   1,
	} {
		if requests[want] != n {
			t.Errorf("%s: %v, want %v", want, requests[want], n)
		}
	}
	for name := range requests {
		if strings.Contains(name, id) || strings.Contains(name, "Persona") || strings.Contains(name, "PERSONA") {
			t.Errorf("a series holds what the caller wrote: %s", name)
		}
	}
	if n := testutil.CollectAndCount(registry, "canvass_http_request_seconds"); n == 0 {
		t.Error("no times are measured")
	}
}

// series gives the values of a metric by its labels.
func series(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+`="`+l.GetValue()+`"`)
			}
			out[strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}
