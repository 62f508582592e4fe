package projections

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/eventstore"
)

// Keys is the API keys of organizations.
func Keys() Projection {
	return Projection{
		Name: "api_keys", Version: 1, Tables: []string{"api_keys"}, Reads: []string{apikey.Category}, Apply: keyRows().apply,
		DDL: `create table {api_keys} (
			tenant_id uuid not null,
			id uuid not null,
			name text,
			scopes text[] not null,
			addresses text[],
			expires_at timestamptz,
			hash text not null,
			hint text not null,
			revoked boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {api_keys} (tenant_id, created_position)`,
	}
}

// Key is one row.
type Key struct {
	ID         string              `json:"id" format:"uuid"`
	Name       string              `json:"name"`
	Scopes     []domain.Permission `json:"scopes" nullable:"false" doc:"What the key may do"`
	Addresses  []string            `json:"addresses,omitempty" doc:"Networks from which it may be used; anywhere when left out"`
	ExpiresAt  *time.Time          `json:"expires_at,omitempty"`
	Hint       string              `json:"hint" doc:"How the secret ends"`
	Revoked    bool                `json:"revoked"`
	LastUsedAt *time.Time          `json:"last_used_at,omitempty" doc:"To within some seconds"`
	Version    int                 `json:"version" doc:"Version of the key, also its ETag"`
	Position   int64               `json:"position" doc:"Position in the log of the key's last fact"`
	CreatedAt  time.Time           `json:"created_at"`
	UpdatedAt  time.Time           `json:"updated_at"`

	hash    string
	created int64
}

// Created is the key's place in the list.
func (k Key) Created() int64 { return k.created }

// Hash is the keyed hash of the key's secret.
func (k Key) Hash() string { return k.hash }

// Terms are what the key is good for.
func (k Key) Terms() apikey.Terms {
	t := apikey.Terms{Name: k.Name, Scopes: k.Scopes, Addresses: k.Addresses}
	if k.ExpiresAt != nil {
		t.ExpiresAt = *k.ExpiresAt
	}
	return t
}

const keyColumns = `id, name, scopes, addresses, expires_at, hash, hint, revoked, version, created_position, position, created_at, updated_at`

func (k *Key) dest() []any {
	return []any{
		&k.ID, orEmpty(&k.Name), &k.Scopes, &k.Addresses, &k.ExpiresAt, &k.hash, &k.Hint, &k.Revoked, &k.Version, &k.created, &k.Position, &k.CreatedAt, &k.UpdatedAt,
	}
}

