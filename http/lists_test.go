package http_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type leadList = apphttp.List[projections.Lead]

// crowd makes leads that differ in what can be asked for. Their names say what they
// are, the oldest first.
func crowd(t *testing.T, m *member) (ids map[string]string) {
	t.Helper()
	ids = map[string]string{}
	for _, c := range []struct{ name, body, verb, with string }{
		{"plain", `"source":"fair"`, "", ""},
		{"owned", `"owner":"` + someone + `","country":"NO"`, "", ""},
		{"mine", `"owner":"` + m.ID + `"`, "", ""},
		{"working", `"country":"Norway","source":"fair"`, "status", `{"status":"working"}`},
		{"archived", `"source":"fair"`, "archive", ""},
		{"erased", `"source":"fair"`, "erase", ""},
		{"mailed", `"email":"Mailed@people.example"`, "", ""},
	} {
		id := m.capture(t, `{"name":"Persona `+c.name+`",`+c.body+`}`).ID
		ids[id] = c.name
		if c.verb != "" {
			m.ask(t, "POST", "/v1/leads/"+id+"/"+c.verb, c.with).wants(t, 200)
		}
	}
	return ids
}

func TestLeadFilters(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	ids := crowd(t, boss)
	a.member(t, access.Admin).capture(t, `{"name":"Persona of others","source":"fair","email":"mailed@people.example"}`)
	mate := a.as(t, access.Principal{Org: boss.Org, ID: someone, Role: access.User})
	for _, c := range []struct {
		m     *member
		query string
		want  string
	}{
		{boss, "", "mailed working mine owned plain"},
		{boss, "archived=false", "mailed working mine owned plain"},
		{boss, "archived=true", "archived"},
		{boss, "archived=any", "mailed erased archived working mine owned plain"},
		{boss, "source=fair", "working plain"},
		{boss, "source=fair&archived=any", "erased archived working plain"},
		{boss, "source=Fair", ""},
		{boss, "status=working", "working"},
		{boss, "status=customer", ""},
		{boss, "country=NO", "working owned"},
		{boss, "country=no&status=new", "owned"},
		{boss, "owner=" + someone, "owned"},
		{boss, "owner=" + boss.ID, "mine"},
		{boss, "email=MAILED@people.example", "mailed"},
		{boss, "email=none@people.example", ""},
		{boss, "email=no+address", ""},
		{boss, "source=" + url.QueryEscape("a' or '1'='1"), ""},
		{mate, "", "mailed working owned plain"},
		{mate, "owner=" + someone, "owned"},
		{mate, "owner=" + boss.ID, ""},
		{mate, "archived=any", "mailed erased archived working owned plain"},
	} {
		got := into[leadList](t, c.m.fresh(t, "/v1/leads?"+c.query).wants(t, 200))
		var names []string
		for _, l := range got.Items {
			names = append(names, ids[l.ID])
		}
		if have := strings.Join(names, " "); have != c.want {
			t.Errorf("%s ?%s: %q, want %q", c.m.Role, c.query, have, c.want)
		}
		if total := (projections.Total{Value: len(names), Exact: true}); got.Total != total || got.NextCursor != "" {
			t.Errorf("%s ?%s: %+v, next %q; want all %d", c.m.Role, c.query, got.Total, got.NextCursor, len(names))
		}
	}
	if body := boss.fresh(t, "/v1/leads?status=customer").body; !strings.Contains(body, `"items":[]`) {
		t.Errorf("an empty list reads %s", body)
	}
}

// Pages show every lead once, the newest first, however many come and go meanwhile.
func TestLeadPages(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user := a.colleague(t, boss.Org, access.User)
	var want, theirs []string
	for i := range 23 {
		owner := []string{"", user.ID, boss.ID}[i%3]
		id := boss.capture(t, fmt.Sprintf(`{"name":"Persona %d","owner":%q}`, i, owner)).ID
		want = append([]string{id}, want...)
		if owner != boss.ID {
			theirs = append([]string{id}, theirs...)
		}
	}
	for _, limit := range []int{1, 4, 23, 200} {
		for _, c := range []struct {
			m    *member
			want []string
		}{{boss, want}, {user, theirs}} {
			got, totals := pages(t, c.m, limit, func(int) {})
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, pages of %d: %d leads, want %d in their order", c.m.Role, limit, len(got), len(c.want))
			}
			for _, n := range totals {
				if n != (projections.Total{Value: len(c.want), Exact: true}) {
					t.Errorf("%s, pages of %d: total %+v, want %d", c.m.Role, limit, n, len(c.want))
				}
			}
		}
	}
	got, _ := pages(t, boss, 4, func(page int) {
		boss.capture(t, `{"name":"Persona who came meanwhile"}`)
		boss.ask(t, "PATCH", "/v1/leads/"+want[page], `{"title":"changed meanwhile"}`).wants(t, 200)
	})
	if !slices.Equal(got, want) {
		t.Errorf("while leads come and change: %d leads, want %d in their order", len(got), len(want))
	}
}

func pages(t *testing.T, m *member, limit int, between func(page int)) (ids []string, totals []projections.Total) {
	t.Helper()
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	for page := 0; ; page++ {
		got := into[leadList](t, m.fresh(t, "/v1/leads?"+query.Encode()).wants(t, 200))
		for _, l := range got.Items {
			ids = append(ids, l.ID)
		}
		totals = append(totals, got.Total)
		if len(got.Items) > limit || len(ids) > 1000 {
			t.Fatalf("%d items on a page of %d", len(got.Items), limit)
		}
		if got.NextCursor == "" {
			return ids, totals
		}
		query.Set("cursor", got.NextCursor)
		between(page)
	}
}

func TestCursorsBelongToTheirList(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for range 3 {
		m.capture(t, `{"name":"Persona","source":"fair"}`)
	}
	cursor := into[leadList](t, m.fresh(t, "/v1/leads?limit=1").wants(t, 200)).NextCursor
	m.ask(t, "GET", "/v1/leads?limit=2&archived=false&cursor="+cursor, "").wants(t, 200) // the same list, larger pages
	other := m.member(t, access.Admin)
	flipped := []byte(cursor)
	flipped[0] ^= 1
	for _, c := range []struct {
		m     *member
		query string
	}{
		{m, "/v1/leads?source=fair&cursor=" + cursor},
		{m, "/v1/leads?archived=any&cursor=" + cursor},
		{m, "/v1/events?cursor=" + cursor},
		{other, "/v1/leads?cursor=" + cursor},
		{m, "/v1/leads?cursor=" + cursor[:len(cursor)-1]},
		{m, "/v1/leads?cursor=" + cursor + "A"},
		{m, "/v1/leads?cursor=" + string(flipped)},
		{m, "/v1/leads?cursor=garbage"},
		{m, "/v1/leads?cursor=" + url.QueryEscape("§$%/\n")},
		{m, "/v1/leads?cursor=" + strings.Repeat("A", 23)},
	} {
		p := c.m.ask(t, "GET", c.query, "").refuses(t, 422, "cursor.invalid")
		if len(p.Fields) != 1 || p.Fields[0].Name != "cursor" {
			t.Errorf("%s: the fields at fault are %v", c.query, p.Fields)
		}
	}
}
