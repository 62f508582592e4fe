package eventstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// transaction is the one transaction of a batch.
type transaction struct {
	Tx       pgx.Tx
	sql      *sqlTx
	commit   func(context.Context) error
	rollback func(context.Context)
}

type beginner func(context.Context) (*transaction, error)

func beginPgx(pool *pgxpool.Pool) beginner {
	return func(ctx context.Context) (*transaction, error) {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return nil, unavailable("begin a batch", err)
		}
		return &transaction{Tx: tx, commit: tx.Commit, rollback: func(ctx context.Context) { _ = tx.Rollback(ctx) }}, nil
	}
}

type sqlTx = sql.Tx

// beginSQL opens the transaction by way of database/sql, which watermill-sql needs,
// and gives the pgx connection beneath it too: both write in the same transaction.
func beginSQL(pool *pgxpool.Pool) beginner {
	db := stdlib.OpenDBFromPool(pool)
	return func(ctx context.Context) (*transaction, error) {
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, unavailable("begin a batch", err)
		}
		tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			_ = conn.Close()
			return nil, unavailable("begin a batch", err)
		}
		var under *pgx.Conn
		err = conn.Raw(func(driver any) error {
			c, ok := driver.(*stdlib.Conn)
			if !ok {
				return errors.New("the connection is not one of pgx")
			}
			under = c.Conn()
			return nil
		})
		if err != nil {
			_ = tx.Rollback()
			_ = conn.Close()
			return nil, err
		}
		return &transaction{
			Tx: borrowed{under}, sql: tx,
			commit: func(context.Context) error { return tx.Commit() },
			rollback: func(context.Context) {
				_ = tx.Rollback()
				_ = conn.Close()
			},
		}, nil
	}
}

// borrowed is a pgx.Tx over a connection whose transaction somebody else ends.
type borrowed struct{ conn *pgx.Conn }

var errBorrowed = errors.New("this transaction is ended by the one who began it")

func (b borrowed) Begin(context.Context) (pgx.Tx, error) { return nil, errBorrowed }
func (b borrowed) Commit(context.Context) error          { return errBorrowed }
func (b borrowed) Rollback(context.Context) error        { return errBorrowed }
func (b borrowed) LargeObjects() pgx.LargeObjects        { return pgx.LargeObjects{} }
func (b borrowed) Conn() *pgx.Conn                       { return b.conn }

func (b borrowed) Exec(ctx context.Context, q string, args ...any) (pgconn.CommandTag, error) {
	return b.conn.Exec(ctx, q, args...)
}

func (b borrowed) Query(ctx context.Context, q string, args ...any) (pgx.Rows, error) {
	return b.conn.Query(ctx, q, args...)
}

func (b borrowed) QueryRow(ctx context.Context, q string, args ...any) pgx.Row {
	return b.conn.QueryRow(ctx, q, args...)
}

func (b borrowed) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	return b.conn.SendBatch(ctx, batch)
}

func (b borrowed) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	return b.conn.CopyFrom(ctx, table, columns, src)
}

func (b borrowed) Prepare(ctx context.Context, name, q string) (*pgconn.StatementDescription, error) {
	return b.conn.Prepare(ctx, name, q)
}
