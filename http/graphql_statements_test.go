package http_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// statements counts what is sent to the database, but for who it is that asks, which is looked
// up every half a second.
type statements struct{ n atomic.Int64 }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if !strings.Contains(q.SQL, "memberships") {
		s.n.Add(1)
	}
	return ctx
}
func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) { s.n.Add(1) }
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

func (s *statements) pool(t *testing.T, like *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	cfg := like.Config()
	cfg.ConnConfig.Tracer = s
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// counting lets an app read through connections whose statements are counted.
func counting(t *testing.T, db *eventstoretest.DB) (*statements, option) {
	t.Helper()
	s := &statements{}
	master, err := eventstore.NewMaster(func() (string, error) { return eventstoretest.MasterKey, nil })
	if err != nil {
		t.Fatal(err)
	}
	app := s.pool(t, db.Pools.App)
	store, err := eventstore.New(t.Context(), eventstore.Config{
		App: app, Worker: db.Pools.Worker, Vault: eventstore.NewKeys(s.pool(t, db.Pools.Keys), master, time.Now), Registry: db.Registry,
		Log: slog.New(slog.DiscardHandler), Now: time.Now, OneDatabase: db.Pools.OneDatabase,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, func(c *apphttp.Config) { c.Queries = projections.NewQueries(app, store) }
}

// A query sends as many statements for many leads as for few, whatever they lead to.
func TestGraphQLStatements(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	sent, counted := counting(t, db)
	boss := startOn(t, db, counted).member(t, access.Admin)
	user := boss.as(t, access.Principal{Org: boss.Org, ID: someone, Role: access.User})
	office(t, boss, 50)
	for _, m := range []*member{boss, user} {
		for name, query := range map[string]string{
			"within leads": `query($n: Int) { leads(first: $n) { edges { node { id
				company { name }
				notes { edges { node { text } } totalCount { value } }
				tasks { edges { node { title lead { name } } } totalCount { value } }
				timeline(first: 2) { edges { node { text } } totalCount { value } } } } } }`,
			"far within": `query($n: Int) { leads(first: $n) { edges { node {
				company { leads(first: 2) { totalCount { value } edges { node { name company { name } tasks(first: 1) { edges { node { lead { notes(first: 1) { edges { node { text } } } } } } } } } } } } } } }`,
			"of tasks":     `query($n: Int) { tasks(first: $n) { edges { node { lead { name company { name } } } } } }`,
			"of companies": `query($n: Int) { companies(first: $n) { edges { node { name leads(first: 3, archived: any) { edges { node { name notes(first: 1) { edges { node { id } } } } } } } } } }`,
		} {
			sent.steady(t, m, name, query, 50, 4)
		}
	}
}

// steady fails the test unless a query takes as many statements for many records as for few.
func (s *statements) steady(t *testing.T, m *member, name, query string, many, few int) {
	t.Helper()
	cost := map[int]int64{}
	for _, n := range []int{many, many, few} { // the first fills what is remembered, such as counts and keys
		before := s.n.Load()
		if got := m.graph(t, query, map[string]any{"n": n}); len(got.Errors) > 0 {
			t.Fatalf("%s: %s", name, got.codes())
		}
		cost[n] = s.n.Load() - before
	}
	if cost[many] != cost[few] || cost[few] == 0 || cost[many] > 40 {
		t.Errorf("%s, as %s: %d statements for %d records, %d for %d", name, m.Role, cost[many], many, cost[few], few)
	}
}

// office makes leads with companies, notes and tasks.
func office(t *testing.T, m *member, leads int) (ids []string) {
	t.Helper()
	for i := range leads {
		if i%2 == 0 {
			m.ask(t, "POST", "/v1/companies", fmt.Sprintf(`{"name":"Engines %d"}`, i/2)).wants(t, 201)
		}
		found := into[apphttp.List[projections.Company]](t, m.fresh(t, fmt.Sprintf("/v1/companies?name=Engines+%d", i/2)).wants(t, 200))
		owner := []string{"", m.ID, someone}[i%3]
		id := m.capture(t, fmt.Sprintf(`{"name":"Persona %d","company_id":%q,"owner":%q}`, i, found.Items[0].ID, owner)).ID
		ids = append(ids, id)
		for n := range i % 4 {
			m.ask(t, "POST", "/v1/leads/"+id+"/notes", fmt.Sprintf(`{"text":"Note %d"}`, n)).wants(t, 201)
			due := ""
			if n > 0 {
				due = fmt.Sprintf(`,"due":"2030-01-0%dT00:00:00Z"`, 9-n)
			}
			task := m.ask(t, "POST", "/v1/tasks", fmt.Sprintf(`{"lead":%q,"title":"Task %d","assignee":%q%s}`, id, n, []string{"", m.ID, someone}[n%3], due)).wants(t, 201).receipt(t).ID
			if n == 2 && i%2 == 0 {
				m.ask(t, "POST", "/v1/tasks/"+task+"/complete", "").wants(t, 200)
			}
		}
		if i%7 == 6 {
			m.ask(t, "POST", "/v1/leads/"+id+"/archive", "").wants(t, 200)
		}
	}
	return ids
}

// What is read for many records at once is, record by record, what the REST API lists for each:
// rows, order, cursors and counts.
func TestGraphQLWithinIsREST(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user := a.as(t, access.Principal{Org: boss.Org, ID: someone, Role: access.User})
	office(t, boss, 20)
	const query = `{ leads(first: 200, archived: any) { edges { node { id
		notes(first: 2) { edges { cursor node { id } } ` + graphWhole + ` }
		tasks(first: 2) { edges { cursor node { id } } ` + graphWhole + ` }
		all: tasks(first: 1, status: any) { edges { cursor node { id } } ` + graphWhole + ` }
		timeline(first: 2) { edges { cursor node { id: position } } ` + graphWhole + ` } } } } }`
	type position struct {
		ID int64 `json:"id"`
	}
	for _, m := range []*member{boss, user} {
		leads := shows[graphPage[struct {
			ID       string
			Notes    graphPage[graphNode]
			Tasks    graphPage[graphNode]
			All      graphPage[graphNode]
			Timeline graphPage[position]
		}]](t, m, "leads", query, nil)
		if len(leads.Edges) < 10 {
			t.Fatalf("%s sees %d leads", m.Role, len(leads.Edges))
		}
		for _, l := range leads.nodes() {
			sameList(t, m, "/v1/leads/"+l.ID+"/notes?limit=2", l.Notes)
			sameList(t, m, "/v1/tasks?limit=2&lead="+l.ID, l.Tasks)
			sameList(t, m, "/v1/tasks?limit=1&status=any&lead="+l.ID, l.All)
			sameList(t, m, "/v1/leads/"+l.ID+"/timeline?limit=2", l.Timeline)
		}
		firms := shows[graphPage[struct {
			ID    string
			Leads graphPage[graphNode]
			All   graphPage[graphNode]
		}]](t, m, "companies", `{ companies { edges { node { id
			leads(first: 1) { edges { cursor node { id } } `+graphWhole+` } all: leads(archived: any) { edges { cursor node { id } } `+graphWhole+` } } } } }`, nil)
		for _, c := range firms.nodes() {
			sameList(t, m, "/v1/leads?limit=1&filter=company_id+eq+%22"+c.ID+"%22", c.Leads)
			sameList(t, m, "/v1/leads?limit=20&archived=any&filter=company_id+eq+%22"+c.ID+"%22", c.All)
		}
	}
}

// sameList fails the test unless a connection shows what a list of the REST API does.
func sameList[N any](t *testing.T, m *member, path string, have graphPage[N]) {
	t.Helper()
	var want struct {
		Items []struct {
			ID       string `json:"id"`
			Position int64  `json:"position"`
		} `json:"items"`
		Next  string            `json:"next_cursor"`
		Total projections.Total `json:"total"`
	}
	got := m.fresh(t, path).wants(t, 200)
	if err := json.Unmarshal([]byte(got.body), &want); err != nil {
		t.Fatal(err)
	}
	var wanted, shown []string
	for _, i := range want.Items {
		if i.ID == "" {
			i.ID = strconv.FormatInt(i.Position, 10)
		}
		wanted = append(wanted, i.ID)
	}
	for _, n := range have.nodes() {
		text, _ := json.Marshal(n)
		var id struct {
			ID any `json:"id"`
		}
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		_ = d.Decode(&id)
		shown = append(shown, fmt.Sprint(id.ID))
	}
	end := ""
	if have.PageInfo.Next {
		end = have.PageInfo.End
	}
	if !slices.Equal(wanted, shown) || have.Total.Value != want.Total.Value || have.Total.Exact != want.Total.Exact || end != want.Next {
		t.Errorf("%s %s: %v of %+v behind %q, want %v of %+v behind %q", m.Role, path, shown, have.Total, end, wanted, want.Total, want.Next)
	}
}
