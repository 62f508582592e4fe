package projections

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Selected gives the next leads of a bulk action behind a place, and the place of the
// last of them.
func (s *Staging) Selected(ctx context.Context, org, id string, behind int64, limit int) (leads []string, places []int64, err error) {
	rows, err := s.Worker.Query(ctx, `select lead::text, n from staging.selected where tenant_id = $1 and bulk_id = $2 and n > $3 order by n limit $4`, org, id, behind, limit)
	if err != nil {
		return nil, nil, unavailable(err)
	}
	var lead string
	var place int64
	_, err = pgx.ForEachRow(rows, []any{&lead, &place}, func() error {
		leads, places = append(leads, lead), append(places, place)
		return nil
	})
	return leads, places, orUnavailable(err)
}

// Refuse notes which leads of a bulk action have refused, by their places, and how far
// it is.
func (s *Staging) Refuse(ctx context.Context, org, id string, codes map[int64]string, p StageProgress) error {
	b := &pgx.Batch{}
	if len(codes) > 0 {
		places, texts := make([]int64, 0, len(codes)), make([]string, 0, len(codes))
		for n, code := range codes {
			places, texts = append(places, n), append(texts, code)
		}
		b.Queue(`update staging.selected r set refusal = u.c from unnest($3::bigint[], $4::text[]) u(n, c) where r.tenant_id = $1 and r.bulk_id = $2 and r.n = u.n`, org, id, places, texts)
	}
	queueProgress(b, org, id, p)
	return orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}

// Refused counts the leads of a bulk action that have refused, by code.
func (s *Staging) Refused(ctx context.Context, org, id string) (map[string]int, error) {
	rows, err := s.Worker.Query(ctx, `select refusal, count(*) from staging.selected where tenant_id = $1 and bulk_id = $2 and refusal is not null group by 1`, org, id)
	if err != nil {
		return nil, unavailable(err)
	}
	var out map[string]int
	var code string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&code, &n}, func() error {
		if out == nil {
			out = map[string]int{}
		}
		out[code] = n
		return nil
	})
	return out, orUnavailable(err)
}

// Forget lets go of the leads of a bulk action, but for those that have refused.
func (s *Staging) Forget(ctx context.Context, org, id string) error {
	_, err := s.Worker.Exec(ctx, `delete from staging.selected where tenant_id = $1 and bulk_id = $2 and refusal is null`, org, id)
	return orUnavailable(err)
}
