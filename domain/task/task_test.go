package task_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/task"
)

func TestInstant(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                               "",
		"2026-01-31T09:00:00Z":           "2026-01-31T09:00:00Z",
		"2026-01-31T09:00:00.999999999Z": "2026-01-31T09:00:00Z",
		"2026-01-31T00:30:00+02:00":      "2026-01-30T22:30:00Z",
		"2000-01-01T00:00:00Z":           "2000-01-01T00:00:00Z",
		"2100-12-31T23:59:59Z":           "2100-12-31T23:59:59Z",
	} {
		if got, faults := task.Instant("due", given); got != want || faults != nil {
			t.Errorf("%q: %q, %v", given, got, faults)
		}
	}
	for _, given := range []string{"2026-01-31", "31.1.2026", "2026-02-30T09:00:00Z", "2026-01-31T24:00:00Z", "1999-12-31T23:59:59Z", "2000-01-01T00:30:00+01:00", "2101-01-01T00:00:00Z", "\x00", "now"} {
		if got, faults := task.Instant("due", given); got != "" || len(faults) != 1 || faults[0].Name != "due" {
			t.Errorf("%q: %q, %v", given, got, faults)
		}
	}
}

// Whatever is asked in whatever order: what is asked twice decides nothing the second
// time, what is done or deleted stays as it is, and nobody is reminded twice of a time
// that has not been moved between.
func TestLaws(t *testing.T) {
	t.Parallel()
	times := []string{"", "2026-01-05T12:00:00Z", "2026-01-06T12:00:00Z"}
	members := []string{"", "01900000-0000-7000-8000-0000000000e1"}
	rapid.Check(t, func(rt *rapid.T) {
		var s task.Task
		reminded := false // of the time that is due now
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			due, title := rapid.SampledFrom(times).Draw(rt, "due"), rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "title")
			assignee := rapid.SampledFrom(members).Draw(rt, "assignee")
			ask := rapid.SampledFrom([]func(task.Task) ([]task.Event, error){
				func(s task.Task) ([]task.Event, error) { return s.Create("", title, due, assignee) },
				func(s task.Task) ([]task.Event, error) {
					return s.Edit(task.Patch{Title: &title, Due: &due, Assignee: &assignee})
				},
				task.Task.Complete, task.Task.Reopen, task.Task.Delete,
				func(s task.Task) ([]task.Event, error) { return s.RecordReminder(due) },
			}).Draw(rt, "ask")
			facts, err := ask(s)
			if err != nil && len(facts) > 0 {
				rt.Fatalf("refused with %v, and decided %v", err, facts)
			}
			for _, f := range facts {
				switch f := f.(type) {
				case task.Rescheduled:
					reminded = false
				case task.Reminded:
					if reminded || s.Done || s.Deleted || f.Due != s.Due {
						rt.Fatalf("reminded of %s on %+v", f.Due, s)
					}
					reminded = true
				case task.Renamed, task.Assigned:
					if s.Done || s.Deleted {
						rt.Fatalf("%T on %+v", f, s)
					}
				case task.Created, task.Completed, task.Reopened, task.Deleted:
				}
			}
			s = domain.Fold(s, facts...)
			if again, _ := ask(s); len(again) > 0 {
				rt.Fatalf("asked twice: %v", again)
			}
		}
	})
}
