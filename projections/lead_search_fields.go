package projections

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

const customPrefix = "custom."

// LeadFields are what a filter of leads may ask for: the fields that every lead has, and
// those of the organization's own that the filter names. A key that nobody has defined is
// text, for leads may hold it.
func (q *Queries) LeadFields(ctx context.Context, p access.Principal, text string) (filter.Fields, error) {
	if !strings.Contains(text, customPrefix) {
		return LeadFields(text, nil), nil
	}
	own, err := q.leadFields(ctx, p.Org)
	return LeadFields(text, own), err
}

// ParseFilter reads a filter of leads.
func (q *Queries) ParseFilter(ctx context.Context, p access.Principal, text string) (filter.Expr, error) {
	fields, err := q.LeadFields(ctx, p, text)
	if err != nil {
		return nil, err
	}
	return filter.Parse(text, fields)
}

// LeadFields is the query of that name where the organization's own fields are known.
func LeadFields(text string, own field.Set) filter.Fields {
	fields := filter.Fields{}
	for _, f := range searchFields() {
		fields[f.Name] = f.Field
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '(' || r == ')' || r == ',' || r == '\t' || r == '\n' }) {
		if key, ok := strings.CutPrefix(word, customPrefix); ok && isKey(key) {
			f := filter.Field{Name: word, Kind: own[key].Kind.Compared()}
			if own[key].Slot == "" && f.Kind != filter.Text {
				f.Closed = "is not filterable: it is a " + string(own[key].Kind) + " without a slot, see PATCH /v1/fields"
			}
			fields[word] = f
		}
	}
	return fields
}

// isKey tells whether a text may stand in SQL as the key of a value.
func isKey(v string) bool {
	for _, c := range []byte(v) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return v != "" && len(v) <= lead.MaxKey
}

// leadFields are an organization's own fields as far as the rows of leads know of them.
func (q *Queries) leadFields(ctx context.Context, org string) (field.Set, error) {
	out := field.Set{}
	b := eventstore.ForOrg(org)
	b.Queue(`select `+leadFieldColumns+` from `+Leads().Live().Table("lead_fields")+` where tenant_id = $1 and not retired`, org).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id string
			f, err := scanLeadField(rows, &id)
			if err != nil {
				return err
			}
			out[f.Key] = f.Field
		}
		return rows.Err()
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return nil, unavailable(err)
	}
	return out, nil
}

// located is a query that knows where the own fields lie for which it asks, and which
// words it looks for.
func (q *Queries) located(ctx context.Context, p access.Principal, ask LeadQuery, counted ...string) (LeadQuery, error) {
	err := unmasked(p, ask, counted)
	if err != nil {
		return ask, err
	}
	if ask.terms, err = q.seek(ctx, p.Org, ask.Words, searchTable, Leads().Live().Table("lead_words")); err != nil {
		return ask, err
	}
	if ask.Filter != nil {
		counted = append(counted, ask.Filter.Fields()...)
	}
	if !slices.ContainsFunc(counted, func(name string) bool { return strings.HasPrefix(name, customPrefix) }) {
		return ask, nil
	}
	ask.own, err = q.leadFields(ctx, p.Org)
	return ask, err
}

// unmasked refuses a query that would tell what is masked for the principal. Words are
// looked for among addresses and phones too.
func unmasked(p access.Principal, ask LeadQuery, counted []string) error {
	if !p.Masked() {
		return nil
	}
	if ask.Filter != nil {
		counted = append(slices.Clip(counted), ask.Filter.Fields()...)
	}
	if strings.TrimSpace(ask.Words) != "" || slices.ContainsFunc(counted, func(f string) bool { return slices.Contains(lead.MaskedFields(), f) }) {
		return access.ErrMasked
	}
	return nil
}

// branches are the conditions of a query, see searchBranches.
func (q *Queries) branches(ctx context.Context, p access.Principal, ask LeadQuery) ([]*where, error) {
	ask, err := q.located(ctx, p, ask)
	return searchBranches(p, ask), err
}

// searchColumns is where the fields of a filter lie: an own field in its slot, and a text
// without one among what else the lead holds.
func searchColumns(own field.Set) func(name string) (filterColumn, bool) {
	return func(name string) (filterColumn, bool) {
		if key, ok := strings.CutPrefix(name, customPrefix); ok && isKey(key) {
			f := own[key]
			kind := f.Kind.Compared()
			if f.Slot != "" {
				return filterColumn{SQL: "s." + f.Slot, Kind: kind}, true
			}
			return filterColumn{SQL: "(s.custom ->> '" + key + "')", Kind: filter.Text}, kind == filter.Text
		}
		return columnOf(searchFields(), name)
	}
}
