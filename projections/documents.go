package projections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
)

// Meta is what every record of a documents projection tells beside itself.
type Meta struct {
	ID        string    `json:"id" format:"uuid"`
	Version   int       `json:"version" doc:"Version of the record, also its ETag"`
	Position  int64     `json:"position" doc:"Position in the log of the record's last fact"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	created int64
	hidden  bool
}

// Created is the record's place in the list.
func (m Meta) Created() int64 { return m.created }

// documents is a projection that keeps each stream of a kind as one document: what is not
// filtered by needs no column.
type documents[S any] struct {
	name     string // of the projection and its table
	version  int
	category string
	missing  error // where there is none
	fold     func(s *S, e eventstore.Recorded) (hidden bool)
}

// document is one row.
type document[S any] struct {
	Meta
	State S
}

func (d documents[S]) projection() Projection {
	return Projection{
		Name: d.name, Version: d.version, Tables: []string{d.name}, Reads: []string{d.category}, Apply: d.rows().apply,
		DDL: fmt.Sprintf(`create table {%s} (
			tenant_id uuid not null,
			id uuid not null,
			state json not null,
			hidden boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`, d.name),
		Indexes: fmt.Sprintf(`create index on {%s} (tenant_id, created_position) where not hidden`, d.name),
	}
}

const documentColumns = `id, state, hidden, version, created_position, position, created_at, updated_at`

func scanDocument[S any](row pgx.CollectableRow) (d document[S], err error) {
	var state []byte
	if err := row.Scan(&d.ID, &state, &d.hidden, &d.Version, &d.created, &d.Position, &d.CreatedAt, &d.UpdatedAt); err != nil {
		return d, err
	}
	d.CreatedAt, d.UpdatedAt = d.CreatedAt.UTC(), d.UpdatedAt.UTC()
	return d, json.Unmarshal(state, &d.State)
}

func (d documents[S]) rows() rowFold[document[S]] {
	return rowFold[document[S]]{
		table: d.name, columns: columnsOf(documentColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, one document[S], err error) {
			one, err = scanDocument[S](after{row, &k.org})
			k.id = one.ID
			return k, one, err
		},
		fold: func(one *document[S], e eventstore.Recorded) {
			if one.created == 0 {
				one.ID, one.created, one.CreatedAt = e.Stream.ID, e.Position, e.RecordedAt
			}
			one.hidden = d.fold(&one.State, e)
			one.Version, one.Position, one.UpdatedAt = e.Version, e.Position, e.RecordedAt
		},
		values: func(one *document[S], k rowKey) []any {
			state, _ := json.Marshal(one.State) // texts, times and numbers always encode
			return []any{
				asUUID(k.org), asUUID(k.id), json.RawMessage(state), one.hidden,
				int32(one.Version), one.created, one.Position, one.CreatedAt, one.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// one gives the record of an id, or the error for none.
func (d documents[S]) one(ctx context.Context, q *Queries, org, id string) (got document[S], err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select `+documentColumns+` from `+d.projection().Live().Table(d.name)+` where tenant_id = $1 and id = $2 and not hidden`, org, asUUID(id)).
		Query(func(rows pgx.Rows) (err error) {
			got, err = pgx.CollectExactlyOneRow(rows, scanDocument[S])
			return err
		})
	if err = q.app.SendBatch(ctx, b).Close(); errors.Is(err, pgx.ErrNoRows) {
		return got, d.missing
	}
	return got, orUnavailable(err)
}

// byID gives those of the records of a kind that are there, by their ids.
func byID[S, R any](ctx context.Context, q *Queries, d documents[S], org string, ids []string, as func(document[S]) R) (map[string]R, error) {
	rows, err := rowsOf(ctx, q, org, `select `+documentColumns+` from `+d.projection().Live().Table(d.name)+` where tenant_id = $1 and id = any($2::uuid[]) and not hidden`,
		[]any{org, known(ids)}, scanDocument[S])
	out := make(map[string]R, len(rows))
	for _, row := range rows {
		out[row.ID] = as(row)
	}
	return out, err
}

// page lists the records, the newest first.
func (d documents[S]) page(ctx context.Context, q *Queries, p access.Principal, before int64, limit int) (Page[document[S]], error) {
	w := ofOrg(p.Org)
	w.parts = append(w.parts, "not hidden")
	return newest[document[S]]{of: d.projection(), columns: documentColumns, scan: scanDocument[S], where: w}.page(ctx, q, p.Org, before, limit)
}

// shownAs gives the records of a page another form.
func shownAs[A, B any](from Page[A], as func(A) B) Page[B] {
	to := Page[B]{Items: make([]B, len(from.Items)), More: from.More, Total: from.Total}
	for i, item := range from.Items {
		to.Items[i] = as(item)
	}
	return to
}
