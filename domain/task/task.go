// Package task decides what may happen to one task: something that a member is to do,
// about a lead or about nobody. The rules:
//
//  1. A task needs a title. Whom it is about never changes.
//  2. A task may be due in the past from the start: somebody writes down what is late.
//  3. A task that is done changes only by being reopened or deleted.
//  4. Nobody is reminded of a task that is done, or of a time that is no longer its own,
//     and of one time only once, unless it was moved away and back.
//  5. A deleted task is gone.
//  6. Asking for what is already so decides nothing.
package task

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/values"
)

// MaxTitle is the longest title, in characters.
const MaxTitle = 500

// The years in which a task can be due: what lies outside is a slip.
const (
	firstYear = 2000
	lastYear  = 2100
)

// The refusals of a task.
var (
	ErrNotFound  = &domain.Error{Kind: domain.NotFound, Code: "task.not_found", Message: "there is no such task"}
	ErrExists    = &domain.Error{Kind: domain.Conflict, Code: "task.exists", Message: "the task exists already"}
	ErrCompleted = &domain.Error{Kind: domain.Conflict, Code: "task.completed", Message: "the task is done: reopen it first"}
)

// Category names the streams of tasks.
const Category = "task"

// Stream names the stream of one task.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Task is what the rules need to remember of one task.
type Task struct {
	Lead, Title, Due, Assignee string

	Known    bool
	Done     bool
	Deleted  bool
	Reminded string // of which time
}

// Evolve folds one fact into the state.
func (t Task) Evolve(e Event) Task {
	switch e := e.(type) {
	case Created:
		t.Lead, t.Title, t.Due, t.Assignee, t.Known = e.Lead, e.Title, e.Due, e.Assignee, true
	case Renamed:
		t.Title = e.To
	case Rescheduled:
		t.Due = e.To
	case Assigned:
		t.Assignee = e.To
	case Completed:
		t.Done = true
	case Reopened:
		t.Done = false
	case Deleted:
		t.Deleted = true
	case Reminded:
		t.Reminded = e.Due
	}
	return t
}

// Belongs implements access.Owned: a task is the member's who is to do it.
func (t Task) Belongs() access.Belonging { return access.Belonging{Owner: t.Assignee} }

// Create opens a task.
func (t Task) Create(lead, title, due, assignee string) ([]Event, error) {
	if t.Known {
		return nil, ErrExists
	}
	title, faults := titled(title)
	due, wrong := Instant("due", due)
	faults = append(append(faults, wrong...), idFaults("assignee", assignee, "a member")...)
	if err := domain.Refuse(append(faults, idFaults("lead", lead, "a lead")...)); err != nil {
		return nil, err
	}
	return []Event{Created{Lead: lead, Title: title, Due: due, Assignee: assignee}}, nil
}

// Patch is an edit: nil leaves a value as it is; "" takes a due time or an assignee away.
type Patch struct {
	Title, Due, Assignee *string
}

// Edit changes what is to be done, until when, and by whom.
func (t Task) Edit(p Patch) ([]Event, error) {
	switch {
	case !t.there():
		return nil, ErrNotFound
	case t.Done:
		return nil, ErrCompleted
	}
	var out []Event
	var faults []domain.Field
	if p.Title != nil {
		title, wrong := titled(*p.Title)
		if faults = append(faults, wrong...); title != t.Title {
			out = append(out, Renamed{Lead: t.Lead, From: t.Title, To: title})
		}
	}
	if p.Due != nil {
		due, wrong := Instant("due", *p.Due)
		if faults = append(faults, wrong...); due != t.Due {
			out = append(out, Rescheduled{From: t.Due, To: due})
		}
	}
	if p.Assignee != nil {
		if faults = append(faults, idFaults("assignee", *p.Assignee, "a member")...); *p.Assignee != t.Assignee {
			out = append(out, Assigned{From: t.Assignee, To: *p.Assignee})
		}
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return out, nil
}

// Complete says that the task is done.
func (t Task) Complete() ([]Event, error) {
	switch {
	case !t.there():
		return nil, ErrNotFound
	case t.Done:
		return nil, nil
	}
	return []Event{Completed{}}, nil
}

// Reopen says that the task is to be done all the same.
func (t Task) Reopen() ([]Event, error) {
	switch {
	case !t.there():
		return nil, ErrNotFound
	case !t.Done:
		return nil, nil
	}
	return []Event{Reopened{Due: t.Due}}, nil
}

// Delete takes the task out of every list.
func (t Task) Delete() ([]Event, error) {
	switch {
	case !t.Known:
		return nil, ErrNotFound
	case t.Deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}

// RecordReminder notes that the time has come, if it still is the task's own and the
// task is still to be done.
func (t Task) RecordReminder(due string) ([]Event, error) {
	switch {
	case !t.Known:
		return nil, ErrNotFound
	case t.Done || t.Deleted || due == "" || due != t.Due || due == t.Reminded:
		return nil, nil
	}
	return []Event{Reminded{Due: due}}, nil
}

func (t Task) there() bool { return t.Known && !t.Deleted }

func titled(title string) (string, []domain.Field) {
	title, faults := values.Line("title", title, MaxTitle)
	if title == "" && len(faults) == 0 {
		faults = values.Fault("title", "say what is to be done")
	}
	return title, faults
}

// Instant brings a time into the form of a task's facts.
func Instant(field, v string) (string, []domain.Field) {
	if v == "" {
		return "", nil
	}
	at, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return "", values.Fault(field, "is no time like 2026-01-31T09:00:00Z (RFC 3339)")
	}
	if at = at.UTC(); at.Year() < firstYear || at.Year() > lastYear {
		return "", values.Fault(field, "is not between the years 2000 and 2100")
	}
	return at.Truncate(time.Second).Format(time.RFC3339), nil
}

func idFaults(field, id, whose string) []domain.Field {
	if id == "" || values.IsUUID(id) {
		return nil
	}
	return values.Fault(field, "is not the id (a UUID) of "+whose)
}
