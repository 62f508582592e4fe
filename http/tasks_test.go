package http_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type taskList = apphttp.List[projections.Task]

func titles(t *testing.T, m *member, query string) string {
	t.Helper()
	var out []string
	list := into[taskList](t, m.fresh(t, "/v1/tasks"+query).wants(t, 200))
	for _, i := range list.Items {
		out = append(out, i.Title)
	}
	if list.Total.Value != len(out) {
		t.Errorf("%s: a total of %d for %v", query, list.Total.Value, out)
	}
	return strings.Join(out, ", ")
}

// TestTasks walks a task through its life, and looks at each answer, at the facts and at
// what is shown.
func TestTasks(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	id := m.capture(t, `{"name":"Persona"}`).ID
	before := m.head(t)
	body := `{"title":" Call ","lead":"` + id + `","due":"2026-01-05T13:00:00.5+01:00","assignee":"` + m.ID + `"}`
	made := m.ask(t, "POST", "/v1/tasks", body, "Idempotency-Key", "a").wants(t, 201)
	call := made.receipt(t)
	at := "/v1/tasks/" + call.ID
	if made.header.Get("Location") != at || call.Version != 1 {
		t.Errorf("%+v, at %q", call, made.header.Get("Location"))
	}
	if again := m.ask(t, "POST", "/v1/tasks", body, "Idempotency-Key", "a").wants(t, 201).receipt(t); again != call {
		t.Errorf("repeated: %+v, want %+v", again, call)
	}
	if got := m.facts(t, before); got != `task.created {"lead":"`+id+`","title":"Call","due":"2026-01-05T12:00:00Z","assignee":"`+m.ID+`"}` {
		t.Errorf("the facts are %s", got)
	}
	shown := m.fresh(t, at).wants(t, 200)
	if got := into[projections.Task](t, shown); got.Title != "Call" || got.Lead != id || got.Status != "open" || got.Due == nil || got.Version != 1 || !strings.HasPrefix(shown.header.Get("ETag"), `"1-`) {
		t.Errorf("it reads %s", shown.body)
	}
	m.ask(t, "GET", at, "", "If-None-Match", shown.header.Get("ETag")).wants(t, 304)

	before = m.head(t)
	m.ask(t, "PATCH", at, `{"title":"Write","due":null}`, "If-Match", shown.header.Get("ETag")).wants(t, 200)
	m.ask(t, "PATCH", at, `{"title":"Sing"}`, "If-Match", `"1"`).refuses(t, 412, "precondition.failed")
	m.ask(t, "POST", at+"/complete", "", "If-Match", `"3"`).wants(t, 200)
	m.ask(t, "PATCH", at, `{"title":"Sing"}`).refuses(t, 409, "task.completed")
	if got := into[projections.Task](t, m.fresh(t, at)); got.Status != "done" || got.CompletedAt == nil || got.Due != nil || got.Version != 4 {
		t.Errorf("done, it reads %+v", got)
	}
	m.ask(t, "POST", at+"/reopen", "").wants(t, 200)
	m.ask(t, "DELETE", at, "").wants(t, 200)
	if got := m.facts(t, before); got != `task.renamed {"lead":"`+id+`","from":"Call","to":"Write"}`+"\n"+`task.rescheduled {"from":"2026-01-05T12:00:00Z","to":""}`+"\n"+"task.completed {}\ntask.reopened {}\ntask.deleted {}" {
		t.Errorf("the facts are %s", got)
	}
	m.fresh(t, at).refuses(t, 404, "task.not_found")
	m.ask(t, "PATCH", at, `{}`).refuses(t, 404, "task.not_found")
	m.ask(t, "POST", at+"/complete", "").refuses(t, 404, "task.not_found")
}

func TestTasksRefused(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	id := m.ask(t, "POST", "/v1/tasks", `{"title":"Call"}`).wants(t, 201).receipt(t).ID
	for body, field := range map[string]string{
		`{}`: "title", `{"title":""}`: "title", `{"title":"a\nb"}`: "title", `{"title":"` + strings.Repeat("x", 501) + `"}`: "title", `{"title":7}`: "title",
		`{"title":"x","due":"tomorrow"}`: "due", `{"title":"x","due":"9999-01-01T00:00:00Z"}`: "due", `{"title":"x","due":"2026-01-05"}`: "due",
		`{"title":"x","lead":"Ann"}`: "lead", `{"title":"x","assignee":"me"}`: "assignee", `{"title":"x","colour":"red"}`: "colour",
	} {
		if p := m.ask(t, "POST", "/v1/tasks", body).refuses(t, 422, "request.invalid"); len(p.Fields) != 1 || p.Fields[0].Name != field {
			t.Errorf("%s: the fields at fault are %v", body, p.Fields)
		}
		if strings.Contains(body, `"lead"`) || body == `{}` {
			continue
		}
		if p := m.ask(t, "PATCH", "/v1/tasks/"+id, body).refuses(t, 422, "request.invalid"); len(p.Fields) != 1 || p.Fields[0].Name != field {
			t.Errorf("edit, %s: the fields at fault are %v", body, p.Fields)
		}
	}
	m.ask(t, "POST", "/v1/tasks", `{"title":"x"}`, "If-Match", `"1"`).refuses(t, 412, "precondition.failed")
	m.ask(t, "POST", "/v1/tasks", `{"title":"x","lead":"`+someone+`"}`).refuses(t, 404, "lead.not_found")
	for _, query := range []string{"?status=late", "?assignee=me", "?lead=x", "?due_after=now", "?limit=0", "?cursor=x", "?owner=x"} {
		m.ask(t, "GET", "/v1/tasks"+query, "").wants(t, 422)
	}
	m.ask(t, "GET", "/v1/tasks/x", "").wants(t, 422)
	if got := titles(t, m, "?due_before=0001-01-01T00:00:00Z"); got != "" {
		t.Errorf("before all time there is %q", got)
	}
	first := m.ask(t, "POST", "/v1/tasks", `{"title":"Another"}`).wants(t, 201)
	cursor := into[taskList](t, m.fresh(t, "/v1/tasks?limit=1").wants(t, 200)).NextCursor
	if next := into[taskList](t, m.ask(t, "GET", "/v1/tasks?cursor="+cursor, "").wants(t, 200)); len(next.Items) != 1 || next.Items[0].ID != first.receipt(t).ID {
		t.Errorf("the second page holds %+v", next.Items)
	}
	for _, query := range []string{"?status=any&cursor=" + cursor, "?assignee=nobody&cursor=" + cursor, "?due_after=2026-01-01T00:00:00Z&cursor=" + cursor} {
		m.ask(t, "GET", "/v1/tasks"+query, "").refuses(t, 422, "cursor.invalid")
	}
}

