package eventstore

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrDamaged says that the log is not what it was: a position is missing, or a reader
// has been further than the log now reaches. Whoever follows the log stops.
var ErrDamaged = errors.New("the log is damaged")

// bytesPerRead ends a read early, so that large facts cannot fill the memory; rowsPerQuery
// bounds what the database has sent by then.
const (
	bytesPerRead = 8 << 20
	rowsPerQuery = 500
)

// Read gives up to limit facts of a log behind a position, in order, opened and
// decoded, and checks that none is missing.
func (s *Store) Read(ctx context.Context, log int16, after int64, limit int) ([]Recorded, error) {
	stored, err := s.readStored(ctx, log, after, limit)
	if err != nil {
		return nil, err
	}
	return s.opener.open(ctx, stored, s.opener.vault.ForReading)
}

func (s *Store) readStored(ctx context.Context, log int16, after int64, limit int) ([]storedEvent, error) {
	out := make([]storedEvent, 0, min(limit, 512))
	for bytes := 0; bytes < bytesPerRead && len(out) < limit; {
		size, more, err := s.readRows(ctx, log, after+int64(len(out)), min(limit-len(out), rowsPerQuery), bytesPerRead-bytes, &out)
		if err != nil {
			return nil, err
		}
		if bytes += size; !more {
			break
		}
	}
	return out, nil
}

// readRows adds up to limit facts, and the one that passes the budget of bytes as the last; more
// says that there may be others behind them.
func (s *Store) readRows(ctx context.Context, log int16, after int64, limit, budget int, out *[]storedEvent) (size int, more bool, err error) {
	rows, err := s.worker.Query(ctx, `select `+recordedColumns+` from es.events e where e.log_id = $1 and e.position > $2 order by e.position limit $3`, log, after, limit)
	if err != nil {
		return 0, false, unavailable("read the log", err)
	}
	defer rows.Close()
	n := 0
	for ; size < budget && rows.Next(); n++ {
		e, err := scanStored(rows)
		if err != nil {
			return 0, false, unavailable("read the log", err)
		}
		if want := after + int64(n) + 1; e.position != want {
			return 0, false, fmt.Errorf("%w: position %d of log %d is missing", ErrDamaged, want, log)
		}
		*out = append(*out, e)
		size += len(e.data)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return 0, false, unavailable("read the log", err)
	}
	return size, n == limit, nil
}

// Head is the last position of a log; 0 when it is empty.
func (s *Store) Head(ctx context.Context, log int16) (int64, error) {
	var head int64
	err := s.worker.QueryRow(ctx, `select coalesce(max(position), 0) from es.events where log_id = $1`, log).Scan(&head)
	return head, unavailable("read the head of the log", err)
}

// At gives an organization's own facts at these positions, in order; positions of
// others are left out.
func (s *Store) At(ctx context.Context, org string, positions []int64) ([]Recorded, error) {
	return s.at(ctx, org, positions, s.opener.vault.ForReading)
}

// SealedAt gives facts as At does, and opens nothing in them: every sealed value is null,
// as those of an erased person are.
func (s *Store) SealedAt(ctx context.Context, org string, positions []int64) ([]Recorded, error) {
	return s.at(ctx, org, positions, func(_ context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error) {
		none := make(map[Subject]cipher.AEAD, len(subjects))
		for _, s := range subjects {
			none[s] = nil
		}
		return none, nil
	})
}

func (s *Store) at(ctx context.Context, org string, positions []int64, keysOf keySource) ([]Recorded, error) {
	log, err := s.logOf(ctx, org)
	if err != nil {
		return nil, err
	}
	var stored []storedEvent
	b := ForOrg(org)
	b.Queue(`select `+recordedColumns+` from es.events e where e.log_id = $1 and e.tenant_id = $2 and e.position = any($3) order by e.position`,
		log, org, positions).Query(func(rows pgx.Rows) (err error) {
		stored, err = pgx.CollectRows(rows, scanStored)
		return err
	})
	if err := s.app.SendBatch(ctx, b).Close(); err != nil {
		return nil, unavailable("read facts", err)
	}
	return s.opener.open(ctx, stored, keysOf)
}

// PositionAt is the position of the first fact recorded at or after a time.
func (s *Store) PositionAt(ctx context.Context, org string, at time.Time) (int64, error) {
	log, err := s.logOf(ctx, org)
	if err != nil {
		return 0, err
	}
	var position int64
	err = s.app.QueryRow(ctx, `select es.position_at($1, $2)`, log, at).Scan(&position)
	return position, unavailable("find a time in the log", err)
}

// readAt gives the facts at these positions, in order.
func (s *Store) readAt(ctx context.Context, tx pgx.Tx, log int16, positions []int64) ([]Recorded, error) {
	rows, err := tx.Query(ctx, `select `+recordedColumns+` from es.events e where e.log_id = $1 and e.position = any($2) order by e.position`, log, positions)
	if err != nil {
		return nil, err
	}
	stored, err := pgx.CollectRows(rows, scanStored)
	if err != nil {
		return nil, err
	}
	return s.opener.open(ctx, stored, s.opener.vault.ForReading)
}
