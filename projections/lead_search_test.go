package projections_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

func (w *world) search(p access.Principal, q projections.LeadQuery) (out []projections.Lead, total projections.Total) {
	w.t.Helper()
	for q.After = ""; ; {
		page, err := w.ask.SearchLeads(w.t.Context(), p, q)
		if err != nil {
			w.t.Fatalf("search %+v: %v", q, err)
		}
		out = append(out, page.Items...)
		if !page.More {
			return out, page.Total
		}
		q.After = q.Place(out[len(out)-1])
		if !q.Fits() {
			w.t.Fatalf("the place %q does not fit its own query", q.After)
		}
	}
}

// asked is a filter as an organization's members ask it.
func (w *world) asked(org, text string) filter.Expr {
	w.t.Helper()
	fields, err := w.ask.LeadFields(w.t.Context(), admin(org), text)
	if err != nil {
		w.t.Fatal(err)
	}
	expr, err := filter.Parse(text, fields)
	if err != nil {
		w.t.Fatalf("%s: %+v", text, err)
	}
	return expr
}

// ours are fields of every kind that can be filtered by; "note" is nobody's.
var ours = []field.Defined{
	{Key: "tier", Kind: field.Enum, Options: []string{"Gold"}, Slot: "t1"},
	{Key: "site", Kind: field.URL, Slot: "t10"},
	{Key: "size", Kind: field.Number, Slot: "n1"},
	{Key: "since", Kind: field.Date, Slot: "d6"},
	{Key: "vip", Kind: field.Boolean, Slot: "b2"},
}

// ownValue is a value of an own field as a filter sees it.
func ownValue(key, text string) filter.Value {
	folded := filter.Fold(text)
	switch key {
	case "size":
		if n, ok := field.AsNumber(folded); ok {
			return filter.NumberValue(n)
		}
		return filter.Value{}
	case "since":
		if at, ok := field.AsTime(folded); ok {
			return filter.TimeValue(at)
		}
		return filter.Value{}
	case "vip":
		if b, ok := field.AsBoolean(folded); ok {
			return filter.BoolValue(b)
		}
		return filter.Value{}
	case "tier", "site":
		return filter.TextValue(field.AsText(folded))
	}
	return filter.TextValue(text)
}

// recordOf is a lead as a filter sees it, by the plain way.
func recordOf(l projections.Lead, owner string) func(string) filter.Value {
	var emails, phones, external []string
	if l.Email != "" {
		emails = append(emails, l.Email)
	}
	for _, e := range l.Emails {
		emails = append(emails, e.Address)
	}
	if l.Phone != "" {
		phones = append(phones, l.Phone)
	}
	for _, n := range l.Phones {
		phones = append(phones, n.Number)
	}
	for k, v := range l.ExternalIDs {
		external = append(external, k+":"+v)
	}
	texts := map[string]string{
		"status": string(l.Status), "owner": owner, "company_id": l.CompanyID, "team": l.Team, "source": l.Source, "country": l.Country, "email": l.Email, "phone": l.Phone, "timezone": l.Timezone,
		"name": l.Name, "title": l.Title, "company": l.Company, "city": l.City, "state": l.State, "postal_code": l.PostalCode,
	}
	lists := map[string][]string{"emails": emails, "phones": phones, "tags": l.Tags, "external_ids": external}
	return func(field string) filter.Value {
		if key, own := strings.CutPrefix(field, "custom."); own {
			return ownValue(key, l.Custom[key])
		}
		switch field {
		case "created_at":
			return filter.TimeValue(l.CreatedAt)
		case "updated_at":
			return filter.TimeValue(l.UpdatedAt)
		case "archived":
			return filter.BoolValue(l.Archived)
		}
		if list, ok := lists[field]; ok {
			return filter.ListValue(list)
		}
		return filter.TextValue(texts[field])
	}
}

