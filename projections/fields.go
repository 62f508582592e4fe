package projections

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/eventstore"
)

// Fields is the fields that organizations have defined for themselves.
func Fields() Projection {
	return Projection{
		Name: "fields", Version: 1, Tables: []string{"fields"}, Reads: []string{field.Category}, Apply: fieldRows().apply,
		DDL: `create table {fields} (
			tenant_id uuid not null,
			id uuid not null,
			key text not null,
			label text not null,
			kind text not null,
			options text[],
			slot text,
			retired boolean not null,
			version int not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {fields} (tenant_id, key) where not retired`,
	}
}

// OwnField is one row.
type OwnField struct {
	ID         string     `json:"id" format:"uuid"`
	Key        string     `json:"key" doc:"Under which leads hold its values, as custom.KEY" example:"deal_size"`
	Label      string     `json:"label" example:"Deal size"`
	Kind       field.Kind `json:"kind" enum:"text,number,date,boolean,enum,url"`
	Options    []string   `json:"options,omitempty" doc:"Of the kind enum"`
	Filterable bool       `json:"filterable" doc:"Filters may ask for it"`
	Version    int        `json:"version" doc:"Version of the field, also its ETag"`
	Position   int64      `json:"position" doc:"Position in the log of the field's last fact"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`

	slot    string
	retired bool
}

func (f OwnField) state() field.Field {
	return field.Field{Key: f.Key, Label: f.Label, Kind: f.Kind, Options: f.Options, Slot: f.slot, Retired: f.retired}
}

const fieldColumns = `id, key, label, kind, options, slot, retired, version, position, created_at, updated_at`

func scanField(row pgx.CollectableRow) (OwnField, error) {
	var f OwnField
	err := row.Scan(&f.ID, &f.Key, &f.Label, &f.Kind, &f.Options, orEmpty(&f.slot), &f.retired, &f.Version, &f.Position, &f.CreatedAt, &f.UpdatedAt)
	f.Filterable, f.CreatedAt, f.UpdatedAt = f.slot != "", f.CreatedAt.UTC(), f.UpdatedAt.UTC()
	return f, err
}

func fieldRows() rowFold[OwnField] {
	return rowFold[OwnField]{
		table: "fields", columns: columnsOf(fieldColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, f OwnField, err error) {
			f, err = scanField(after{row, &k.org})
			k.id = f.ID
			return k, f, err
		},
		fold: (*OwnField).fold,
		values: func(f *OwnField, k rowKey) []any {
			return []any{
				asUUID(k.org), asUUID(k.id), f.Key, f.Label, string(f.Kind), list(f.Options), orNull(f.slot), f.retired,
				int32(f.Version), f.Position, f.CreatedAt, f.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// fold is the field's own Evolve, so that the row and the rules never disagree.
func (f *OwnField) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(field.Event)
	if !ok {
		return
	}
	if f.Version == 0 {
		f.ID, f.CreatedAt = e.Stream.ID, e.RecordedAt
	}
	s := f.state().Evolve(fact)
	f.Key, f.Label, f.Kind, f.Options, f.slot, f.retired = s.Key, s.Label, s.Kind, s.Options, s.Slot, s.Retired
	f.Version, f.Position, f.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

// Field gives one field in use, or field.ErrNotFound.
func (q *Queries) Field(ctx context.Context, p access.Principal, id string) (OwnField, error) {
	var f OwnField
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select `+fieldColumns+` from `+Fields().Live().Table("fields")+` where tenant_id = $1 and id = $2 and not retired`, p.Org, asUUID(id)).
		Query(func(rows pgx.Rows) (err error) {
			f, err = pgx.CollectExactlyOneRow(rows, scanField)
			return err
		})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return OwnField{}, field.ErrNotFound
	case err != nil:
		return OwnField{}, unavailable(err)
	}
	return f, nil
}

// Fields lists the fields in use by their keys; of some keys only where any are named.
func (q *Queries) Fields(ctx context.Context, org string, keys ...string) ([]OwnField, error) {
	var out []OwnField
	w := &where{}
	w.and("tenant_id = ?", org)
	w.parts = append(w.parts, "not retired")
	if len(keys) > 0 {
		w.and("key = any(?::text[])", keys)
	}
	b := eventstore.ForOrg(org)
	b.Queue(`select `+fieldColumns+` from `+Fields().Live().Table("fields")+` where `+w.String()+` order by key collate "C"`, w.args...).
		Query(func(rows pgx.Rows) (err error) {
			out, err = pgx.CollectRows(rows, scanField)
			return err
		})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return nil, unavailable(err)
	}
	return out, nil
}

// FieldSet is the fields in use as rules know them; of some keys only where any are named.
func (q *Queries) FieldSet(ctx context.Context, org string, keys ...string) (field.Set, error) {
	fields, err := q.Fields(ctx, org, keys...)
	return setOf(fields), err
}

func setOf(fields []OwnField) field.Set {
	out := make(field.Set, len(fields))
	for _, f := range fields {
		out[f.Key] = f.state()
	}
	return out
}

// SlotsLeft is how many more fields of each kind can be filtered by beside those.
func SlotsLeft(fields []OwnField) map[field.Kind]int {
	out := map[field.Kind]int{}
	for _, k := range field.Kinds() {
		out[k] = len(setOf(fields).Free(k))
	}
	return out
}
