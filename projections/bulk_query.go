package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/eventstore"
)

// seesAction adds the rule that a User sees their own actions, everybody else all.
func seesAction(w *where, p access.Principal) {
	if p.Limited() {
		w.and("actor = ?", p.Actor())
	}
}

// BulkAction gives one bulk action, with how far it is, or bulk.ErrNotFound.
func (q *Queries) BulkAction(ctx context.Context, p access.Principal, id string) (BulkAction, error) {
	var a BulkAction
	var at BulkProgress
	var stage string
	w := &where{}
	w.and("tenant_id = ?", p.Org)
	w.and("id = ?", asUUID(id))
	seesAction(w, p)
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select `+bulkColumns+` from `+BulkActions().Live().Table("bulk_actions")+` where `+w.String(), w.args...).Query(func(rows pgx.Rows) (err error) {
		a, err = pgx.CollectExactlyOneRow(rows, scanBulk)
		return err
	})
	b.Queue(`select stage, rows, greatest(prepared, 0) from staging.progress where tenant_id = $1 and import_id = $2`, p.Org, asUUID(id)).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&stage, &at.Leads, &at.Selected)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return BulkAction{}, bulk.ErrNotFound
	case err != nil:
		return BulkAction{}, unavailable(err)
	}
	if stage == string(a.Phase) {
		if a.Phase == bulk.Undoing {
			at.Selected = 0 // how many facts there are to take back is not counted beforehand
		}
		a.Progress = &at
	}
	return a, nil
}

// BulkPage lists bulk actions, the newest first.
func (q *Queries) BulkPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[BulkAction], error) {
	w := ofOrg(p.Org)
	seesAction(w, p)
	return newest[BulkAction]{of: BulkActions(), columns: bulkColumns, scan: scanBulk, where: w}.page(ctx, q, p.Org, before, limit)
}

// Refusal is a lead that a bulk action has left as it is, and why.
type Refusal struct {
	Lead string `json:"lead" format:"uuid"`
	Code string `json:"code" example:"lead.status_not_allowed"`

	n int64
}

// Place is where the refusal stands in the list.
func (r Refusal) Place() int64 { return r.n }

// BulkRefusals lists the leads that have refused an action, behind a place.
func (q *Queries) BulkRefusals(ctx context.Context, p access.Principal, id string, behind int64, limit int) (Page[Refusal], error) {
	var page Page[Refusal]
	const from = ` from staging.selected where tenant_id = $1 and bulk_id = $2 and refusal is not null`
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select lead::text, refusal, n`+from+` and n > $3 order by n limit $4`, p.Org, asUUID(id), behind, limit+1).Query(func(rows pgx.Rows) (err error) {
		page.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Refusal, err error) { return r, row.Scan(&r.Lead, &r.Code, &r.n) })
		return err
	})
	b.Queue(`select count(*)`+from, p.Org, asUUID(id)).QueryRow(func(r pgx.Row) error {
		page.Total.Exact = true
		return r.Scan(&page.Total.Value)
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(page.Items) > limit; page.More {
		page.Items = page.Items[:limit]
	}
	return page, nil
}

// Selected is the query of a selection that does not name its leads one by one.
func (q *Queries) Selected(ctx context.Context, p access.Principal, s bulk.Selection) (LeadQuery, error) {
	f, err := q.ParseFilter(ctx, p, s.Filter)
	if err != nil {
		return LeadQuery{}, err
	}
	ask, err := q.Within(ctx, p, LeadQuery{Filter: f, Words: s.Words, Archived: s.Archived}, s.Segment)
	if err != nil {
		return ask, err
	}
	return ask, unmasked(p, ask, nil)
}

// CountSelected counts the leads that an action would be about.
func (q *Queries) CountSelected(ctx context.Context, p access.Principal, s bulk.Selection) (int, error) {
	ask, err := q.Selected(ctx, p, s)
	if err != nil {
		return 0, err
	}
	ask.only = s.Leads
	return q.CountEvery(ctx, p, ask)
}

// Select settles which leads a bulk action is about: those that the principal sees now.
// Leads that are named one by one are all of them, so that each is answered for.
func (q *Queries) Select(ctx context.Context, p access.Principal, id string, s bulk.Selection) (n int64, err error) {
	b := eventstore.ForOrg(p.Org)
	b.Queue(`delete from staging.selected where tenant_id = $1 and bulk_id = $2`, p.Org, id)
	if len(s.Leads) > 0 {
		b.Queue(`insert into staging.selected (tenant_id, bulk_id, n, lead) select $1::uuid, $2::uuid, min(n), l from unnest($3::uuid[]) with ordinality u(l, n) group by l`, p.Org, id, s.Leads)
	} else {
		ask, err := q.Selected(ctx, p, s)
		if err != nil {
			return 0, err
		}
		branches, err := q.branches(ctx, p, ask)
		if err != nil {
			return 0, err
		}
		for _, w := range branches {
			b.Queue(fmt.Sprintf(`insert into staging.selected (tenant_id, bulk_id, n, lead)
				select s.tenant_id, $%[1]d::uuid, (select coalesce(max(b.n), 0) from staging.selected b where b.tenant_id = $1 and b.bulk_id = $%[1]d::uuid) + row_number() over (order by s.created_position), s.id
				from %[2]s s where %[3]s`, len(w.args)+1, searchTable, w), append(slices.Clip(w.args), id)...)
		}
	}
	b.Queue(`select count(*) from staging.selected where tenant_id = $1 and bulk_id = $2`, p.Org, id).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	return n, orUnavailable(q.app.SendBatch(ctx, b).Close())
}
