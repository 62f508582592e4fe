package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// swap puts a rebuilt place where the live one is, in one transaction that holds the
// live follower's lock: what came since the rebuild is folded in first, so that the
// new tables stand where the old ones stood or further.
func (b Builder) swap(ctx context.Context, p Projection, at Place) error {
	live := p.Live()
	return b.inTx(ctx, func(tx pgx.Tx) error {
		if err := live.Subscription().Lock(ctx, tx); err != nil {
			return err
		}
		stood, err := b.Store.Checkpoint(ctx, live.projection, live.version, live.Subscription().Log)
		if err != nil {
			return err
		}
		reached, err := b.applyRest(ctx, tx, p, at)
		if err != nil {
			return err
		}
		if reached < stood {
			return fmt.Errorf("the rebuild of %s stands at %d, the live one at %d", p.Name, reached, stood)
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

// applyRest folds into the rebuilt tables what has come since they caught up.
func (b Builder) applyRest(ctx context.Context, tx pgx.Tx, p Projection, at Place) (int64, error) {
	sub := at.Subscription()
	reached, err := b.Store.Checkpoint(ctx, sub.Name, sub.Version, sub.Log)
	if err != nil {
		return 0, err
	}
	for {
		events, err := b.Store.Read(ctx, sub.Log, reached, 5_000)
		if err != nil || len(events) == 0 {
			return reached, err
		}
		for _, e := range events {
			if e.Err != nil {
				return reached, fmt.Errorf("position %d: %w", e.Position, e.Err)
			}
		}
		if err := p.Apply(ctx, tx, at, events); err != nil {
			return reached, err
		}
		if err := watermark(ctx, tx, sub, events); err != nil {
			return reached, err
		}
		reached = events[len(events)-1].Position
	}
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
