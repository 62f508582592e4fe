package http_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
)

// TestSearch asks the list by filters, words and orders, and goes through its pages.
func TestSearch(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for n := range 7 {
		m.capture(t, fmt.Sprintf(`{"name":"Person %c","email":"p%d@people.example","city":"%s","tags":["t%d"],"custom":{"tier":"%s"}}`, 'G'-n, n, []string{"Köln", "Bonn"}[n%2], n%3, []string{"gold", "tin"}[n/4]))
	}
	m.fresh(t, "/v1/leads?sort=name")
	names := func(query ...string) string {
		t.Helper()
		v := url.Values{}
		for i := 0; i < len(query); i += 2 {
			v.Set(query[i], query[i+1])
		}
		var out []string
		for {
			page := into[leadList](t, m.ask(t, "GET", "/v1/leads?"+v.Encode(), "").wants(t, 200))
			for _, l := range page.Items {
				out = append(out, strings.TrimPrefix(l.Name, "Person "))
			}
			if page.NextCursor == "" {
				if page.Total.Value != len(out) {
					t.Errorf("%v: a total of %d for %d", query, page.Total.Value, len(out))
				}
				return strings.Join(out, "")
			}
			v.Set("cursor", page.NextCursor)
		}
	}
	for _, c := range []struct {
		query []string
		want  string
	}{
		{[]string{"sort", "name", "limit", "2"}, "ABCDEFG"},
		{[]string{"sort", "-name", "limit", "3"}, "GFEDCBA"},
		{[]string{"sort", "created_at", "limit", "1"}, "GFEDCBA"},
		{[]string{"filter", `city eq "KÖLN" and custom.tier eq gold`, "sort", "name"}, "EG"},
		{[]string{"filter", `tags has t1 or name contains "n a"`, "sort", "name"}, "ACF"},
		{[]string{"filter", "not city is_empty", "q", "bonn person", "sort", "-created_at", "limit", "2"}, "BDF"},
		{[]string{"q", "p3@people"}, "D"},
		{[]string{"filter", "status eq new", "status", "working"}, ""},
		{[]string{"filter", "status eq new", "email", "P2@people.example"}, "E"},
	} {
		if got := names(c.query...); got != c.want {
			t.Errorf("%v: %q, want %q", c.query, got, c.want)
		}
	}
	first := into[leadList](t, m.ask(t, "GET", "/v1/leads?sort=name&limit=2", ""))
	for what, query := range map[string]string{
		"another order":  "sort=-name&cursor=" + first.NextCursor,
		"another filter": "sort=name&filter=status+eq+new&cursor=" + first.NextCursor,
		"the plain list": "cursor=" + first.NextCursor,
		"no cursor":      "sort=name&cursor=AgAAAAAAAAAA",
	} {
		if p := m.ask(t, "GET", "/v1/leads?limit=2&"+query, "").refuses(t, 422, "cursor.invalid"); len(p.Fields) != 1 {
			t.Errorf("%s: %+v", what, p)
		}
	}
	for query, part := range map[string]string{
		"nothing eq 1": "nothing", "status like new": "like", "status eq gone": "gone", "(status eq new": ")", "created_at gt yesterday": "yesterday", "name eq": "expected", "custom.A eq 1": "custom.A",
	} {
		if got := m.ask(t, "GET", "/v1/leads?filter="+url.QueryEscape(query), ""); !strings.Contains(got.refuses(t, 422, "filter.invalid").Fields[0].Message, part) {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	other := shared(t).member(t, access.Admin)
	if page := into[leadList](t, other.ask(t, "GET", "/v1/leads?q=person&sort=name", "").wants(t, 200)); len(page.Items) != 0 || page.Total.Value != 0 {
		t.Errorf("a neighbour finds %+v", page)
	}
}
