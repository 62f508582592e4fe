package projections_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// What is read for many records at once shows nobody more than each of them does, whatever ids are
// asked for: also those of others, of deleted records, twice, and what is no id.
func TestTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, me, you := uuid.NewString(), uuid.NewString(), uuid.NewString()
	firm, gone := eventstoretest.NewID(), eventstoretest.NewID()
	w.Put(t, org, company.Stream(firm), company.Registered{Details: company.Details{Name: "Engines"}})
	w.Put(t, org, company.Stream(gone), company.Registered{Details: company.Details{Name: "Looms"}}, company.Deleted{})
	names := map[string]string{firm: "firm", gone: "gone"}
	for _, l := range []struct {
		name, owner string
		more        []any
	}{{"mine", me, nil}, {"yours", you, nil}, {"nobody's", "", nil}, {"deleted", me, []any{lead.Deleted{}}}, {"archived", me, []any{lead.Archived{}}}} {
		facts := []any{lead.Captured{Status: lead.New, Owner: l.owner, Details: lead.Details{Name: l.name, CompanyID: firm}}, noted("a"), noted("b")}
		id := w.capture(org, append(facts, l.more...)...)
		names[id] = l.name
		w.make(org, task.Created{Lead: id, Title: "x", Assignee: me})
		w.make(org, task.Created{Lead: id, Title: "x"})
	}
	w.followAll()
	ids := []string{"no id", uuid.NewString()}
	for id := range names {
		ids = append(ids, id, id)
	}
	for _, c := range []struct {
		who                                  access.Principal
		leads, companies, notes, tasks, ofIt string
	}{
		{admin(org), "archived mine nobody's yours", "firm", "archived:1+ mine:1+ nobody's:1+ yours:1+", "archived:1+ mine:1+ nobody's:1+ yours:1+", "firm:1+ of 3"},
		{
			access.Principal{Org: org, ID: me, Role: access.User},
			"archived mine nobody's", "firm", "archived:1+ mine:1+ nobody's:1+", "archived:1+ mine:1+ nobody's:1+ yours:1", "firm:1+ of 2",
		},
		{admin(uuid.NewString()), "", "", "", "", "firm:0 of 0"},
	} {
		leads, err := w.ask.LeadsByID(t.Context(), c.who, ids)
		known(t, err, "leads", c.leads, named(names, leads))
		companies, err := w.ask.CompaniesByID(t.Context(), c.who, ids)
		known(t, err, "companies", c.companies, named(names, companies))
		notes, err := w.ask.NotesOf(t.Context(), c.who, ids, 1)
		known(t, err, "notes", c.notes, paged(names, notes))
		tasks, err := w.ask.TasksOf(t.Context(), c.who, ids, "", 1)
		known(t, err, "tasks", c.tasks, paged(names, tasks))
		ofIt, err := w.ask.LeadsOfCompanies(t.Context(), c.who, []string{firm}, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		counts, err := w.ask.CountLeadsOfCompanies(t.Context(), c.who, []string{firm}, "")
		more := map[bool]string{true: "+"}[ofIt[firm].More]
		known(t, err, "leads of the company", c.ofIt, fmt.Sprintf("firm:%d%s of %d", len(ofIt[firm].Items), more, counts[firm].Value))

		// Timelines are of leads that were read for the same principal; those of others stay untold.
		every := make([]projections.Lead, 0, len(leads))
		mine, err := w.ask.LeadsByID(t.Context(), admin(org), ids)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range mine {
			every = append(every, l)
		}
		timelines, err := w.ask.TimelinesOf(t.Context(), c.who, every, 2)
		known(t, err, "timelines", c.leads, named(names, timelines))
	}
}

func known(t *testing.T, err error, what, want, have string) {
	t.Helper()
	if err != nil || have != want {
		t.Errorf("%s: %q %v, want %q", what, have, err, want)
	}
}

func named[V any](names map[string]string, of map[string]V) string {
	out := make([]string, 0, len(of))
	for id := range of {
		out = append(out, names[id])
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func paged[T any](names map[string]string, of map[string]projections.Page[T]) string {
	out := make([]string, 0, len(of))
	for id, page := range of {
		out = append(out, fmt.Sprintf("%s:%d%s", names[id], len(page.Items), map[bool]string{true: "+"}[page.More]))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
