package projections_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestSegmentsAndFacets: a segment holds, counts and is acted on as what the plain
// evaluator finds among the leads that the principal may see, alone and with a filter
// of the list; and facets count the same.
func TestSegmentsAndFacets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		org, me, other := uuid.NewString(), uuid.NewString(), uuid.NewString()
		crowd(t, w, org, []string{"", me, other})
		p := someone(t, org, me, other)
		everybody := w.everybody(t, admin(org))
		id := eventstoretest.NewID()
		var in func(projections.Lead) bool
		if rapid.Bool().Draw(t, "list") {
			members := map[string]bool{eventstoretest.NewID(): true} // one who is nobody
			for _, l := range everybody {
				members[l.ID] = rapid.Bool().Draw(t, "member")
			}
			maps.DeleteFunc(members, func(_ string, on bool) bool { return !on })
			w.Put(w.t, org, segment.Stream(id), segment.Created{Name: "x", Kind: segment.List}, segment.Added{Leads: slices.Collect(maps.Keys(members))})
			in = func(l projections.Lead) bool { return members[l.ID] }
		} else {
			rule := segment.Rule{Filter: w.asked(org, rapid.SampledFrom(filters[1:]).Draw(t, "rule")).String()}
			w.Put(w.t, org, segment.Stream(id), segment.Created{Name: "x", Kind: segment.Filter, Rule: rule})
			in = func(l projections.Lead) bool { return w.asked(org, rule.Filter).Matches(recordOf(l, l.Owner)) }
		}
		w.followAll()
		also := w.asked(org, rapid.SampledFrom(filters).Draw(t, "filter"))
		ask, err := w.ask.Within(w.t.Context(), p, projections.LeadQuery{Filter: also, Archived: "any", Limit: 3}, id)
		if err != nil {
			t.Fatal(err)
		}
		var want []projections.Lead
		for _, l := range everybody {
			if p.Sees(access.Belonging{Owner: l.Owner, Team: l.Team}) && in(l) && also.Matches(recordOf(l, l.Owner)) {
				want = append(want, l)
			}
		}
		found, _ := w.search(p, ask)
		if got := ids(found); !slices.Equal(sorted(got), sorted(ids(want))) {
			t.Fatalf("found %v, want %v", got, ids(want))
		}
		sel := bulk.Selection{Rule: segment.Rule{Filter: also.String()}, Segment: id, Archived: "any"}
		if n, err := w.ask.CountSelected(w.t.Context(), p, sel); err != nil || n != len(want) {
			t.Fatalf("an action would be about %d, want %d: %v", n, len(want), err)
		}
		action := eventstoretest.NewID()
		if n, err := w.ask.Select(w.t.Context(), p, action, sel); err != nil || int(n) != len(want) {
			t.Fatalf("an action is about %d, want %d: %v", n, len(want), err)
		}
		staging := projections.Staging{Worker: w.Pools.Worker}
		if chosen, _, err := staging.Selected(w.t.Context(), org, action, 0, 100); err != nil || !slices.Equal(sorted(chosen), sorted(ids(want))) {
			t.Fatalf("an action is about %v, want %v: %v", chosen, ids(want), err)
		}
		w.facetsAre(t, p, ask, want)
	})
}

