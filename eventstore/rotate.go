package eventstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const rotatedAtOnce = 1_000

// Rotate wraps every key anew under the newest master key, and calls progress with
// how many are done. The keys themselves stay, and so does all that they seal. Once it
// has returned, nothing is wrapped by an older master key, nor will be: a process that
// has not heard of the new one is refused until it has.
func (k *Keys) Rotate(ctx context.Context, progress func(done int)) error {
	if err := k.master.reload(); err != nil {
		return err
	}
	if err := k.refuseOlder(ctx); err != nil {
		return fmt.Errorf("refuse older master keys: %w", err)
	}
	done := 0
	for _, table := range []keyTable{{"keys.organization_keys", "purpose", "text"}, {"keys.subject_keys", "subject_id", "uuid"}} {
		org, id := firstID, ""
		if table.kind == "uuid" {
			id = firstID
		}
		for {
			page, err := k.rotateSome(ctx, table, org, id)
			if err != nil {
				return fmt.Errorf("rotate %s: %w", table.name, err)
			}
			if len(page) == 0 {
				break
			}
			done += len(page)
			org, id = page[len(page)-1].org, page[len(page)-1].id
			progress(done)
		}
	}
	return nil
}

// masterLock is held shared by who wraps a new key and alone by who changes which
// master keys may wrap.
const masterLock = `select pg_advisory_xact_lock%s(726503, 1)`

func (k *Keys) refuseOlder(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(`select set_config('synchronous_commit', 'on', true)`)
	b.Queue(fmt.Sprintf(masterLock, ""))
	b.Queue(`update keys.newest_master set number = greatest(number, $1)`, k.master.newest())
	return unavailable("refuse older master keys", k.pool.SendBatch(ctx, b).Close())
}

// keyTable is a table of keys: what bounds a key beside its organization, and its type.
type keyTable struct{ name, id, kind string }

type wrappedKey struct {
	org, id string
	wrapped []byte
	master  int
}

const firstID = "00000000-0000-0000-0000-000000000000"

// rotateSome wraps the next keys behind (org, id) that an older master key wraps.
func (k *Keys) rotateSome(ctx context.Context, t keyTable, org, id string) (page []wrappedKey, err error) {
	err = pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('synchronous_commit', 'on', true)`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(`select tenant_id::text, %[1]s::text, wrapped, master from %[2]s
			where wrapped is not null and master <> $1 and (tenant_id, %[1]s) > ($2, $3::%[3]s) order by tenant_id, %[1]s limit $4 for update`,
			t.id, t.name, t.kind), k.master.newest(), org, id, rotatedAtOnce)
		if err != nil {
			return err
		}
		page, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (w wrappedKey, err error) {
			return w, row.Scan(&w.org, &w.id, &w.wrapped, &w.master)
		})
		if err != nil {
			return err
		}
		return k.rewrap(ctx, tx, t, page)
	})
	return page, err
}

func (k *Keys) rewrap(ctx context.Context, tx pgx.Tx, t keyTable, page []wrappedKey) error {
	orgs, ids, wrapped, number := make([]string, len(page)), make([]string, len(page)), make([][]byte, len(page)), 0
	for i, w := range page {
		bound := w.org + "|" + w.id
		raw, err := k.master.unwrap(w.wrapped, w.master, bound)
		if err != nil {
			return err
		}
		orgs[i], ids[i] = w.org, w.id
		wrapped[i], number = k.master.wrap(raw, bound)
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`update %s k set wrapped = u.w, master = $4
		from unnest($1::uuid[], $2::text[], $3::bytea[]) u(t, i, w) where k.tenant_id = u.t and k.%s = u.i::%s`, t.name, t.id, t.kind), orgs, ids, wrapped, number)
	return err
}
