package projections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// RecipientQuery says which recipients of a campaign are looked for.
type RecipientQuery struct {
	Phase enrollment.Phase // "" for any
	Lead  string           // "" for all
	After int64            // the place of the last recipient of the page before
	Limit int
}

const recipientColumns = `id, campaign, lead, n, phase, state, due_at, version, position`

func scanRecipient(row pgx.CollectableRow) (Recipient, error) {
	var r Recipient
	var state []byte
	if err := row.Scan(&r.ID, &r.campaign, &r.Lead, &r.n, &r.Phase, &state, &r.Due, &r.Version, &r.position); err != nil {
		return r, err
	}
	if r.Due != nil {
		*r.Due = r.Due.UTC()
	}
	var kept recipientKept
	err := json.Unmarshal(state, &kept)
	r.RecipientState, r.Memory = kept.RecipientState, kept.RecipientMemory
	return r, err
}

// RecipientPage lists the recipients of a campaign in the order of its audience, with the
// names and addresses of today.
func (q *Queries) RecipientPage(ctx context.Context, p access.Principal, id string, ask RecipientQuery) (page Page[Recipient], err error) {
	w := ofOrg(p.Org)
	w.and("campaign = ?", asUUID(id))
	if ask.Phase != "" {
		if r := (Recipient{Phase: ask.Phase}); r.trouble() != "" {
			w.and("trouble = ?", string(ask.Phase))
		} else {
			w.and("phase = ?", string(ask.Phase))
		}
	}
	if ask.Lead != "" {
		w.and("id = ?", asUUID(enrollment.ID(id, ask.Lead)))
	}
	table := Enrollments().Live().Table("enrollments")
	page.Items = []Recipient{}
	if page.Total, err = q.recipientTotal(ctx, p.Org, id, ask, w); err != nil || page.Total.Value == 0 {
		return page, err
	}
	list := &where{parts: append([]string{}, w.parts...), args: append([]any{}, w.args...)}
	list.and("n > ?", ask.After)
	page.Items, err = rowsOf(ctx, q, p.Org, fmt.Sprintf(`select %s from %s where %s order by n limit %d`, recipientColumns, table, list, min(ask.Limit+1, page.Total.Value)), list.args, scanRecipient)
	if err != nil {
		return page, err
	}
	if page.More = len(page.Items) > ask.Limit; page.More {
		page.Items = page.Items[:ask.Limit]
	}
	return page, q.named(ctx, p, page.Items)
}

// recipientTotal is how many recipients a list has: what the funnel sums up is not counted.
func (q *Queries) recipientTotal(ctx context.Context, org, id string, ask RecipientQuery, w *where) (Total, error) {
	sql, args := `select coalesce(sum(n), 0)::int from `+Enrollments().Live().Table("funnels")+` where tenant_id = $1 and id = $2 and (key = 'phase ' || $3 or $3 = '' and starts_with(key, 'phase '))`,
		[]any{org, asUUID(id), string(ask.Phase)}
	if ask.Lead != "" {
		sql, args = `select count(*)::int from `+Enrollments().Live().Table("enrollments")+` where `+w.String(), w.args
	}
	n, err := rowsOf(ctx, q, org, sql, args, pgx.RowTo[int])
	if err != nil {
		return Total{}, err
	}
	return Total{Value: n[0], Exact: true}, nil
}

// named fills in who the recipients are, as the principal may see them.
func (q *Queries) named(ctx context.Context, p access.Principal, rows []Recipient) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Lead
	}
	leads, err := q.LeadsByID(ctx, p, ids)
	for i := range rows {
		l := leads[rows[i].Lead]
		rows[i].Name, rows[i].Email = l.Name, l.Email
	}
	return err
}

