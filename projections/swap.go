package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrRebuilding says that somebody else rebuilds the same projection.
var ErrRebuilding = errors.New("this projection is being rebuilt already")

// alone keeps a second rebuild out for as long as the first one's connection lives: a
// process that dies frees the way.
func (b Builder) alone(ctx context.Context, p Projection, do func() error) error {
	conn, err := b.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var mine bool
	if err := conn.QueryRow(ctx, `select pg_try_advisory_lock(726503, hashtext($1))`, p.Name).Scan(&mine); err != nil {
		return err
	}
	if !mine {
		return fmt.Errorf("%s: %w", p.Name, ErrRebuilding)
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock(726503, hashtext($1))`, p.Name); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx)) // the lock ends with it
		}
	}()
	return do()
}

// A swap waits for those who read what it replaces, and whoever comes meanwhile waits
// behind it. So it waits for a moment only, lets them pass, and tries again.
const (
	swapWait  = "300ms"
	swapPause = 500 * time.Millisecond
)

func briefly(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select set_config('lock_timeout', $1, true)`, swapWait)
	return err
}

// patiently carries out a transaction that swaps something in, briefly.
func (b Builder) patiently(ctx context.Context, p Projection, do func(pgx.Tx) error) error {
	for told := false; ; told = true {
		err := b.inTx(ctx, do)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "55P03" {
			return err
		}
		if !told {
			b.Log.InfoContext(ctx, "the swap waits for somebody who reads", "projection", p.Name)
		}
		select {
		case <-time.After(swapPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// overtake stops the followers of what is live until the transaction ends, and folds
// what has come into the place that is to replace it: the new tables then stand where
// the old ones stood or further, and no reader sees an older list than before.
func (b Builder) overtake(ctx context.Context, tx pgx.Tx, p Projection, at Place, live ...Place) (stood, reached int64, err error) {
	// It is idle while the rest of the log is folded in on another connection.
	if _, err := tx.Exec(ctx, `select set_config('idle_in_transaction_session_timeout', '0', true)`); err != nil {
		return 0, 0, err
	}
	for _, l := range live {
		if err := l.Subscription().Lock(ctx, tx); err != nil {
			return 0, 0, err
		}
		stands, err := b.checkpoint(ctx, l)
		if err != nil {
			return 0, 0, err
		}
		stood = max(stood, stands)
	}
	if err := b.Store.CatchUp(ctx, at.Subscription(), p.Handler(at), nil); err != nil {
		return 0, 0, fmt.Errorf("fold in the rest: %w", err)
	}
	if reached, err = b.checkpoint(ctx, at); err == nil && reached < stood {
		err = fmt.Errorf("the new build of %s stands at %d, the live one at %d", p.Name, reached, stood)
	}
	return stood, reached, err
}

// swap puts a rebuilt place where the live one is, in one transaction that holds the
// live follower's lock.
func (b Builder) swap(ctx context.Context, p Projection, at Place) error {
	live := p.Live()
	return b.patiently(ctx, p, func(tx pgx.Tx) error {
		stood, reached, err := b.overtake(ctx, tx, p, at, live)
		if err != nil {
			return err
		}
		if err := briefly(ctx, tx); err != nil {
			return err
		}
		for _, t := range p.Tables {
			_, err := tx.Exec(ctx, fmt.Sprintf(`drop view if exists read.%s; drop table if exists %s; alter table %s rename to %s`,
				t, live.Table(t), at.Table(t), live.identifier(t)[1]))
			if err != nil {
				return fmt.Errorf("swap %s: %w", t, err)
			}
		}
		if err := b.makeViews(ctx, tx, p, live); err != nil {
			return err
		}
		return b.inherit(ctx, tx, at, live, stood, reached)
	})
}

func (b Builder) checkpoint(ctx context.Context, at Place) (int64, error) {
	s := at.Subscription()
	return b.Store.Checkpoint(ctx, s.Name, s.Version, s.Log)
}

// inherit gives the live follower the rebuild's checkpoint, watermarks and parked facts.
func (b Builder) inherit(ctx context.Context, tx pgx.Tx, from, to Place, stood, reached int64) error {
	a, z := from.Subscription(), to.Subscription()
	batch := &pgx.Batch{}
	if reached > stood {
		batch.Queue(`insert into es.checkpoints (projection, version, log_id, from_pos, to_pos, worker) values ($1, $2, $3, $4, $5, 'rebuild')`,
			z.Name, z.Version, z.Log, stood+1, reached)
	}
	batch.Queue(`delete from read.watermarks where projection = $1 and version = $2`, z.Name, z.Version)
	batch.Queue(`update read.watermarks set projection = $1 where projection = $3 and version = $2`, z.Name, z.Version, a.Name)
	batch.Queue(`delete from es.parked where projection = $1 and version = $2`, z.Name, z.Version)
	batch.Queue(`update es.parked set projection = $1 where projection = $3 and version = $2`, z.Name, z.Version, a.Name)
	batch.Queue(`delete from es.checkpoints where projection = $1 and version = $2`, a.Name, a.Version)
	return tx.SendBatch(ctx, batch).Close()
}

// discard removes what an interrupted rebuild left behind.
func (b Builder) discard(ctx context.Context, p Projection, at Place) error {
	sub := at.Subscription()
	return b.inTx(ctx, func(tx pgx.Tx) error {
		for _, t := range p.Tables {
			if _, err := tx.Exec(ctx, "drop table if exists "+at.Table(t)); err != nil {
				return err
			}
		}
		batch := &pgx.Batch{}
		for _, table := range []string{"read.watermarks", "es.parked", "es.checkpoints"} {
			batch.Queue(fmt.Sprintf(`delete from %s where projection = $1 and version = $2`, table), sub.Name, sub.Version)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}
