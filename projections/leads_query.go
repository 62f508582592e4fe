package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// Lead gives one lead that the principal may see, or lead.ErrNotFound.
func (q *Queries) Lead(ctx context.Context, p access.Principal, id string) (Lead, error) {
	var l Lead
	b := eventstore.ForOrg(p.Org)
	b.Queue(leadByID, p.Org, asUUID(id)).Query(func(rows pgx.Rows) (err error) {
		l, err = pgx.CollectExactlyOneRow(rows, shownTo(p))
		return err
	})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && (l.deleted || !p.Sees(access.Belonging{Owner: l.Owner, Team: l.Team})):
		return Lead{}, lead.ErrNotFound
	case err != nil:
		return Lead{}, unavailable(err)
	}
	return l, nil
}

var leadByID = `select ` + leadColumns + ` from ` + Leads().Live().Table("leads") + ` where tenant_id = $1 and id = $2` //nolint:gochecknoglobals // a constant

// LeadPage lists the leads that the principal may see, the newest first; before is
// the Created of the last lead of the page before, 0 for the first page. archived is
// that of a LeadQuery. For who sees all it is quicker than SearchLeads, for others slower.
func (q *Queries) LeadPage(ctx context.Context, p access.Principal, archived string, before int64, limit int) (Page[Lead], error) {
	w := leadsShown(p, archived)
	var page Page[Lead]
	var mark int64
	sql, args := leadPage(*w, before, limit)
	b := eventstore.ForOrg(p.Org)
	watermarkOf(b, p.Org, Leads(), &mark)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		page.Items, err = pgx.CollectRows(rows, shownTo(p))
		return err
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(page.Items) > limit; page.More {
		page.Items = page.Items[:limit]
	}
	var err error
	page.Total, err = q.countBranches(ctx, p.Org, "leads", mark, leadTable+" l", []*where{w})
	return page, err
}

var leadTable = Leads().Live().Table("leads") //nolint:gochecknoglobals // a constant

// Created is the lead's place in the list.
func (l Lead) Created() int64 { return l.created }

// leadsShown are the conditions of a list.
func leadsShown(p access.Principal, archived string) *where {
	w := &where{}
	w.and("l.tenant_id = ?", p.Org)
	w.parts = append(w.parts, "not l.deleted")
	w.parts = append(w.parts, standing(archived, "l.")...)
	if p.Limited() {
		w.parts = append(w.parts, "exists (select from "+searchTable+" s where s.tenant_id = l.tenant_id and s.id = l.id and "+w.sees(p, "s")+")")
	}
	return w
}

// standing is the condition of whether leads that are archived or erased are shown.
func standing(archived, table string) []string {
	switch archived {
	case "any":
		return nil
	case "true":
		return []string{table + "archived", "not " + table + "erased"}
	}
	return []string{"not " + table + "archived", "not " + table + "erased"}
}

func leadPage(w where, before int64, limit int) (sql string, args []any) {
	w.parts, w.args = slices.Clone(w.parts), slices.Clone(w.args)
	if before > 0 {
		w.and("l.created_position < ?", before)
	}
	w.args = append(w.args, limit+1)
	return fmt.Sprintf(`select %s from %s l where %s order by created_position desc limit $%d`, leadColumns, leadTable, w.String(), len(w.args)), w.args
}
