package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

func searchFields() []searchField {
	statuses := make([]string, 0, 5)
	for _, s := range lead.Statuses() {
		statuses = append(statuses, string(s))
	}
	out := []searchField{
		keywordField("status", "", statuses, nil),
		keywordField("owner", "uuid", nil, strings.ToLower),
		keywordField("company_id", "uuid", nil, strings.ToLower),
		keywordField("team", "uuid", nil, strings.ToLower),
		keywordField("source", "", nil, nil),
		keywordField("country", "", nil, strings.ToUpper),
		keywordField("email", "", nil, strings.ToLower),
		keywordField("phone", "", nil, nil),
		keywordField("timezone", "", nil, nil),
		{filter.Field{Name: "industry", Kind: filter.Text}, filterColumn{SQL: industryOf, Kind: filter.Text}},
	}
	out = append(out, plainFields(filter.Text, "name", "title", "company", "city", "state", "postal_code")...)
	out = append(out, plainFields(filter.List, "emails", "phones", "tags", "external_ids")...)
	out = append(out, plainFields(filter.Date, "created_at", "updated_at")...)
	return append(out, plainFields(filter.Bool, "archived")...)
}

// industryOf is the industry of the company that a lead works for.
var industryOf = `(select c.industry from ` + Companies().Live().Table("company_search") + ` c where c.tenant_id = s.tenant_id and c.id = s.company_id and not c.deleted)` //nolint:gochecknoglobals // a constant

// LeadQuery says which leads are looked for, and in which order.
type LeadQuery struct {
	Filter   filter.Expr
	Words    string // each begins a word of the person's name, title, company, city, addresses or phones, or is written almost like one
	Sort     string // one of Sorts
	Archived string // "false" (also "", unless the filter itself asks about it), "true", "any"; erased leads are shown with "any"
	After    string // of the last lead of the page before: its place by the sort; "" for the first page
	Limit    int

	segment string    // a list on which the leads stand; see Within
	only    []string  // some leads alone
	own     field.Set // the organization's own fields, as far as the filter asks for any
	terms   []sought  // what Words ask for
}

// search is the part of a query that every list has.
func (q LeadQuery) search() search {
	return search{table: searchTable, rows: Leads().Live().Table("leads"), columns: leadColumns, sort: q.Sort, after: q.After, limit: q.Limit, words: len(q.terms) > 0, terms: q.terms}
}

// Place is where a lead stands in the order of a query.
func (q LeadQuery) Place(l Lead) string { return q.search().place(l.created, l.Position, l.ID, l.Name) }

// Fits tells whether After is a place in the order of the query.
func (q LeadQuery) Fits() bool { return q.search().fits() }

// SearchLeads lists the leads that the principal may see and that a query looks for.
func (q *Queries) SearchLeads(ctx context.Context, p access.Principal, ask LeadQuery) (Page[Lead], error) {
	ask, err := q.located(ctx, p, ask)
	if err != nil {
		return Page[Lead]{}, err
	}
	branches := searchBranches(p, ask)
	var marks searchMarks
	b := eventstore.ForOrg(p.Org)
	marks.of(b, p.Org)
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return Page[Lead]{}, unavailable(err)
	}
	found, err := q.countFound(ctx, p.Org, marks, branches)
	if err != nil {
		return Page[Lead]{}, err
	}
	return searched(ctx, q, p.Org, ask.search(), branches, found, shownTo(p))
}

var searchTable = Leads().Live().Table("lead_search") //nolint:gochecknoglobals // a constant

// searchBranches are the conditions of a search: the organization first, then what the
// principal may see, then what is asked for. What a User sees is several lists that have
// no lead in common, theirs, nobody's and each team's, each of which an index keeps in
// order; an "or" would read every lead of the organization.
func searchBranches(p access.Principal, ask LeadQuery) []*where {
	if !p.Limited() {
		return []*where{searchWhere(p.Org, ask)}
	}
	mine, nobodys := searchWhere(p.Org, ask), searchWhere(p.Org, ask)
	mine.and("s.owner = ?", asUUID(p.ID))
	nobodys.parts = append(nobodys.parts, "s.owner is null", "s.team is null")
	branches := []*where{mine, nobodys}
	for _, team := range slices.Compact(slices.Sorted(slices.Values(p.Teams))) {
		theirs := searchWhere(p.Org, ask)
		theirs.and("s.team = ?", asUUID(team))
		theirs.and("s.owner is distinct from ?", asUUID(p.ID))
		branches = append(branches, theirs)
	}
	return branches
}

// sees is the rule of access.Principal.Sees for single leads, in SQL.
func (w *where) sees(p access.Principal, table string) string {
	w.args = append(w.args, asUUID(p.ID), p.Teams)
	n := len(w.args)
	return fmt.Sprintf("(%[1]s.owner = $%[2]d or %[1]s.team = any($%[3]d::uuid[]) or %[1]s.owner is null and %[1]s.team is null)", table, n-1, n)
}

func searchWhere(org string, ask LeadQuery) *where {
	w := &where{}
	w.and("s.tenant_id = ?", org)
	w.parts = append(w.parts, "not s.deleted")
	w.parts = append(w.parts, standing(ask.standing(), "s.")...)
	if ask.segment != "" {
		w.and("s.id in (select m.lead from "+Segments().Live().Table("segment_members")+" m where m.tenant_id = s.tenant_id and m.segment = ?)", asUUID(ask.segment))
	}
	if ask.only != nil {
		w.and("s.id = any(?::uuid[])", ask.only)
	}
	w.words(org, ask.terms)
	filterSQL(ask.Filter, searchColumns(ask.own), w)
	return w
}
