package http_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type exportList = apphttp.List[projections.Export]

func table(t *testing.T, a answer) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestExport takes leads out in both formats, and looks at the file, at the facts and
// at the list of exports.
func TestExport(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Manager)
	m.capture(t, `{"name":"=Persona()","email":"x1@people.example","phone":"+44 20 7946 0958","tags":["vip","a;b"],"custom":{"tier":"@gold"},"emails":[{"address":"x2@people.example"}]}`)
	m.capture(t, `{"name":"Persona, \"Ann\" <i>","source":"web","external_ids":{"import":"7","crm":"-8"}}`)
	listed := m.fresh(t, "/v1/leads").wants(t, 200)
	before := m.head(t)

	got := m.fresh(t, "/v1/leads/export").wants(t, 200)
	want := [][]string{
		{"name", "first_name", "last_name", "email", "email_2", "phone", "phone_2", "title", "company", "address", "city", "state", "postal_code", "country", "timezone", "linkedin", "source", "owner", "status", "tags", "external_ids.crm", "external_id", "custom.tier"},
		{`Persona, "Ann" <i>`, "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "web", "", "new", "", "'-8", "7", ""},
		{"'=Persona()", "", "", "x1@people.example", "x2@people.example", "+442079460958", "", "", "", "", "", "", "", "", "", "", "", "", "new", `["a;b","vip"]`, "", "", "'@gold"},
	}
	if rows := table(t, got); fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("the file reads\n%v, want\n%v", rows, want)
	}
	if got.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(got.header.Get("Content-Disposition"), `filename="leads.csv"`) {
		t.Errorf("it comes as %v", got.header)
	}
	if some := table(t, m.ask(t, "GET", "/v1/leads/export?columns=email,custom.tier,archived&sort=created_at", "").wants(t, 200)); fmt.Sprint(some) != "[[email custom.tier archived] [x1@people.example '@gold false] [  false]]" {
		t.Errorf("of chosen columns it reads %v", some)
	}
	if one := table(t, m.ask(t, "GET", "/v1/leads/export?columns=email", "")); len(one) != 3 {
		t.Errorf("a lead without the only value is left out: %v", one)
	}

	lines := m.ask(t, "GET", "/v1/leads/export?format=ndjson", "").wants(t, 200)
	items := into[apphttp.List[json.RawMessage]](t, listed).Items
	for i, l := range strings.Split(strings.TrimSpace(lines.body), "\n") {
		if l != string(items[i]) {
			t.Errorf("a line reads %s, the list %s", l, items[i])
		}
	}
	none := m.ask(t, "GET", "/v1/leads/export?columns=name&q=nobody+at+all&archived=any&status=working&sort=name", "").wants(t, 200)
	if none.body != "name\n" {
		t.Errorf("of nobody it reads %q", none.body)
	}
	facts := strings.Split(m.facts(t, before), "\n")
	if len(facts) != 10 || facts[9] != `export.finished {"rows":0,"complete":true}` || facts[7] != `export.finished {"rows":2,"complete":true}` ||
		facts[8] != `export.started {"format":"csv","columns":["name"],"filter":"status eq working","words":"nobody at all","sort":"name","archived":"any","role":"manager"}` {
		t.Errorf("the facts are %s", strings.Join(facts, "\n"))
	}
	page := into[exportList](t, m.fresh(t, "/v1/exports?limit=1").wants(t, 200))
	if x := page.Items[0]; page.Total.Value != 5 || x.Status != "complete" || x.Filter != "status eq working" || x.Words != "nobody at all" || x.Actor != "user:"+m.ID || x.Role != "manager" {
		t.Errorf("the list shows %+v", page)
	}
	next := into[exportList](t, m.ask(t, "GET", "/v1/exports?limit=1&cursor="+page.NextCursor, "").wants(t, 200))
	if x := next.Items[0]; x.Rows != 2 || x.Format != "ndjson" || x.Columns != nil {
		t.Errorf("the next page shows %+v", next)
	}
	if theirs := into[exportList](t, shared(t).member(t, access.Admin).fresh(t, "/v1/exports")); len(theirs.Items) != 0 {
		t.Errorf("a neighbour is shown %+v", theirs)
	}
}

