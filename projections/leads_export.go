package projections

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/eventstore"
)

// LeadsBehind is a page of SearchLeads that nobody counts: pages behind each other hold
// every lead that an export takes out.
func (q *Queries) LeadsBehind(ctx context.Context, p access.Principal, ask LeadQuery) (page Page[Lead], err error) {
	branches, err := q.branches(ctx, p, ask)
	if err != nil {
		return page, err
	}
	sql, args := ask.search().page(branches)
	b := eventstore.ForOrg(p.Org)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		page.Items, err = pgx.CollectRows(rows, shownTo(p))
		return err
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(page.Items) > ask.Limit; page.More {
		page.Items = page.Items[:ask.Limit]
	}
	return page, nil
}

// extentStep is how many leads one statement looks at: each is over in moments, however
// many leads there are.
const extentStep = 20_000

// LeadExtent tells how much there is of what is several among the leads that a query
// looks for and the principal may see.
func (q *Queries) LeadExtent(ctx context.Context, p access.Principal, ask LeadQuery) (exports.Extent, error) {
	var all exports.Extent
	branches, err := q.branches(ctx, p, ask)
	if err != nil {
		return all, err
	}
	for _, w := range branches {
		for before := int64(0); ; {
			part, last, err := q.extentStep(ctx, p.Org, w, before)
			if err != nil {
				return all, err
			}
			all.Emails, all.Phones = max(all.Emails, part.Emails), max(all.Phones, part.Phones)
			all.Systems, all.Custom = united(all.Systems, part.Systems), united(all.Custom, part.Custom)
			if last == 0 || len(all.Systems)+len(all.Custom) > exports.MaxColumns { // too many for any file
				break
			}
			before = last
		}
	}
	return all, nil
}

// extentStep looks at the leads behind a place; last is where to go on, 0 at the end.
func (q *Queries) extentStep(ctx context.Context, org string, w *where, before int64) (e exports.Extent, last int64, err error) {
	step := where{parts: slices.Clone(w.parts), args: slices.Clone(w.args)}
	if before > 0 {
		step.and("s.created_position < ?", before)
	}
	var n int
	b := eventstore.ForOrg(org)
	b.Queue(fmt.Sprintf(`with l as materialized (
			select s.created_position, cardinality(s.emails) as emails, cardinality(s.phones) as phones, s.external_ids, s.custom
			from %s s where %s order by s.created_position desc limit %d)
		select count(*), coalesce(min(created_position), 0), coalesce(max(emails), 0), coalesce(max(phones), 0),
			(select array_agg(distinct split_part(x, ':', 1)) from l cross join lateral unnest(l.external_ids) x),
			(select array_agg(distinct k) from l cross join lateral jsonb_object_keys(l.custom) k) from l`, searchTable, &step, extentStep), step.args...).
		QueryRow(func(r pgx.Row) error { return r.Scan(&n, &last, &e.Emails, &e.Phones, &e.Systems, &e.Custom) })
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return e, 0, unavailable(err)
	}
	if n < extentStep {
		last = 0
	}
	return e, last, nil
}

func united(a, b []string) []string {
	for _, v := range b {
		if !slices.Contains(a, v) {
			a = append(a, v)
		}
	}
	return a
}
