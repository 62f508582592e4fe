package main

import (
	"context"
	"fmt"
	"log/slog"

	"riverqueue.com/riverui"

	apphttp "github.com/canvass-hq/canvass/http"
)

// ops is the job queue's own page, for the Admins of the operators' organization. It
// works on the queue and works none of its jobs.
func (a *App) ops(ctx context.Context) (apphttp.Ops, error) {
	if a.cfg.OpsOrg == "" {
		return apphttp.Ops{}, nil
	}
	client, err := a.queue()
	if err != nil {
		return apphttp.Ops{}, err
	}
	page, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(client, nil), Logger: slog.New(quiet{a.log.Handler()}), Prefix: "/ops/jobs"})
	if err != nil {
		return apphttp.Ops{}, fmt.Errorf("make the page of the job queue: %w", err)
	}
	if err := page.Start(ctx); err != nil {
		return apphttp.Ops{}, fmt.Errorf("start the page of the job queue: %w", err)
	}
	return apphttp.Ops{Org: a.cfg.OpsOrg, UI: page}, nil
}
