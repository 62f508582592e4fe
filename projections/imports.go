package projections

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/eventstore"
)

// Imports is the list of imports and where each stands.
func Imports() Projection {
	return Projection{
		Name: "imports", Version: 2, Tables: []string{"imports"}, Reads: []string{imports.Category}, Apply: importRows().apply,
		DDL: `create table {imports} (
			tenant_id uuid not null,
			id uuid not null,
			status text not null,
			actor text not null,
			state json not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {imports} (tenant_id, created_position)`,
	}
}

// Import is one row.
type Import struct {
	ID        string             `json:"id" format:"uuid"`
	Status    imports.Status     `json:"status"`
	Actor     string             `json:"actor" doc:"Who brought the file"`
	File      imports.Uploaded   `json:"file" doc:"The file, and what its columns may mean"`
	Columns   []imports.Column   `json:"columns" nullable:"false" doc:"What becomes of each column"`
	Options   imports.Options    `json:"options"`
	Mapping   string             `json:"mapping,omitempty" format:"uuid" doc:"The saved mapping that the columns are taken from"`
	Plan      *imports.Counts    `json:"plan,omitempty" doc:"What the import would do with its rows"`
	Result    *imports.Committed `json:"result,omitempty" doc:"What it has done"`
	Undo      *imports.Undone    `json:"undo,omitempty" doc:"What was taken back, and what was kept"`
	Failure   *imports.Failed    `json:"failure,omitempty" doc:"Why the file cannot be read"`
	Destroyed string             `json:"file_destroyed,omitempty" enum:"age,erasure" doc:"Why the file is kept no longer"`
	Progress  *ImportProgress    `json:"progress,omitempty" doc:"How far the stage is that is under way"`
	Version   int                `json:"version" doc:"Version of the import, also its ETag"`
	Position  int64              `json:"position" doc:"Position in the log of the import's last fact"`
	CreatedAt time.Time          `json:"created_at"`
	UpdatedAt time.Time          `json:"updated_at"`

	created int64
}

// ImportProgress is how far a stage is.
type ImportProgress struct {
	Stage string `json:"stage"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// Rests tells whether the import has come to an end that only an order moves it from. A
// file that has just been uploaded is about to be planned.
func (i Import) Rests() bool {
	switch i.Status {
	case imports.StatusPlanned, imports.StatusFailed, imports.StatusCommitted, imports.StatusUndone:
		return true
	case imports.StatusUploaded:
		return i.Destroyed != ""
	case imports.StatusPlanning, imports.StatusCommitting, imports.StatusUndoing:
	}
	return false
}

// Created is the import's place in the list.
func (i Import) Created() int64 { return i.created }

// importState is what the row keeps as JSON.
type importState struct {
	File    imports.Uploaded   `json:"file"`
	Columns []imports.Column   `json:"columns"`
	Options imports.Options    `json:"options"`
	Mapping string             `json:"mapping,omitempty"`
	Plan    *imports.Counts    `json:"plan,omitempty"`
	Result  *imports.Committed `json:"result,omitempty"`
	Undo    *imports.Undone    `json:"undo,omitempty"`
	Failure *imports.Failed    `json:"failure,omitempty"`
	Gone    string             `json:"file_destroyed,omitempty"`
}

const importColumns = `id, status, actor, state, version, created_position, position, created_at, updated_at`

func scanImport(row pgx.CollectableRow) (Import, error) {
	var i Import
	var state []byte
	err := row.Scan(&i.ID, &i.Status, &i.Actor, &state, &i.Version, &i.created, &i.Position, &i.CreatedAt, &i.UpdatedAt)
	if err != nil {
		return i, err
	}
	var s importState
	if err := json.Unmarshal(state, &s); err != nil {
		return i, err
	}
	i.File, i.Columns, i.Options, i.Plan, i.Result, i.Undo, i.Failure = s.File, s.Columns, s.Options, s.Plan, s.Result, s.Undo, s.Failure
	i.Mapping, i.Destroyed = s.Mapping, s.Gone
	i.CreatedAt, i.UpdatedAt = i.CreatedAt.UTC(), i.UpdatedAt.UTC()
	return i, nil
}

func importRows() rowFold[Import] {
	return rowFold[Import]{
		table: "imports", columns: columnsOf(importColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, i Import, err error) {
			i, err = scanImport(after{row, &k.org})
			k.id = i.ID
			return k, i, err
		},
		fold: (*Import).fold,
		values: func(i *Import, k rowKey) []any {
			if i.Columns == nil {
				i.Columns = []imports.Column{}
			}
			state, _ := json.Marshal(importState{i.File, i.Columns, i.Options, i.Mapping, i.Plan, i.Result, i.Undo, i.Failure, i.Destroyed}) // texts and numbers always encode
			return []any{
				asUUID(k.org), asUUID(k.id), string(i.Status), i.Actor, json.RawMessage(state),
				int32(i.Version), i.created, i.Position, i.CreatedAt, i.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

func (i *Import) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(imports.Event)
	if !ok {
		return
	}
	if i.created == 0 {
		i.ID, i.created, i.CreatedAt, i.Actor = e.Stream.ID, e.Position, e.RecordedAt, e.Meta.Actor
	}
	s := imports.Import{File: i.File, Status: i.Status, Columns: i.Columns, Options: i.Options}.Evolve(fact)
	i.File, i.Status, i.Columns, i.Options = s.File, s.Status, s.Columns, s.Options
	switch f := fact.(type) {
	case imports.Uploaded:
		i.Mapping = f.Mapping
	case imports.PlanningStarted:
		i.Mapping = f.Mapping
		i.Plan, i.Result, i.Undo, i.Failure = nil, nil, nil, nil
	case imports.Planned:
		i.Plan = &f.Counts
	case imports.Failed:
		i.Failure = &f
	case imports.Committed:
		i.Result = &f
	case imports.Undone:
		i.Undo = &f
	case imports.FileDestroyed:
		i.Destroyed = f.Why
	case imports.CommitStarted, imports.UndoStarted:
	}
	i.Version, i.Position, i.UpdatedAt = e.Version, e.Position, e.RecordedAt
}
