package projections_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestSearchWords: every word stands in the lead, or begins one that does, in any case and
// order; one with which nothing begins finds what is written almost like it; what is no
// letter and no digit only parts words.
func TestSearchWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann Müller", Company: "Acme 100% Ltd", Email: "ann.m@acme.example", City: "Köln"}})
	w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Bo Strasse", Title: "CTO", Phone: "+4930123456", Phones: []lead.Phone{{Number: "call 77-88"}}}})
	w.capture(uuid.NewString(), lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann Müller"}})
	w.followAll()
	const ann, bo = "Ann Müller", "Bo Strasse"
	for words, want := range map[string]string{
		"ann": ann, "MÜLL": ann, "acme ann": ann, "ann bo": "", "straße": bo, "100%": ann, "cto bo": bo, "": bo + " " + ann, "% _": bo + " " + ann, `\': & | ! <-> (`: bo + " " + ann,
		"ann.m@acme.ex": ann, "acme-ltd": ann, "o'": "", "a": "", "m": ann, // a single letter is a word
		"4930": bo, "30123456": bo, "30123": bo, "0123": "", "77-88": bo, "12345": "", "str": bo, "str bo": bo, "bo str": bo, "ann.m@acme.com": ann,
		"mueller": ann, "Muller": ann, "strase": bo, "straseb": bo, "koeln": "", "anne": "", "acne": "",
		"mueller acme": ann, "mueller bo": "", "xyzxyz": "",
	} {
		found, total := w.search(admin(org), projections.LeadQuery{Words: words, Limit: 1})
		var names []string
		for _, l := range found {
			names = append(names, l.Name)
		}
		if got := strings.Join(names, " "); got != want || total.Value != len(names) {
			t.Errorf("%q finds %q of %d, want %q", words, got, total.Value, want)
		}
	}
}

// What is written almost like a word is looked for only where nothing begins with it, and
// only in an organization's own names.
func TestSearchAlmost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, other := uuid.NewString(), uuid.NewString()
	w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Heather Hurst"}})
	w.capture(other, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Hether Hurst"}})
	firm := eventstoretest.NewID()
	w.Put(t, org, company.Stream(firm), company.Registered{Details: company.Details{Name: "Analytical Engines"}})
	w.followAll()
	for _, c := range []struct{ org, words, want string }{{org, "hether", "Heather Hurst"}, {other, "hether", "Hether Hurst"}, {other, "hethr", "Hether Hurst"}, {other, "heath", ""}} {
		found, _ := w.search(admin(c.org), projections.LeadQuery{Words: c.words, Limit: 5})
		if got := fmt.Sprint(ids(found)); len(found) > 1 || (len(found) == 1) != (c.want != "") || c.want != "" && found[0].Name != c.want {
			t.Errorf("%s: %s", c.words, got)
		}
	}
	page, err := w.ask.SearchCompanies(t.Context(), admin(org), projections.CompanyQuery{Words: "analytikal", Limit: 5})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != firm {
		t.Errorf("companies: %+v, %v", page, err)
	}
}

// The words of somebody's name are kept for as long as a lead holds them: an edit and an
// erasure take them away, and one who shares them keeps them.
func TestVocabulary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	ann := w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Annabel Secret", City: "Berlin Berlin"}})
	w.capture(org, lead.Captured{Status: lead.New, Details: lead.Details{Name: "Berta", City: "Berlin"}})
	words := func(want ...string) {
		t.Helper()
		w.followAll()
		if got := w.Strings(t, `select word || ' ' || n from read.lead_words_v5 order by 1`); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	words("annabel 1", "berlin 2", "berta 1", "secret 1")
	w.Put(t, org, lead.Stream(ann), lead.Edited{Changes: []lead.Change{{Field: "name", From: "Annabel Secret", To: "Annabel Public"}}})
	words("annabel 1", "berlin 2", "berta 1", "public 1")
	w.Put(t, org, lead.Stream(ann), lead.Erased{})
	words("berlin 1", "berta 1")
}

// However many leads hold a word, a page of them is the first of the order that is asked
// for.
func TestSearchCommonWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.Exec(t, `insert into read.lead_search_v5 (tenant_id, id, status, name, words, archived, deleted, erased, created_position, position, created_at, updated_at)
		select $1, gen_random_uuid(), 'new', 'n' || lpad((i * 7919 % 45007)::text, 5, '0'), $2 || 'ann ' || $2 || 'n' || i || case when i <= 12000 then ' ' || $2 || 'old' else '' end, false, false, false, i, i, now(), now() from generate_series(1, 45000) i`, org, projections.WordMark(org))
	w.Exec(t, `insert into read.leads_v5 (tenant_id, id, status, name, archived, deleted, erased, version, created_position, position, created_at, updated_at)
		select tenant_id, id, status, name, false, false, false, 1, created_position, position, created_at, updated_at from read.lead_search_v5`)
	for _, c := range []struct{ words, sort, want string }{
		{"ann", "name", "n00001"},
		{"ann", "-name", "n45006"},
		{"ann", "created_at", "n07919"},
		{"ann", "-created_at", name(45_000)},
		{"old", "-created_at", name(12_000)},
		{"old", "created_at", "n07919"}, // far behind all that are newer
	} {
		q := projections.LeadQuery{Words: c.words, Sort: c.sort, Limit: 3}
		page, err := w.ask.SearchLeads(t.Context(), admin(org), q)
		if err != nil || len(page.Items) != 3 || page.Items[0].Name != c.want || page.Total.Exact || !page.More {
			t.Fatalf("%s by %s: %+v of %+v, %v", c.words, c.sort, page.Items, page.Total, err)
		}
		q.After = q.Place(page.Items[0])
		next, err := w.ask.SearchLeads(t.Context(), admin(org), q)
		if err != nil || next.Items[0].ID != page.Items[1].ID {
			t.Errorf("%s by %s goes on with %+v, %v", c.words, c.sort, next.Items, err)
		}
	}
}

// name is that of the i-th lead.
func name(i int) string { return fmt.Sprintf("n%05d", i*7919%45007) }
