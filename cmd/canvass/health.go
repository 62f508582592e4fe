package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// checks are the parts that /health speaks of.
func (a *App) checks() []apphttp.Check {
	return []apphttp.Check{
		{Name: "postgres", Critical: true, Probe: func(ctx context.Context) (string, error) { return "", a.pools.App.Ping(ctx) }},
		{Name: "keys", Critical: true, Probe: func(ctx context.Context) (string, error) { return "", a.pools.Keys.Ping(ctx) }},
		{Name: "projections", Critical: true, Probe: a.projectionsLive},
		{Name: "reactors", Critical: true, Probe: a.reactorsBegun},
		{Name: "followers", Probe: a.followersWell},
		{Name: "redis", Probe: func(ctx context.Context) (string, error) {
			if a.redis.Embedded() {
				return "in this process", a.redis.Ping(ctx)
			}
			return "", a.redis.Ping(ctx)
		}},
	}
}

var errNotLive = errors.New("not live")

// projectionsLive holds traffic back until this release's projections are built.
func (a *App) projectionsLive(ctx context.Context) (string, error) {
	for _, p := range projections.All() {
		status, err := a.builder.Status(ctx, p)
		if err != nil {
			return "", err
		}
		if status != "live" {
			return fmt.Sprintf("%s version %d is %s", p.Name, p.Version, cmp.Or(status, "not begun: start canvass worker")), errNotLive
		}
	}
	return "", nil
}

// reactorsBegun holds traffic back until every reactor of this release has its first
// checkpoint: it acts on nothing that was written before.
func (a *App) reactorsBegun(ctx context.Context) (string, error) {
	names := make([]string, 0, len(reactors.All()))
	for _, r := range reactors.All() {
		names = append(names, r.Name)
	}
	var missing []string
	err := a.pools.Worker.QueryRow(ctx, `select coalesce(array_agg(r.name), '{}') from unnest($1::text[]) r(name)
		where not exists (select from es.checkpoints c where c.projection = r.name)`, names).Scan(&missing)
	if err != nil {
		return "", err
	}
	if len(missing) > 0 {
		return strings.Join(missing, ", ") + " has not begun: start canvass worker", errNotLive
	}
	return "", nil
}

// followersWell tells of followers that have stopped, or have parked facts.
func (a *App) followersWell(ctx context.Context) (string, error) {
	if w := a.worker.Load(); w != nil {
		if names := w.halted(); len(names) > 0 {
			return "stopped, the log is damaged: " + strings.Join(names, ", "), errNotLive
		}
	}
	var parked int
	if err := a.pools.Worker.QueryRow(ctx, `select count(*) from (select from es.parked limit 1001) p`).Scan(&parked); err != nil {
		return "", err
	}
	if parked > 0 {
		return fmt.Sprintf("%d parked facts: see canvass replay", parked), errNotLive
	}
	return "", nil
}
