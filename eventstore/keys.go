package eventstore

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain"
)

// Keys is the Vault on Postgres. Every key in it is wrapped by a master key that the
// database never sees.
type Keys struct {
	pool   *pgxpool.Pool
	master *Master

	cache   *aging[Subject, cipher.AEAD]
	indexes *aging[string, []byte]
	wanted  chan *wantedKeys
}

type wantedKeys struct {
	subjects []Subject
	keys     map[Subject]cipher.AEAD
	err      error
	done     chan struct{}
}

// How long and how many: a destroyed key is forgotten within a minute wherever it
// was held, so a generation lives for half of one.
const (
	keyLifetime  = 30 * time.Second
	keysHeld     = 20_000
	keysPerQuery = 2_000
)

// NewKeys opens the vault on pool, whose role is canvass_keys. Run must be running.
func NewKeys(pool *pgxpool.Pool, master *Master, now domain.Clock) *Keys {
	return &Keys{
		pool: pool, master: master,
		cache:   newAging[Subject, cipher.AEAD](now, keyLifetime, keysHeld),
		indexes: newAging[string, []byte](now, time.Hour, keysHeld),
		wanted:  make(chan *wantedKeys, 1024),
	}
}

// Run makes the keys that writers wait for, all who wait at a time in one statement,
// until ctx ends.
func (k *Keys) Run(ctx context.Context) error {
	for {
		var batch []*wantedKeys
		select {
		case <-ctx.Done():
			return nil
		case first := <-k.wanted:
			batch = append(batch, first)
		}
		for n := len(batch[0].subjects); n < keysPerQuery; {
			select {
			case next := <-k.wanted:
				batch = append(batch, next)
				n += len(next.subjects)
				continue
			default:
			}
			break
		}
		k.serve(ctx, batch)
	}
}

func (k *Keys) serve(ctx context.Context, batch []*wantedKeys) {
	all := make(map[Subject]struct{})
	for _, w := range batch {
		for _, s := range w.subjects {
			all[s] = struct{}{}
		}
	}
	keys, err := k.ensure(ctx, all)
	for _, w := range batch {
		w.keys, w.err = keys, err
		close(w.done)
	}
}

