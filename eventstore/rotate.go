package eventstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const rotatedAtOnce = 1_000

// Rotate wraps every key anew under the newest master key, and calls progress with
// how many are done. The keys themselves stay, and so does all that they seal; once
// it has returned, the older master keys open nothing any more.
func (k *Keys) Rotate(ctx context.Context, progress func(done int)) error {
	if err := k.master.reload(); err != nil {
		return err
	}
	done := 0
	for _, table := range []keyTable{{"keys.organization_keys", "purpose", "text"}, {"keys.subject_keys", "subject_id", "uuid"}} {
		for {
			n, err := k.rotateSome(ctx, table)
			if err != nil {
				return fmt.Errorf("rotate %s: %w", table.name, err)
			}
			if n == 0 {
				break
			}
			done += n
			progress(done)
		}
	}
	return nil
}

// keyTable is a table of keys: what bounds a key beside its organization, and its type.
type keyTable struct{ name, id, kind string }

func (k *Keys) rotateSome(ctx context.Context, t keyTable) (n int, err error) {
	err = pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('synchronous_commit', 'on', true)`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(`select tenant_id::text, %s::text, wrapped, master from %s
			where wrapped is not null and master <> $1 limit $2 for update skip locked`, t.id, t.name), k.newest(), rotatedAtOnce)
		if err != nil {
			return err
		}
		var orgs, ids []string
		var wrapped [][]byte
		var org, one string
		var old []byte
		var number int
		_, err = pgx.ForEachRow(rows, []any{&org, &one, &old, &number}, func() error {
			raw, err := k.master.unwrap(old, number, org+"|"+one)
			if err != nil {
				return err
			}
			again, _ := k.master.wrap(raw, org+"|"+one)
			orgs, ids, wrapped = append(orgs, org), append(ids, one), append(wrapped, again)
			return nil
		})
		if err != nil {
			return err
		}
		n = len(orgs)
		_, err = tx.Exec(ctx, fmt.Sprintf(`update %s k set wrapped = u.w, master = $4
			from unnest($1::uuid[], $2::text[], $3::bytea[]) u(t, i, w) where k.tenant_id = u.t and k.%s = u.i::%s`, t.name, t.id, t.kind), orgs, ids, wrapped, k.newest())
		return err
	})
	return n, err
}

func (k *Keys) newest() int {
	k.master.mu.RLock()
	defer k.master.mu.RUnlock()
	return k.master.top
}
