package projections

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/eventstore"
)

// Staging keeps what imports work on: the bytes of a file, sealed under a key of its
// own, and what is planned for each row. It is the record of nothing, and holds nothing
// for longer than imports.KeptFor.
type Staging struct {
	App    *pgxpool.Pool // role canvass_app, by which files come
	Worker *pgxpool.Pool // role canvass_worker, by which they are worked on
	Vault  eventstore.Vault
}

// ChunkSize is how much of a file is sealed as one.
const ChunkSize = 1 << 20

func chunkName(org, id string, n int) []byte { return fmt.Appendf(nil, "%s|%s|chunk|%d", org, id, n) }

// fileOf is whose the bytes of a file are: not the import's itself, whose facts can be
// read when the file is gone.
func fileOf(org, id string) eventstore.Subject {
	return eventstore.Subject{Org: org, ID: uuid.NewSHA1(uuid.MustParse(id), []byte("file")).String()} // an import's id is a UUID
}

// Put keeps the n-th chunk of a file.
func (s *Staging) Put(ctx context.Context, org, id string, n int, data []byte) error {
	file := fileOf(org, id)
	keys, err := s.Vault.ForWriting(ctx, []eventstore.Subject{file})
	if err != nil {
		return err
	}
	b := eventstore.ForOrg(org)
	b.Queue(`insert into staging.chunks (tenant_id, import_id, n, data) values ($1, $2, $3, $4)`, org, id, n, keys[file].Seal(nil, nil, data, chunkName(org, id, n)))
	return orUnavailable(s.App.SendBatch(ctx, b).Close())
}

// Discard forgets a file that is refused as it comes: its key, and then its bytes.
func (s *Staging) Discard(ctx context.Context, org, id string) error {
	b := eventstore.ForOrg(org)
	b.Queue(`delete from staging.chunks where tenant_id = $1 and import_id = $2`, org, id)
	return errors.Join(s.Vault.Destroy(ctx, fileOf(org, id)), orUnavailable(s.App.SendBatch(ctx, b).Close()))
}

// File reads a file from its beginning, a chunk at a time.
func (s *Staging) File(ctx context.Context, org, id string) (io.Reader, error) {
	file := fileOf(org, id)
	keys, err := s.Vault.ForReading(ctx, []eventstore.Subject{file})
	if err != nil {
		return nil, err
	}
	if keys[file] == nil {
		return nil, imports.ErrGone
	}
	n := 0
	var rest []byte
	return reading(func(p []byte) (int, error) {
		for len(rest) == 0 {
			var sealed []byte
			err := s.Worker.QueryRow(ctx, `select data from staging.chunks where tenant_id = $1 and import_id = $2 and n = $3`, org, id, n).Scan(&sealed)
			switch {
			case errors.Is(err, pgx.ErrNoRows):
				return 0, io.EOF
			case err != nil:
				return 0, unavailable(err)
			}
			if rest, err = keys[file].Open(nil, nil, sealed, chunkName(org, id, n)); err != nil {
				return 0, fmt.Errorf("chunk %d of a file cannot be opened", n)
			}
			n++
		}
		took := copy(p, rest)
		rest = rest[took:]
		return took, nil
	}), nil
}

type reading func([]byte) (int, error)

func (r reading) Read(p []byte) (int, error) { return r(p) }

// Alone lets one worker at a time work on an import, until release is called or its
// connection breaks; nobody waits: alone is false where another works on it.
func (s *Staging) Alone(ctx context.Context, id string) (release func(), alone bool, err error) {
	conn, err := s.Worker.Acquire(ctx)
	if err != nil {
		return nil, false, unavailable(err)
	}
	if err := conn.QueryRow(ctx, `select pg_try_advisory_lock(726505, hashtext($1))`, id).Scan(&alone); err != nil || !alone {
		conn.Release()
		return nil, false, orUnavailable(err)
	}
	return func() {
		_, err := conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock(726505, hashtext($1))`, id)
		if err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx)) // the lock must not go back to the pool
		}
		conn.Release()
	}, true, nil
}

func orUnavailable(err error) error {
	if err == nil {
		return nil
	}
	return unavailable(err)
}
