// Package migrations brings a database to the shape that this release needs: the
// roles, the log, the keys and the tables of the job queue.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed log/*.sql keys/*.sql
var files embed.FS

// JobSchema is where the job queue keeps its tables.
const JobSchema = "river"

// roles are cluster-wide and log in to nothing by themselves: each pool of the
// product takes one of them.
const roles = `do $$
declare r text;
begin
  perform pg_advisory_xact_lock(726500, 1);
  foreach r in array array['canvass_owner', 'canvass_app', 'canvass_worker', 'canvass_auditor', 'canvass_keys'] loop
    if not exists (select from pg_roles where rolname = r) then execute format('create role %I nologin', r); end if;
    if not pg_has_role(current_user, r, 'member') then execute format('grant %I to current_user', r); end if;
  end loop;
  execute format('grant create on database %I to canvass_owner', current_database());
end $$`

// Up migrates the log at url and the keys at keysURL, which may be the same. url
// needs a user who may create roles the first time. Several may run at once: each
// file is carried out once.
func Up(ctx context.Context, url, keysURL string, log *slog.Logger) error {
	if err := up(ctx, url, "log", "canvass_migrations", log); err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	if err := up(ctx, keysURL, "keys", "canvass_keys_migrations", log); err != nil {
		return fmt.Errorf("migrate the keys: %w", err)
	}
	if err := jobs(ctx, url); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

func up(ctx context.Context, url, dir, table string, log *slog.Logger) error {
	if err := execute(ctx, url, roles); err != nil {
		if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "42501" {
			return fmt.Errorf("create the roles (MIGRATE_DATABASE_URL needs a user who may): %w", err)
		}
		return fmt.Errorf("create the roles: %w", err)
	}
	db, err := asOwner(url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	folder, err := fs.Sub(files, dir)
	if err != nil {
		return err
	}
	// The period is goose's poll for the lock: by default a second replica would
	// wait five seconds at its start.
	session, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `create schema if not exists canvass`); err != nil {
		return err
	}
	store, err := database.NewStore(database.DialectPostgres, "canvass."+table)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider("", db, folder, goose.WithStore(store), goose.WithSessionLocker(session))
	if err != nil {
		return err
	}
	done, err := p.Up(ctx)
	for _, r := range done {
		log.InfoContext(ctx, "migrated", "file", dir+"/"+r.Source.Path, "took", r.Duration)
	}
	return err
}

func jobs(ctx context.Context, url string) error {
	if err := execute(ctx, url, "set role canvass_owner; create schema if not exists "+JobSchema); err != nil {
		return err
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return err
	}
	cfg.MaxConns = 2
	cfg.ConnConfig.RuntimeParams["role"] = "canvass_owner"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: JobSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, `grant usage on schema river to canvass_worker;
		grant all on all tables in schema river to canvass_worker;
		grant all on all sequences in schema river to canvass_worker`)
	return err
}

func execute(ctx context.Context, url, statements string) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.PgConn().Exec(ctx, statements).ReadAll()
	return err
}

func asOwner(url string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["role"] = "canvass_owner"
	return stdlib.OpenDB(*cfg), nil
}
