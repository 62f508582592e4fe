package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore"
)

// TaskQuery says which tasks are looked for; "" and the zero time are any.
type TaskQuery struct {
	Lead      string
	Assignee  string // an id, or Nobody
	Status    string // TaskOpen (also ""), TaskDone, "any"
	DueAfter  time.Time
	DueBefore time.Time // due earlier than this
	After     string    // the Place of the last task of the page before; "" for the first page
	Limit     int
}

// Nobody stands for tasks that nobody is to do.
const Nobody = "nobody"

var taskTable = Tasks().Live().Table("tasks") //nolint:gochecknoglobals // a constant

// Task gives one task that the principal may see, or task.ErrNotFound.
func (q *Queries) Task(ctx context.Context, p access.Principal, id string) (Task, error) {
	w := &where{}
	w.and("tenant_id = ?", p.Org)
	w.and("id = ?", asUUID(id))
	w.parts = append(w.parts, "not deleted")
	shownTasks(p, w)
	var t Task
	b := eventstore.ForOrg(p.Org)
	b.Queue(fmt.Sprintf(`select %s from %s t where %s`, taskColumns, taskTable, w), w.args...).Query(func(rows pgx.Rows) (err error) {
		t, err = pgx.CollectExactlyOneRow(rows, scanTask)
		return err
	})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && !p.Sees(access.Belonging{Owner: t.Assignee}):
		return Task{}, task.ErrNotFound
	case err != nil:
		return Task{}, unavailable(err)
	}
	return t, nil
}

// shownTasks is lead.ShowsTask in SQL: the lead of a task is not deleted, and who sees
// only some leads sees what nobody is to do only about those. It is asked row by row,
// where a join might read every lead of the organization.
func shownTasks(p access.Principal, w *where) {
	shows := "not l.deleted"
	if p.Limited() {
		shows += " and (t.assignee is not null or " + w.sees(p, "l") + ")"
	}
	w.parts = append(w.parts, fmt.Sprintf("coalesce((select %s from %s l where l.tenant_id = $1 and l.id = t.lead), t.lead is null)", shows, searchTable))
}

// TaskPage lists the tasks that the principal may see: the earliest due first, and last
// those that have no time.
func (q *Queries) TaskPage(ctx context.Context, p access.Principal, ask TaskQuery) (Page[Task], error) {
	var page Page[Task]
	branches := ask.branches(p)
	if len(branches) == 0 {
		page.Total.Exact = true
		return page, nil
	}
	sql, args, err := ask.page(branches)
	if err != nil {
		return page, err
	}
	var mark, leads int64
	b := eventstore.ForOrg(p.Org)
	watermarkOf(b, p.Org, Tasks(), &mark)
	watermarkOf(b, p.Org, Leads(), &leads)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		page.Items, err = pgx.CollectRows(rows, scanTask)
		return err
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(page.Items) > ask.Limit; page.More {
		page.Items = page.Items[:ask.Limit]
	}
	// Which tasks are shown hangs on both projections.
	page.Total, err = q.countBranches(ctx, p.Org, fmt.Sprintf("tasks %d", leads), mark, taskTable+" t", branches)
	return page, err
}

// branches are lists that have no task in common and that an index keeps in order each:
// what is open and what is done, what is the principal's and what is nobody's.
func (ask TaskQuery) branches(p access.Principal) (out []*where) {
	only, limited := p.ID, p.Limited()
	assignees := []string{ask.Assignee}
	switch {
	case limited && ask.Assignee == "":
		assignees = []string{only, Nobody}
	case limited && ask.Assignee != only && ask.Assignee != Nobody:
		return nil
	}
	done := []bool{ask.Status == TaskDone}
	if ask.Status == "any" {
		done = []bool{false, true}
	}
	for _, d := range done {
		for _, a := range assignees {
			out = append(out, ask.where(p, d, a))
		}
	}
	return out
}

func (ask TaskQuery) where(p access.Principal, done bool, assignee string) *where {
	w := &where{}
	w.and("t.tenant_id = ?", p.Org)
	w.and("t.done = ?", done)
	w.parts = append(w.parts, "not t.deleted")
	switch {
	case assignee == Nobody:
		w.parts = append(w.parts, "t.assignee is null")
	case assignee != "":
		w.and("t.assignee = ?", asUUID(assignee))
	}
	if ask.Lead != "" {
		w.and("t.lead = ?", asUUID(ask.Lead))
	}
	if !ask.DueAfter.IsZero() {
		w.and("t.due_order >= ?", ask.DueAfter)
	}
	switch {
	case !ask.DueBefore.IsZero():
		w.and("t.due_order < ?", ask.DueBefore)
	case !ask.DueAfter.IsZero():
		w.parts = append(w.parts, "t.due_order < 'infinity'")
	}
	shownTasks(p, w)
	return w
}

func (ask TaskQuery) page(branches []*where) (sql string, args []any, err error) {
	var found []string
	for _, w := range branches {
		page := where{parts: slices.Clone(w.parts), args: slices.Clone(w.args)}
		if ask.After != "" {
			due, created, ok := placeOfTask(ask.After)
			if !ok {
				return "", nil, fmt.Errorf("%q is no place of a task", ask.After)
			}
			page.args = append(page.args, due, created)
			page.parts = append(page.parts, fmt.Sprintf("(t.due_order, t.created_position) > (coalesce(to_timestamp($%d::bigint), 'infinity'), $%d)", len(page.args)-1, len(page.args)))
		}
		one := fmt.Sprintf(`(select %s, due_order from %s t where %s order by due_order, created_position limit %d)`, taskColumns, taskTable, &page, ask.Limit+1)
		found = append(found, shifted(one, len(args)))
		args = append(args, page.args...)
	}
	return fmt.Sprintf(`select %s from (%s) u order by due_order, created_position limit %d`, taskColumns, strings.Join(found, " union all "), ask.Limit+1), args, nil
}

// Place is where a task stands in the order of lists: when it is due, and since when it
// is known.
func (t Task) Place() string {
	due := "-"
	if t.Due != nil {
		due = strconv.FormatInt(t.Due.Unix(), 10)
	}
	return due + " " + strconv.FormatInt(t.created, 10)
}

// Fits tells whether After is a place in the order of tasks.
func (ask TaskQuery) Fits() bool {
	_, _, ok := placeOfTask(ask.After)
	return ok
}

// placeOfTask gives the time, nil for none, and the position of a place.
func placeOfTask(place string) (due *int64, created int64, ok bool) {
	at, position, _ := strings.Cut(place, " ")
	created, err := strconv.ParseInt(position, 10, 64)
	if err != nil || created <= 0 {
		return nil, 0, false
	}
	if at == "-" {
		return nil, created, true
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	return &seconds, created, err == nil && seconds >= 0 && seconds < 1<<34
}
