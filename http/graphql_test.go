package http_test

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
)

// The example of a connection, and what stands beside it.
func TestGraphQLConnection(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for i := range 5 {
		m.capture(t, `{"name":"Persona `+strconv.Itoa(i)+`"}`)
	}
	got := shows[graphPage[graphNode]](t, m, "leads", `{ leads(first: 3) { edges { cursor node { id name } } `+graphWhole+` } }`, nil)
	if len(got.Edges) != 3 || got.Edges[0].Node.Name != "Persona 4" || !got.PageInfo.Next || got.PageInfo.Previous ||
		got.PageInfo.Start != got.Edges[0].Cursor || got.PageInfo.End != got.Edges[2].Cursor || got.Total.Value != 5 || !got.Total.Exact {
		t.Errorf("%+v", got)
	}
	// Any edge's cursor goes on behind it.
	next := shows[graphPage[graphNode]](t, m, "leads", `query($c: String) { leads(first: 3, after: $c) { edges { cursor node { id name } } `+graphWhole+` } }`, map[string]any{"c": got.Edges[1].Cursor})
	if len(next.Edges) != 3 || next.Edges[0].Node.ID != got.Edges[2].Node.ID || next.PageInfo.Next || !next.PageInfo.Previous {
		t.Errorf("behind the second edge: %+v", next)
	}
}

// A connection walks through the list of the REST API, and their cursors are the same.
func TestGraphQLPages(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user := a.as(t, access.Principal{Org: boss.Org, ID: someone, Role: access.User})
	crowd(t, boss)
	a.member(t, access.Admin).capture(t, `{"name":"Persona of others"}`)
	for _, m := range []*member{boss, user} {
		for _, c := range []struct{ rest, arguments string }{
			{"", ""},
			{"archived=true", ", archived: only"},
			{"archived=any&sort=name", `, archived: any, sort: "name"`},
			{"source=fair&sort=updated_at", `, source: "fair", sort: "updated_at"`},
			{"status=working", ", status: working"},
			{"country=no", `, country: "no"`},
			{"owner=" + someone, `, owner: "` + someone + `"`},
			{"email=MAILED@people.example", `, email: "MAILED@people.example"`},
			{"filter=" + url.QueryEscape(`source is_empty and not country eq NO`), `, filter: "source is_empty and not country eq NO"`},
			{"q=mailed", `, q: "mailed"`},
		} {
			for cursor, page := "", 0; ; page++ {
				rest := into[leadList](t, m.fresh(t, "/v1/leads?limit=2&"+c.rest+"&cursor="+cursor).wants(t, 200))
				graph := shows[graphPage[graphNode]](t, m, "leads", `query($c: String) { leads(first: 2, after: $c`+c.arguments+`) { edges { cursor node { id name } } `+graphWhole+` } }`, map[string]any{"c": cursor})
				var want, have []string
				for _, l := range rest.Items {
					want = append(want, l.ID)
				}
				for _, n := range graph.nodes() {
					have = append(have, n.ID)
				}
				if strings.Join(have, " ") != strings.Join(want, " ") || graph.Total.Value != rest.Total.Value || graph.PageInfo.Next != (rest.NextCursor != "") {
					t.Fatalf("%s %s page %d: %v of %d, want %v of %d", m.Role, c.rest, page, have, graph.Total.Value, want, rest.Total.Value)
				}
				if rest.NextCursor == "" {
					break
				}
				if cursor = rest.NextCursor; cursor != graph.PageInfo.End {
					t.Fatalf("%s %s: the cursors are %s and %s", m.Role, c.rest, graph.PageInfo.End, cursor)
				}
			}
		}
	}
}