func (k *Key) utc() {
	k.CreatedAt, k.UpdatedAt = k.CreatedAt.UTC(), k.UpdatedAt.UTC()
	for _, t := range []*time.Time{k.ExpiresAt, k.LastUsedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
}

func scanKey(row pgx.CollectableRow) (k Key, err error) {
	err = row.Scan(k.dest()...)
	k.utc()
	return k, err
}

// scanUsedKey reads also when the key was used last.
func scanUsedKey(row pgx.CollectableRow) (k Key, err error) {
	err = row.Scan(append(k.dest(), &k.LastUsedAt)...)
	k.utc()
	return k, err
}

func keyRows() rowFold[Key] {
	return rowFold[Key]{
		table: "api_keys", columns: columnsOf(keyColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, key Key, err error) {
			key, err = scanKey(after{row, &k.org})
			k.id = key.ID
			return k, key, err
		},
		fold: (*Key).fold,
		values: func(key *Key, k rowKey) []any {
			return []any{
				asUUID(k.org), asUUID(k.id), orNull(key.Name), permissions(key.Scopes), list(key.Addresses), key.ExpiresAt, key.hash, key.Hint, key.Revoked,
				int32(key.Version), key.created, key.Position, key.CreatedAt, key.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// fold is the key's own Evolve, so that the row and the rules never disagree.
func (k *Key) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(apikey.Event)
	if !ok {
		return
	}
	if k.created == 0 {
		k.ID, k.created, k.CreatedAt = e.Stream.ID, e.Position, e.RecordedAt
	}
	s := apikey.Key{Terms: k.Terms(), Known: k.Version > 0, Revoked: k.Revoked, Hash: k.hash}.Evolve(fact)
	k.Name, k.Scopes, k.Addresses, k.Revoked, k.hash = s.Name, s.Scopes, s.Addresses, s.Revoked, s.Hash
	if k.ExpiresAt = nil; !s.ExpiresAt.IsZero() {
		k.ExpiresAt = &s.ExpiresAt
	}
	switch f := fact.(type) {
	case apikey.Created:
		k.Hint = f.Hint
	case apikey.Rotated:
		k.Hint = f.Hint
	case apikey.Revoked:
	}
	k.Version, k.Position, k.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

const keyUses = " k left join staging.key_uses u on u.tenant_id = k.tenant_id and u.id = k.id"

// usedKeyColumns are those of a key, and when it was used last.
var usedKeyColumns = qualified("k", keyColumns) + ", u.used_at" //nolint:gochecknoglobals // a constant

// Key gives one key of an organization, or apikey.ErrNotFound.
func (q *Queries) Key(ctx context.Context, org, id string) (k Key, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select `+usedKeyColumns+` from `+Keys().Live().Table("api_keys")+keyUses+` where k.tenant_id = $1 and k.id = $2`, org, asUUID(id)).Query(func(rows pgx.Rows) (err error) {
		k, err = pgx.CollectExactlyOneRow(rows, scanUsedKey)
		return err
	})
	if err = q.app.SendBatch(ctx, b).Close(); errors.Is(err, pgx.ErrNoRows) {
		return Key{}, apikey.ErrNotFound
	}
	return k, orUnavailable(err)
}

// HeldKey gives one key as Key does, and what the organization's plan lets its holder do.
func (q *Queries) HeldKey(ctx context.Context, org, id string) (k Key, plan access.Plan, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select coalesce((select plan from `+Organizations().Live().Table("organizations")+` where tenant_id = $1), '')`, org).QueryRow(func(r pgx.Row) error { return r.Scan(&plan) })
	b.Queue(`select `+keyColumns+` from `+Keys().Live().Table("api_keys")+` where tenant_id = $1 and id = $2`, org, asUUID(id)).Query(func(rows pgx.Rows) (err error) {
		k, err = pgx.CollectExactlyOneRow(rows, scanKey)
		return err
	})
	if err = q.app.SendBatch(ctx, b).Close(); errors.Is(err, pgx.ErrNoRows) {
		return Key{}, plan, apikey.ErrNotFound
	}
	return k, plan, orUnavailable(err)
}

// KeyPage lists keys, revoked ones among them, the newest first.
func (q *Queries) KeyPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Key], error) {
	w := &where{}
	w.and("k.tenant_id = ?", p.Org)
	return newest[Key]{
		of: Keys(), table: Keys().Live().Table("api_keys") + keyUses, columns: usedKeyColumns, key: "k.created_position", scan: scanUsedKey, where: w,
	}.page(ctx, q, p.Org, before, limit)
}

// KeyUse is when a key was used.
type KeyUse struct {
	Org, ID string
	At      time.Time
}

// NoteKeyUses keeps when keys were used last. It is no fact: nothing follows from it.
func (q *Queries) NoteKeyUses(ctx context.Context, uses []KeyUse) error {
	b := &pgx.Batch{}
	for _, u := range uses {
		b.Queue(`select set_config('app.tenant', $1, true)`, u.Org)
		b.Queue(`insert into staging.key_uses as k values ($1, $2, $3) on conflict (tenant_id, id) do update set used_at = greatest(k.used_at, excluded.used_at)`, u.Org, u.ID, u.At)
	}
	if len(uses) == 0 {
		return nil
	}
	return orUnavailable(q.app.SendBatch(ctx, b).Close())
}
