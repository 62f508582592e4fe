package projections

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// searchField is a field of leads that a filter may ask for, and where it lies.
type searchField struct {
	filter.Field

	column filterColumn
}

func searchFields() []searchField {
	statuses := make([]string, 0, 5)
	for _, s := range lead.Statuses() {
		statuses = append(statuses, string(s))
	}
	keyword := func(name, cast string, values []string, normalise func(string) string) searchField {
		return searchField{
			filter.Field{Name: name, Kind: filter.Keyword, Values: values, Normalise: normalise},
			filterColumn{SQL: "s." + name, Kind: filter.Keyword, Cast: cast},
		}
	}
	plain := func(kind filter.Kind, names ...string) (out []searchField) {
		for _, name := range names {
			out = append(out, searchField{filter.Field{Name: name, Kind: kind}, filterColumn{SQL: "s." + name, Kind: kind}})
		}
		return out
	}
	out := []searchField{
		keyword("status", "", statuses, nil),
		keyword("owner", "uuid", nil, strings.ToLower),
		keyword("company_id", "uuid", nil, strings.ToLower),
		keyword("team", "uuid", nil, strings.ToLower),
		keyword("source", "", nil, nil),
		keyword("country", "", nil, strings.ToUpper),
		keyword("email", "", nil, strings.ToLower),
		keyword("phone", "", nil, nil),
		keyword("timezone", "", nil, nil),
	}
	out = append(out, plain(filter.Text, "name", "title", "company", "city", "state", "postal_code")...)
	out = append(out, plain(filter.List, "emails", "phones", "tags", "external_ids")...)
	out = append(out, plain(filter.Date, "created_at", "updated_at")...)
	return append(out, plain(filter.Bool, "archived")...)
}

// LeadQuery says which leads are looked for, and in which order.
type LeadQuery struct {
	Filter   filter.Expr
	Words    string // each stands somewhere in the person's name, title, company, city, addresses or phones
	Sort     string // one of LeadSorts
	Archived string // "false" (also "", unless the filter itself asks about it), "true", "any"; erased leads are shown with "any"
	After    string // of the last lead of the page before: its place by the sort; "" for the first page
	Limit    int

	segment string    // a list on which the leads stand; see Within
	only    []string  // some leads alone
	own     field.Set // the organization's own fields, as far as the filter asks for any
}

// LeadSorts lists the orders of leads, the first by default.
func LeadSorts() []string {
	return []string{"-created_at", "created_at", "-updated_at", "updated_at", "name", "-name"}
}

// order is how a sort is written: a key that no two leads share.
func (q LeadQuery) order() (key, direction, compare string) {
	direction, compare = "", ">"
	if strings.HasPrefix(q.Sort, "-") {
		direction, compare = " desc", "<"
	}
	switch strings.TrimPrefix(q.Sort, "-") {
	case "updated_at":
		return "s.position", direction, compare
	case "name":
		return "s.name", direction, compare
	}
	if q.Sort == "" {
		return "s.created_position", " desc", "<"
	}
	return "s.created_position", direction, compare
}

// Place is where a lead stands in the order of a query.
func (q LeadQuery) Place(l Lead) string {
	switch key, _, _ := q.order(); key {
	case "s.position":
		return strconv.FormatInt(l.Position, 10)
	case "s.name":
		return l.ID + filter.Fold(l.Name)
	}
	return strconv.FormatInt(l.created, 10)
}

const idLength = 36

// Fits tells whether After is a place in the order of the query.
func (q LeadQuery) Fits() bool {
	if key, _, _ := q.order(); key == "s.name" {
		return len(q.After) >= idLength && asUUID(q.After[:idLength]).Valid
	}
	_, err := strconv.ParseInt(q.After, 10, 64)
	return err == nil
}

// SearchLeads lists the leads that the principal may see and that a query looks for.
func (q *Queries) SearchLeads(ctx context.Context, p access.Principal, ask LeadQuery) (Page[Lead], error) {
	var out Page[Lead]
	branches, err := q.branches(ctx, p, ask)
	if err != nil {
		return out, err
	}
	sql, args := ask.page(branches)
	var marks searchMarks
	b := eventstore.ForOrg(p.Org)
	marks.of(b, p.Org)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		out.Items, err = pgx.CollectRows(rows, scanLead)
		return err
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return out, unavailable(err)
	}
	if out.More = len(out.Items) > ask.Limit; out.More {
		out.Items = out.Items[:ask.Limit]
	}
	out.Total, err = q.countFound(ctx, p.Org, marks, branches)
	return out, err
}

var searchTable = Leads().Live().Table("lead_search") //nolint:gochecknoglobals // a constant

// page finds the page's leads in order, and then fetches them where row-level security
// holds.
func (q LeadQuery) page(branches []*where) (sql string, args []any) {
	key, direction, compare := q.order()
	var found []string
	for _, w := range branches {
		page := where{parts: slices.Clone(w.parts), args: slices.Clone(w.args)}
		if q.After != "" && key == "s.name" {
			page.args = append(page.args, q.After[idLength:], q.After[:idLength])
			page.parts = append(page.parts, fmt.Sprintf("(s.name, s.id) %s ($%d, $%d::uuid)", compare, len(page.args)-1, len(page.args)))
		} else if q.After != "" {
			page.and(key+" "+compare+" ?::text::bigint", q.After)
		}
		order := key + direction
		if key == "s.name" {
			order += ", s.id" + direction
		}
		one := fmt.Sprintf(`(select s.id, %s as k from %s s where %s order by %s limit %d)`, key, searchTable, &page, order, q.Limit+1)
		found = append(found, shifted(one, len(args)))
		args = append(args, page.args...)
	}
	return fmt.Sprintf(`with page as materialized (select id, row_number() over (order by k%[1]s, id%[1]s) as n from (%[2]s) f order by k%[1]s, id%[1]s limit %[3]d)
		select %[4]s from page join %[5]s l using (id) where l.tenant_id = $1 order by page.n`,
		direction, strings.Join(found, " union all "), q.Limit+1, qualified("l", leadColumns), Leads().Live().Table("leads")), args
}

func qualified(table, columns string) string {
	names := strings.Split(columns, ", ")
	for i, n := range names {
		names[i] = table + "." + n
	}
	return strings.Join(names, ", ")
}

// searchBranches are the conditions of a search: the organization first, then what the
// principal may see, then what is asked for. What a User sees is two lists, theirs and
// nobody's, each of which an index keeps in order; an "or" would read every lead of the
// organization.
func searchBranches(p access.Principal, ask LeadQuery) []*where {
	only, limited := p.OnlyOwner()
	if !limited {
		return []*where{searchWhere(p.Org, ask)}
	}
	mine, nobodys := searchWhere(p.Org, ask), searchWhere(p.Org, ask)
	mine.and("s.owner = ?", asUUID(only))
	nobodys.parts = append(nobodys.parts, "s.owner is null")
	return []*where{mine, nobodys}
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
	for word := range strings.FieldsSeq(filter.Fold(ask.Words)) {
		w.and(`s.words like ?`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)+"%")
	}
	filterSQL(ask.Filter, searchColumns(ask.own), w)
	return w
}
