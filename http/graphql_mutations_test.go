package http_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// do gives a mutation and reads its receipt.
func (m *member) do(t testing.TB, mutation string) apphttp.Receipt {
	t.Helper()
	return shows[apphttp.Receipt](t, m, "done", "mutation { done: "+mutation+" { id version position } }", nil)
}

// bothWays is a mutation, and the request of the REST API that gives the same command.
type bothWays struct{ graph, method, path, body string }

// Every mutation writes what the REST operation of the same name writes: the same facts, and with a
// key of idempotency they are one command, whichever way it comes.
func TestGraphQLMutations(t *testing.T) {
	t.Parallel()
	a := shared(t)
	m, other := a.member(t, access.Admin), a.member(t, access.Admin)
	names := map[*member]*strings.Replacer{}
	for _, who := range []*member{m, other} {
		id := who.capture(t, `{"name":"Persona"}`).ID
		task := who.ask(t, "POST", "/v1/tasks", `{"title":"Call"}`).wants(t, 201).receipt(t).ID
		firm := who.ask(t, "POST", "/v1/companies", `{"name":"Engines"}`).wants(t, 201).receipt(t).ID
		note := into[struct{ Note string }](t, who.ask(t, "POST", "/v1/leads/"+id+"/notes", `{"text":"x"}`).wants(t, 201)).Note
		names[who] = strings.NewReplacer("$lead", id, "$task", task, "$firm", firm, "$note", note)
	}
	m.doesAsREST(t, other, names, []bothWays{
		{
			`captureLead(input: {name: "Persona", firstName: "Ada", emails: [{address: "a@people.example", kind: "work"}], tags: ["x"], externalIds: [{key: "crm", value: "7"}], custom: [{key: "tier", value: "gold"}], companyId: "$firm", linkedin: "linkedin.com/in/x"})`,
			"POST", "/v1/leads", `{"name":"Persona","first_name":"Ada","emails":[{"address":"a@people.example","kind":"work"}],"tags":["x"],"external_ids":{"crm":"7"},"custom":{"tier":"gold"},"company_id":"$firm","linkedin":"linkedin.com/in/x"}`,
		},
		{`editLead(id: "$lead", input: {title: "CEO", postalCode: "123", custom: [{key: "tier", value: "gold"}], emails: [{address: "b@people.example"}]})`, "PATCH", "/v1/leads/$lead", `{"title":"CEO","postal_code":"123","custom":{"tier":"gold"},"emails":[{"address":"b@people.example"}]}`},
		{`editLead(id: "$lead", input: {postalCode: null, emails: null})`, "PATCH", "/v1/leads/$lead", `{"postal_code":null,"emails":null}`},
		{`editLead(id: "$lead", input: {title: "", custom: [{key: "tier"}]})`, "PATCH", "/v1/leads/$lead", `{"title":"","custom":{"tier":""}}`},
		{`assignLead(id: "$lead", owner: "` + someone + `")`, "POST", "/v1/leads/$lead/assign", `{"owner":"` + someone + `"}`},
		{`assignLead(id: "$lead")`, "POST", "/v1/leads/$lead/assign", `{"owner":""}`},
		{`changeLeadStatus(id: "$lead", status: disqualified, reason: "no money")`, "POST", "/v1/leads/$lead/status", `{"status":"disqualified","reason":"no money"}`},
		{`tagLead(id: "$lead", add: ["vip"])`, "POST", "/v1/leads/$lead/tags", `{"add":["vip"]}`},
		{`tagLead(id: "$lead", remove: ["vip"])`, "POST", "/v1/leads/$lead/tags", `{"remove":["vip"]}`},
		{`archiveLead(id: "$lead", reason: "later")`, "POST", "/v1/leads/$lead/archive", `{"reason":"later"}`},
		{`restoreLead(id: "$lead")`, "POST", "/v1/leads/$lead/restore", ""},
		{`noteLead(id: "$lead", text: "Called.")`, "POST", "/v1/leads/$lead/notes", `{"text":"Called."}`},
		{`removeNote(id: "$lead", note: "$note")`, "DELETE", "/v1/leads/$lead/notes/$note", ""},
		{`deleteLead(id: "$lead", reason: "twice")`, "DELETE", "/v1/leads/$lead?reason=twice", ""},
		{`suppressMail(email: "ada@people.example", scope: "purpose:marketing", reason: "manual", note: "x")`, "POST", "/v1/suppressions", `{"email":"ada@people.example","scope":"purpose:marketing","reason":"manual","note":"x"}`},
		{`suppressMail(email: "bob@people.example")`, "POST", "/v1/suppressions", `{"email":"bob@people.example"}`},
		{`createTask(input: {title: "Write", due: "2030-01-31T09:00:00Z"})`, "POST", "/v1/tasks", `{"title":"Write","due":"2030-01-31T09:00:00Z"}`},
		{`editTask(id: "$task", input: {title: "Phone"})`, "PATCH", "/v1/tasks/$task", `{"title":"Phone"}`},
		{`completeTask(id: "$task")`, "POST", "/v1/tasks/$task/complete", ""},
		{`reopenTask(id: "$task")`, "POST", "/v1/tasks/$task/reopen", ""},
		{`deleteTask(id: "$task")`, "DELETE", "/v1/tasks/$task", ""},
		{`registerCompany(input: {name: "Looms", country: "GB"})`, "POST", "/v1/companies", `{"name":"Looms","country":"GB"}`},
		{`editCompany(id: "$firm", input: {size: "9"})`, "PATCH", "/v1/companies/$firm", `{"size":"9"}`},
	})
}

