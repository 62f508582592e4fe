package projections_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestTaskLists: who sees which tasks, by which filter, in which order; in pages as at once.
func TestTaskLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, me, you := uuid.NewString(), uuid.NewString(), uuid.NewString()
	of := func(owner string, more ...any) string {
		return w.capture(org, append([]any{lead.Captured{Status: lead.New, Owner: owner, Details: lead.Details{Name: "Ann"}}}, more...)...)
	}
	mine, yours, deleted := of(me), of(you), of(me, lead.Deleted{})
	names := map[string]string{}
	add := func(name, lead, due, assignee string, more ...any) {
		names[w.make(org, append([]any{task.Created{Lead: lead, Title: name, Due: due, Assignee: assignee}}, more...)...)] = name
	}
	add("undated", "", "", me)
	add("late", mine, tuesday, me)
	add("early", yours, monday, me)
	add("twin", "", monday, me)
	add("nobody's", "", tuesday, "")
	add("nobody's-of-mine", mine, "", "")
	add("nobody's-of-yours", yours, monday, "")
	add("yours", mine, monday, you)
	add("of-deleted", deleted, monday, me)
	add("gone", "", monday, me, task.Deleted{})
	add("done", "", monday, me, task.Completed{})
	add("done-late", "", tuesday, me, task.Completed{})
	w.Put(t, uuid.NewString(), task.Stream(eventstoretest.NewID()), task.Created{Title: "of others"})
	w.followAll()
	user := access.Principal{Org: org, ID: me, Role: access.User}
	ask := projections.TaskQuery{}
	with := func(change func(*projections.TaskQuery)) projections.TaskQuery {
		q := ask
		change(&q)
		return q
	}
	for _, c := range []struct {
		who  access.Principal
		ask  projections.TaskQuery
		want string
	}{
		{admin(org), ask, "early twin nobody's-of-yours yours late nobody's undated nobody's-of-mine"},
		{user, ask, "early twin late nobody's undated nobody's-of-mine"},
		{user, with(func(q *projections.TaskQuery) { q.Status = "any" }), "early twin done late nobody's done-late undated nobody's-of-mine"},
		{user, with(func(q *projections.TaskQuery) { q.Status = "done" }), "done done-late"},
		{user, with(func(q *projections.TaskQuery) { q.Assignee = me }), "early twin late undated"},
		{user, with(func(q *projections.TaskQuery) { q.Assignee = you }), ""},
		{user, with(func(q *projections.TaskQuery) { q.Assignee = projections.Nobody }), "nobody's nobody's-of-mine"},
		{admin(org), with(func(q *projections.TaskQuery) { q.Assignee = projections.Nobody }), "nobody's-of-yours nobody's nobody's-of-mine"},
		{admin(org), with(func(q *projections.TaskQuery) { q.Assignee = you }), "yours"},
		{admin(org), with(func(q *projections.TaskQuery) { q.Lead = mine }), "yours late nobody's-of-mine"},
		{user, with(func(q *projections.TaskQuery) { q.Lead = mine }), "late nobody's-of-mine"},
		{user, with(func(q *projections.TaskQuery) { q.Lead = yours }), "early"},
		{admin(org), with(func(q *projections.TaskQuery) { q.Lead = deleted }), ""},
		{user, with(func(q *projections.TaskQuery) { q.DueBefore = *instant(tuesday) }), "early twin"},
		{user, with(func(q *projections.TaskQuery) { q.DueAfter = *instant(tuesday) }), "late nobody's"},
		{user, with(func(q *projections.TaskQuery) { q.DueAfter, q.DueBefore = *instant(monday), *instant(tuesday) }), "early twin"},
		{admin(uuid.NewString()), ask, ""},
	} {
		for _, limit := range []int{1, 3, 100} {
			var got []string
			c.ask.Limit, c.ask.After = limit, ""
			for {
				page, err := w.ask.TaskPage(t.Context(), c.who, c.ask)
				if err != nil || len(page.Items) > limit {
					t.Fatalf("%d items, %v", len(page.Items), err)
				}
				for _, i := range page.Items {
					got = append(got, names[i.ID])
				}
				if want := len(strings.Fields(c.want)); page.Total != (projections.Total{Value: want, Exact: true}) {
					t.Errorf("%s %+v: a total of %+v, want %d", c.who.Role, c.ask, page.Total, want)
				}
				if !page.More {
					break
				}
				if c.ask.After = page.Items[len(page.Items)-1].Place(); !c.ask.Fits() {
					t.Fatalf("%q does not fit", c.ask.After)
				}
			}
			if have := strings.Join(got, " "); have != c.want {
				t.Errorf("%s %+v: %q, want %q", c.who.Role, c.ask, have, c.want)
			}
		}
	}
	// What is shown one by one is what is listed.
	for _, who := range []access.Principal{admin(org), user, {Org: org, ID: you, Role: access.User}, admin(uuid.NewString())} {
		all, err := w.ask.TaskPage(t.Context(), who, projections.TaskQuery{Status: "any", Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for id, name := range names {
			_, err := w.ask.Task(t.Context(), who, id)
			if listed := slices.ContainsFunc(all.Items, func(i projections.Task) bool { return i.ID == id }); listed != (err == nil) {
				t.Errorf("%s is listed to a %s: %t; shown: %v", name, who.Role, listed, err)
			}
		}
	}
	if (projections.TaskQuery{After: "x"}).Fits() || (projections.TaskQuery{After: "1 0"}).Fits() || (projections.TaskQuery{After: "99999999999999 1"}).Fits() {
		t.Error("a place that is none fits")
	}
	// A lead that is given to somebody else takes its tasks that are nobody's along.
	w.Put(t, org, lead.Stream(yours), lead.Assigned{From: you, To: me})
	w.followAll()
	if page, err := w.ask.TaskPage(t.Context(), user, projections.TaskQuery{Limit: 100}); err != nil || len(page.Items) != 7 || page.Total.Value != 7 {
		t.Errorf("%d tasks, %+v, %v", len(page.Items), page.Total, err)
	}
}

// TestTaskPlans: with row-level security on, in the application's role, every list of
// tasks and of notes is answered from an index, and so is its count.
func TestTaskPlans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	orgs := []string{uuid.NewString(), uuid.NewString(), uuid.NewString(), uuid.NewString()}
	me := uuid.NewString()
	w.Exec(t, `insert into read.leads_v5 (tenant_id, id, status, owner, archived, deleted, erased, version, created_position, position, created_at, updated_at)
		select ($1::uuid[])[1 + i % 4], md5('lead' || i)::uuid, 'new', case when i % 50 = 0 then $2::uuid when i % 3 > 0 then gen_random_uuid() end, false, i % 300 = 0, false, 1, i, i, now(), now() from generate_series(1, 50000) i`, orgs, me)
	w.Exec(t, `insert into read.tasks_v1 (tenant_id, id, lead, title, due, assignee, done, deleted, version, created_position, position, created_at, updated_at)
		select ($1::uuid[])[1 + i % 4], gen_random_uuid(), case when i % 5 > 0 then md5('lead' || i % 20000)::uuid end, 't', case when i % 7 > 0 then timestamptz '2026-01-01Z' + i * 37 % 50000 * interval '1 minute' end,
			case when i % 60 = 0 then $2::uuid when i / 4 % 3 > 0 then md5('member' || i / 4 % 61)::uuid end, i / 4 % 2 = 0, i % 100 = 0, 1, i, i, now(), now() from generate_series(1, 50000) i`, orgs, me)
	w.Exec(t, `insert into read.notes_v1 select ($1::uuid[])[1 + i % 4], md5('lead' || i % 4000)::uuid, gen_random_uuid(), 'n', 'user:x', i, now() from generate_series(1, 50000) i`, orgs)
	w.Exec(t, `insert into read.lead_search_v5 (tenant_id, id, status, owner, name, archived, deleted, erased, created_position, position, created_at, updated_at)
		select tenant_id, id, status, owner, '', archived, deleted, erased, created_position, position, created_at, updated_at from read.leads_v5`)
	for _, table := range []string{"leads_v5", "lead_search_v5", "tasks_v1", "notes_v1"} {
		w.Exec(t, `vacuum (analyze) read.`+table)
	}
	lead := w.Strings(t, `select lead::text from read.tasks_v1 where tenant_id = $1 and lead in (select id from read.leads_v5 where owner is null and not deleted and tenant_id = $1) limit 1`, orgs[0])[0]
	pool, seen := w.recorded(t)
	ask := projections.NewQueries(pool, w.Store)
	member := w.Strings(t, `select assignee::text from read.tasks_v1 where tenant_id = $1 and assignee <> $2 limit 1`, orgs[0], me)[0]
	for _, who := range []access.Principal{admin(orgs[0]), {Org: orgs[0], ID: me, Role: access.User}} {
		for _, status := range []string{"open", "done", "any"} {
			for name, q := range map[string]projections.TaskQuery{
				"": {}, "lead": {Lead: lead}, "assignee": {Assignee: me}, "nobody": {Assignee: projections.Nobody}, "lead and assignee": {Lead: lead, Assignee: me}, "another": {Assignee: member},
				"due before": {DueBefore: *instant(tuesday)}, "due after": {DueAfter: *instant(tuesday)}, "assignee, due before": {Assignee: me, DueBefore: *instant(tuesday)},
			} {
				for _, after := range []string{"", "1768000000 30000", "- 30000"} {
					q.Status, q.After, q.Limit = status, after, 50
					if _, err := ask.TaskPage(t.Context(), who, q); err != nil {
						t.Fatal(err)
					}
					// A count reads what it counts; of nobody's tasks a user sees only some.
					for _, query := range seen.taken() {
						if strings.Contains(query.SQL, "count(*)") && who.Role == access.User {
							continue
						}
						w.indexed(t, orgs[0], "tasks "+status+" by "+name+" as "+string(who.Role), who.Role == access.User, []pgx.TraceBatchQueryData{query})
					}
				}
			}
		}
	}
	if _, err := ask.NotePage(t.Context(), admin(orgs[0]), lead, 40_000, 50); err != nil {
		t.Fatal(err)
	}
	w.indexed(t, orgs[0], "notes", false, seen.taken())
	if _, err := ask.Task(t.Context(), admin(orgs[0]), uuid.NewString()); !errors.Is(err, task.ErrNotFound) {
		t.Fatal(err)
	}
	w.indexed(t, orgs[0], "a task", false, seen.taken())
}