func (w *world) everybody(t *rapid.T, p access.Principal) []projections.Lead {
	page, err := w.ask.LeadPage(w.t.Context(), p, "any", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}

// facetsAre compares facets with what is counted by hand.
func (w *world) facetsAre(t *rapid.T, p access.Principal, ask projections.LeadQuery, want []projections.Lead) {
	fields := []string{"status", "owner", "country", "city", "tags", "custom.tier", "archived"}
	got, err := w.ask.Facets(w.t.Context(), p, ask, fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		counted := map[string]int{}
		for _, l := range want {
			for _, v := range valuesOf(l, f) {
				counted[v]++
			}
		}
		have := map[string]int{}
		for i, v := range got[f].Values {
			have[v.Value] = v.Count
			if i > 0 && got[f].Values[i-1].Count < v.Count {
				t.Fatalf("%s is not in order: %v", f, got[f].Values)
			}
		}
		if !maps.Equal(have, counted) || !got[f].Exact {
			t.Fatalf("%s is counted as %v, want %v", f, got[f], counted)
		}
	}
}

// valuesOf are the values by which a lead is counted.
func valuesOf(l projections.Lead, name string) []string {
	switch name {
	case "tags":
		if len(l.Tags) > 0 {
			return l.Tags
		}
		return []string{""}
	case "archived":
		return []string{strconv.FormatBool(l.Archived)}
	}
	return []string{field.AsText(filter.Fold(map[string]string{
		"owner": l.Owner, "city": l.City, "custom.tier": l.Custom["tier"],
	}[name])) + map[string]string{"status": string(l.Status), "country": l.Country}[name]}
}

// TestFacetsEstimated: beyond 10,000 matches the counts are estimates, and say so.
func TestFacetsEstimated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.Exec(t, `insert into read.lead_search_v5 (tenant_id, id, status, country, tags, name, archived, deleted, erased, created_position, position, created_at, updated_at)
		select $1, gen_random_uuid(), (array['new', 'working'])[1 + least(i % 4, 1)], 'DE', case when i % 2 = 0 then '{vip}'::text[] end, '', false, i % 10 = 0, false, i, i, now(), now() from generate_series(1, 150000) i`, org)
	w.Exec(t, `vacuum (analyze) read.lead_search_v5`)
	got, err := w.ask.Facets(t.Context(), admin(org), projections.LeadQuery{}, []string{"status", "tags", "country"})
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]map[string]int{"status": {"new": 30_000, "working": 105_000}, "tags": {"vip": 60_000, "": 75_000}, "country": {"DE": 135_000}} {
		f := got[field]
		if f.Exact || len(f.Values) != len(want) {
			t.Fatalf("%s is %+v", field, f)
		}
		for _, v := range f.Values {
			if n := want[v.Value]; v.Count < n*8/10 || v.Count > n*12/10 {
				t.Errorf("%s %q is estimated as %d of %d", field, v.Value, v.Count, n)
			}
		}
	}
	few, err := w.ask.Facets(t.Context(), admin(org), projections.LeadQuery{Filter: w.asked(org, "country eq FR")}, []string{"status"})
	if err != nil || !few["status"].Exact || len(few["status"].Values) != 0 {
		t.Errorf("of nothing: %+v, %v", few, err)
	}
	for _, field := range []string{"email", "created_at", "nothing", "name"} {
		if _, err := w.ask.Facets(t.Context(), admin(org), projections.LeadQuery{}, []string{field}); fmt.Sprint(err) == "<nil>" {
			t.Errorf("%s is counted by", field)
		}
	}
}

// Leads that are named one by one are all of them, each once, in their order.
func TestSelectedOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, id, a, b := uuid.NewString(), eventstoretest.NewID(), eventstoretest.NewID(), eventstoretest.NewID()
	if n, err := w.ask.Select(t.Context(), admin(org), id, bulk.Selection{Leads: []string{b, a, b}}); err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	staging := projections.Staging{Worker: w.Pools.Worker}
	if chosen, places, err := staging.Selected(t.Context(), org, id, 0, 10); err != nil || !slices.Equal(chosen, []string{b, a}) || !slices.Equal(places, []int64{1, 2}) {
		t.Errorf("%v at %v, %v", chosen, places, err)
	}
}

// A count of a list is made again when somebody is put on it, though no lead has
// changed.
func TestSegmentCountFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	a := w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann"}})
	b := w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Bo"}})
	id := eventstoretest.NewID()
	w.Put(t, org, segment.Stream(id), segment.Created{Name: "x", Kind: segment.List}, segment.Added{Leads: []string{a}})
	w.followAll()
	for want, change := range []any{0: nil, 1: segment.Added{Leads: []string{b}}, 2: segment.Removed{Leads: []string{a, b}}} {
		if change != nil {
			w.Put(t, org, segment.Stream(id), change)
			w.followAll()
		}
		if s, err := w.ask.Segment(t.Context(), admin(org), id); err != nil || s.Count.Value != []int{1, 2, 0}[want] {
			t.Errorf("after %v it counts %+v: %v", change, s.Count, err)
		}
	}
}
