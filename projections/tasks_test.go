package projections_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

const (
	monday  = "2026-01-05T12:00:00Z"
	tuesday = "2026-01-06T12:00:00Z"
)

func instant(v string) *time.Time {
	at, _ := time.Parse(time.RFC3339, v)
	return &at
}

func (w *world) make(org string, facts ...any) string {
	w.t.Helper()
	id := eventstoretest.NewID()
	w.Put(w.t, org, task.Stream(id), facts...)
	return id
}

// TestTasks: what a task's facts make of its row, whatever a batch holds.
func TestTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, member := uuid.NewString(), uuid.NewString()
	ann := w.capture(org, eventstoretest.Captured("ann"))
	made := task.Created{Lead: ann, Title: "Call", Due: monday, Assignee: member}
	full := projections.Task{Lead: ann, Title: "Call", Due: instant(monday), Assignee: member, Status: "open"}
	some := &time.Time{}
	with := func(change func(*projections.Task)) projections.Task {
		out := full
		change(&out)
		return out
	}
	for name, c := range map[string]struct {
		given []any
		then  projections.Task
	}{
		"made":           {[]any{made}, full},
		"made of little": {[]any{task.Created{Title: "Tidy"}}, projections.Task{Title: "Tidy", Status: "open"}},
		"changed": {
			[]any{made, task.Renamed{Lead: ann, To: "Write"}, task.Rescheduled{To: tuesday}, task.Assigned{To: org}},
			with(func(p *projections.Task) { p.Title, p.Due, p.Assignee = "Write", instant(tuesday), org }),
		},
		"nobody's, at no time":  {[]any{made, task.Rescheduled{}, task.Assigned{}}, with(func(p *projections.Task) { p.Due, p.Assignee = nil, "" })},
		"done":                  {[]any{made, task.Completed{}}, with(func(p *projections.Task) { p.Status, p.CompletedAt = "done", some })},
		"done and reopened":     {[]any{made, task.Completed{}, task.Reopened{}}, full},
		"reminded":              {[]any{made, task.Reminded{Due: monday}}, with(func(p *projections.Task) { p.RemindedAt = some })},
		"reminded, and done":    {[]any{made, task.Reminded{Due: monday}, task.Completed{}}, with(func(p *projections.Task) { p.Status, p.RemindedAt, p.CompletedAt = "done", some, some })},
		"reminded, then moved":  {[]any{made, task.Reminded{Due: monday}, task.Rescheduled{To: tuesday}}, with(func(p *projections.Task) { p.Due = instant(tuesday) })},
		"of a lead that is not": {[]any{made, task.Deleted{}}, projections.Task{}},
	} {
		for _, batch := range []int{1, 2, 500} {
			id := w.make(org, c.given...)
			w.follow(projections.Leads(), 0)
			w.follow(projections.Tasks(), batch)
			got, err := w.ask.Task(t.Context(), admin(org), id)
			if c.then.Status == "" {
				if raw := w.Count(t, `select count(*) from read.tasks_v1 where id = $1 and title is null and deleted`, id); !errors.Is(err, task.ErrNotFound) || raw != 1 {
					t.Errorf("%s: %+v, %v", name, got, err)
				}
				continue
			}
			if err != nil || got.Version != len(c.given) || got.Position != w.Head(t) || got.CreatedAt.IsZero() {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			for at, want := range map[*time.Time]*time.Time{got.CompletedAt: c.then.CompletedAt, got.RemindedAt: c.then.RemindedAt} {
				if (at == nil) != (want == nil) || at != nil && at.IsZero() {
					t.Errorf("%s: at %v, want %v", name, at, want)
				}
			}
			want := c.then
			want.ID, want.Version, want.Position, want.CreatedAt, want.UpdatedAt, want.CompletedAt, want.RemindedAt = id, got.Version, got.Position, got.CreatedAt, got.UpdatedAt, got.CompletedAt, got.RemindedAt
			if is, should := asText(t, got), asText(t, want); is != should {
				t.Errorf("%s, in batches of %d:\n got %s\nwant %s", name, batch, is, should)
			}
		}
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestErasedTasks: when a lead is erased, the words of the tasks about it are gone from the
// table, before the key is destroyed and after, live and rebuilt; the tasks are not.
func TestErasedTasks(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{1, 500} {
		t.Run(strconv.Itoa(batch), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			org := uuid.NewString()
			ann, bo := w.capture(org, eventstoretest.Captured("ann")), w.capture(org, eventstoretest.Captured("bo"))
			id := w.make(org, task.Created{Lead: ann, Title: "secret"}, task.Renamed{Lead: ann, From: "secret", To: "secret too"})
			w.make(org, task.Created{Lead: bo, Title: "kept one"})
			w.make(org, task.Created{Title: "kept two"})
			w.follow(projections.Tasks(), batch)
			w.make(org, task.Created{Lead: ann, Title: "secret three"})
			w.Put(t, org, lead.Stream(ann), lead.Erased{})
			w.Put(t, org, task.Stream(id), task.Completed{})
			w.follow(projections.Tasks(), batch)
			live := w.rows(projections.Tasks())
			if raw := strings.Join(live, ""); strings.Contains(raw, "secret") || strings.Count(raw, "kept") != 2 || len(live) != 4 {
				t.Errorf("once it is erased the tasks are %s", raw)
			}
			w.rebuild(projections.Tasks())
			same(t, "rebuilt before the key is destroyed", live, w.rows(projections.Tasks()))
			w.destroy(org, ann)
			w.rebuild(projections.Tasks())
			same(t, "rebuilt after", live, w.rows(projections.Tasks()))
			if raw := strings.Join(w.Strings(t, `select data::text from es.events where category = 'task'`), ""); strings.Contains(raw, "secret") || strings.Contains(raw, "kept") {
				t.Errorf("the log holds the words of tasks in clear: %s", raw)
			}
			w.follow(projections.Leads(), 0)
			if got, err := w.ask.Task(t.Context(), admin(org), id); err != nil || got.Title != "" || got.Status != "done" {
				t.Errorf("what is left is %+v, %v", got, err)
			}
		})
	}
}