// ForWriting implements Vault.
func (k *Keys) ForWriting(ctx context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error) {
	out := make(map[Subject]cipher.AEAD, len(subjects))
	var missing []Subject
	for _, s := range subjects {
		if key, ok := k.cache.get(s); ok {
			out[s] = key
		} else {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		w := &wantedKeys{subjects: missing, done: make(chan struct{})}
		select {
		case k.wanted <- w:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		select {
		case <-w.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if w.err != nil {
			return nil, w.err
		}
		for _, s := range missing {
			out[s] = w.keys[s]
		}
	}
	for _, key := range out {
		if key == nil {
			return nil, domain.ErrErased
		}
	}
	return out, nil
}

const ensureKeys = `
with made as (
  insert into keys.subject_keys (tenant_id, subject_id, wrapped, master)
  select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::int[])
  on conflict do nothing
  returning tenant_id, subject_id)
select tenant_id, subject_id from made`

// ensure gives a key to every subject: the one that is made now, or the one that
// somebody made before.
func (k *Keys) ensure(ctx context.Context, subjects map[Subject]struct{}) (map[Subject]cipher.AEAD, error) {
	var orgs, ids []uuid.UUID
	var wrapped [][]byte
	var masters []int32
	fresh := make(map[Subject]cipher.AEAD, len(subjects))
	for s := range subjects {
		raw := randomKey()
		key, err := newAEAD(raw)
		if err != nil {
			return nil, err
		}
		fresh[s] = key
		w, number := k.master.wrap(raw, s.Org+"|"+s.ID)
		orgs, ids = append(orgs, uuid.MustParse(s.Org)), append(ids, uuid.MustParse(s.ID))
		wrapped, masters = append(wrapped, w), append(masters, int32(number)) //nolint:gosec // a handful
	}
	rows, err := k.pool.Query(ctx, ensureKeys, orgs, ids, wrapped, masters)
	if err != nil {
		return nil, unavailable("make keys", err)
	}
	out := make(map[Subject]cipher.AEAD, len(subjects))
	var org, id string
	_, err = pgx.ForEachRow(rows, []any{&org, &id}, func() error {
		s := Subject{org, id}
		out[s] = fresh[s]
		k.cache.put(s, fresh[s])
		return nil
	})
	if err != nil {
		return nil, unavailable("make keys", err)
	}
	var before []Subject
	for s := range subjects {
		if _, ok := out[s]; !ok {
			before = append(before, s)
		}
	}
	held, err := k.ForReading(ctx, before)
	for s, key := range held {
		out[s] = key
	}
	return out, err
}

// ForReading implements Vault.
func (k *Keys) ForReading(ctx context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error) {
	out := make(map[Subject]cipher.AEAD, len(subjects))
	for len(subjects) > 0 {
		part := subjects[:min(keysPerQuery, len(subjects))]
		subjects = subjects[len(part):]
		if err := k.read(ctx, part, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k *Keys) read(ctx context.Context, subjects []Subject, into map[Subject]cipher.AEAD) error {
	orgs, ids := make([]uuid.UUID, len(subjects)), make([]uuid.UUID, len(subjects))
	for i, s := range subjects {
		var err1, err2 error
		orgs[i], err1 = uuid.Parse(s.Org)
		ids[i], err2 = uuid.Parse(s.ID)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("%w: %w", errEnvelope, err)
		}
	}
	rows, err := k.pool.Query(ctx, `select s.tenant_id, s.subject_id, s.wrapped, s.master
		from unnest($1::uuid[], $2::uuid[]) u(t, i) join keys.subject_keys s on s.tenant_id = u.t and s.subject_id = u.i`, orgs, ids)
	if err != nil {
		return unavailable("read keys", err)
	}
	var org, id string
	var wrapped []byte
	var master int
	_, err = pgx.ForEachRow(rows, []any{&org, &id, &wrapped, &master}, func() error {
		s := Subject{org, id}
		if wrapped == nil {
			into[s] = nil
			k.cache.drop(s)
			return nil
		}
		raw, err := k.master.unwrap(wrapped, master, org+"|"+id)
		if err != nil {
			return err
		}
		into[s], err = newAEAD(raw)
		return err
	})
	return unavailable("read keys", err)
}

// Cached implements Vault.
func (k *Keys) Cached(ctx context.Context, subjects []Subject) (map[Subject]cipher.AEAD, error) {
	out := make(map[Subject]cipher.AEAD, len(subjects))
	var missing []Subject
	for _, s := range subjects {
		if key, ok := k.cache.get(s); ok {
			out[s] = key
		} else {
			missing = append(missing, s)
		}
	}
	read, err := k.ForReading(ctx, missing)
	for s, key := range read {
		out[s] = key
		if key != nil {
			k.cache.put(s, key)
		}
	}
	return out, err
}

// Destroy implements Vault. It is durable when it answers, whatever the pool's
// setting, and asking twice changes nothing.
func (k *Keys) Destroy(ctx context.Context, s Subject) error {
	defer k.cache.drop(s)
	b := &pgx.Batch{}
	b.Queue(`select set_config('synchronous_commit', 'on', true)`)
	b.Queue(`insert into keys.subject_keys (tenant_id, subject_id, wrapped, master, erased_at) values ($1, $2, null, 0, clock_timestamp())
		on conflict (tenant_id, subject_id) do update set wrapped = null, master = 0, erased_at = coalesce(keys.subject_keys.erased_at, excluded.erased_at)`, s.Org, s.ID)
	return unavailable("destroy a key", k.pool.SendBatch(ctx, b).Close())
}

// Index implements Vault.
func (k *Keys) Index(ctx context.Context, org string) ([]byte, error) {
	if key, ok := k.indexes.get(org); ok {
		return key, nil
	}
	const purpose = "index"
	fresh, number := k.master.wrap(randomKey(), org+"|"+purpose)
	var wrapped []byte
	err := k.pool.QueryRow(ctx, `insert into keys.organization_keys (tenant_id, purpose, wrapped, master) values ($1, $2, $3, $4)
		on conflict (tenant_id, purpose) do update set purpose = excluded.purpose returning wrapped, master`,
		org, purpose, fresh, number).Scan(&wrapped, &number)
	if err != nil {
		return nil, unavailable("read the index key", err)
	}
	key, err := k.master.unwrap(wrapped, number, org+"|"+purpose)
	if err != nil {
		return nil, err
	}
	k.indexes.put(org, key)
	return key, nil
}