// crowd makes leads of every kind.
func crowd(t *rapid.T, w *world, org string, owners []string) {
	pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
	leads := rapid.IntRange(1, 14).Draw(t, "leads")
	defined := make([]int, len(ours))
	for i := range ours {
		defined[i] = rapid.IntRange(0, leads).Draw(t, "defined")
	}
	define := func(when int) { // before, between or behind the leads
		for i, f := range ours {
			if defined[i] == when {
				w.define(org, f)
			}
		}
	}
	for n := range leads {
		define(n)
		d := lead.Details{
			Name: pick("name", "Ann Lee", "ann LEE", "Bo", "Zoë", "100%_\\", ""), Title: pick("title", "", "CTO", "Head of Sales"),
			Team: pick("team", owners...), City: pick("city", "", "Köln", "koln"), Country: pick("country", "", "DE", "FR"), Source: pick("source", "", "fair", "web"),
		}
		if rapid.Bool().Draw(t, "mail") || d.Name == "" {
			d.Email = fmt.Sprintf("a%d@people.example", n)
		}
		if rapid.Bool().Draw(t, "more") {
			d.Tags = rapid.SampledFrom([][]string{{"vip"}, {"cold", "vip"}}).Draw(t, "tags")
			d.Custom = map[string]string{"tier": pick("tier", "gold", "Silver")}
			for _, key := range []string{"tier", "site", "size", "since", "vip", "note"} {
				if v := pick("own", append([]string{""}, oddValues...)...); v != "" {
					d.Custom[key] = v
				}
			}
			d.ExternalIDs = map[string]string{"crm": strconv.Itoa(n), "erp": strconv.Itoa(n)}
			d.Emails = []lead.Email{{Address: fmt.Sprintf("b%d@people.example", n)}}
		}
		facts := []any{lead.Captured{Status: rapid.SampledFrom(lead.Statuses()).Draw(t, "status"), Owner: pick("owner", owners...), Details: d}}
		switch rapid.IntRange(0, 5).Draw(t, "then") {
		case 0:
			facts = append(facts, lead.Archived{})
		case 1:
			facts = append(facts, lead.Deleted{})
		case 2:
			facts = append(facts, lead.Erased{})
		}
		w.capture(org, facts...)
		if rapid.IntRange(0, 5).Draw(t, "follow") == 0 {
			w.followAll()
		}
	}
	define(leads)
	w.followAll()
}

var filters = []string{
	"", "status in (new, working)", "status ne customer and country eq de", "name contains ann", "name eq \"ann lee\"", "not name contains ann or title is_empty",
	"tags has vip", "tags is_empty", "emails contains people.example", "email eq A1@people.example", "custom.tier eq GOLD", "custom.tier is_empty", "city starts_with k",
	"archived eq true", "archived eq false", "external_ids has crm:1", "created_at ge 2020-01-01", "created_at lt 2020-01-01", "owner is_empty", "source not_in (fair)", "team is_not_empty",
	"(status eq new or country is_empty) and not tags has cold",
	"custom.size gt 1", "custom.size eq 0", "custom.size in (5, 1.5, 0.000000000000001)", "custom.size is_empty", "not custom.size lt 3", "custom.size ne 5",
	"custom.since ge 2026-01-31", "custom.since eq 2026-01-31", "custom.since lt 2026-02-01 and custom.vip eq true", "custom.since is_not_empty", "custom.since le 0001-01-01",
	"custom.vip eq false", "custom.vip is_empty", "custom.vip ne true", "custom.tier starts_with sss", "custom.tier ne gold", "custom.tier contains \"🙂\"", "custom.site contains acme or custom.site is_empty",
	"custom.note eq 5", "custom.note contains 2026", "custom.other is_empty",
}