// doesAsREST gives commands by GraphQL, and again by REST under the same keys, which is to change nothing; and to
// another organization by REST alone, which is to write the same facts.
func (m *member) doesAsREST(t *testing.T, other *member, names map[*member]*strings.Replacer, commands []bothWays) {
	t.Helper()
	begin := map[*member]int64{m: m.head(t), other: other.head(t)}
	for i, c := range commands {
		key := fmt.Sprintf("key %d", i)
		mutation := strings.TrimSuffix(c.graph, ")") + `, idempotencyKey: "` + key + `")`
		got := m.do(t, names[m].Replace(mutation))
		before := m.head(t)
		again := m.ask(t, c.method, names[m].Replace(c.path), names[m].Replace(c.body), "Idempotency-Key", key)
		if rest := into[apphttp.Receipt](t, again); again.status >= 300 || rest != got {
			t.Errorf("%s: %+v, and by REST %s", c.graph, got, again.body)
		}
		if twice := m.do(t, names[m].Replace(mutation)); twice != got {
			t.Errorf("%s: %+v, and again %+v", c.graph, got, twice)
		}
		if news := m.facts(t, before); news != "" {
			t.Errorf("%s was carried out twice:\n%s", c.graph, news)
		}
		if status := other.ask(t, c.method, names[other].Replace(c.path), names[other].Replace(c.body)).status; status >= 300 {
			t.Errorf("%s %s: %d", c.method, c.path, status)
		}
	}
	have, want := kinds(m.facts(t, begin[m])), kinds(other.facts(t, begin[other]))
	if have != want || strings.Count(have, "\n") < len(commands)-4 {
		t.Errorf("facts:\n%s\nwant:\n%s", have, want)
	}
}

// kinds are facts without what differs between two organizations.
func kinds(facts string) string {
	var out []string
	for line := range strings.Lines(facts) {
		name, data, _ := strings.Cut(strings.TrimSpace(line), " ")
		var values map[string]any
		_ = json.Unmarshal([]byte(data), &values)
		fields := make([]string, 0, len(values))
		for f := range values {
			fields = append(fields, f)
		}
		out = append(out, fmt.Sprint(name, len(fields)))
	}
	return strings.Join(out, "\n")
}

// A version that is no longer the newest refuses, and the newest does not.
func TestGraphQLExpectedVersion(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	id := m.capture(t, `{"name":"Persona"}`).ID
	first := m.do(t, `editLead(id: "`+id+`", input: {title: "CEO"}, expectedVersion: 1)`)
	if first.Version != 2 {
		t.Errorf("%+v", first)
	}
	if a := m.graph(t, `mutation { done: editLead(id: "`+id+`", input: {title: "CTO"}, expectedVersion: 1) { id } }`, nil); a.codes() != "done precondition.failed" || a.Errors[0].Extensions.Status != 412 {
		t.Errorf("%s", a.codes())
	}
	// Several changes of one request are made one behind the other.
	a := m.graph(t, `mutation { a: editLead(id: "`+id+`", input: {title: "CTO"}, expectedVersion: 2) { version } b: archiveLead(id: "`+id+`", expectedVersion: 3) { version } }`, nil)
	if len(a.Errors) > 0 || string(a.Data["b"]) != `{"version":4}` {
		t.Errorf("%s %s", a.codes(), a.Data)
	}
}

// A key that stands twice is refused: one of its values would be lost.
func TestGraphQLRepeatedKeys(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for _, field := range []string{"externalIds", "custom"} {
		before := m.head(t)
		a := m.graph(t, `mutation { done: captureLead(input: {name: "Ada", `+field+`: [{key: "tier", value: "1"}, {key: "tier", value: "2"}]}) { id } }`, nil)
		if a.codes() != "done request.invalid" || !strings.Contains(fmt.Sprint(a.Errors[0].Extensions), field+".tier") || m.facts(t, before) != "" {
			t.Errorf("%s: %s %+v", field, a.codes(), a.Errors)
		}
	}
}
