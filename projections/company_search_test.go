package projections_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

var companyFilters = []string{
	"", "country eq de", "industry eq SOFTWARE", "industry is_empty", "not name contains acme", "domain eq ACME.com or size eq \"51-200\"", "city starts_with k and created_at ge 2020-01-01",
	"country in (DE, FR) and industry ne steel",
}

// TestSearchCompanies: what a filter and words find among companies is what the plain
// evaluator finds, in every order, on pages of any size; facets count the same; and
// nobody finds what is another organization's.
func TestSearchCompanies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		org := uuid.NewString()
		known := map[string]company.Details{}
		pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
		for range rapid.IntRange(1, 12).Draw(t, "companies") {
			id := eventstoretest.NewID()
			known[id] = company.Details{
				Name: pick("name", "Acme Ltd", "acme gmbh", "Zürich 100%", ""), Domain: pick("domain", "", "acme.com"), Industry: pick("industry", "", "Software", "steel"), Size: pick("size", "", "51-200"),
				City: pick("city", "", "Köln"), Country: pick("country", "", "DE", "FR"),
			}
			facts := []any{company.Registered{Details: known[id]}}
			switch rapid.IntRange(0, 4).Draw(t, "then") {
			case 0:
				facts = append(facts, company.Deleted{})
				delete(known, id)
			case 1:
				d := known[id]
				facts, d.City = append(facts, company.Edited{Changes: []company.Change{{Field: "city", From: d.City, To: "Rom"}}}), "Rom"
				known[id] = d
			}
			w.Put(w.t, org, company.Stream(id), facts...)
		}
		w.Put(w.t, uuid.NewString(), company.Stream(eventstoretest.NewID()), company.Registered{Details: company.Details{Name: "Acme Ltd", Country: "DE"}})
		w.follow(projections.Companies(), rapid.IntRange(1, 9).Draw(t, "batch"))
		text := rapid.SampledFrom(companyFilters).Draw(t, "filter")
		expr, err := filter.Parse(text, projections.CompanyFields())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		q := projections.CompanyQuery{Filter: expr, Words: pick("words", "", "acme", "AC soft", "100%", "köln acme", "-"), Sort: rapid.SampledFrom(append(projections.Sorts(), "")).Draw(t, "sort"), Limit: rapid.IntRange(1, 4).Draw(t, "limit")}
		var want []string
		industries := map[string]int{}
		for id, d := range known {
			if expr.Matches(companyRecord(d)) && holdsWords(d, q.Words) {
				want = append(want, id)
				industries[filter.Fold(d.Industry)]++
			}
		}
		var got []string
		for {
			page, err := w.ask.SearchCompanies(w.t.Context(), admin(org), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page.Items {
				got = append(got, c.ID)
			}
			if page.Total.Value != len(want) {
				t.Fatalf("%s: a total of %d, want %d", text, page.Total.Value, len(want))
			}
			if !page.More {
				break
			}
			if q.After = q.Place(page.Items[len(page.Items)-1]); !q.Fits() {
				t.Fatalf("the place %q does not fit", q.After)
			}
		}
		if !slices.Equal(sorted(got), sorted(want)) {
			t.Fatalf("%s, %q: found %v, want %v", text, q.Words, got, want)
		}
		facets, err := w.ask.CompanyFacets(w.t.Context(), admin(org), q, []string{"industry"})
		if err != nil {
			t.Fatal(err)
		}
		counted := map[string]int{}
		for _, v := range facets["industry"].Values {
			counted[v.Value] = v.Count
		}
		if !maps.Equal(counted, industries) {
			t.Fatalf("industries are counted as %v, want %v", counted, industries)
		}
	})
}

func companyRecord(d company.Details) func(string) filter.Value {
	return func(field string) filter.Value {
		if field == "created_at" {
			return filter.TimeValue(future.AddDate(-1, 0, 0))
		}
		return filter.TextValue(map[string]string{"name": d.Name, "domain": d.Domain, "industry": d.Industry, "size": d.Size, "city": d.City, "state": d.State, "country": d.Country}[field])
	}
}

// holdsWords tells whether each word begins one of the company's.
func holdsWords(d company.Details, words string) bool {
	parts := func(text string) []string {
		return strings.FieldsFunc(filter.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	held := parts(strings.Join([]string{d.Name, d.Domain, d.Industry, d.City}, " "))
	for _, word := range parts(words) {
		if !slices.ContainsFunc(held, func(h string) bool { return strings.HasPrefix(h, word) }) {
			return false
		}
	}
	return true
}

// Leads are found and counted by the industry of the company that they work for, and by
// what it has come to be.
func TestLeadsByIndustry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, firm := uuid.NewString(), eventstoretest.NewID()
	w.Put(t, org, company.Stream(firm), company.Registered{Details: company.Details{Name: "Acme", Industry: "Software"}})
	w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann", CompanyID: firm}})
	w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Bo"}})
	for _, step := range []struct {
		fact   any
		filter string
		names  string
		facet  string
	}{
		{nil, "industry eq software", "Ann", "[{ 1} {software 1}]"},
		{nil, "industry is_empty", "Bo", "[{ 1} {software 1}]"},
		{company.Edited{Changes: []company.Change{{Field: "industry", From: "Software", To: "Steel"}}}, "industry contains tee", "Ann", "[{ 1} {steel 1}]"},
		{company.Deleted{}, "industry is_empty", "Bo Ann", "[{ 2}]"},
	} {
		if step.fact != nil {
			w.Put(t, org, company.Stream(firm), step.fact)
		}
		w.followAll()
		q := projections.LeadQuery{Filter: w.asked(org, step.filter), Limit: 5}
		found, total := w.search(admin(org), q)
		var names []string
		for _, l := range found {
			names = append(names, l.Name)
		}
		if strings.Join(names, " ") != step.names || total.Value != len(names) {
			t.Errorf("%s: %v of %d", step.filter, names, total.Value)
		}
		facets, err := w.ask.Facets(t.Context(), admin(org), projections.LeadQuery{}, []string{"industry"})
		if err != nil || fmt.Sprint(facets["industry"].Values) != step.facet {
			t.Errorf("%s: counted as %v, %v", step.filter, facets["industry"].Values, err)
		}
	}
}
