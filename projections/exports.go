package projections

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/eventstore"
)

// Exports is the list of what was taken out, and by whom.
func Exports() Projection {
	return Projection{
		Name: "exports", Version: 1, Tables: []string{"exports"}, Reads: []string{exports.Category}, Apply: exportRows().apply,
		DDL: `create table {exports} (
			tenant_id uuid not null,
			id uuid not null,
			status text not null,
			actor text not null,
			state json not null, -- what was asked for
			rows bigint not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {exports} (tenant_id, created_position)`,
	}
}

// The statuses of an export.
const (
	exportStarted   = "started"
	exportComplete  = "complete"
	exportBrokenOff = "broken_off"
)

// Export is one row.
type Export struct {
	ID        string         `json:"id" format:"uuid"`
	Status    string         `json:"status" enum:"started,complete,broken_off" doc:"started: it is under way, or ended with the server that wrote it"`
	Actor     string         `json:"actor" doc:"Who took the leads out" example:"user:7c9e6679-7425-40de-944b-e07fc1f90ae7"`
	Role      string         `json:"role" doc:"In which role"`
	Format    exports.Format `json:"format" enum:"csv,ndjson"`
	Columns   []string       `json:"columns,omitempty" doc:"Of a CSV file"`
	Filter    string         `json:"filter,omitempty" doc:"Which leads; all when it is absent"`
	Words     string         `json:"q,omitempty" doc:"The words that were looked for"`
	Sort      string         `json:"sort,omitempty"`
	Segment   string         `json:"segment,omitempty" doc:"Of which the leads were"`
	Archived  string         `json:"archived,omitempty"`
	Rows      int            `json:"rows" doc:"How many leads were taken out"`
	Version   int            `json:"version"`
	Position  int64          `json:"position" doc:"Position in the log of the export's last fact"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`

	created int64
}

// Created is the export's place in the list.
func (x Export) Created() int64 { return x.created }

const exportColumns = `id, status, actor, state, rows, version, created_position, position, created_at, updated_at`

func scanExport(row pgx.CollectableRow) (Export, error) {
	var x Export
	var state []byte
	err := row.Scan(&x.ID, &x.Status, &x.Actor, &state, &x.Rows, &x.Version, &x.created, &x.Position, &x.CreatedAt, &x.UpdatedAt)
	if err != nil {
		return x, err
	}
	var s exports.Started
	if err := json.Unmarshal(state, &s); err != nil {
		return x, err
	}
	x.asked(s)
	x.CreatedAt, x.UpdatedAt = x.CreatedAt.UTC(), x.UpdatedAt.UTC()
	return x, nil
}

func (x *Export) asked(s exports.Started) {
	x.Role, x.Format, x.Columns, x.Filter, x.Words, x.Segment, x.Sort, x.Archived = s.Role, s.Format, s.Columns, s.Filter, s.Words, s.Segment, s.Sort, s.Archived
}

func exportRows() rowFold[Export] {
	return rowFold[Export]{
		table: "exports", columns: columnsOf(exportColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, x Export, err error) {
			x, err = scanExport(after{row, &k.org})
			k.id = x.ID
			return k, x, err
		},
		fold: (*Export).fold,
		values: func(x *Export, k rowKey) []any {
			state, _ := json.Marshal(exports.Started{ // texts always encode
				Format: x.Format, Columns: x.Columns, Filter: x.Filter, Words: x.Words, Segment: x.Segment, Sort: x.Sort, Archived: x.Archived, Role: x.Role,
			})
			return []any{
				asUUID(k.org), asUUID(k.id), x.Status, x.Actor, json.RawMessage(state), int64(x.Rows),
				int32(x.Version), x.created, x.Position, x.CreatedAt, x.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

func (x *Export) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(exports.Event)
	if !ok {
		return
	}
	switch f := fact.(type) {
	case exports.Started:
		x.ID, x.created, x.CreatedAt, x.Actor, x.Status = e.Stream.ID, e.Position, e.RecordedAt, e.Meta.Actor, exportStarted
		x.asked(f)
	case exports.Finished:
		x.Rows, x.Status = f.Rows, exportBrokenOff
		if f.Complete {
			x.Status = exportComplete
		}
	}
	x.Version, x.Position, x.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

// ExportPage lists exports, the newest first; before is the Created of the last one of
// the page before, 0 for the first page.
func (q *Queries) ExportPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Export], error) {
	return newest[Export]{of: Exports(), columns: exportColumns, scan: scanExport, where: ofOrg(p.Org)}.page(ctx, q, p.Org, before, limit)
}
