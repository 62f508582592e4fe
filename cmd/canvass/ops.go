package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"riverqueue.com/riverui"

	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/migrations"
)

// ops is the job queue's own page, for the Admins of the operators' organization. It
// works on the queue and works none of its jobs.
func (a *App) ops(ctx context.Context) (apphttp.Ops, error) {
	if a.cfg.OpsOrg == "" {
		return apphttp.Ops{}, nil
	}
	master, err := a.cfg.masterKey()
	if err != nil {
		return apphttp.Ops{}, err
	}
	log := slog.New(quiet{a.log.Handler()})
	client, err := river.NewClient(riverpgxv5.New(a.pools.Worker), &river.Config{Schema: migrations.JobSchema, Logger: log})
	if err != nil {
		return apphttp.Ops{}, fmt.Errorf("open the job queue: %w", err)
	}
	page, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(client, nil), Logger: log, Prefix: "/ops/jobs"})
	if err != nil {
		return apphttp.Ops{}, fmt.Errorf("make the page of the job queue: %w", err)
	}
	if err := page.Start(ctx); err != nil {
		return apphttp.Ops{}, fmt.Errorf("start the page of the job queue: %w", err)
	}
	key := hmac.New(sha256.New, []byte(master))
	_, _ = key.Write([]byte("sessions of operators"))
	return apphttp.Ops{Org: a.cfg.OpsOrg, Key: key.Sum(nil), UI: page}, nil
}
