package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/domain/values"
)

// CreateTask opens a task, on a lead that whoever asks may see, or on none.
type CreateTask struct{ ID, Lead, Title, Due, Assignee string }

// Stream implements Command.
func (c CreateTask) Stream() domain.StreamID { return task.Stream(c.ID) }

// Needs implements Command.
func (CreateTask) Needs() domain.Permission { return access.WriteTasks }

// Opens implements Opening.
func (CreateTask) Opens() {}

// Guard implements Guarded.
func (c CreateTask) Guard(task.Task) Guard {
	if !values.IsUUID(c.Lead) {
		return Guard{}
	}
	return Guard{Stream: lead.Stream(c.Lead), Still: true, Allow: func(p access.Principal, facts []any) error {
		return leadOf(facts).TakesTasks(p.Sees)
	}}
}

// Decide implements Command.
func (c CreateTask) Decide(t task.Task, _ time.Time) ([]task.Event, error) {
	return t.Create(c.Lead, c.Title, c.Due, c.Assignee)
}

// EditTask changes what is to be done, until when, and by whom.
type EditTask struct {
	ID    string
	Patch task.Patch
}

// Stream implements Command.
func (c EditTask) Stream() domain.StreamID { return task.Stream(c.ID) }

// Needs implements Command.
func (EditTask) Needs() domain.Permission { return access.WriteTasks }

// Guard implements Guarded.
func (c EditTask) Guard(t task.Task) Guard {
	g := onLead(t)
	if allow := g.Allow; c.Patch.Title != nil && allow != nil {
		g.Still = true // words about an erased person are not to be written
		g.Allow = func(p access.Principal, facts []any) error {
			if err := allow(p, facts); err != nil || !leadOf(facts).Erased {
				return err
			}
			return domain.ErrErased
		}
	}
	return g
}

// Decide implements Command.
func (c EditTask) Decide(t task.Task, _ time.Time) ([]task.Event, error) { return t.Edit(c.Patch) }

// CompleteTask says that the task is done.
type CompleteTask struct{ ID string }

// Stream implements Command.
func (c CompleteTask) Stream() domain.StreamID { return task.Stream(c.ID) }

// Needs implements Command.
func (CompleteTask) Needs() domain.Permission { return access.WriteTasks }

// Guard implements Guarded.
func (CompleteTask) Guard(t task.Task) Guard { return onLead(t) }

// Decide implements Command.
func (CompleteTask) Decide(t task.Task, _ time.Time) ([]task.Event, error) { return t.Complete() }

// ReopenTask says that the task is to be done all the same.
type ReopenTask struct{ ID string }

// Stream implements Command.
func (c ReopenTask) Stream() domain.StreamID { return task.Stream(c.ID) }

// Needs implements Command.
func (ReopenTask) Needs() domain.Permission { return access.WriteTasks }

// Guard implements Guarded.
func (ReopenTask) Guard(t task.Task) Guard { return onLead(t) }

// Decide implements Command.
func (ReopenTask) Decide(t task.Task, _ time.Time) ([]task.Event, error) { return t.Reopen() }

// DeleteTask takes the task out of every list.
type DeleteTask struct{ ID string }

// Stream implements Command.
func (c DeleteTask) Stream() domain.StreamID { return task.Stream(c.ID) }

// Needs implements Command.
func (DeleteTask) Needs() domain.Permission { return access.WriteTasks }

// Guard implements Guarded.
func (DeleteTask) Guard(t task.Task) Guard { return onLead(t) }

// Decide implements Command.
func (DeleteTask) Decide(t task.Task, _ time.Time) ([]task.Event, error) { return t.Delete() }

// RecordTaskReminder notes that the time of a task has come.
type RecordTaskReminder struct{ ID, Due string }

// Stream implements Command.
func (c RecordTaskReminder) Stream() domain.StreamID { return task.Stream(c.ID) }

// Needs implements Command.
func (RecordTaskReminder) Needs() domain.Permission { return access.RecordOutcomes }

// Guard implements Guarded.
func (RecordTaskReminder) Guard(t task.Task) Guard { return onLead(t) }

// Decide implements Command.
func (c RecordTaskReminder) Decide(t task.Task, _ time.Time) ([]task.Event, error) {
	return t.RecordReminder(c.Due)
}

// onLead asks the lead that a task is about whether the task is to be seen.
func onLead(t task.Task) Guard {
	if t.Lead == "" {
		return Guard{}
	}
	return Guard{Stream: lead.Stream(t.Lead), Allow: func(p access.Principal, facts []any) error {
		if !leadOf(facts).ShowsTask(t.Assignee, p.Sees) {
			return task.ErrNotFound
		}
		return nil
	}}
}

func leadOf(facts []any) (l lead.Lead) {
	for _, f := range facts {
		if e, ok := f.(lead.Event); ok {
			l = l.Evolve(e)
		}
	}
	return l
}
