package commands_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/task"
)

type (
	taskFacts = []task.Event
	taskRow   = spec[task.Task, task.Event]
)

const (
	call     = "01900000-0000-7000-8000-0000000000f1"
	monday   = "2026-01-05T12:00:00Z"
	tuesday  = "2026-01-06T12:00:00Z"
	longText = 501
)

var (
	created = task.Created{Lead: ann, Title: "Call Ann", Due: monday, Assignee: me}
	undated = task.Created{Title: "Tidy up"}
	done    = taskFacts{created, task.Completed{}}
	deleted = taskFacts{created, task.Deleted{}}
)

// notThere is how every command on a task that is not there is refused.
func notThere(when commands.Command[task.Task, task.Event]) []taskRow {
	return []taskRow{
		{name: "nothing: refused", when: when, err: task.ErrNotFound},
		{name: "deleted: refused", given: deleted, when: when, err: task.ErrNotFound},
	}
}

func TestCreateTask(t *testing.T) {
	t.Parallel()
	check(t, []taskRow{
		{name: "title alone: made", when: commands.CreateTask{ID: call, Title: " Tidy up "}, then: taskFacts{undated}},
		{
			name: "everything: in its one form", when: commands.CreateTask{ID: call, Lead: ann, Title: "Call Ann", Due: "2026-01-05T13:00:00.75+01:00", Assignee: me},
			then: taskFacts{created},
		},
		{name: "late already: made", when: commands.CreateTask{ID: call, Title: "Tidy up", Due: "2001-01-01T00:00:00Z"}, then: taskFacts{task.Created{Title: "Tidy up", Due: "2001-01-01T00:00:00Z"}}},
		{
			name: "several faults: all named", when: commands.CreateTask{ID: call, Lead: "Ann", Title: strings.Repeat("x", longText), Due: "tomorrow", Assignee: strings.ToUpper(me)},
			err: errInvalid, fields: []string{"title", "due", "assignee", "lead"},
		},
		{name: "no title: refused", when: commands.CreateTask{ID: call, Title: " "}, err: errInvalid, fields: []string{"title"}},
		{name: "title of two lines: refused", when: commands.CreateTask{ID: call, Title: "a\nb"}, err: errInvalid, fields: []string{"title"}},
		{name: "a time that is a slip: refused", when: commands.CreateTask{ID: call, Title: "x", Due: "0206-01-05T12:00:00Z"}, err: errInvalid, fields: []string{"due"}},
		{name: "a time after all: refused", when: commands.CreateTask{ID: call, Title: "x", Due: "2100-12-31T23:30:00-01:00"}, err: errInvalid, fields: []string{"due"}},
		{name: "there: refused", given: taskFacts{created}, when: commands.CreateTask{ID: call, Title: "x"}, err: task.ErrExists},
	}...)
}

func TestEditTask(t *testing.T) {
	t.Parallel()
	edit := func(p task.Patch) commands.EditTask { return commands.EditTask{ID: call, Patch: p} }
	check(t, append([]taskRow{
		{name: "nothing named: nothing new", given: taskFacts{created}, when: edit(task.Patch{})},
		{name: "the same: nothing new", given: taskFacts{created}, when: edit(task.Patch{Title: new(" Call Ann"), Due: new("2026-01-05T11:00:00-01:00"), Assignee: new(me)})},
		{
			name: "everything: a fact each", given: taskFacts{created}, when: edit(task.Patch{Title: new("Write"), Due: new(tuesday), Assignee: new(you)}),
			then: taskFacts{task.Renamed{Lead: ann, From: "Call Ann", To: "Write"}, task.Rescheduled{From: monday, To: tuesday}, task.Assigned{From: me, To: you}},
		},
		{
			name: "taken away: nobody's, at no time", given: taskFacts{created}, when: edit(task.Patch{Due: new(""), Assignee: new("")}),
			then: taskFacts{task.Rescheduled{From: monday}, task.Assigned{From: me}},
		},
		{name: "no title: refused", given: taskFacts{created}, when: edit(task.Patch{Title: new("")}), err: errInvalid, fields: []string{"title"}},
		{name: "all at fault: all named", given: taskFacts{created}, when: edit(task.Patch{Title: new("\x00"), Due: new("now"), Assignee: new("me")}), err: errInvalid, fields: []string{"title", "due", "assignee"}},
		{name: "done: refused", given: done, when: edit(task.Patch{Title: new("x")}), err: task.ErrCompleted},
		{name: "reopened: edited", given: append(done[:2:2], task.Reopened{Due: monday}), when: edit(task.Patch{Due: new(tuesday)}), then: taskFacts{task.Rescheduled{From: monday, To: tuesday}}},
	}, notThere(edit(task.Patch{Title: new("x")}))...)...)
}

