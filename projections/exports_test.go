package projections_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestExports: given these facts, then these rows, to the organization alone.
func TestExports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, other := uuid.NewString(), uuid.NewString()
	put := func(org string, facts ...any) string {
		id := eventstoretest.NewID()
		w.Put(t, org, exports.Stream(id), facts...)
		return id
	}
	started := exports.Started{Format: exports.CSV, Columns: []string{"name"}, Filter: "status eq new", Words: "ann", Sort: "name", Archived: "any", Role: "admin"}
	want := []string{ // the newest first
		put(org, started),
		put(org, started, exports.Finished{Rows: 2}),
		put(org, exports.Started{Format: exports.NDJSON, Role: "api"}, exports.Finished{Rows: 3, Complete: true}),
	}
	slices.Reverse(want)
	put(other, started)
	w.followAll()
	page, err := w.ask.ExportPage(t.Context(), admin(org), 0, 2)
	if err != nil || len(page.Items) != 2 || !page.More || page.Total != (projections.Total{Value: 3, Exact: true}) {
		t.Fatalf("the first page holds %+v, %v", page, err)
	}
	rest, err := w.ask.ExportPage(t.Context(), admin(org), page.Items[1].Created(), 2)
	if err != nil || len(rest.Items) != 1 || rest.More {
		t.Fatalf("the second page holds %+v, %v", rest, err)
	}
	var got []string
	for i, x := range append(page.Items, rest.Items...) {
		got = append(got, x.ID)
		if s := []string{"complete 3 ndjson api ", "broken_off 2 csv admin status eq new ann name any", "started 0 csv admin status eq new ann name any"}[i]; s != fmt.Sprintf("%s %d %s %s %s", x.Status, x.Rows, x.Format, x.Role, x.Filter+and(x.Words)+and(x.Sort)+and(x.Archived)) {
			t.Errorf("row %d reads %+v", i, x)
		}
		if x.Actor != "user:"+org || x.CreatedAt.IsZero() || x.Position == 0 || (i > 0) != slices.Equal(x.Columns, []string{"name"}) {
			t.Errorf("row %d reads %+v", i, x)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rows are %v, want %v", got, want)
	}
	// Row-level security shows an organization its own, whatever a query forgets.
	for who, rows := range map[string]int{org: 3, other: 1, uuid.NewString(): 0} {
		var n int
		b := eventstore.ForOrg(who)
		b.Queue(`select count(*) from ` + projections.Exports().Live().Table("exports")).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
		if err := w.Pools.App.SendBatch(t.Context(), b).Close(); err != nil || n != rows {
			t.Errorf("%d rows are shown, want %d: %v", n, rows, err)
		}
	}
}

func and(v string) string {
	if v == "" {
		return ""
	}
	return " " + v
}

// TestLeadsBehind: pages of an export hold what the list shows, each lead once, in
// every order, whoever asks; and what changes meanwhile makes no lead come twice in the
// orders that do not change.
func TestLeadsBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, me := uuid.NewString(), uuid.NewString()
	var all []string
	for i := range 25 {
		c := eventstoretest.Captured(fmt.Sprint("ann", i%7))
		c.Owner = []string{me, "", uuid.NewString()}[i%3]
		if i%2 == 0 {
			c.Custom = map[string]string{fmt.Sprint("k", i%4): "v"}
		}
		for n := range i % 4 {
			c.Emails = append(c.Emails, lead.Email{Address: fmt.Sprintf("x%d-%d@people.example", i, n)})
		}
		if i == 3 {
			c.ExternalIDs = map[string]string{"crm": "a:b"}
		}
		all = append(all, w.capture(org, c))
	}
	w.capture(uuid.NewString(), eventstoretest.Captured("neighbour"))
	w.followAll()
	for _, role := range []access.Role{access.Admin, access.User} {
		who := access.Principal{Org: org, ID: me, Role: role}
		for _, sort := range append(projections.Sorts(), "") {
			listed, err := w.ask.SearchLeads(t.Context(), who, projections.LeadQuery{Sort: sort, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for q := (projections.LeadQuery{Sort: sort, Limit: 4}); ; {
				page, err := w.ask.LeadsBehind(t.Context(), who, q)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, ids(page.Items)...)
				if !page.More {
					break
				}
				q.After = q.Place(page.Items[len(page.Items)-1])
				if sort == "" || sort == "created_at" {
					w.Put(t, org, lead.Stream(got[len(got)-1]), lead.Tagged{Added: []string{fmt.Sprint(len(got), role)}})
					w.followAll()
				}
			}
			if !slices.Equal(got, ids(listed.Items)) || role == access.Admin && len(got) != len(all) {
				t.Errorf("%s, %q: taken out are %v, listed %v", role, sort, got, ids(listed.Items))
			}
		}
		e, err := w.ask.LeadExtent(t.Context(), who, projections.LeadQuery{})
		slices.Sort(e.Custom)
		if want := "{4 0 [crm] [k0 k2]}"; err != nil || fmt.Sprint(e) != want {
			t.Errorf("%s: there is as much as %v, %v, want %s", role, e, err, want)
		}
	}
	none, err := w.ask.LeadExtent(t.Context(), admin(uuid.NewString()), projections.LeadQuery{})
	if err != nil || fmt.Sprint(none) != "{0 0 [] []}" {
		t.Errorf("of nobody there is %v, %v", none, err)
	}
}
