package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore"
)

// Tasks is what is to be done, and what was. It follows leads too: the words of a task go
// with the lead that they are about.
func Tasks() Projection {
	return Projection{
		Name: "tasks", Version: 1, Tables: []string{"tasks"}, Reads: []string{task.Category, "lead.erased"}, Apply: applyTasks,
		DDL: `create table {tasks} (
			tenant_id uuid not null,
			id uuid not null,
			lead uuid,
			title text,
			due timestamptz,
			assignee uuid,
			done boolean not null,
			completed_at timestamptz,
			reminded_at timestamptz,
			deleted boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			due_order timestamptz not null generated always as (coalesce(due, 'infinity'::timestamptz)) stored, -- what has no time comes last
			primary key (tenant_id, id)
		) with (fillfactor = 90)`,
		Indexes: `create index on {tasks} (tenant_id, done, due_order, created_position) where not deleted;
			create index on {tasks} (tenant_id, assignee, done, due_order, created_position) where not deleted;
			create index on {tasks} (tenant_id, lead, done, due_order, created_position) where not deleted`,
	}
}

// Task is one row; a value that is not known is left out.
type Task struct {
	ID          string     `json:"id" format:"uuid"`
	Lead        string     `json:"lead,omitempty" doc:"Id of the lead that it is about"`
	Title       string     `json:"title,omitempty" doc:"What is to be done; absent when the lead is erased"`
	Due         *time.Time `json:"due,omitempty" doc:"Until when"`
	Assignee    string     `json:"assignee,omitempty" doc:"Id of the member who is to do it"`
	Status      string     `json:"status" enum:"open,done"`
	CompletedAt *time.Time `json:"completed_at,omitempty" doc:"When it was done"`
	RemindedAt  *time.Time `json:"reminded_at,omitempty" doc:"When its time came while it was open"`
	Version     int        `json:"version" doc:"Version of the task, also its ETag"`
	Position    int64      `json:"position" doc:"Position in the log of the task's last fact"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`

	deleted bool
	created int64
}

// The statuses of a task.
const (
	TaskOpen = "open"
	TaskDone = "done"
)

const taskColumns = `id, lead, title, due, assignee, done, completed_at, reminded_at, deleted, version, created_position, position, created_at, updated_at`

func scanTask(row pgx.CollectableRow) (Task, error) {
	t := Task{Status: TaskOpen}
	var done bool
	err := row.Scan(&t.ID, orEmpty(&t.Lead), orEmpty(&t.Title), &t.Due, orEmpty(&t.Assignee), &done, &t.CompletedAt, &t.RemindedAt, &t.deleted,
		&t.Version, &t.created, &t.Position, &t.CreatedAt, &t.UpdatedAt)
	if done {
		t.Status = TaskDone
	}
	t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
	for _, at := range []*time.Time{t.Due, t.CompletedAt, t.RemindedAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return t, err
}

func taskRows() rowFold[Task] {
	return rowFold[Task]{
		table: "tasks", columns: columnsOf(taskColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, t Task, err error) {
			t, err = scanTask(after{row, &k.org})
			k.id = t.ID
			return k, t, err
		},
		fold: (*Task).fold,
		values: func(t *Task, k rowKey) []any {
			return []any{
				asUUID(k.org), asUUID(k.id), asUUID(t.Lead), orNull(t.Title), t.Due, asUUID(t.Assignee), t.Status == TaskDone, t.CompletedAt, t.RemindedAt, t.deleted,
				int32(t.Version), t.created, t.Position, t.CreatedAt, t.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// applyTasks folds the facts of tasks, and takes the words from tasks whose lead is
// erased: nothing is written about an erased lead any more, so that it can be done last.
func applyTasks(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	tasks := make([]eventstore.Recorded, 0, len(batch))
	var orgs, leads pgtype.FlatArray[pgtype.UUID]
	for _, e := range batch {
		if e.Stream.Category == task.Category {
			tasks = append(tasks, e)
		} else if _, erased := e.Fact.(lead.Erased); erased {
			orgs, leads = append(orgs, asUUID(e.Org)), append(leads, asUUID(e.Stream.ID))
		}
	}
	if err := taskRows().apply(ctx, tx, at, tasks); err != nil || len(leads) == 0 {
		return err
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`update %s t set title = null from (select distinct o, l from unnest($1::uuid[], $2::uuid[]) x(o, l)) u
		where t.tenant_id = u.o and t.lead = u.l and not t.deleted`, at.Table("tasks")), orgs, leads)
	return err
}

// fold is the task's own Evolve, so that the row and the rules never disagree.
func (t *Task) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(task.Event)
	if !ok {
		return
	}
	if t.created == 0 {
		t.ID, t.created, t.CreatedAt = e.Stream.ID, e.Position, e.RecordedAt
	}
	s := task.Task{Lead: t.Lead, Title: t.Title, Assignee: t.Assignee, Done: t.Status == TaskDone, Deleted: t.deleted}
	if t.Due != nil {
		s.Due = t.Due.Format(time.RFC3339)
	}
	s = s.Evolve(fact)
	t.Lead, t.Title, t.Assignee, t.Status, t.deleted = s.Lead, s.Title, s.Assignee, TaskOpen, s.Deleted
	if s.Done {
		t.Status = TaskDone
	}
	t.Due = nil
	if due, err := time.Parse(time.RFC3339, s.Due); err == nil {
		t.Due = &due
	}
	switch fact.(type) {
	case task.Completed:
		t.CompletedAt = &e.RecordedAt
	case task.Reopened:
		t.CompletedAt = nil
	case task.Reminded:
		t.RemindedAt = &e.RecordedAt
	case task.Rescheduled:
		t.RemindedAt = nil
	case task.Deleted:
		t.Title = "" // nothing brings it back
	case task.Created, task.Renamed, task.Assigned:
	}
	t.Version, t.Position, t.UpdatedAt = e.Version, e.Position, e.RecordedAt
}
