package projections

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// StagedFile is a file that is kept.
type StagedFile struct {
	Org, ID string
	Since   time.Time // when its first bytes came
}

// Files lists the files of an organization that are kept, recorded or not.
func (s *Staging) Files(ctx context.Context, org string) ([]StagedFile, error) {
	return s.files(ctx, `tenant_id = $1`, org)
}

// FilesBefore lists the files of all organizations that have been kept since before a
// time, and those since before another that no import is shown for: their upload may
// have been cut short.
func (s *Staging) FilesBefore(ctx context.Context, all, stray time.Time) ([]StagedFile, error) {
	return s.files(ctx, `(made_at < $1 or made_at < $2 and not exists (select from `+Imports().Live().Table("imports")+` i where i.tenant_id = c.tenant_id and i.id = c.import_id))`, all, stray)
}

func (s *Staging) files(ctx context.Context, condition string, args ...any) ([]StagedFile, error) {
	rows, err := s.Worker.Query(ctx, `select tenant_id::text, import_id::text, made_at from staging.chunks c where n = 0 and `+condition+` order by made_at`, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StagedFile])
	return out, orUnavailable(err)
}

// Destroy forgets a file for ever: its key, and then its bytes and what was staged of
// its rows. To do so twice changes nothing.
func (s *Staging) Destroy(ctx context.Context, org, id string) error {
	if err := s.Vault.Destroy(ctx, fileOf(org, id)); err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, table := range []string{"chunks", "rows", "decided"} {
		b.Queue(`delete from staging.`+table+` where tenant_id = $1 and import_id = $2`, org, id)
	}
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}
