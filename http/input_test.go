package http_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
)

// bad is a request that is refused, and how: field is the value at fault, "" where
// the request as a whole is.
type bad struct {
	name, method, path, body string
	headers                  []string
	status                   int
	code, field              string
}

func refuseAll(t *testing.T, table []bad) {
	t.Helper()
	m := shared(t).member(t, access.Admin)
	id := m.capture(t, `{"name":"Persona"}`).ID
	before := m.head(t)
	for _, b := range table {
		t.Run(b.name, func(t *testing.T) {
			got := m.ask(t, b.method, strings.ReplaceAll(b.path, "$lead", id), b.body, b.headers...)
			p := got.refuses(t, b.status, b.code)
			switch {
			case b.field == "" && len(p.Fields) > 0:
				t.Errorf("fields at fault: %v", p.Fields)
			case b.field != "" && (len(p.Fields) == 0 || p.Fields[0].Name != b.field):
				t.Errorf("fields at fault: %v, want %s", p.Fields, b.field)
			}
			if p.RequestID != got.header.Get("X-Request-Id") {
				t.Errorf("request id %q, the header says %q", p.RequestID, got.header.Get("X-Request-Id"))
			}
		})
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("refused requests added facts:\n%s", news)
	}
}

func TestBadBodies(t *testing.T) {
	t.Parallel()
	post := func(name, body string, status int, code, field string, headers ...string) bad {
		return bad{name: name, method: "POST", path: "/v1/leads", body: body, headers: headers, status: status, code: code, field: field}
	}
	malformed := func(name, body string) bad { return post(name, body, 400, "request.malformed", "body") }
	invalid := func(name, body, field string) bad { return post(name, body, 422, "request.invalid", field) }
	deep := strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400)
	table := []bad{
		post("nothing", "", 400, "request.malformed", ""),
		malformed("not JSON", `{"name":`), malformed("two documents", `{"name":"Persona"}{}`), malformed("a comma too many", `{"name":"Persona",}`),
		malformed("single quotes", `{'name':'Persona'}`), malformed("a raw line break", "{\"name\":\"Per\nsona\"}"), malformed("a byte order mark", "\ufeff{\"name\":\"Persona\"}"),
		malformed("not UTF-8", "{\"name\":\"Per\xffsona\"}"), malformed("an overlong form", "{\"name\":\"Per\xc0\xafsona\"}"), malformed("an encoded surrogate", "{\"name\":\"\xed\xa0\x80\"}"),
		malformed("half a character", `{"name":"Per\ud800sona"}`), malformed("the other half", `{"name":"Per\udc00sona"}`), malformed("halves in the wrong order", `{"name":"\udc00\ud800"}`),
		malformed("a name twice", `{"name":"Persona","name":"Other"}`), malformed("a name twice, once escaped", `{"name":"Persona","n\u0061me":"Other"}`),
		malformed("a name twice, further in", `{"name":"Persona","x":[{"y":1,"y":2}]}`),
		malformed("deeper than any decoder goes", strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)),
		invalid("deep", deep, "a"), invalid("a list", `[]`, "body"), invalid("a text", `"name"`, "body"), invalid("a number", `1`, "body"), invalid("null", `null`, "body"),
		invalid("a list of leads", `[{"name":"Persona"}]`, "body"), invalid("an unknown value", `{"name":"Persona","nickname":"x"}`, "nickname"), invalid("a name in capitals", `{"NAME":"Persona"}`, "NAME"),
		invalid("a number for a text", `{"name":1}`, "name"), invalid("an object for a text", `{"name":{"first":"Persona"}}`, "name"), invalid("a list for a text", `{"email":["x@people.example"]}`, "email"), invalid("true for a text", `{"phone":true}`, "phone"),
		invalid("nothing of use", `{}`, "email"), invalid("only space", `{"name":" \t"}`, "name"), invalid("a null", `{"name":null}`, "email"),
		invalid("NUL", `{"name":"Per\u0000sona"}`, "name"), invalid("NUL in an owner", `{"name":"Persona","owner":"\u0000"}`, "owner"), invalid("a line break", `{"name":"Per\nsona"}`, "name"), invalid("an escape character", `{"company":"\u001b[31m","name":"Persona"}`, "company"),
		invalid("an owner in capitals", `{"name":"Persona","owner":"7C9E6679-7425-40DE-944B-E07FC1F90AE7"}`, "owner"),
		invalid("two addresses", `{"email":"a@people.example,b@people.example"}`, "email"), invalid("an address with a name", `{"email":"Persona <a@people.example>"}`, "email"), invalid("no such domain", `{"email":"a@people..example"}`, "email"),
		invalid("a personal source", `{"name":"Persona","source":"me@people.example"}`, "source"),
		post("text", "name=Persona", 415, "request.media_type", "body", "Content-Type", "text/plain"),
		post("a form", "name=Persona", 415, "request.media_type", "body", "Content-Type", "application/x-www-form-urlencoded"),
		post("XML", "<name/>", 415, "request.media_type", "body", "Content-Type", "application/xml"),
		post("a content type that is none", `{"name":"Persona"}`, 415, "request.media_type", "body", "Content-Type", "application/"),
		post("a mebibyte", `{"name":"`+strings.Repeat("P", 1<<20)+`"}`, 413, "request.too_large", ""),
		post("two mebibytes of list", "["+strings.Repeat("1,", 1<<20)+"1]", 413, "request.too_large", ""),
	}
	for field, limit := range map[string]int{"name": 200, "title": 200, "company": 200, "country": 200, "phone": 64, "source": 100, "email": 254, "owner": 36} {
		table = append(table, invalid("a "+field+" that is too long", fmt.Sprintf(`{"name":"Persona",%q:%q}`, field, strings.Repeat("ü", limit+1)), field))
	}
	table[len(table)-1].name += " at last"
	for i := range table {
		if strings.HasPrefix(table[i].name, "a name that is too long") { // one name twice would be another fault
			table[i].body = fmt.Sprintf(`{"name":%q}`, strings.Repeat("ü", 201))
		}
	}
	refuseAll(t, table)
}

