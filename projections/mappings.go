package projections

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/mapping"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/eventstore"
)

// Mappings is the list of saved mappings of columns.
func Mappings() Projection {
	return Projection{
		Name: "mappings", Version: 1, Tables: []string{"mappings"}, Reads: []string{mapping.Category}, Apply: mappingRows().apply,
		DDL: `create table {mappings} (
			tenant_id uuid not null,
			id uuid not null,
			name text,
			folded text,            -- the name as it belongs to one mapping
			headers text not null,  -- a hash of the headers that it knows, in whatever order
			state json not null,
			deleted boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {mappings} (tenant_id, created_position);
			create index on {mappings} (tenant_id, headers, position)`,
	}
}

// Mapping is one row.
type Mapping struct {
	ID        string           `json:"id" format:"uuid"`
	Name      string           `json:"name"`
	Columns   []imports.Column `json:"columns" nullable:"false" doc:"What becomes of each column"`
	Options   imports.Options  `json:"options"`
	Version   int              `json:"version" doc:"Version of the mapping, also its ETag"`
	Position  int64            `json:"position" doc:"Position in the log of the mapping's last fact"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`

	deleted bool
	created int64
}

// Created is the mapping's place in the list.
func (m Mapping) Created() int64 { return m.created }

// Saved is the mapping as a plan takes it.
func (m Mapping) Saved() imports.Saved {
	return imports.Saved{ID: m.ID, Columns: m.Columns, Options: m.Options}
}

type mappingState struct {
	Columns []imports.Column `json:"columns"`
	Options imports.Options  `json:"options"`
}

const mappingColumns = `id, name, state, deleted, version, created_position, position, created_at, updated_at`

func scanMapping(row pgx.CollectableRow) (Mapping, error) {
	var m Mapping
	var state []byte
	if err := row.Scan(&m.ID, orEmpty(&m.Name), &state, &m.deleted, &m.Version, &m.created, &m.Position, &m.CreatedAt, &m.UpdatedAt); err != nil {
		return m, err
	}
	var s mappingState
	err := json.Unmarshal(state, &s)
	m.Columns, m.Options = s.Columns, s.Options
	m.CreatedAt, m.UpdatedAt = m.CreatedAt.UTC(), m.UpdatedAt.UTC()
	return m, err
}

func mappingRows() rowFold[Mapping] {
	return rowFold[Mapping]{
		table: "mappings", columns: columnsOf(`id, name, folded, headers, state, deleted, version, created_position, position, created_at, updated_at`),
		read: "tenant_id, " + mappingColumns,
		scan: func(row pgx.CollectableRow) (k rowKey, m Mapping, err error) {
			m, err = scanMapping(after{row, &k.org})
			k.id = m.ID
			return k, m, err
		},
		fold: (*Mapping).fold,
		values: func(m *Mapping, k rowKey) []any {
			if m.Columns == nil {
				m.Columns = []imports.Column{}
			}
			state, _ := json.Marshal(mappingState{m.Columns, m.Options}) // texts always encode
			return []any{
				asUUID(k.org), asUUID(k.id), orNull(m.Name), orNull(values.Folded(m.Name)), headersOf(m.Columns), json.RawMessage(state),
				m.deleted, int32(m.Version), m.created, m.Position, m.CreatedAt, m.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// headersOf is the same for two files that have the same headers.
func headersOf(columns []imports.Column) string {
	headers := make([]string, len(columns))
	for i, c := range columns {
		headers[i] = c.Header
	}
	slices.Sort(headers)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", headers))
	return hex.EncodeToString(sum[:])
}

// fold is the mapping's own Evolve, so that the row and the rules never disagree.
func (m *Mapping) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(mapping.Event)
	if !ok {
		return
	}
	if m.created == 0 {
		m.ID, m.created, m.CreatedAt = e.Stream.ID, e.Position, e.RecordedAt
	}
	s := mapping.Mapping{Saved: mapping.Saved{Name: m.Name, Columns: m.Columns, Options: m.Options}, Known: m.Version > 0, Deleted: m.deleted}.Evolve(fact)
	m.Name, m.Columns, m.Options, m.deleted = s.Saved.Name, s.Saved.Columns, s.Saved.Options, s.Deleted
	m.Version, m.Position, m.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

// Mapping gives one mapping, or mapping.ErrNotFound.
func (q *Queries) Mapping(ctx context.Context, p access.Principal, id string) (Mapping, error) {
	return q.oneMapping(ctx, p, `id = $2`, asUUID(id))
}

// MappingOf gives the mapping that was saved last for files of just these columns, in
// whatever order, or mapping.ErrNotFound.
func (q *Queries) MappingOf(ctx context.Context, p access.Principal, columns []imports.Column) (Mapping, error) {
	return q.oneMapping(ctx, p, `headers = $2`, headersOf(columns))
}

func (q *Queries) oneMapping(ctx context.Context, p access.Principal, condition string, arg any) (m Mapping, err error) {
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select `+mappingColumns+` from `+Mappings().Live().Table("mappings")+` where tenant_id = $1 and `+condition+` and not deleted order by position desc limit 1`, p.Org, arg).
		Query(func(rows pgx.Rows) (err error) {
			m, err = pgx.CollectExactlyOneRow(rows, scanMapping)
			return err
		})
	err = q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Mapping{}, mapping.ErrNotFound
	case err != nil:
		return Mapping{}, unavailable(err)
	}
	return m, nil
}

// MappingPage lists mappings, or the one of a name, the newest first; before is the
// Created of the last one of the page before, 0 for the first page.
func (q *Queries) MappingPage(ctx context.Context, p access.Principal, name string, before int64, limit int) (Page[Mapping], error) {
	w := ofOrg(p.Org)
	w.parts = append(w.parts, "not deleted")
	if strings.TrimSpace(name) != "" {
		w.and("folded = ?", values.Folded(name))
	}
	return newest[Mapping]{of: Mappings(), columns: mappingColumns, scan: scanMapping, where: w}.page(ctx, q, p.Org, before, limit)
}
