package eventstore

import (
	"cmp"
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A new key is kept only when the master key that wraps it may still wrap: the lock
// and the look are two statements, so that the look sees what a rotation has just done.
const (
	ensureKeys = `
with made as (
  insert into keys.subject_keys (tenant_id, subject_id, wrapped, master)
  select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::int[]) u(t, s, w, m)
  where u.m >= (select number from keys.newest_master)
  on conflict do nothing
  returning tenant_id, subject_id)
select tenant_id, subject_id from made`
	ensureIndex = `
insert into keys.organization_keys (tenant_id, purpose, wrapped, master)
select $1, $2, $3, $4::int where $4::int >= (select number from keys.newest_master)
on conflict do nothing`
)

func (s Subject) compare(with Subject) int {
	return cmp.Or(cmp.Compare(s.Org, with.Org), cmp.Compare(s.ID, with.ID))
}

// ensure gives a key to every subject: the one that is made now, or the one that
// somebody made before.
func (k *Keys) ensure(ctx context.Context, subjects map[Subject]struct{}) (map[Subject]cipher.AEAD, error) {
	out, err := k.makeKeys(ctx, subjects)
	if err != nil || len(out) == len(subjects) {
		return out, err
	}
	// Our master key is not the newest any more.
	if err := k.master.reload(); err != nil {
		return nil, err
	}
	if out, err = k.makeKeys(ctx, subjects); err == nil && len(out) < len(subjects) {
		err = fmt.Errorf("%w: it has been rotated, and this process knows only older ones", errMaster)
	}
	return out, err
}

func (k *Keys) makeKeys(ctx context.Context, subjects map[Subject]struct{}) (map[Subject]cipher.AEAD, error) {
	var orgs, ids uuids
	var wrapped [][]byte
	var masters []int32
	fresh := make(map[Subject]cipher.AEAD, len(subjects))
	// In one order everywhere: two processes that make the same keys at once would else
	// wait for each other.
	for _, s := range slices.SortedFunc(maps.Keys(subjects), Subject.compare) {
		raw := randomKey()
		key, err := newAEAD(raw)
		if err != nil {
			return nil, err
		}
		fresh[s] = key
		w, number := k.master.wrap(raw, s.Org+"|"+s.ID)
		orgs, ids = append(orgs, asUUID(uuid.MustParse(s.Org))), append(ids, asUUID(uuid.MustParse(s.ID))) // checked by prepare
		wrapped, masters = append(wrapped, w), append(masters, int32(number))                              //nolint:gosec // a handful
	}
	out := make(map[Subject]cipher.AEAD, len(subjects))
	b := &pgx.Batch{}
	b.Queue(fmt.Sprintf(masterLock, "_shared"))
	b.Queue(ensureKeys, orgs, ids, wrapped, masters).Query(func(rows pgx.Rows) error {
		var org, id string
		_, err := pgx.ForEachRow(rows, []any{&org, &id}, func() error {
			s := Subject{org, id}
			out[s] = fresh[s]
			return nil
		})
		return err
	})
	if err := k.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, unavailable("make keys", err)
	}
	var before []Subject
	for s := range subjects {
		if key, ok := out[s]; ok {
			k.cache.put(s, key) // not sooner: it is kept only now that the transaction has ended
		} else {
			before = append(before, s)
		}
	}
	if len(before) == 0 {
		return out, nil
	}
	held, err := k.ForReading(ctx, before)
	maps.Copy(out, held)
	return out, err
}

// mint implements minter.
func (k *Keys) mint(subjects []Subject) ([]mintedKey, error) {
	out := make([]mintedKey, len(subjects))
	for i, s := range subjects {
		id, err := parseID("the subject", s.ID)
		if err != nil {
			return nil, err
		}
		raw := randomKey()
		key, err := newAEAD(raw)
		if err != nil {
			return nil, err
		}
		wrapped, number := k.master.wrap(raw, s.Org+"|"+s.ID)
		out[i] = mintedKey{Subject: s, id: id, key: key, wrapped: wrapped, master: number}
	}
	return out, nil
}

// kept implements minter.
func (k *Keys) kept(keys []mintedKey) {
	for _, m := range keys {
		k.cache.put(m.Subject, m.key)
	}
}

const indexPurpose = "index"

// Index implements Vault.
func (k *Keys) Index(ctx context.Context, org string) ([]byte, error) {
	return k.organizationKey(ctx, org, indexPurpose)
}

// Keyed is a hash under a key that the organization has for the purpose alone: nobody else
// can make it, and nobody can when the organization is destroyed.
func (k *Keys) Keyed(ctx context.Context, org, purpose string, data []byte) ([]byte, error) {
	key, err := k.organizationKey(ctx, org, purpose)
	if err != nil {
		return nil, err
	}
	return mac(key, data), nil
}

func (k *Keys) organizationKey(ctx context.Context, org, purpose string) ([]byte, error) {
	if key, ok := k.indexes.get(org + "|" + purpose); ok {
		return key, nil
	}
	key, found, err := k.ensureOrganizationKey(ctx, org, purpose)
	if err == nil && !found { // our master key is not the newest any more
		if err = k.master.reload(); err == nil {
			key, found, err = k.ensureOrganizationKey(ctx, org, purpose)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, fmt.Errorf("%w: it has been rotated, and this process knows only older ones", errMaster)
	}
	k.indexes.put(org+"|"+purpose, key)
	return key, nil
}

// Check finds out whether the master keys are those of this database: one key that each of
// them has wrapped is opened.
func (k *Keys) Check(ctx context.Context) error {
	rows, err := k.pool.Query(ctx, `select distinct on (master) tenant_id::text || '|' || purpose, wrapped, master from keys.organization_keys order by master`)
	if err != nil {
		return unavailable("check the keys", err)
	}
	var bound string
	var wrapped []byte
	var number int
	var faults []error
	_, err = pgx.ForEachRow(rows, []any{&bound, &wrapped, &number}, func() error {
		_, fault := k.master.unwrap(wrapped, number, bound)
		faults = append(faults, fault)
		return nil
	})
	return errors.Join(append(faults, unavailable("check the keys", err))...)
}

func (k *Keys) ensureOrganizationKey(ctx context.Context, org, purpose string) (key []byte, found bool, err error) {
	fresh, number := k.master.wrap(randomKey(), org+"|"+purpose)
	var wrapped []byte
	b := &pgx.Batch{}
	b.Queue(fmt.Sprintf(masterLock, "_shared"))
	b.Queue(ensureIndex, org, purpose, fresh, number)
	b.Queue(`select wrapped, master from keys.organization_keys where tenant_id = $1 and purpose = $2`, org, purpose).
		QueryRow(func(r pgx.Row) error { return ignoreNone(r.Scan(&wrapped, &number)) })
	if err := k.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, false, unavailable("read the index key", err)
	}
	if wrapped == nil {
		return nil, false, nil
	}
	key, err = k.master.unwrap(wrapped, number, org+"|"+purpose)
	return key, err == nil, err
}
