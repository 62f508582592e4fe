package projections

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/eventstore"
)

// Facet is how often each value of a field stands among what a query looks for.
type Facet struct {
	Values []FacetValue `json:"values" nullable:"false" doc:"The most frequent ones first, up to 50"`
	Exact  bool         `json:"exact" doc:"False when there are more than 10,000 matches: the counts are then estimated from a sample"`
}

// FacetValue is one value of a field. Text stands in small letters, as it is compared.
type FacetValue struct {
	Value string `json:"value" doc:"Empty for those of which it is not known"`
	Count int    `json:"count"`
}

const (
	facetValues = 50     // of one field
	facetSample = 50_000 // rows of which estimates are made
	maxFacets   = 10     // of one query
)

// facetColumns are what leads can be counted by: every keyword, list and text of a
// filter, but for what belongs to one person alone.
func facetColumn(own field.Set, name string) (filterColumn, bool) {
	switch name {
	case "email", "emails", "phone", "phones", "name", "external_ids":
		return filterColumn{}, false
	}
	return searchColumns(own)(name)
}

// Facets counts the leads that the principal may see and that a query looks for by the
// values of some fields.
func (q *Queries) Facets(ctx context.Context, p access.Principal, ask LeadQuery, fields []string) (map[string]Facet, error) {
	ask, err := q.located(ctx, p, ask, fields...)
	if err != nil {
		return nil, err
	}
	return q.facetsOf(ctx, p.Org, searchTable, searchBranches(p, ask), fields, func(name string) (filterColumn, bool) { return facetColumn(ask.own, name) })
}

// facetsOf counts the rows of a search by the values of some fields.
func (q *Queries) facetsOf(ctx context.Context, org, table string, branches []*where, fields []string, column func(string) (filterColumn, bool)) (map[string]Facet, error) {
	columns := make([]filterColumn, len(fields))
	for i, f := range fields {
		c, ok := column(f)
		if !ok || c.Kind == filter.Number || c.Kind == filter.Date {
			return nil, domain.Refuse(values.Fault("facets", "names "+f+", which cannot be counted by"))
		}
		columns[i] = c
	}
	if len(fields) > maxFacets {
		return nil, domain.Refuse(values.Fault("facets", fmt.Sprintf("are more than %d", maxFacets)))
	}
	counted, matches, err := q.facets(ctx, org, facetQuery{table, branches, columns, 1})
	if err != nil {
		return nil, err
	}
	share := 1.0
	if matches > CountedUpTo {
		if share, err = q.sampleShare(ctx, org, table); err != nil {
			return nil, err
		}
		if counted, _, err = q.facets(ctx, org, facetQuery{table, branches, columns, share}); err != nil {
			return nil, err
		}
	}
	out := make(map[string]Facet, len(fields))
	for i, f := range fields {
		facet := Facet{Values: counted[i], Exact: matches <= CountedUpTo}
		if facet.Values == nil {
			facet.Values = []FacetValue{}
		}
		for n := range facet.Values {
			facet.Values[n].Count = int(float64(facet.Values[n].Count)/share + 0.5)
		}
		out[f] = facet
	}
	return out, nil
}

// sampleShare is which part of all rows makes a sample that is large enough.
func (q *Queries) sampleShare(ctx context.Context, org, table string) (share float64, err error) {
	var rows float64
	b := eventstore.ForOrg(org)
	b.Queue(`select greatest(reltuples, 1) from pg_class where oid = $1::text::regclass`, table).QueryRow(func(r pgx.Row) error { return r.Scan(&rows) })
	err = q.app.SendBatch(ctx, b).Close()
	return min(1, facetSample/rows), orUnavailable(err)
}

// facetQuery counts among the first matches, or where the share of rows that is looked
// at is less than 1, among all that a sample of the table holds.
type facetQuery struct {
	table    string
	branches []*where
	columns  []filterColumn
	share    float64
}

func (q *Queries) facets(ctx context.Context, org string, ask facetQuery) (counted [][]FacetValue, matches int, err error) {
	sql, args := ask.sql()
	counted = make([][]FacetValue, len(ask.columns))
	b := eventstore.ForOrg(org)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		var field, n int
		var value string
		_, err := pgx.ForEachRow(rows, []any{&field, &value, &n}, func() error {
			if field < 0 {
				matches = n
			} else {
				counted[field] = append(counted[field], FacetValue{Value: value, Count: n})
			}
			return nil
		})
		return err
	})
	return counted, matches, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

func (f facetQuery) sql() (sql string, args []any) {
	picked := []string{"1"}
	for i, c := range f.columns {
		picked = append(picked, fmt.Sprintf("%s as f%d", c.SQL, i))
	}
	sample, limit := "", fmt.Sprintf(" limit %d", CountedUpTo+1)
	if f.share < 1 {
		sample, limit = fmt.Sprintf(" tablesample system (%g) repeatable (1)", f.share*100), ""
	}
	var lists []string
	for _, w := range f.branches {
		one := fmt.Sprintf(`(select %s from %s s%s where %s%s)`, strings.Join(picked, ", "), f.table, sample, w, limit)
		lists = append(lists, shifted(one, len(args)))
		args = append(args, w.args...)
	}
	counts := []string{`(select -1 as field, '' as value, count(*) as n from m)`}
	for i, c := range f.columns {
		source := fmt.Sprintf("select coalesce(f%d::text, '') as value from m", i)
		if c.Kind == filter.List {
			source = fmt.Sprintf("select coalesce(e::text, '') as value from m left join lateral unnest(f%d) e on true", i)
		}
		counts = append(counts, fmt.Sprintf(`(select %d, value, count(*) from (%s) v group by value order by count(*) desc, value limit %d)`, i, source, facetValues))
	}
	return fmt.Sprintf(`with m as materialized (%s) %s`, strings.Join(lists, " union all "), strings.Join(counts, " union all ")), args
}