func TestBadBodiesElsewhere(t *testing.T) {
	t.Parallel()
	refuseAll(t, []bad{
		{"an edit of nothing", "PATCH", "/v1/leads/$lead", "", nil, 400, "request.malformed", ""},
		{"an edit of what cannot be edited", "PATCH", "/v1/leads/$lead", `{"status":"working"}`, nil, 422, "request.invalid", "status"},
		{"an edit to NUL", "PATCH", "/v1/leads/$lead", `{"title":"\u0000"}`, nil, 422, "request.invalid", "title"},
		{"a long reason", "POST", "/v1/leads/$lead/archive", `{"reason":"` + strings.Repeat("r", 1001) + `"}`, nil, 422, "request.invalid", "reason"},
		{"a reason with NUL", "POST", "/v1/leads/$lead/archive", `{"reason":"\u0000"}`, nil, 422, "request.invalid", "reason"},
		{"an archive of something else", "POST", "/v1/leads/$lead/archive", `{"why":"x"}`, nil, 422, "request.invalid", "why"},
		{"an archive of no JSON", "POST", "/v1/leads/$lead/archive", `{`, nil, 400, "request.malformed", "body"},
		{"no status", "POST", "/v1/leads/$lead/status", `{"reason":"x"}`, nil, 422, "request.invalid", "status"},
		{"a status of null", "POST", "/v1/leads/$lead/status", `{"status":null}`, nil, 422, "request.invalid", "status"},
		{"a status in capitals", "POST", "/v1/leads/$lead/status", `{"status":"Working"}`, nil, 422, "request.invalid", "status"},
		{"two statuses", "POST", "/v1/leads/$lead/status", `{"status":"working","STATUS":"qualified"}`, nil, 422, "request.invalid", "STATUS"},
		{"an owner of null", "POST", "/v1/leads/$lead/assign", `{"owner":null}`, nil, 422, "request.invalid", "owner"},
		{"an owner and more", "POST", "/v1/leads/$lead/assign", `{"owner":"","force":true}`, nil, 422, "request.invalid", "force"},
		{"a lead that is no UUID", "GET", "/v1/leads/1", "", nil, 422, "request.invalid", "id"},
		{"a lead in capitals", "GET", "/v1/leads/7C9E6679-7425-40DE-944B-E07FC1F90AE7", "", nil, 422, "request.invalid", "id"},
		{"a lead with SQL", "POST", "/v1/leads/'%20or%201=1--/erase", "", nil, 422, "request.invalid", "id"},
		{"a long lead", "GET", "/v1/leads/" + strings.Repeat("a", 5000), "", nil, 422, "request.invalid", "id"},
		{"a path with NUL", "GET", "/v1/leads/%00", "", nil, 400, "request.malformed", ""},
		{"a path that is not UTF-8", "GET", "/v1/leads/%ff", "", nil, 400, "request.malformed", ""},
		{"an unknown path with NUL", "GET", "/v1/%00", "", nil, 400, "request.malformed", ""},
	})
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	get := func(path, field string) bad {
		return bad{name: path, method: http.MethodGet, path: path, status: 422, code: "request.invalid", field: field}
	}
	raw := func(path string) bad {
		return bad{name: path, method: http.MethodGet, path: path, status: 400, code: "request.malformed"}
	}
	var table []bad
	for _, limit := range []string{"0", "-1", "201", "abc", "1.5", "1e2", "99999999999999999999", "%20", "0x10"} {
		table = append(table, get("/v1/leads?limit="+limit, "limit"))
	}
	table = append(table,
		get("/v1/events?limit=1001", "limit"), get("/v1/leads?status=won", "status"), get("/v1/leads?status=NEW", "status"), get("/v1/leads?archived=yes", "archived"),
		get("/v1/leads?owner=me", "owner"), get("/v1/leads?owner=7C9E6679-7425-40DE-944B-E07FC1F90AE7", "owner"), get("/v1/leads?country=NOR", "country"), get("/v1/leads?country=N", "country"),
		get("/v1/leads?source="+strings.Repeat("s", 101), "source"), get("/v1/leads?email="+strings.Repeat("e", 255), "email"),
		get("/v1/leads?stat=new", "stat"), get("/v1/leads?Limit=1", "Limit"), get("/v1/leads/$lead?x=1", "x"), get("/v1/leads?limit=1&limit=2", "limit"), get("/v1/leads?status=new&status=working", "status"),
		get("/v1/events?after=-1", "after"), get("/v1/events?after=x", "after"), get("/v1/events?after=9223372036854775808", "after"), get("/v1/events?after=1.0", "after"),
		get("/v1/events?since=yesterday", "since"), get("/v1/events?since=2026-01-01", "since"), get("/v1/events?until=1700000000", "until"), get("/v1/events?since=2026-13-01T00:00:00Z", "since"),
		get("/v1/events?since=2026-01-01T00:00:00", "since"), get("/v1/events?stream=x", "stream"), get("/v1/events?type="+strings.Repeat("t", 101), "type"), get("/v1/events?actor="+strings.Repeat("a", 101), "actor"),
		get("/v1/events?correlation="+strings.Repeat("c", 101), "correlation"), get("/v1/events?from=1", "from"),
		raw("/v1/leads?source=%00"), raw("/v1/leads?source=%ff"), raw("/v1/leads?source=%zz"), raw("/v1/leads?%00=1"), raw("/v1/leads?a;b"), raw("/v1/events/stream?from=1;type=x"),
	)
	for _, from := range []string{"0", "-1", "x", "1.5", "9223372036854775808", "%20"} {
		table = append(table, get("/v1/events/stream?from="+from, "from"))
	}
	table = append(table, get("/v1/events/stream?stream=x", "stream"), get("/v1/events/stream?after=1", "after"), get("/v1/events/stream?From=1", "From"),
		get("/v1/events/stream?from=1&from=2", "from"), get("/v1/events/stream?type="+strings.Repeat("t", 101), "type"), get("/v1/events/stream?stream=7C9E6679-7425-40DE-944B-E07FC1F90AE7", "stream"))
	for name, values := range map[string][]string{
		"Last-Event-ID": {"x", "-1", "1.5", "9223372036854775808", "1, 2"},
	} {
		for _, v := range values {
			table = append(table, bad{name: name + " " + v, method: http.MethodGet, path: "/v1/events/stream", headers: []string{name, v}, status: 422, code: "request.invalid", field: name})
		}
	}
	for _, path := range []string{"/v1/leads", "/v1/leads/$lead", "/v1/events"} {
		for _, v := range []string{"-1", "x", "1.5", "9223372036854775808"} {
			table = append(table, bad{name: path + " min position " + v, method: http.MethodGet, path: path, headers: []string{"Canvass-Min-Position", v}, status: 422, code: "request.invalid", field: "Canvass-Min-Position"})
		}
	}
	refuseAll(t, table)
}

