package http

import (
	"context"
	"net/http"
	"sync"
	"time"

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
	Status string `json:"status"` // "ok" or "down"
	Detail string `json:"detail,omitempty"`
}

type healthReport struct {
	Status string                `json:"status"` // "ok", "degraded" or "down"
	Parts  map[string]partHealth `json:"parts"`
}

const probePatience = 2 * time.Second

// health answers how the parts are: /health always with 200, for people and monitors;
// /health/ready with 503 when the process should get no traffic; /health/live as long
// as it runs.
func (s *Server) health() {
	s.echo.GET("/health", func(c echo.Context) error { return c.JSON(http.StatusOK, probe(c.Request().Context(), s.checks)) })
	s.echo.GET("/health/live", func(c echo.Context) error { return c.JSON(http.StatusOK, map[string]string{"status": "ok"}) })
	s.echo.GET("/health/ready", func(c echo.Context) error {
		report, status := probe(c.Request().Context(), s.checks), http.StatusOK
		if report.Status == "down" {
			status = http.StatusServiceUnavailable
		}
		return c.JSON(status, report)
	})
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
