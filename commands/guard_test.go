package commands_test

import (
	"errors"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
)

func (o *office) task(call commands.Call, cmd commands.Command[task.Task, task.Event]) error {
	o.Helper()
	_, err := commands.Execute(o.Context(), o.runner, call, cmd)
	return err
}

// onLead makes a task about a lead, as an admin.
func (o *office) onLead(id, assignee string) string {
	o.Helper()
	made := commands.NewID()
	if err := o.task(o.by(access.Admin, me), commands.CreateTask{ID: made, Lead: id, Title: "Call", Assignee: assignee}); err != nil {
		o.Fatal(err)
	}
	return made
}

// A task is made on a lead that its maker may see and that is at work.
func TestTaskNeedsItsLead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mine, yours, erased, deleted, archived := o.capture(me, ""), o.capture(you, ""), o.capture(me, ""), o.capture(me, ""), o.capture(me, "")
	o.must(commands.EraseLead{ID: erased})
	o.must(commands.DeleteLead{ID: deleted})
	o.must(commands.ArchiveLead{ID: archived})
	theirs := o.capture(you, "")
	o.must(commands.ArchiveLead{ID: theirs})
	for _, c := range []struct {
		name string
		role access.Role
		lead string
		err  error
	}{
		{"mine", access.User, mine, nil},
		{"nobody's", access.User, o.capture("", ""), nil},
		{"none", access.User, "", nil},
		{"yours", access.User, yours, lead.ErrNotFound},
		{"yours, for a manager", access.Manager, yours, nil},
		{"not there", access.Admin, commands.NewID(), lead.ErrNotFound},
		{"erased", access.Admin, erased, lead.ErrNotFound},
		{"deleted", access.Admin, deleted, lead.ErrNotFound},
		{"archived", access.Admin, archived, lead.ErrArchived},
		{"archived, for who may not know", access.User, theirs, lead.ErrNotFound},
	} {
		if err := o.task(o.by(c.role, me), commands.CreateTask{ID: commands.NewID(), Lead: c.lead, Title: "Call"}); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// One that is erased while the task is being made takes no words any more.
	o.store.before = func(n int, _ domain.Commit) error { o.overtake(mine, lead.Erased{}); return nil }
	if err := o.task(o.by(access.Admin, me), commands.CreateTask{ID: commands.NewID(), Lead: mine, Title: "Call"}); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("erased meanwhile: %v", err)
	}
}

// Who may work on a task: whose it is, and on nobody's who may see its lead; nobody, when
// the lead is deleted.
func TestTaskOfALead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mine, yours := o.capture(me, ""), o.capture(you, "")
	deleted := o.capture(me, "")
	ofDeleted := o.onLead(deleted, me)
	o.must(commands.DeleteLead{ID: deleted})
	for _, c := range []struct {
		name, id string
		ok       bool
	}{
		{"nobody's on mine", o.onLead(mine, ""), true},
		{"nobody's on yours", o.onLead(yours, ""), false},
		{"mine on yours", o.onLead(yours, me), true},
		{"yours on mine", o.onLead(mine, you), false},
		{"yours on none", o.onLead("", you), false},
		{"nobody's on none", o.onLead("", ""), true},
		{"mine on one that is deleted", ofDeleted, false},
		{"not there", commands.NewID(), false},
	} {
		for name, cmd := range map[string]commands.Command[task.Task, task.Event]{
			"edit": commands.EditTask{ID: c.id, Patch: task.Patch{Title: new("Write")}}, "complete": commands.CompleteTask{ID: c.id}, "reopen": commands.ReopenTask{ID: c.id},
			"a bad edit": commands.EditTask{ID: c.id, Patch: task.Patch{Due: new("?")}}, "delete": commands.DeleteTask{ID: c.id},
		} {
			call := o.by(access.User, me)
			if !c.ok {
				call.IfMatch = []int{7}
				if err := o.task(call, cmd); !errors.Is(err, task.ErrNotFound) {
					t.Errorf("%s, %s: %v", c.name, name, err)
				}
			} else if err := o.task(call, commands.CompleteTask{ID: c.id}); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	if err := o.task(o.by(access.Admin, me), commands.DeleteTask{ID: ofDeleted}); !errors.Is(err, task.ErrNotFound) {
		t.Errorf("on a deleted lead, for an admin: %v", err)
	}
	// What is left of a task about an erased person can be done, but not put in words.
	id := o.onLead(mine, me)
	o.must(commands.EraseLead{ID: mine})
	if err := o.task(o.by(access.User, me), commands.EditTask{ID: id, Patch: task.Patch{Title: new("Write")}}); !errors.Is(err, domain.ErrErased) {
		t.Errorf("words about an erased person: %v", err)
	}
	for _, cmd := range []commands.Command[task.Task, task.Event]{commands.EditTask{ID: id, Patch: task.Patch{Due: new(monday)}}, commands.CompleteTask{ID: id}, commands.DeleteTask{ID: id}} {
		if err := o.task(o.by(access.User, me), cmd); err != nil {
			t.Errorf("on an erased person: %T: %v", cmd, err)
		}
	}
}

// A lead that changes meanwhile is asked again; it is no lost race on the task.
func TestGuardIsNoPrecondition(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.capture(me, "")
	made := o.onLead(id, me)
	call := o.by(access.User, me)
	call.IfMatch = []int{1}
	o.store.commits = nil
	o.store.before = func(n int, _ domain.Commit) error {
		if n == 1 {
			o.overtake(id, lead.Edited{})
		}
		return nil
	}
	if err := o.task(call, commands.EditTask{ID: made, Patch: task.Patch{Title: new("Write")}}); err != nil || len(o.store.commits) != 2 {
		t.Errorf("%v after %d appends", err, len(o.store.commits))
	}
	if _, err := commands.ExecuteMany(t.Context(), o.runner, o.by(access.Admin, me), []commands.Command[task.Task, task.Event]{commands.CompleteTask{ID: made}}); err == nil {
		t.Error("a command that asks another record was one of many, and nobody was asked")
	}
}
