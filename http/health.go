package http

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// Check is a part of the product that can be unwell.
type Check struct {
	Name     string
	Critical bool // without it nothing can be served
	Probe    func(context.Context) (detail string, err error)
}

// partHealth is how a part is.
type partHealth struct {
	Status string `json:"status" enum:"ok,down"`
	Detail string `json:"detail,omitempty" example:"14 ms"`
}

type healthReport struct {
	Status string                `json:"status" enum:"ok,degraded,down"`
	Parts  map[string]partHealth `json:"parts"`
}

type liveReport struct {
	Status string `json:"status" enum:"ok"`
}

const probePatience = 2 * time.Second

// health answers how the parts are: /health always with 200, for people and monitors;
// /health/ready with 503 when the process should get no traffic; /health/live as long
// as it runs.
func (s *Server) health() {
	report := func(c echo.Context) error { return c.JSON(http.StatusOK, probe(c.Request().Context(), s.checks)) }
	live := func(c echo.Context) error { return c.JSON(http.StatusOK, liveReport{"ok"}) }
	ready := func(c echo.Context) error {
		report, status := probe(c.Request().Context(), s.checks), http.StatusOK
		if report.Status == "down" {
			status = http.StatusServiceUnavailable
		}
		return c.JSON(status, report)
	}
	s.open(answering(s, op(http.MethodGet, "/health", "health", "Tell how every part is"), healthReport{}, http.StatusOK), report)
	s.open(answering(s, op(http.MethodGet, "/health/live", "live", "Tell that the process runs"), liveReport{}, http.StatusOK), live)
	s.open(answering(s, op(http.MethodGet, "/health/ready", "ready", "Tell whether the process should get traffic"), healthReport{}, http.StatusOK, http.StatusServiceUnavailable), ready)
}

// answering describes an operation that answers with JSON of a type.
func answering(s *Server, o huma.Operation, body any, statuses ...int) huma.Operation {
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(body), true, "")
	o.Responses = map[string]*huma.Response{}
	for _, status := range statuses {
		o.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	}
	return o
}

func probe(ctx context.Context, checks []Check) healthReport {
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	report := healthReport{Status: "ok", Parts: map[string]partHealth{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, check := range checks {
		all.Go(func() {
			detail, err := check.Probe(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				report.Parts[check.Name] = partHealth{"ok", detail}
				return
			}
			report.Parts[check.Name] = partHealth{"down", detail}
			switch {
			case check.Critical:
				report.Status = "down"
			case report.Status == "ok":
				report.Status = "degraded"
			}
		})
	}
	all.Wait()
	return report
}
