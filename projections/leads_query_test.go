package projections_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

func TestLeadIsShownTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, me, other := uuid.NewString(), uuid.NewString(), uuid.NewString()
	owned := func(by string) string {
		c := eventstoretest.Captured("ann" + by)
		c.Owner = by
		return w.capture(org, c)
	}
	mine, theirs, nobodys := owned(me), owned(other), owned("")
	w.followAll()
	everything := []string{nobodys, theirs, mine}
	for name, spec := range map[string]struct {
		who   access.Principal
		shown []string // the newest first
	}{
		"admin: all":                      {access.Principal{Org: org, ID: me, Role: access.Admin}, everything},
		"manager: all":                    {access.Principal{Org: org, ID: me, Role: access.Manager}, everything},
		"api key: all":                    {access.Principal{Org: org, ID: "key", Role: access.API}, everything},
		"user: own and nobody's":          {access.Principal{Org: org, ID: me, Role: access.User}, []string{nobodys, mine}},
		"user without a lead: nobody's":   {access.Principal{Org: org, ID: uuid.NewString(), Role: access.User}, []string{nobodys}},
		"user whose id is no id":          {access.Principal{Org: org, ID: "auth0|7", Role: access.User}, []string{nobodys}},
		"admin of another organization":   {admin(uuid.NewString()), nil},
		"user of another organization":    {access.Principal{Org: uuid.NewString(), ID: me, Role: access.User}, nil},
		"a role that is not in the table": {access.Principal{Org: org, ID: me, Role: access.System}, everything},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := w.page(spec.who)
			if got := ids(page.Items); !slices.Equal(got, spec.shown) || page.Total != (projections.Total{Value: len(spec.shown), Exact: true}) {
				t.Errorf("the list shows %v of %+v, want %v", got, page.Total, spec.shown)
			}
			for _, id := range everything {
				_, err := w.ask.Lead(t.Context(), spec.who, id)
				if seen := slices.Contains(spec.shown, id); seen && err != nil || !seen && !errors.Is(err, lead.ErrNotFound) {
					t.Errorf("lead %s, which is to be shown: %v: %v", id, seen, err)
				}
			}
		})
	}
}

func ids(leads []projections.Lead) (out []string) {
	for _, l := range leads {
		out = append(out, l.ID)
	}
	return out
}

func TestLeadNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{uuid.NewString(), "", "17", "'; drop table"} {
		if _, err := w.ask.Lead(t.Context(), admin(uuid.NewString()), id); !errors.Is(err, lead.ErrNotFound) {
			t.Errorf("lead %q: %v, want not found", id, err)
		}
	}
}

// TestLeadPages: pages behind each other show every lead once, the newest first,
// whatever the page's size, whoever asks, and whatever comes meanwhile.
func TestLeadPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, me := uuid.NewString(), uuid.NewString()
	var all []string
	for i := range 23 {
		c := eventstoretest.Captured(fmt.Sprint("ann", i))
		c.Owner = []string{me, "", me}[i%3]
		all = append(all, w.capture(org, c))
	}
	slices.Reverse(all)
	w.followAll()
	for _, role := range []access.Role{access.Admin, access.User} {
		for _, limit := range []int{1, 2, 5, 22, 23, 24} {
			who := access.Principal{Org: org, ID: me, Role: role}
			var got []string
			before, more := int64(0), true
			for more {
				page, err := w.ask.LeadPage(t.Context(), who, "", before, limit)
				if err != nil || len(page.Items) > limit || len(page.Items) == 0 {
					t.Fatalf("%s, page of %d behind %d: %d leads, %v", role, limit, before, len(page.Items), err)
				}
				got = append(got, ids(page.Items)...)
				before, more = page.Items[len(page.Items)-1].Created(), page.More
				if len(got) == limit { // a lead that comes now is no part of the pages that follow
					w.capture(org, eventstoretest.Captured("late"))
					w.followAll()
				}
			}
			if !slices.Equal(got[len(got)-23:], all) || slices.Contains(got[:len(got)-23], all[0]) {
				t.Errorf("%s, pages of %d show %v, want %v last", role, limit, got, all)
			}
		}
	}
}

func TestLeadFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, owner := uuid.NewString(), uuid.NewString()
	one := lead.Captured{Status: lead.New, Owner: owner, Details: lead.Details{Name: "one", Email: "one@example.com", Source: "fair", Country: "DE"}}
	two := lead.Captured{Status: lead.New, Details: lead.Details{Name: "two", Email: "two@example.com", Source: "web", Country: "FR"}}
	kept := map[string]string{
		"one":        w.capture(org, one),
		"two":        w.capture(org, two, lead.StatusChanged{From: lead.New, To: lead.Working}),
		"archived":   w.capture(org, two, lead.Archived{}),
		"erased":     w.capture(org, one, lead.Erased{}),
		"both":       w.capture(org, one, lead.Archived{}, lead.Erased{}),
		"unarchived": w.capture(org, two, lead.Archived{}, lead.Restored{}),
	}
	w.capture(uuid.NewString(), one)
	w.followAll()
	for name, spec := range map[string]struct {
		filter, archived string
		shown            []string
	}{
		"no filter: neither archived nor erased": {"", "", []string{"unarchived", "two", "one"}},
		"archived false":                         {"", "false", []string{"unarchived", "two", "one"}},
		"archived true: no erased":               {"", "true", []string{"archived"}},
		"archived any: all":                      {"", "any", []string{"unarchived", "both", "erased", "archived", "two", "one"}},
		"status":                                 {`status eq "working"`, "", []string{"two"}},
		"owner":                                  {`owner eq ` + owner, "", []string{"one"}},
		"owner that is no id":                    {`owner eq "me"`, "", nil},
		"source":                                 {`source eq "web"`, "", []string{"unarchived", "two"}},
		"country":                                {`country eq "FR"`, "any", []string{"unarchived", "archived", "two"}},
		"email":                                  {`email eq "one@example.com"`, "", []string{"one"}},
		"email of an erased lead":                {`email eq "one@example.com"`, "any", []string{"one"}},
		"several at once":                        {`source eq "web" and country eq "FR" and status eq "new"`, "", []string{"unarchived"}},
		"a quote":                                {`source eq "' or true --"`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown, total := w.search(admin(org), projections.LeadQuery{Filter: w.asked(org, spec.filter), Archived: spec.archived, Limit: 100})
			var want []string
			for _, n := range spec.shown {
				want = append(want, kept[n])
			}
			if got := ids(shown); !slices.Equal(got, want) || total.Value != len(want) || !total.Exact {
				t.Errorf("shows %v of %+v, want %v", got, total, want)
			}
		})
	}
}

// TestLeadTotals: a list is counted up to a limit, and what was counted before is not
// counted again until something of the organization changes.
func TestLeadTotals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, me := uuid.NewString(), uuid.NewString()
	fill := func(owner any, n int) {
		w.Exec(t, `insert into read.leads_v5 (tenant_id, id, status, owner, source, country, archived, deleted, erased, version, created_position, position, created_at, updated_at)
			select $1, gen_random_uuid(), 'new', $2, 'a b', 'c', false, false, false, 1, (select count(*) from read.leads_v5) + i, 1, now(), now() from generate_series(1, $3::int) i`, org, owner, n)
		w.Exec(t, `insert into read.lead_search_v5 (tenant_id, id, status, owner, name, archived, deleted, erased, created_position, position, created_at, updated_at)
			select tenant_id, id, status, owner, '', archived, deleted, erased, created_position, position, created_at, updated_at from read.leads_v5 on conflict do nothing`)
		w.Exec(t, `insert into read.watermarks values ('leads', (select max(version) from es.projections where name = 'leads'), $1, 1) on conflict (tenant_id, projection, version) do update set position = read.watermarks.position + 1`, org)
	}
	total := func(p access.Principal) projections.Total { return w.page(p).Total }
	all, user := admin(org), access.Principal{Org: org, ID: me, Role: access.User}
	is := func(what string, got projections.Total, value int, exact bool) {
		t.Helper()
		if got != (projections.Total{Value: value, Exact: exact}) {
			t.Errorf("%s: %+v, want %d, %v", what, got, value, exact)
		}
	}
	is("none", total(all), 0, true)
	is("none of a user", total(user), 0, true)
	fill(nil, 4_000)
	is("some", total(all), 4_000, true)
	fill(me, 6_000)
	is("as many as are counted", total(all), 10_000, true)
	is("as many as are counted of a user", total(user), 10_000, true)
	fill(uuid.NewString(), 1)
	is("one more", total(all), 10_000, false)
	is("one more, of somebody else", total(user), 10_000, true)
	fill(nil, 1)
	is("one more of a user", total(user), 10_000, false)
}
