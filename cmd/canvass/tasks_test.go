package main

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/projections"
)

// TestTaskReminder: in the product as it runs, a task shows that its time has come, and
// the log tells it once.
func TestTaskReminder(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	due := time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339)
	lead := s.capture(t, `{"name":"Ann"}`).ID
	s.ask(t, "POST", "/v1/tasks", `{"title":"Call","lead":"`+lead+`","due":"`+due+`"}`, 201)
	eventually(t, "the task shows its reminder", func() bool {
		list := all[projections.Task](t, s, "/v1/tasks?lead="+lead)
		return len(list) == 1 && list[0].RemindedAt != nil && !list[0].RemindedAt.Before(*list[0].Due)
	})
	reminders := func() int { return total(t, s, "/v1/events?type=task.reminded") }
	eventually(t, "the log shows the reminder", func() bool { return reminders() > 0 })
	if n := reminders(); n != 1 {
		t.Errorf("%d reminders", n)
	}
	s.interrupt()
}
