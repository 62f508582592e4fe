package projections

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/eventstore"
)

// Builder makes the tables of projections, fills them from the log and puts them in
// the place of those before.
type Builder struct {
	Pool  *pgxpool.Pool // role canvass_worker, which owns the tables
	Store *eventstore.Store
	Log   *slog.Logger
}

// Progress is told how far a build is.
type Progress func(projection string, position, head int64)

// Prepare brings a projection to the version of this release: where that is not live
// yet, it is built beside the one that is, caught up and swapped in. Several
// processes may do so at once.
func (b Builder) Prepare(ctx context.Context, p Projection, progress Progress) error {
	status, err := b.Status(ctx, p)
	if err != nil || status == "live" {
		return err
	}
	at := p.Live()
	if err := b.makeTables(ctx, p, at); err != nil {
		return fmt.Errorf("make the tables of %s: %w", p.Name, err)
	}
	if err := b.fill(ctx, p, at, progress); err != nil {
		return err
	}
	return b.patiently(ctx, p, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx); err != nil {
			return err
		}
		before, err := b.liveBefore(ctx, tx, p)
		if err != nil {
			return err
		}
		if _, _, err := b.overtake(ctx, tx, p, at, before...); err != nil {
			return err
		}
		if err := briefly(ctx, tx); err != nil {
			return err
		}
		if err := b.makeViews(ctx, tx, p, at); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `with retired as (update es.projections set status = 'retired', changed_at = clock_timestamp() where name = $1 and version <> $2 and status = 'live')
			insert into es.projections (name, version, status) values ($1, $2, 'live')
			on conflict (name, version) do update set status = 'live', changed_at = clock_timestamp()`, p.Name, p.Version)
		return err
	})
}

// liveBefore is what another release serves.
func (b Builder) liveBefore(ctx context.Context, tx pgx.Tx, p Projection) ([]Place, error) {
	rows, err := tx.Query(ctx, `select version from es.projections where name = $1 and version <> $2 and status = 'live'`, p.Name, p.Version)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Place, error) {
		at := Place{projection: p.Name}
		err := row.Scan(&at.version)
		return at, err
	})
}

// Rebuild builds the projection anew beside the live one and swaps it in: readers see
// the one or the other, whole, and never an empty table. While one runs, another is
// refused with ErrRebuilding.
func (b Builder) Rebuild(ctx context.Context, p Projection, progress Progress) error {
	return b.alone(ctx, p, func() error { return b.rebuild(ctx, p, progress) })
}

func (b Builder) rebuild(ctx context.Context, p Projection, progress Progress) error {
	at := Place{p.Name, p.Version, rebuildStage}
	if err := b.discard(ctx, p, at); err != nil {
		return fmt.Errorf("discard an earlier rebuild of %s: %w", p.Name, err)
	}
	if err := b.makeTables(ctx, p, at); err != nil {
		return fmt.Errorf("make the tables of %s: %w", p.Name, err)
	}
	if err := b.fill(ctx, p, at, progress); err != nil {
		return err
	}
	return b.swap(ctx, p, at)
}

// Status is what the database says of this release's version: "" before it is begun,
// "building", "live" or "retired".
func (b Builder) Status(ctx context.Context, p Projection) (string, error) {
	var status string
	err := b.Pool.QueryRow(ctx, `select coalesce((select status from es.projections where name = $1 and version = $2), '')`, p.Name, p.Version).Scan(&status)
	return status, err
}

func (b Builder) inTx(ctx context.Context, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, b.Pool, do)
}

// oneAtATime lets processes that start at once make tables, indexes and views one after
// the other, until the transaction ends.
func oneAtATime(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(726502, 1)`)
	return err
}

func (b Builder) makeTables(ctx context.Context, p Projection, at Place) error {
	return b.inTx(ctx, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx); err != nil {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, `select to_regclass($1) is not null`, at.Table(p.Tables[0])).Scan(&there); err != nil || there {
			return err
		}
		if _, err := tx.Exec(ctx, p.in(at, p.DDL)); err != nil {
			return err
		}
		guard := `alter table %[1]s enable row level security;
			create policy tenant on %[1]s for select to canvass_app, canvass_auditor
				using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
			grant select on %[1]s to canvass_app, canvass_auditor`
		for _, t := range p.Tables {
			guard := guard
			if slices.Contains(p.Unguarded, t) {
				guard = `grant select on %[1]s to canvass_app`
			}
			if _, err := tx.Exec(ctx, fmt.Sprintf(guard, at.Table(t))); err != nil {
				return err
			}
		}
		if at.stage != "" {
			return nil
		}
		_, err := tx.Exec(ctx, `insert into es.projections (name, version, status) values ($1, $2, 'building') on conflict do nothing`, p.Name, p.Version)
		return err
	})
}

// fill folds the log into the tables, makes their indexes, and folds what came
// meanwhile.
func (b Builder) fill(ctx context.Context, p Projection, at Place, progress Progress) error {
	tell := func(position, head int64) {
		if progress != nil {
			progress(p.Name, position, head)
		}
	}
	if err := b.Store.CatchUp(ctx, at.Subscription(), p.Handler(at), tell); err != nil {
		return fmt.Errorf("fill %s: %w", p.Name, err)
	}
	if err := b.makeIndexes(ctx, p, at); err != nil {
		return fmt.Errorf("index %s: %w", p.Name, err)
	}
	if err := b.Store.CatchUp(ctx, at.Subscription(), p.Handler(at), tell); err != nil {
		return fmt.Errorf("fill %s: %w", p.Name, err)
	}
	return nil
}

func (b Builder) makeIndexes(ctx context.Context, p Projection, at Place) error {
	return b.inTx(ctx, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx); err != nil {
			return err
		}
		var indexes int
		if err := tx.QueryRow(ctx, `select count(*) from pg_index where indrelid = $1::regclass and not indisprimary`, at.Table(p.Tables[0])).Scan(&indexes); err != nil || indexes > 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `select set_config('maintenance_work_mem', '256MB', true)`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, p.in(at, p.Indexes)); err != nil {
			return err
		}
		for _, t := range p.Tables {
			if _, err := tx.Exec(ctx, "analyze "+at.Table(t)); err != nil {
				return err
			}
		}
		return nil
	})
}

// makeViews points the unversioned names, which analysts use, at the tables. A view is
// dropped and created because one cannot be replaced by another shape; it runs with
// the rights of who reads it, since a plain view would bypass row-level security.
func (b Builder) makeViews(ctx context.Context, tx pgx.Tx, p Projection, at Place) error {
	for _, t := range p.Tables {
		if slices.Contains(p.Unguarded, t) {
			continue
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`drop view if exists read.%[1]s;
			create view read.%[1]s with (security_invoker = true) as select * from %[2]s;
			grant select on read.%[1]s to canvass_app, canvass_auditor`, t, at.Table(t)))
		if err != nil {
			return fmt.Errorf("point the view %s: %w", t, err)
		}
	}
	return nil
}