// What is not there for somebody is null, and says so; what is, is shown in the same answer.
func TestGraphQLScope(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user, stranger := a.colleague(t, boss.Org, access.User), a.member(t, access.Admin)
	firm := boss.ask(t, "POST", "/v1/companies", `{"name":"Engines"}`).wants(t, 201).receipt(t).ID
	theirs := boss.capture(t, `{"name":"Persona","company_id":"`+firm+`","owner":"`+someone+`"}`).ID
	free := boss.capture(t, `{"name":"Persona","company_id":"`+firm+`"}`).ID
	boss.ask(t, "POST", "/v1/tasks", `{"title":"Call","lead":"`+theirs+`","assignee":"`+user.ID+`"}`).wants(t, 201)
	boss.ask(t, "POST", "/v1/tasks", `{"title":"Write","lead":"`+free+`","assignee":"`+someone+`"}`).wants(t, 201)
	query := `query($theirs: ID!, $free: ID!, $firm: ID!) {
		theirs: lead(id: $theirs) { id }
		free: lead(id: $free) { id tasks { edges { node { title } } } }
		firm: company(id: $firm) { leads { edges { node { id } } totalCount { value } } }
		tasks { edges { node { title lead { id } } } }
	}`
	variables := map[string]any{"theirs": theirs, "free": free, "firm": firm}
	for _, c := range []struct {
		m           *member
		errors      string
		free, firm  string
		tasks, note string
	}{
		{
			boss, "", `{"id":"` + free + `","tasks":{"edges":[{"node":{"title":"Write"}}]}}`,
			`{"leads":{"edges":[{"node":{"id":"` + free + `"}},{"node":{"id":"` + theirs + `"}}],"totalCount":{"value":2}}}`,
			`{"edges":[{"node":{"title":"Call","lead":{"id":"` + theirs + `"}}},{"node":{"title":"Write","lead":{"id":"` + free + `"}}}]}`, "",
		},
		{
			user, "theirs lead.not_found", `{"id":"` + free + `","tasks":{"edges":[]}}`,
			`{"leads":{"edges":[{"node":{"id":"` + free + `"}}],"totalCount":{"value":1}}}`,
			`{"edges":[{"node":{"title":"Call","lead":null}}]}`, "a task that is theirs, about a lead that they do not see",
		},
		{stranger, "firm company.not_found; free lead.not_found; theirs lead.not_found", `null`, `null`, `{"edges":[]}`, ""},
	} {
		got := c.m.graph(t, query, variables)
		codes := strings.Split(got.codes(), "; ")
		slices.Sort(codes)
		if strings.Join(codes, "; ") != c.errors {
			t.Errorf("%s: errors %q, want %q", c.m.Role, codes, c.errors)
		}
		sameJSON(t, c.free, string(got.Data["free"]))
		sameJSON(t, c.firm, string(got.Data["firm"]))
		sameJSON(t, c.tasks, string(got.Data["tasks"]))
	}
}

// A field that a role may not ask for is null, and the rest of the answer is there.
func TestGraphQLPermissions(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.User)
	id := m.capture(t, `{"name":"Persona"}`).ID
	got := m.graph(t, `{ leads { edges { node { name } } } events { edges { node { type } } } imports { edges { node { id } } } exports { totalCount { value } } }`, nil)
	codes := strings.Split(got.codes(), "; ")
	slices.Sort(codes)
	if strings.Join(codes, "; ") != "events access.denied; exports access.denied; imports access.denied" || got.Errors[0].Extensions.Status != 403 {
		t.Errorf("errors: %s", got.codes())
	}
	sameJSON(t, `{"edges":[{"node":{"name":"Persona"}}]}`, string(got.Data["leads"]))
	before := m.head(t)
	for _, mutation := range []string{`assignLead(id: "` + id + `", owner: "` + someone + `")`, `deleteLead(id: "` + id + `")`, `captureLead(input: {name: "Persona", owner: "` + someone + `"})`} {
		if got := m.graph(t, `mutation { done: `+mutation+` { id } }`, nil); got.codes() != "done access.denied" {
			t.Errorf("%s: %s", mutation, got.codes())
		}
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("refused requests added facts:\n%s", news)
	}
}

// everything is a cache that keeps what it is given.
type everything struct{ held sync.Map }

func (c *everything) Get(_ context.Context, key string) ([]byte, bool) {
	v, ok := c.held.Load(key)
	text, _ := v.([]byte)
	return text, ok
}

func (c *everything) Put(_ context.Context, key string, value []byte) { c.held.Store(key, value) }

// Lists that the REST API answers from what it remembers are whole here.
func TestGraphQLBesideACache(t *testing.T) {
	t.Parallel()
	a, _ := remembering(t, &everything{})
	m := a.member(t, access.Admin)
	m.capture(t, `{"name":"Persona"}`)
	m.ask(t, "POST", "/v1/companies", `{"name":"Engines"}`).wants(t, 201)
	for range 2 {
		m.fresh(t, "/v1/leads").wants(t, 200)
		m.fresh(t, "/v1/companies").wants(t, 200)
		got := m.graph(t, `{ leads { edges { node { name } } totalCount { value } } companies { edges { node { name } } } }`, nil)
		sameJSON(t, `{"edges":[{"node":{"name":"Persona"}}],"totalCount":{"value":1}}`, string(got.Data["leads"]))
		sameJSON(t, `{"edges":[{"node":{"name":"Engines"}}]}`, string(got.Data["companies"]))
	}
}