func TestBadRoutes(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	id := m.capture(t, `{"name":"Persona"}`).ID
	for path, allowed := range map[string]string{
		"/v1/leads": "GET HEAD POST", "/v1/leads/" + id: "GET HEAD PATCH DELETE", "/v1/leads/" + id + "/erase": "POST", "/v1/leads/" + id + "/archive": "POST",
		"/v1/events": "GET HEAD", "/v1/events/stream": "GET HEAD", "/health": "GET HEAD", "/docs": "GET HEAD", "/openapi.json": "GET HEAD", "/.well-known/jwks.json": "GET HEAD",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"} {
			if strings.Contains(allowed, method) {
				continue
			}
			got := m.ask(t, method, path, "")
			got.refuses(t, 405, "route.method_not_allowed")
			for want := range strings.FieldsSeq(allowed) {
				if !strings.Contains(got.header.Get("Allow"), want) {
					t.Errorf("%s %s: allowed is %q, want %s in it", method, path, got.header.Get("Allow"), want)
				}
			}
		}
		if got := m.ask(t, "OPTIONS", path, ""); got.status != 204 || !strings.Contains(got.header.Get("Allow"), strings.Fields(allowed)[0]) {
			t.Errorf("OPTIONS %s: %d, allowed is %q", path, got.status, got.header.Get("Allow"))
		}
		want := 405
		if strings.Contains(allowed, "GET") {
			want = 200
		}
		if got := m.ask(t, "HEAD", path, ""); got.status != want || got.body != "" || want == 405 && got.header.Get("Allow") == "" {
			t.Errorf("HEAD %s: %d %q, want %d; allowed is %q", path, got.status, got.body, want, got.header.Get("Allow"))
		}
	}
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v2/leads", "/v1/lead", "/v1/leads/", "/v1/leads/" + id + "/", "/v1/leads/" + id + "/nothing", "/v1/events/", "/v1/events/1", "/v1//leads",
		"/V1/leads", "/docs/", "/docs/none.js", "/docs/../errors.go", "/health/x", "/favicon.ico", "/v1/leads%2F" + id, "/schemas/none.json", "/.well-known/none",
	} {
		got := m.ask(t, "GET", path, "")
		if got.status == 422 && strings.HasPrefix(path, "/v1/leads/") { // an empty id is no UUID
			continue
		}
		got.refuses(t, 404, "route.not_found")
	}
}