// What cannot be carried out is refused by name, and no export of it is recorded.
func TestExportRefused(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	before := m.head(t)
	for query, field := range map[string]string{
		"format=xlsx": "format", "columns=nothing": "columns", "columns=name,name": "columns", "columns=custom.A": "columns", "format=ndjson&columns=name": "columns", "limit=1": "limit", "cursor=x": "cursor",
		"sort=title": "sort", "status=won": "status", "owner=me": "owner", "country=NOR": "country", "archived=yes": "archived", "columns=" + strings.Repeat("x", 8001): "columns", "name=x": "name",
	} {
		p := m.ask(t, "GET", "/v1/leads/export?"+query, "").refuses(t, 422, "request.invalid")
		if len(p.Fields) != 1 || p.Fields[0].Name != field {
			t.Errorf("%s: at fault is %+v, want %s", query, p.Fields, field)
		}
	}
	m.ask(t, "GET", "/v1/leads/export?filter="+url.QueryEscape("nothing eq 1"), "").refuses(t, 422, "filter.invalid")
	m.ask(t, "GET", "/v1/leads/export", "", "Canvass-Min-Position", "x").refuses(t, 422, "request.invalid")
	m.ask(t, "POST", "/v1/leads/export", "").refuses(t, 405, "route.method_not_allowed")
	if news := m.facts(t, before); news != "" {
		t.Errorf("it is recorded: %s", news)
	}
}

// Nobody takes out what they could not list: whatever is asked, by whoever may, the
// file holds what the list holds, in its order; and never a neighbour's leads.
func TestExportIsTheList(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss, neighbour := a.member(t, access.Admin), a.member(t, access.Admin)
	owner := a.colleague(t, boss.Org, access.User)
	for i := range 12 {
		for _, m := range []*member{boss, neighbour} {
			id := m.capture(t, fmt.Sprintf(`{"name":"Persona %c","source":%q,"owner":%q,"country":%q}`, 'a'+i%5, []string{"web", "fair"}[i%2], []string{"", owner.ID, someone}[i%3], []string{"DE", "FR", ""}[i/4])).ID
			if i%4 == 1 {
				m.ask(t, "POST", "/v1/leads/"+id+"/archive", "").wants(t, 200)
			}
			if i == 6 {
				m.ask(t, "DELETE", "/v1/leads/"+id, "").wants(t, 200)
			}
		}
	}
	boss.fresh(t, "/v1/leads")
	ask := []*member{boss, neighbour, a.colleague(t, boss.Org, access.Manager), a.colleague(t, boss.Org, access.API)}
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(ask).Draw(rt, "who")
		v := url.Values{}
		for name, of := range map[string][]string{
			"archived": {"", "true", "any"}, "source": {"", "", "web"}, "owner": {"", "", owner.ID}, "country": {"", "", "de"}, "q": {"", "", "persona a"},
			"sort": {"", "name", "-updated_at", "created_at"}, "filter": {"", "", "not country is_empty", `name contains "b" or source eq fair`},
		} {
			if pick := rapid.SampledFrom(of).Draw(rt, name); pick != "" {
				v.Set(name, pick)
			}
		}
		list := into[leadList](t, m.ask(t, "GET", "/v1/leads?limit=200&"+v.Encode(), "").wants(t, 200))
		want := []string{"id"}
		for _, l := range list.Items {
			want = append(want, l.ID)
		}
		file := m.ask(t, "GET", "/v1/leads/export?columns=id&"+v.Encode(), "").wants(t, 200)
		if got := strings.Fields(file.body); !slices.Equal(got, want) {
			rt.Fatalf("%s takes out %v, and is shown %v", v.Encode(), got, want)
		}
	})
	owner.ask(t, "GET", "/v1/leads/export", "").refuses(t, 403, "access.denied")
}