// TestTaskScope: a user sees and works on what is theirs and what is nobody's on leads
// that they see, and gives tasks to nobody else.
func TestTaskScope(t *testing.T) {
	t.Parallel()
	boss := shared(t).member(t, access.Admin)
	user := boss.colleague(t, boss.Org, access.User)
	hidden := boss.capture(t, `{"name":"Persona","owner":"`+someone+`"}`).ID
	open := boss.capture(t, `{"name":"Persona"}`).ID
	made := func(title, lead, assignee string) string {
		return boss.ask(t, "POST", "/v1/tasks", `{"title":"`+title+`","lead":"`+lead+`","assignee":"`+assignee+`"}`).wants(t, 201).receipt(t).ID
	}
	theirs := map[string]string{"given": made("given", hidden, user.ID), "nobody's": made("nobody's", open, ""), "loose": made("loose", "", "")}
	others := map[string]string{"hidden": made("hidden", hidden, ""), "boss's": made("boss's", open, boss.ID)}
	if got := titles(t, user, ""); got != "given, nobody's, loose" {
		t.Errorf("a user sees %q", got)
	}
	if got := titles(t, boss, "?assignee=nobody&lead="+hidden); got != "hidden" {
		t.Errorf("an admin sees %q", got)
	}
	before := boss.head(t)
	stranger := shared(t).member(t, access.Admin)
	for name, id := range others {
		for _, who := range []*member{user, stranger} {
			who.fresh(t, "/v1/tasks/"+id).refuses(t, 404, "task.not_found")
			who.ask(t, "PATCH", "/v1/tasks/"+id, `{"title":"x"}`, "If-Match", `"9"`).refuses(t, 404, "task.not_found")
			who.ask(t, "POST", "/v1/tasks/"+id+"/complete", "", "Idempotency-Key", name).refuses(t, 404, "task.not_found")
			who.ask(t, "POST", "/v1/tasks/"+id+"/reopen", "").refuses(t, 404, "task.not_found")
			who.ask(t, "DELETE", "/v1/tasks/"+id, "").refuses(t, 404, "task.not_found")
		}
	}
	user.ask(t, "POST", "/v1/tasks", `{"title":"x","lead":"`+hidden+`"}`).refuses(t, 404, "lead.not_found")
	user.ask(t, "POST", "/v1/tasks", `{"title":"x","assignee":"`+someone+`"}`).refuses(t, 403, "access.denied")
	user.ask(t, "PATCH", "/v1/tasks/"+theirs["given"], `{"assignee":"`+someone+`"}`).refuses(t, 403, "access.denied")
	if news := boss.facts(t, before); news != "" {
		t.Errorf("refused requests added facts:\n%s", news)
	}
	user.ask(t, "PATCH", "/v1/tasks/"+theirs["loose"], `{"assignee":"`+user.ID+`"}`).wants(t, 200)
	user.ask(t, "PATCH", "/v1/tasks/"+theirs["given"], `{"assignee":""}`).wants(t, 200)
	user.ask(t, "PATCH", "/v1/tasks/"+theirs["given"], `{"title":"x"}`).refuses(t, 404, "task.not_found") // nobody's now, on a lead that is not to be seen
	for _, id := range []string{theirs["nobody's"], theirs["loose"]} {
		user.ask(t, "POST", "/v1/tasks/"+id+"/complete", "").wants(t, 200)
	}
	boss.ask(t, "DELETE", "/v1/leads/"+open, "").wants(t, 200)
	if got := titles(t, boss, "?status=any"); strings.Contains(got, "boss's") || strings.Contains(got, "nobody's") {
		t.Errorf("on a deleted lead: %q", got)
	}
	boss.ask(t, "POST", "/v1/leads/"+open+"/restore", "").wants(t, 200)
	if got := titles(t, boss, "?lead="+open); got != "boss's" {
		t.Errorf("on a restored lead: %q", got)
	}
	boss.ask(t, "POST", "/v1/leads/"+open+"/erase", "").wants(t, 200)
	if body := boss.fresh(t, "/v1/tasks/"+others["boss's"]).wants(t, 200).body; strings.Contains(body, "title") {
		t.Errorf("on an erased lead: %s", body)
	}
	boss.ask(t, "PATCH", "/v1/tasks/"+others["boss's"], `{"title":"x"}`).refuses(t, 409, "subject.erased")
}
