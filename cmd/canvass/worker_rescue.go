package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lifeline tells of every worker whether it lives: a lock of its session, which its
// death releases at once, however it dies. What a dead worker had in hand is made
// available again; the job queue itself finds out only by how long a job has run. A
// worker whose connection has broken has no lock either, and takes one again within a
// pulse: so it counts as dead only after several.
type lifeline struct {
	pool *pgxpool.Pool // role canvass_worker
	id   string        // of this worker in the job queue
	log  *slog.Logger
}

const (
	lifelinePulse = 2 * time.Second
	lifelineLock  = 726504
	pulsesMissed  = 3
)

func (l lifeline) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := l.live(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "the lifeline of this worker broke and is made again")
		}
		select {
		case <-ctx.Done():
		case <-time.After(lifelinePulse):
		}
	}
}

// live holds this worker's own lock, and looks after the others, until the connection
// breaks.
func (l lifeline) live(ctx context.Context) error {
	pooled, err := l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // its locks must not go back to the pool
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1, hashtext($2))`, lifelineLock, l.id); err != nil {
		return err
	}
	missed := map[string]int{}
	for {
		if missed, err = l.silent(ctx, conn, missed); err != nil {
			return err
		}
		var dead []string
		for w, n := range missed {
			if n >= pulsesMissed {
				dead = append(dead, w)
			}
		}
		tag, err := conn.Exec(ctx, `update river.river_job set state = 'available', scheduled_at = clock_timestamp(), attempt = greatest(attempt - 1, 0)
			where state = 'running' and attempted_by[array_upper(attempted_by, 1)] = any($1)`, dead)
		if err != nil {
			return err
		}
		if n := tag.RowsAffected(); n > 0 {
			l.log.InfoContext(ctx, "jobs of a worker that has died are taken up", "jobs", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lifelinePulse):
		}
	}
}

// silent counts in how many pulses on end a worker that has jobs in hand held no lock; the
// lock that is taken to find out ends with the statement.
func (l lifeline) silent(ctx context.Context, conn *pgx.Conn, before map[string]int) (map[string]int, error) {
	rows, err := conn.Query(ctx, `select w from (select distinct attempted_by[array_upper(attempted_by, 1)] as w from river.river_job where state = 'running') r
		where w <> $2 and pg_try_advisory_xact_lock($1, hashtext(w))`, lifelineLock, l.id)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	missed := make(map[string]int, len(names))
	for _, w := range names {
		missed[w] = before[w] + 1
	}
	return missed, err
}
