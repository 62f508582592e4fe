package http_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

// What is too large is refused before it begins, however it is put.
func TestGraphQLBounds(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	deep := "{ leads(first: 1) { edges { node " + strings.Repeat("{ company { leads(first: 1) { edges { node ", 3) + "{ id }" + strings.Repeat(" } } } }", 3) + " } } }"
	var fragments, aliases strings.Builder
	for i := range 60 {
		fmt.Fprintf(&fragments, " fragment a%d on LeadConnection { ...a%d ...a%d }", i, i+1, i+1)
	}
	for i := range 31 {
		fmt.Fprintf(&aliases, " a%d: fields { slotsLeft { text } }", i)
	}
	hidden := strings.ReplaceAll("{ ...a0 }"+fragments.String(), "LeadConnection", "Query") + " fragment a60 on Query { __schema { description } }"
	bomb := "{ leads(first: 1) { ...a0 } }" + fragments.String() + " fragment a60 on LeadConnection { totalCount { value } }"
	for name, c := range map[string]struct{ query, code string }{
		"deep":            {deep, "query.too_deep"},
		"fragments":       {bomb, "query.too_wide"},
		"of the schema":   {hidden, "query.too_wide"},
		"unused":          {"{ fields { slotsLeft { text } } } fragment x on Query " + deep, "query.too_deep"},
		"aliases":         {"{" + aliases.String() + " }", "query.too_wide"},
		"tokens":          {"{ fields { slotsLeft { " + strings.Repeat("text ", 5000) + " } } }", "request.malformed"},
		"many of many":    {"{ leads(first: 200) { edges { node { notes(first: 200) { edges { node { id text } } } } } } }", "query.too_complex"},
		"many each":       {"{ segments { edges { node { leads { edges { node { id name } } } } } } }", "query.too_complex"},
		"many counts":     {"{ segments(first: 200) { edges { node { count { value } } } } }", "query.too_complex"},
		"a variable":      {"query($n: Int = 200) { leads(first: $n) { edges { node { timeline(first: $n) { edges { node { text } } } } } } }", "query.too_complex"},
		"a cycle":         {"{ leads { ...a } } fragment a on LeadConnection { ...b } fragment b on LeadConnection { ...a }", "request.invalid"},
		"not a field":     {"{ leads { nothing } }", "request.invalid"},
		"not a query":     {"{ leads(", "request.malformed"},
		"nothing":         {"fragment a on Lead { id }", "request.invalid"},
		"a number":        {`{ leads(first: "3") { totalCount { value } } }`, "request.invalid"},
		"another status":  {"{ leads(status: lost) { totalCount { value } } }", "request.invalid"},
		"no subscription": {"subscription { leads { totalCount { value } } }", "request.invalid"},
	} {
		got := m.ask(t, "POST", "/graphql", graphRequest(t, c.query, nil)).wants(t, 400)
		a := into[graphAnswer](t, got)
		if len(a.Errors) == 0 || a.Errors[0].Extensions.Code != c.code || strings.Contains(got.body, `"data"`) {
			t.Errorf("%s: %s, want %s", name, got.body, c.code)
		}
		// Who knows only the old form is told so in the answer alone.
		old := m.ask(t, "POST", "/graphql", graphRequest(t, c.query, nil), "Accept", "application/json").wants(t, 200)
		if into[graphAnswer](t, old).codes() != a.codes() || old.header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s, in the old form: %s", name, old.body)
		}
	}
	// What people ask for is let through.
	for _, query := range []string{
		`{ leads(first: 50) { edges { node { name company { name } notes { edges { node { text } } } tasks { edges { node { title due } } } } } } }`,
		`{ leads(first: 200) { edges { cursor node { id name email phone title companyName city country status owner tags createdAt updatedAt } } ` + graphWhole + ` } }`,
		`{ segments(first: 20) { edges { node { name count { value } } } } }`,
	} {
		if a := m.graph(t, query, nil); len(a.Errors) > 0 {
			t.Errorf("%s: %s", query, a.codes())
		}
	}
}