// Recipient gives one recipient, or enrollment.ErrNotFound.
func (q *Queries) Recipient(ctx context.Context, org, id string) (r Recipient, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select `+recipientColumns+` from `+Enrollments().Live().Table("enrollments")+` where tenant_id = $1 and id = $2`, org, asUUID(id)).Query(func(rows pgx.Rows) (err error) {
		r, err = pgx.CollectExactlyOneRow(rows, scanRecipient)
		return err
	})
	if err = q.app.SendBatch(ctx, b).Close(); errors.Is(err, pgx.ErrNoRows) {
		return r, enrollment.ErrNotFound
	}
	return r, orUnavailable(err)
}

// PartOf gives the people of a part of an audience who stand in some phases, in their order.
func (q *Queries) PartOf(ctx context.Context, org, id string, part int, phases []enrollment.Phase) ([]Recipient, error) {
	return rowsOf(ctx, q, org, `select `+recipientColumns+` from `+Enrollments().Live().Table("enrollments")+`
		where tenant_id = $1 and campaign = $2 and n > $3 and n <= $4 and phase = any($5) order by n`,
		[]any{org, asUUID(id), int64(part) * campaign.MaxPart, int64(part+1) * campaign.MaxPart, phases}, scanRecipient)
}

// Addressee is a lead as mail is written to it.
type Addressee struct {
	lead.Details
	Owner                     string
	Erased, Deleted, Archived bool

	there bool
}

// Standing is what of the lead decides whether it is written to.
func (a Addressee) Standing() campaign.Standing {
	return campaign.Standing{There: a.there, Erased: a.Erased, Deleted: a.Deleted, Archived: a.Archived, Email: a.Email}
}

// Addressees gives leads by their ids, also those that are gone, to say why they are not
// written to.
func (q *Queries) Addressees(ctx context.Context, org string, ids []string) (map[string]Addressee, error) {
	rows, err := rowsOf(ctx, q, org, `select `+leadColumns+` from `+leadTable+` where tenant_id = $1 and id = any($2::uuid[])`, []any{org, known(ids)}, scanLead)
	out := make(map[string]Addressee, len(rows))
	for _, l := range rows {
		out[l.ID] = Addressee{Details: l.Details, Owner: l.Owner, Erased: l.Erased, Deleted: l.deleted, Archived: l.Archived, there: true}
	}
	return out, err
}

// imported is the condition of leads that an import has brought or changed, and the principal
// sees; chain is the import's chain of causes.
func imported(p access.Principal, chain string) *where {
	w := ofOrg(p.Org)
	w.parts[0] = "s." + w.parts[0]
	w.parts = append(w.parts, "not s.deleted")
	if p.Limited() {
		w.parts = append(w.parts, w.sees(p, "s"))
	}
	w.and("s.id in (select e.stream_id from "+EventIndex().Live().Table("event_index")+" e where e.tenant_id = $1 and e.correlation = ? and starts_with(e.type, 'lead.'))", chain)
	return w
}

// SelectImported settles that an audience is the leads that an import has brought or changed.
func (q *Queries) SelectImported(ctx context.Context, p access.Principal, id, chain string) (n int64, err error) {
	w := imported(p, chain)
	b := eventstore.ForOrg(p.Org)
	b.Queue(`delete from staging.selected where tenant_id = $1 and bulk_id = $2`, p.Org, asUUID(id))
	b.Queue(fmt.Sprintf(`insert into staging.selected (tenant_id, bulk_id, n, lead) select s.tenant_id, $%d::uuid, row_number() over (order by s.created_position), s.id from %s s where %s`,
		len(w.args)+1, searchTable, w), append(w.args, asUUID(id))...)
	b.Queue(`select count(*) from staging.selected where tenant_id = $1 and bulk_id = $2`, p.Org, asUUID(id)).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	return n, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// CountImported counts the leads of SelectImported.
func (q *Queries) CountImported(ctx context.Context, p access.Principal, chain string) (n int, err error) {
	w := imported(p, chain)
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select count(*) from `+searchTable+` s where `+w.String(), w.args...).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	return n, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// FirstImported gives the first leads of SelectImported.
func (q *Queries) FirstImported(ctx context.Context, p access.Principal, chain string, limit int) ([]string, error) {
	w := imported(p, chain)
	return rowsOf(ctx, q, p.Org, fmt.Sprintf(`select s.id::text from %s s where %s order by s.created_position limit %d`, searchTable, w, limit), w.args, pgx.RowTo[string])
}

// FirstSelected gives the first leads of a selection.
func (q *Queries) FirstSelected(ctx context.Context, p access.Principal, s bulk.Selection, limit int) (ids []string, err error) {
	ask, err := q.Selected(ctx, p, s)
	if err != nil {
		return nil, err
	}
	branches, err := q.branches(ctx, p, ask)
	for _, w := range branches {
		if len(ids) >= limit {
			break
		}
		more, err := rowsOf(ctx, q, p.Org, fmt.Sprintf(`select s.id::text from %s s where %s order by s.created_position limit %d`, searchTable, w, limit-len(ids)), w.args, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	return ids, err
}
