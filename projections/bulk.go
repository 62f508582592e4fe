package projections

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/eventstore"
)

// BulkActions is the list of bulk actions and where each stands.
func BulkActions() Projection {
	return Projection{
		Name: "bulk_actions", Version: 1, Tables: []string{"bulk_actions"}, Reads: []string{bulk.Category}, Apply: bulkRows().apply,
		DDL: `create table {bulk_actions} (
			tenant_id uuid not null,
			id uuid not null,
			phase text not null,
			actor text not null,
			correlation text not null,
			state json not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		)`,
		Indexes: `create index on {bulk_actions} (tenant_id, created_position);
			create index on {bulk_actions} (tenant_id, actor, created_position)`,
	}
}

// BulkAction is one row.
type BulkAction struct {
	ID          string     `json:"id" format:"uuid"`
	Phase       bulk.Phase `json:"phase" enum:"running,finished,failed,undoing,undone"`
	Actor       string     `json:"actor" doc:"Who asked for it"`
	Correlation string     `json:"correlation" doc:"The chain of causes that all of its facts carry"`
	BulkState
	Progress  *BulkProgress `json:"progress,omitempty" doc:"How far it is, while it is under way"`
	Version   int           `json:"version" doc:"Version of the action, also its ETag"`
	Position  int64         `json:"position" doc:"Position in the log of the action's last fact"`
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`

	created int64
}

// BulkState is what the action is about, and what has become of it.
type BulkState struct {
	Action    bulk.Action    `json:"action"`
	Selection bulk.Selection `json:"selection"`
	Result    *bulk.Counts   `json:"result,omitempty" doc:"What it has done"`
	Failure   *bulk.Failed   `json:"failure,omitempty" doc:"Why it could not begin"`
	Undo      *bulk.Undone   `json:"undo,omitempty" doc:"What was taken back, and what was kept"`
}

// BulkProgress is how far an action is.
type BulkProgress struct {
	Leads    int64 `json:"leads" doc:"That are gone through"`
	Selected int64 `json:"selected,omitempty"`
}

// Created is the action's place in the list.
func (b BulkAction) Created() int64 { return b.created }

const bulkColumns = `id, phase, actor, correlation, state, version, created_position, position, created_at, updated_at`

func scanBulk(row pgx.CollectableRow) (BulkAction, error) {
	var b BulkAction
	var state []byte
	if err := row.Scan(&b.ID, &b.Phase, &b.Actor, &b.Correlation, &state, &b.Version, &b.created, &b.Position, &b.CreatedAt, &b.UpdatedAt); err != nil {
		return b, err
	}
	b.CreatedAt, b.UpdatedAt = b.CreatedAt.UTC(), b.UpdatedAt.UTC()
	return b, json.Unmarshal(state, &b.BulkState)
}

func bulkRows() rowFold[BulkAction] {
	return rowFold[BulkAction]{
		table: "bulk_actions", columns: columnsOf(bulkColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, b BulkAction, err error) {
			b, err = scanBulk(after{row, &k.org})
			k.id = b.ID
			return k, b, err
		},
		fold: (*BulkAction).fold,
		values: func(b *BulkAction, k rowKey) []any {
			state, _ := json.Marshal(b.BulkState) // texts and numbers always encode
			return []any{
				asUUID(k.org), asUUID(k.id), string(b.Phase), b.Actor, b.Correlation, json.RawMessage(state),
				int32(b.Version), b.created, b.Position, b.CreatedAt, b.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

func (b *BulkAction) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(bulk.Event)
	if !ok {
		return
	}
	if b.created == 0 {
		b.ID, b.created, b.CreatedAt, b.Actor, b.Correlation = e.Stream.ID, e.Position, e.RecordedAt, e.Meta.Actor, e.Meta.Correlation
	}
	b.Phase = bulk.Bulk{Phase: b.Phase}.Evolve(fact).Phase
	switch f := fact.(type) {
	case bulk.Started:
		b.Action, b.Selection = f.Action, f.Selection
	case bulk.Finished:
		b.Result = &f.Counts
	case bulk.Failed:
		b.Failure = &f
	case bulk.Undone:
		b.Undo = &f
	case bulk.UndoStarted:
	}
	b.Version, b.Position, b.UpdatedAt = e.Version, e.Position, e.RecordedAt
}