// Values that do not fit are refused by the rules of the REST API, and named by their arguments.
func TestGraphQLValues(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	id := m.capture(t, `{"name":"Persona"}`).ID
	for query, want := range map[string]string{
		`{ x: leads(first: 0) { totalCount { value } } }`:                                         "request.invalid first",
		`{ x: leads(first: 201) { totalCount { value } } }`:                                       "request.invalid first",
		`{ x: leads(first: 9999999999) { totalCount { value } } }`:                                "request.invalid first",
		`{ x: leads(sort: "age") { totalCount { value } } }`:                                      "request.invalid sort",
		`{ x: leads(filter: "age eq 3") { totalCount { value } } }`:                               "filter.invalid filter",
		`{ x: leads(country: "NOR") { totalCount { value } } }`:                                   "request.invalid country",
		`{ x: leads(owner: "me") { totalCount { value } } }`:                                      "request.invalid owner",
		`{ x: leads(q: "\u0000") { totalCount { value } } }`:                                      "request.invalid q",
		`{ x: leads(after: "garbage") { totalCount { value } } }`:                                 "cursor.invalid after",
		`{ x: lead(id: "` + strings.ToUpper(id) + `") { id } }`:                                   "request.invalid id",
		`{ x: lead(id: "` + id + `") { id notes(first: 500) { edges { cursor } } } }`:             "request.invalid first",
		`{ x: leads { facets(fields: ["name"]) { field } } }`:                                     "request.invalid facets",
		`{ x: events(since: "yesterday") { totalCount { value } } }`:                              "request.invalid since",
		`mutation { x: captureLead(input: {email: "no address"}) { id } }`:                        "request.invalid email",
		`mutation { x: captureLead(input: {name: "P", postalCode: "` + long + `"}) { id } }`:      "request.invalid postalCode",
		`mutation { x: captureLead(input: {name: "P", phones: [{number: "1", kind: "x"}]}) {id}}`: "request.invalid phones[0].kind",
		`mutation { x: editLead(id: "` + id + `", input: {name: "P"}, expectedVersion: 7) {id}}`:  "precondition.failed",
		`mutation { x: createTask(input: {title: "x", due: "soon"}) { id } }`:                     "request.invalid due",
	} {
		if have := m.refused(t, query); have != want {
			t.Errorf("%s: %s, want %s", query, have, want)
		}
	}
	// A variable that does not fit is known before anything begins.
	for _, first := range []any{1.5, "3", true, []int{1}, 1e30, map[string]any{}} {
		a := m.graph(t, `query($n: Int) { leads(first: $n) { totalCount { value } } }`, map[string]any{"n": first})
		if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "request.invalid" {
			t.Errorf("%v: %s", first, a.codes())
		}
	}
}

var long = strings.Repeat("9", 3000) //nolint:gochecknoglobals // a constant

// What is no request of GraphQL is refused as the REST API refuses.
func TestGraphQLRequests(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.User)
	for body, want := range map[string]struct {
		status int
		code   string
	}{
		`{`:                                {400, "request.malformed"},
		`[]`:                               {400, "request.malformed"},
		`[{"query":"{ fields }"}]`:         {400, "request.malformed"},
		`{}`:                               {400, "request.malformed"},
		`{"query":7}`:                      {400, "request.malformed"},
		`{"query":"{ x }","query":""}`:     {400, "request.malformed"},
		`{"query":"{ x }","variables":[]}`: {400, "request.malformed"},
		"{\"query\":\"{ \xff }\"}":         {400, "request.malformed"},
		`{"query":"{ fields { items { id } } } #` + strings.Repeat(" ", 300_000) + `"}`: {413, "request.too_large"},
	} {
		m.ask(t, "POST", "/graphql", body).refuses(t, want.status, want.code)
	}
	fields := `{"query":"{ fields { items { id } } }"}`
	m.ask(t, "POST", "/graphql", fields, "Content-Type", "text/plain").refuses(t, 415, "request.media_type")
	m.ask(t, "POST", "/graphql", fields, "Canvass-Min-Position", "soon").refuses(t, 422, "request.invalid")
	m.ask(t, "GET", "/graphql?query=%7Bfields%7BslotsLeft%7Btext%7D%7D%7D", "").refuses(t, 405, "route.method_not_allowed")
	m.ask(t, "POST", "/graphql", fields, "Content-Type", "application/json; charset=utf-8").wants(t, 200)
	if got := m.ask(t, "POST", "/graphql", fields, "Accept", "application/graphql-response+json, application/json;q=0.9").wants(t, 200); got.header.Get("Content-Type") != "application/graphql-response+json; charset=utf-8" ||
		got.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%v", got.header)
	}
	stranger := *m
	for _, token := range []string{"", "x", m.token + "x"} {
		stranger.token = token
		got := stranger.ask(t, "POST", "/graphql", fields)
		got.refuses(t, 401, "token.invalid")
		if got.header.Get("WWW-Authenticate") == "" {
			t.Error("no WWW-Authenticate")
		}
	}
}

