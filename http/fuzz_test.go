package http_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
)

// holds fails the test unless an answer keeps the rule of every answer: no input is
// our fault, and a refusal is a problem.
func holds(t *testing.T, m *member, r *http.Request) {
	t.Helper()
	w := httptest.NewRecorder()
	m.server.Handler().ServeHTTP(w, r)
	got := answer{w.Code, w.Header(), w.Body.String()}
	promised.check(r.Method, r.URL.EscapedPath(), got.status, got.header, got.body)
	switch {
	case got.status == http.StatusServiceUnavailable:
		got.refuses(t, 503, "projection-behind")
	case got.status >= http.StatusInternalServerError:
		t.Fatalf("status %d: %s", got.status, got.body)
	case got.status >= http.StatusBadRequest:
		wellFormed(t, got)
	}
}

func fuzzed(m *member, method string, target *url.URL, body string) *http.Request {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.URL = target
	r.Header.Set("Authorization", "Bearer "+m.token)
	r.Header.Set("Content-Type", "application/json")
	return r
}

// operations are the routes that take a body, of a lead that is there.
func operations(id string) [][2]string {
	out := [][2]string{{"POST", "/v1/leads"}, {"PATCH", "/v1/leads/" + id}, {"POST", "/v1/leads/" + id + "/notes"}, {"POST", "/v1/tasks"}}
	for _, verb := range []string{"assign", "status", "archive", "restore"} {
		out = append(out, [2]string{"POST", "/v1/leads/" + id + "/" + verb})
	}
	return out
}

func FuzzBodies(f *testing.F) {
	m := shared(f).member(f, access.Admin)
	id := m.capture(f, `{"name":"Persona"}`).ID
	for i, body := range []string{
		`{"name":"Persona","email":"f@people.example","phone":"+44 20 7946 0958","country":"GB","source":"x","owner":""}`, `{"title":null}`, `{"owner":"7c9e6679-7425-40de-944b-e07fc1f90ae7"}`,
		`{"status":"working","reason":"r"}`, `{"reason":"x"}`, ``, `{}`, `[]`, `{"name":"\ud83d\ude00"}`, `{"name":"\ud83d"}`, `{"phone":";ext=1","name":"x"}`, `{"email":"ü@xn--a.example"}`, "{\"country\":\"\u202e\"}",
		`{"a":1e999999}`, `{"":1}`, `{"name":"x","name":"y"}`, strings.Repeat(`{"a":`, 500), `{"email":"\"@\"@people.example"}`, `{"phone":"tel:+1;phone-context=x"}`, "\xff", `{"name":"` + strings.Repeat("\u0301", 300) + `"}`,
	} {
		f.Add(uint8(i), body)
	}
	routes := operations(id)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		route := routes[int(which)%len(routes)]
		holds(t, m, fuzzed(m, route[0], &url.URL{Path: route[1]}, body))
	})
}

func FuzzQueries(f *testing.F) {
	m := shared(f).member(f, access.Admin)
	id := m.capture(f, `{"name":"Persona"}`).ID
	for _, seed := range [][2]string{
		{"/v1/leads", "status=new&owner=" + someone + "&limit=3&archived=any"},
		{"/v1/leads", "email=x%40people.example&country=no&source=a%27b"},
		{"/v1/leads", "cursor=AQAAAAAAAAAAAAAAAAAAAAA"},
		{"/v1/events", "since=2026-01-01T00:00:00Z&until=9999-12-31T23:59:59.999999999Z&after=1"},
		{"/v1/events", "since=0000-01-01T00:00:00Z"},
		{"/v1/events", "stream=" + someone + "&actor=x&correlation=y&type=z"},
		{"/v1/leads/" + id, ""},
		{"/v1/tasks", "due_after=0000-01-01T00:00:00Z&due_before=9999-12-31T23:59:59.999999999Z&status=any&assignee=nobody"},
		{"/v1/tasks", "due_before=2026-01-01T00:00:00%2B23:59&lead=" + someone + "&limit=200"},
		{"/v1/leads/" + id + "/notes", "limit=1&cursor=AQAAAAAAAAAAAAAAAAAAAAA"},
		{"/v1/leads/%2e%2e", ""},
		{"/v1/leads/" + id + "/erase/..", ""},
		{"/v1/leads/a%2fb", "%"},
		{"/docs/swagger-ui.css", "x"},
		{"/v1/leads/export", "columns=email,custom.x&sort=name&q=%27"},
		{"/v1/leads/export", "format=ndjson&archived=any&filter=status+eq+new"},
		{"/v1/leads", "limit=\u0661"},
		{"/v1/leads", "=1"},
		{"/v1/leads", "country=\u00df\u00df"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		target, err := url.ParseRequestURI(path) // what net/http itself would refuse never comes here
		if err != nil || strings.HasPrefix(target.Path, "/v1/events/stream") {
			t.Skip()
		}
		target.RawQuery = query
		holds(t, m, fuzzed(m, http.MethodGet, target, ""))
	})
}

func FuzzHeaders(f *testing.F) {
	m := shared(f).member(f, access.Admin)
	id := m.capture(f, `{"name":"Persona"}`).ID
	for _, name := range []string{"If-Match", "If-None-Match", "Idempotency-Key", "Canvass-Min-Position", "X-Request-ID", "Accept", "Content-Type", "Authorization", "Accept-Encoding", "Content-Length", "Range", "Cookie"} {
		for _, value := range []string{`"1"`, `W/"1", *`, "*", "1", "-9223372036854775808", "application/json;q=0.5, json", "application/problem+json", "text/html", "*/*;q=", "Bearer x", "a/b; c=\"", "\xff\x00", someone, `"`, ", ,", "{" + someone + "}"} {
			f.Add(name, value, name != "If-None-Match")
		}
	}
	f.Fuzz(func(t *testing.T, name, value string, write bool) {
		if strings.EqualFold(name, "Canvass-Min-Position") && len(value) > 3 {
			t.Skip() // to wait for the far future takes its two seconds each time
		}
		method, target, body := http.MethodGet, "/v1/leads/"+id, ""
		if write {
			method, body = http.MethodPatch, `{"title":"CEO"}`
		}
		r := fuzzed(m, method, &url.URL{Path: target}, body)
		r.Header.Set(name, value)
		holds(t, m, r)
	})
}