func TestCompleteTask(t *testing.T) {
	t.Parallel()
	check(t, append([]taskRow{
		{name: "open: done", given: taskFacts{created}, when: commands.CompleteTask{ID: call}, then: taskFacts{task.Completed{}}},
		{name: "done: nothing new", given: done, when: commands.CompleteTask{ID: call}},
	}, notThere(commands.CompleteTask{ID: call})...)...)
	check(t, append([]taskRow{
		{name: "done: open again", given: done, when: commands.ReopenTask{ID: call}, then: taskFacts{task.Reopened{Due: monday}}},
		{name: "open: nothing new", given: taskFacts{created}, when: commands.ReopenTask{ID: call}},
	}, notThere(commands.ReopenTask{ID: call})...)...)
}

func TestDeleteTask(t *testing.T) {
	t.Parallel()
	check(t, []taskRow{
		{name: "open: deleted", given: taskFacts{created}, when: commands.DeleteTask{ID: call}, then: taskFacts{task.Deleted{}}},
		{name: "done: deleted", given: done, when: commands.DeleteTask{ID: call}, then: taskFacts{task.Deleted{}}},
		{name: "deleted: nothing new", given: deleted, when: commands.DeleteTask{ID: call}},
		{name: "nothing: refused", when: commands.DeleteTask{ID: call}, err: task.ErrNotFound},
	}...)
}

func TestRecordTaskReminder(t *testing.T) {
	t.Parallel()
	remind := func(due string) commands.RecordTaskReminder { return commands.RecordTaskReminder{ID: call, Due: due} }
	moved := task.Rescheduled{From: monday, To: tuesday}
	reminded := task.Reminded{Due: monday}
	check(t, []taskRow{
		{name: "its time: reminded", given: taskFacts{created}, when: remind(monday), then: taskFacts{reminded}},
		{name: "reminded: nothing new", given: taskFacts{created, reminded}, when: remind(monday)},
		{name: "moved: not at the old time", given: taskFacts{created, moved}, when: remind(monday)},
		{name: "moved: at the new time", given: taskFacts{created, moved}, when: remind(tuesday), then: taskFacts{task.Reminded{Due: tuesday}}},
		{name: "reminded and moved: again at the new time", given: taskFacts{created, reminded, moved}, when: remind(tuesday), then: taskFacts{task.Reminded{Due: tuesday}}},
		{name: "moved and back: once", given: taskFacts{created, moved, task.Rescheduled{From: tuesday, To: monday}, reminded}, when: remind(monday)},
		{name: "no time any more: nothing", given: taskFacts{created, task.Rescheduled{From: monday}}, when: remind("")},
		{name: "done: nothing", given: done, when: remind(monday)},
		{name: "done and reopened: reminded", given: append(done[:2:2], task.Reopened{Due: monday}), when: remind(monday), then: taskFacts{reminded}},
		{name: "deleted: nothing", given: deleted, when: remind(monday)},
		{name: "nothing: refused", when: remind(monday), err: task.ErrNotFound},
	}...)
}
