package http

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/projections"
)

// taskBody is a task as it is made.
type taskBody struct {
	Lead     string `json:"lead,omitempty" doc:"Id of the lead that it is about; empty for none"`
	Title    string `json:"title" doc:"What is to be done, up to 500 characters" example:"Send the quote"`
	Due      string `json:"due,omitempty" doc:"Until when (RFC 3339, to the second); its assignee is reminded then. Empty for no time" example:"2026-01-31T09:00:00Z"`
	Assignee string `json:"assignee,omitempty" doc:"Id of the member who is to do it; empty for nobody"`
}

// taskPatch changes what it names; an empty string takes a due time or an assignee away.
type taskPatch struct {
	Title    *string `json:"title,omitempty"`
	Due      *string `json:"due,omitempty" doc:"RFC 3339, to the second" example:"2026-01-31T09:00:00Z"`
	Assignee *string `json:"assignee,omitempty"`
}

// TaskPath names a task; it is exported because huma fills no other.
type TaskPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The task"`
}

type (
	createTaskInput struct {
		Conditions
		Body taskBody
	}
	editTaskInput struct {
		TaskPath
		Conditions
		Body taskPatch
	}
	bareTaskInput struct {
		TaskPath
		Conditions
	}
	getTaskInput struct {
		TaskPath
		Freshness
		Held
	}
	listTasksInput struct {
		Freshness
		Paging
		Lead      string    `query:"lead" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case"`
		Assignee  string    `query:"assignee" pattern:"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|nobody)$" patternDescription:"UUID in lower case, or nobody"`
		Status    string    `query:"status" enum:"open,done,any" default:"open"`
		DueAfter  time.Time `query:"due_after" doc:"Due at or after this time (RFC 3339)"`
		DueBefore time.Time `query:"due_before" doc:"Due before this time (RFC 3339)"`
	}
)

// Resolve implements huma.Resolver. The zero time, which means that none was given, can
// be given too: then it is the moment behind it.
func (in *listTasksInput) Resolve(ctx huma.Context) []error {
	for name, at := range map[string]*time.Time{"due_after": &in.DueAfter, "due_before": &in.DueBefore} {
		if at.IsZero() && ctx.Query(name) != "" {
			*at = at.Add(time.Microsecond)
		}
	}
	return nil
}

func (s *Server) tasks() {
	const one = "/v1/tasks/{id}"
	handle(s, op(http.MethodPost, "/v1/tasks", "createTask", "Make a task, about a lead or about none", creates, refuses(lead.ErrNotFound, domain.ErrErased)), access.WriteTasks, s.createTask)
	handle(s, op(http.MethodGet, "/v1/tasks", "listTasks", "List tasks, the earliest due first and last those that have no time"), access.ReadTasks, s.listTasks)
	handle(s, op(http.MethodGet, one, "getTask", "Show one task", mayBeHeld, refuses(task.ErrNotFound)), access.ReadTasks, s.getTask)
	handle(s, op(http.MethodPatch, one, "editTask", "Change what is to be done, until when, and by whom", refuses(task.ErrNotFound, task.ErrCompleted, domain.ErrErased)), access.WriteTasks, s.editTask)
	handle(s, op(http.MethodDelete, one, "deleteTask", "Take the task out of every list, for good", refuses(task.ErrNotFound)), access.WriteTasks, func(ctx context.Context, in *bareTaskInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "deleteTask", in.ID, nil, commands.DeleteTask{ID: in.ID})
	})
	handle(s, op(http.MethodPost, one+"/complete", "completeTask", "Say that the task is done", refuses(task.ErrNotFound)), access.WriteTasks, func(ctx context.Context, in *bareTaskInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "completeTask", in.ID, nil, commands.CompleteTask{ID: in.ID})
	})
	handle(s, op(http.MethodPost, one+"/reopen", "reopenTask", "Say that the task is to be done all the same", refuses(task.ErrNotFound)), access.WriteTasks, func(ctx context.Context, in *bareTaskInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "reopenTask", in.ID, nil, commands.ReopenTask{ID: in.ID})
	})
}

// mayAssign refuses a principal who gives a task to somebody else and may not.
func mayAssign(p access.Principal, assignee string) error {
	if assignee != "" && assignee != p.ID && !p.May(access.AssignTasks) {
		return domain.ErrForbidden
	}
	return nil
}

func (s *Server) createTask(ctx context.Context, in *createTaskInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	b := in.Body
	if err := mayAssign(principalOf(ctx), b.Assignee); err != nil {
		return nil, err
	}
	out, err := execute(ctx, s, in.Conditions, "createTask", "", b, commands.CreateTask{ID: commands.NewID(), Lead: b.Lead, Title: b.Title, Due: b.Due, Assignee: b.Assignee})
	return createdAt("/v1/tasks/", out, err)
}

func (s *Server) editTask(ctx context.Context, in *editTaskInput) (*receiptOutput, error) {
	if to := in.Body.Assignee; to != nil {
		if err := mayAssign(principalOf(ctx), *to); err != nil {
			return nil, err
		}
	}
	return execute(ctx, s, in.Conditions, "editTask", in.ID, in.Body, commands.EditTask{ID: in.ID, Patch: task.Patch(in.Body)})
}

// awaitTasks waits for all that tells which tasks are shown.
func (s *Server) awaitTasks(ctx context.Context, f Freshness) error {
	if err := s.await(ctx, f, projections.Leads()); err != nil {
		return err
	}
	return s.await(ctx, f, projections.Tasks())
}

func (s *Server) getTask(ctx context.Context, in *getTaskInput) (*shownOutput[projections.Task], error) {
	if err := s.awaitTasks(ctx, in.Freshness); err != nil {
		return nil, err
	}
	t, err := s.queries.Task(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shownNow(in.Held, t.Version, t.Position, t)
}

func (s *Server) listTasks(ctx context.Context, in *listTasksInput) (*listOutput[projections.Task], error) {
	if err := s.awaitTasks(ctx, in.Freshness); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	q := projections.TaskQuery{Lead: in.Lead, Assignee: in.Assignee, Status: in.Status, DueAfter: in.DueAfter.UTC(), DueBefore: in.DueBefore.UTC(), Limit: in.Limit}
	list := taskList(p, q)
	var err error
	if q.After, err = parsePlace(in.Cursor, list); err != nil {
		return nil, err
	}
	if q.After != "" && !q.Fits() {
		return nil, badCursor("is not a cursor of this API")
	}
	page, err := s.queries.TaskPage(ctx, p, q)
	if err != nil {
		return nil, err
	}
	return found(page, list, projections.Task.Place), nil
}

// taskList names the list of a query, for its cursors.
func taskList(p access.Principal, q projections.TaskQuery) uint64 {
	return listID("tasks", p.Org, q.Lead, q.Assignee, q.Status, q.DueAfter, q.DueBefore)
}