// TestSearchLeads: what a filter finds is what the plain evaluator finds among the
// leads that the principal may see, in every order, on pages of any size; and nobody
// finds or counts what is not theirs.
func TestSearchLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		org, me, other := uuid.NewString(), uuid.NewString(), uuid.NewString()
		crowd(t, w, org, []string{"", me, other})
		w.capture(uuid.NewString(), eventstoretest.Captured("ann")) // a neighbour's
		w.followAll()
		for range 4 {
			text := rapid.SampledFrom(filters).Draw(t, "filter")
			fields, err := w.ask.LeadFields(w.t.Context(), admin(org), text)
			if err != nil {
				t.Fatal(err)
			}
			expr, err := filter.Parse(text, fields)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			p := someone(t, org, me, other)
			archived := rapid.SampledFrom([]string{"any", "", "false", "true"}).Draw(t, "archived")
			everybody, err := w.ask.LeadPage(w.t.Context(), admin(org), archived, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			q := projections.LeadQuery{Filter: expr, Archived: archived, Sort: rapid.SampledFrom(append(projections.Sorts(), "")).Draw(t, "sort"), Limit: rapid.IntRange(1, 5).Draw(t, "limit")}
			if archived == "" && slices.Contains(expr.Fields(), "archived") { // the filter decides for itself
				everybody, err = w.ask.LeadPage(w.t.Context(), admin(org), "any", 0, 100)
			}
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, l := range everybody.Items {
				if p.Sees(access.Belonging{Owner: l.Owner, Team: l.Team}) && expr.Matches(recordOf(l, l.Owner)) {
					want = append(want, l.ID)
				}
			}
			found, total := w.search(p, q)
			got := ids(found)
			if len(got) != len(want) || total.Value != len(want) {
				t.Fatalf("%s as %s: found %d of %d, total %d", text, p.Role, len(got), len(want), total.Value)
			}
			inOrder(t, q.Sort, found)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s as %s: found %v, want %v", text, p.Role, got, want)
			}
		}
	})
}

// someone is a member of any role, a User in no team, one or two.
func someone(t *rapid.T, org, me, other string) access.Principal {
	p := access.Principal{Org: org, ID: me, Role: rapid.SampledFrom([]access.Role{access.Admin, access.User, access.User}).Draw(t, "role")}
	p.Teams = rapid.SampledFrom([][]string{nil, {}, {me}, {other}, {other, me, other}}).Draw(t, "teams") // ids stand for teams too
	return p
}

// TestListIsWhatIsSeen: every way to leads shows just those that the rule lets somebody
// know of.
func TestListIsWhatIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		org, me, other := uuid.NewString(), uuid.NewString(), uuid.NewString()
		crowd(t, w, org, []string{"", me, other})
		w.followAll()
		p := someone(t, org, me, other)
		page, err := w.ask.LeadPage(w.t.Context(), p, "any", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		seen := ids(page.Items)
		for _, l := range w.everybody(t, admin(org)) {
			want := p.Sees(access.Belonging{Owner: l.Owner, Team: l.Team})
			one, err := w.ask.Lead(w.t.Context(), p, l.ID)
			if (err == nil) != want || want && one.ID != l.ID || err != nil && !errors.Is(err, lead.ErrNotFound) {
				t.Fatalf("%+v is shown %s of %s and %s: %v", p, l.ID, l.Owner, l.Team, err)
			}
			if slices.Contains(seen, l.ID) != want {
				t.Fatalf("%+v finds %s of %s and %s in the list: %v", p, l.ID, l.Owner, l.Team, !want)
			}
			if unseen, err := w.ask.Unseen(w.t.Context(), p, []string{l.ID}); err != nil || (unseen == "") != want {
				t.Fatalf("%+v may name %s of %s and %s: %v %v", p, l.ID, l.Owner, l.Team, unseen, err)
			}
		}
	})
}

func inOrder(t *rapid.T, sort string, found []projections.Lead) {
	less := func(a, b projections.Lead) bool {
		switch strings.TrimPrefix(sort, "-") {
		case "updated_at":
			return a.Position < b.Position
		case "name":
			return true // by the database's own collation; that no page repeats or drops one is seen by the caller
		}
		return a.Created() < b.Created()
	}
	for i := 1; i < len(found); i++ {
		a, b := found[i-1], found[i]
		if sort == "" || strings.HasPrefix(sort, "-") {
			a, b = b, a
		}
		if !less(a, b) {
			t.Fatalf("sorted by %q: %+v before %+v", sort, found[i-1], found[i])
		}
	}
}
