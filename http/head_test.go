package http_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/tracking"
)

// HEAD is answered as GET is, for every GET that there is, and leaves no trace.
func TestHead(t *testing.T) {
	t.Parallel()
	m := shared(t).founder(t)
	names := m.records(t)
	m.fresh(t, "/v1/leads")
	before := m.head(t)
	promised.load()
	for path, operations := range promised.doc.Paths {
		if operations["get"] == nil {
			continue
		}
		at := names(path)
		head := m.ask(t, "HEAD", at, "")
		if after := m.facts(t, before); after != "" && !strings.HasPrefix(path, "/t/") { // who looks at a link without following it is a program: that is kept
			t.Errorf("HEAD %s adds facts:\n%s", at, after)
		}
		if want := operations["get"].leads(); head.status != want || head.body != "" {
			t.Errorf("HEAD %s: %d %s", at, head.status, head.body)
		}
		if strings.HasSuffix(path, "/stream") {
			if kind := head.header.Get("Content-Type"); kind != "text/event-stream" {
				t.Errorf("HEAD %s is of type %s", at, kind)
			}
			continue // a GET has no end
		}
		get := m.ask(t, "GET", at, "")
		for _, name := range []string{"Content-Type", "ETag", "Canvass-Position", "Cache-Control", "Content-Disposition"} {
			if h, g := head.header.Get(name), get.header.Get(name); h != g {
				t.Errorf("HEAD %s: %s is %q, of GET it is %q", at, name, h, g)
			}
		}
		before = m.head(t) // an export that was asked for is recorded
	}
	m.token = ""
	if got := m.ask(t, "HEAD", "/v1/leads", ""); got.status != 401 || got.body != "" {
		t.Errorf("without a token: %d %s", got.status, got.body)
	}
}

// records makes one record of each kind, in an organization that the member has made; names puts their ids into a path of the description.
func (m *member) records(t testing.TB) (names func(path string) string) {
	t.Helper()
	made := func(path, body string) string {
		got := m.ask(t, "POST", path, body)
		if got.status >= 300 {
			t.Fatalf("POST %s: %d %s", path, got.status, got.body)
		}
		id := got.receipt(t).ID
		if got := m.fresh(t, path); got.status != 200 {
			t.Fatalf("%s is not shown: %s", path, got.body)
		}
		return id
	}
	again := strings.ReplaceAll(uuid.NewString(), "-", "")[:12] // there may be others already
	ids := map[string]string{
		"leads": made("/v1/leads", `{"name":"Persona"}`), "companies": made("/v1/companies", `{"name":"Engines `+again+`"}`), "segments": made("/v1/segments", `{"name":"All `+again+`","kind":"list"}`),
		"fields": made("/v1/fields", `{"key":"tier_`+again+`","kind":"text"}`), "tasks": made("/v1/tasks", `{"title":"Call"}`), "imports": made("/v1/imports", "name\nPersona\n"),
		"mappings": made("/v1/mappings", `{"name":"Fairs `+again+`","columns":[{"header":"Mail","field":"email"}]}`), "bulk-actions": made("/v1/bulk-actions", `{"action":{"kind":"tag","add":["x"]},"selection":{"all":true}}`),
	}
	ids["members"] = m.ID
	ids["suppressions"] = made("/v1/suppressions", `{"email":"no`+again+`@people.example","reason":"manual"}`)
	ids["api-keys"] = made("/v1/api-keys", `{"name":"Sync","scopes":["lead:read"]}`)
	ids["teams"] = made("/v1/teams", `{"name":"`+again+`"}`)
	ids["invitations"] = made("/v1/invitations", `{"email":"`+again+`@people.example"}`)
	ids["senders"] = made("/v1/senders", `{"name":"Ada","email":"a`+again+`@mail.example"}`)
	ids["templates"] = made("/v1/templates", `{"name":"Spring `+again+`","subject":"Hello","text":"Hello {{ first_name }}"}`)
	ids["campaigns"] = made("/v1/campaigns", `{"name":"Spring","sender":"`+ids["senders"]+`","template":"`+ids["templates"]+`","audience":{"all":true}}`)
	note := into[struct{ Note string }](t, m.ask(t, "POST", "/v1/leads/"+ids["leads"]+"/notes", `{"text":"Called."}`).wants(t, 201)).Note
	m.fresh(t, "/v1/leads/"+ids["leads"]+"/notes").wants(t, 200)
	mail := m.mailed(t, again+"@mailed.example")
	links := map[string]string{
		"/u/": mail.link(t, tracking.Unsubscribe, mail.address, 0), "/t/o": mail.link(t, tracking.Open, mail.campaign, 0), "/t/c": mail.link(t, tracking.Click, mail.campaign, 0),
	}
	return func(path string) string {
		for begins, token := range links {
			if strings.HasPrefix(path, begins) {
				return strings.ReplaceAll(path, "{token}", token)
			}
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
		return strings.NewReplacer("{id}", ids[kind], "{note}", note).Replace(path)
	}
}

// leads is the status of an operation that goes well.
func (d *described) leads() int {
	if d.Responses["302"] != nil {
		return 302
	}
	return 200
}
