package eventstore

import (
	"context"
	"crypto/cipher"
	"errors"
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
	ended   chan struct{} // closed when Run has ended: nobody is served any more
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
	keysHeld     = 4_000 // of about a kilobyte each
	keysPerQuery = 2_000
)

// NewKeys opens the vault on pool, whose role is canvass_keys. Run must be running.
func NewKeys(pool *pgxpool.Pool, master *Master, now domain.Clock) *Keys {
	return &Keys{
		pool: pool, master: master,
		cache:   newAging[Subject, cipher.AEAD](now, keyLifetime, keysHeld),
		indexes: newAging[string, []byte](now, time.Hour, keysHeld),
		wanted:  make(chan *wantedKeys, 1024),
		ended:   make(chan struct{}),
	}
}

// Run makes the keys that writers wait for, all who wait at a time in one statement,
// until ctx ends. It runs once.
func (k *Keys) Run(ctx context.Context) error {
	defer close(k.ended)
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
			continue
		}
		_, err1 := parseID("the organization", s.Org)
		_, err2 := parseID("the subject", s.ID)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err // alone: those who wait in the same batch are served
		}
		missing = append(missing, s)
	}
	if len(missing) > 0 {
		w := &wantedKeys{subjects: missing, done: make(chan struct{})}
		if err := k.ask(ctx, w); err != nil {
			return nil, err
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

// ask has the keys made, and waits for them.
func (k *Keys) ask(ctx context.Context, w *wantedKeys) error {
	select {
	case k.wanted <- w:
	case <-k.ended:
		return domain.ErrUnavailable
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-w.done:
		return nil
	case <-k.ended:
		return domain.ErrUnavailable
	case <-ctx.Done():
		return ctx.Err()
	}
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

// A pool may hold connections that the server has ended, each of which is found out
// only when it is used; a reading is as good the second time.
const readAttempts = 3

func (k *Keys) read(ctx context.Context, subjects []Subject, into map[Subject]cipher.AEAD) (err error) {
	for range readAttempts {
		if err = k.readOnce(ctx, subjects, into); !errors.Is(err, domain.ErrUnavailable) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (k *Keys) readOnce(ctx context.Context, subjects []Subject, into map[Subject]cipher.AEAD) error {
	orgs, ids := make(uuids, 0, len(subjects)), make(uuids, 0, len(subjects))
	for _, s := range subjects {
		org, err1 := uuid.Parse(s.Org)
		id, err2 := uuid.Parse(s.ID)
		if errors.Join(err1, err2) != nil {
			continue // nobody has that key: the one fact that names it cannot be read, its neighbours can
		}
		orgs, ids = append(orgs, asUUID(org)), append(ids, asUUID(id))
	}
	rows, err := k.pool.Query(ctx, `select s.tenant_id, s.subject_id, s.wrapped, s.master
		from unnest($1::uuid[], $2::uuid[]) u(t, i) cross join lateral (select * from keys.subject_keys k where k.tenant_id = u.t and k.subject_id = u.i limit 1) s`, orgs, ids)
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