// In production nobody asks for the schema; for development it can be asked for whole.
func TestGraphQLIntrospection(t *testing.T) {
	t.Parallel()
	const query = `{ __schema { types { name fields { name type { ofType { ofType { ofType { name } } } } } } } __type(name: "Lead") { name } }`
	closed := shared(t).member(t, access.Admin)
	for _, q := range []string{query, `{ __type(name: "Lead") { fields { name } } }`} {
		a := closed.graph(t, q, nil)
		if len(a.Errors) == 0 || strings.Contains(fmt.Sprint(a.Data), "companyName") {
			t.Errorf("the schema is told: %s %s", a.codes(), a.Data)
		}
	}
	if a := closed.graph(t, `{ leads { edge } }`, nil); strings.Contains(a.Errors[0].Message, "edges") {
		t.Errorf("the schema is told: %s", a.Errors[0].Message)
	}
	if a := closed.graph(t, `{ __typename }`, nil); string(a.Data["__typename"]) != `"Query"` {
		t.Errorf("%s %s", a.codes(), a.Data)
	}
	open := start(t, func(c *apphttp.Config) { c.Explore = true }).member(t, access.Admin)
	a := open.graph(t, query, nil)
	if len(a.Errors) > 0 || !strings.Contains(string(a.Data["__schema"]), "companyName") {
		t.Errorf("the schema is not told: %s", a.codes())
	}
}

// A field that panics breaks nothing else, and its answer says nothing of why.
func TestGraphQLPanics(t *testing.T) {
	t.Parallel()
	waits := func(context.Context) error { panic("of Persona") }
	m := start(t, withFeed(stuckFeed{waits})).member(t, access.Admin)
	got := m.ask(t, "POST", "/graphql", graphRequest(t, `{ fields { items { id } } __typename }`, nil), "Canvass-Min-Position", "7").wants(t, 200)
	a := into[graphAnswer](t, got)
	if a.codes() != "fields internal" || string(a.Data["fields"]) != "null" || string(a.Data["__typename"]) != `"Query"` || strings.Contains(got.body, "Persona") {
		t.Errorf("%s", got.body)
	}
}

// A read that is to be fresh waits for its views, and says so where they stand still.
func TestGraphQLBehind(t *testing.T) {
	t.Parallel()
	m := start(t, withFeed(stuckFeed{func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("a wait without an end")
		}
		return domain.ErrBehind
	}})).member(t, access.Admin)
	query := graphRequest(t, `{ leads { totalCount { value } } companies { totalCount { value } } }`, nil)
	a := into[graphAnswer](t, m.ask(t, "POST", "/graphql", query, "Canvass-Min-Position", "7").wants(t, 200))
	if len(a.Errors) != 2 || a.Errors[0].Extensions.Code != "projection-behind" || a.Errors[0].Extensions.Status != 503 {
		t.Errorf("%s", a.codes())
	}
	if a := into[graphAnswer](t, m.ask(t, "POST", "/graphql", query).wants(t, 200)); len(a.Errors) > 0 {
		t.Errorf("without the header: %s", a.codes())
	}
}

// Who has written something sees it at once, also what a mutation wrote.
func TestGraphQLOwnWrites(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for i := range 10 {
		got := m.ask(t, "POST", "/graphql", graphRequest(t, `mutation { captureLead(input: {name: "Persona"}) { id position } }`, nil)).wants(t, 200)
		var made struct {
			Data struct {
				Captured struct {
					ID       string
					Position int64
				} `json:"captureLead"`
			}
		}
		if err := json.Unmarshal([]byte(got.body), &made); err != nil || made.Data.Captured.ID == "" {
			t.Fatalf("%s", got.body)
		}
		for _, header := range [][]string{nil, {"Canvass-Min-Position", strconv.FormatInt(made.Data.Captured.Position, 10)}} {
			a := into[graphAnswer](t, m.ask(t, "POST", "/graphql", graphRequest(t, `query($id: ID!) { lead(id: $id) { name timeline { edges { node { text } } } } leads { totalCount { value } } }`, map[string]any{"id": made.Data.Captured.ID}), header...).wants(t, 200))
			if len(a.Errors) > 0 || string(a.Data["leads"]) != fmt.Sprintf(`{"totalCount":{"value":%d}}`, i+1) {
				t.Fatalf("%s %s", a.codes(), a.Data)
			}
		}
	}
}

// What does not fit is named: a variable, or the operation that is meant.
func TestGraphQLNames(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	got := m.ask(t, "POST", "/graphql", graphRequest(t, `query($n: Int!) { leads(first: $n) { totalCount { value } } }`, nil)).wants(t, 400)
	if !strings.Contains(got.body, `"field":"n"`) {
		t.Errorf("a variable that is missing: %s", got.body)
	}
	got = m.ask(t, "POST", "/graphql", graphRequest(t, `query a { fields { slotsLeft { text } } } query b { fields { slotsLeft { text } } }`, nil)).wants(t, 400)
	if !strings.Contains(got.body, "operationName") {
		t.Errorf("two operations: %s", got.body)
	}
}
