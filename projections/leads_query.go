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
		l, err = pgx.CollectExactlyOneRow(rows, scanLead)
		return err
	})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && (l.deleted || !p.Sees(l.Owner)):
		return Lead{}, lead.ErrNotFound
	case err != nil:
		return Lead{}, unavailable(err)
	}
	return l, nil
}

var leadByID = `select ` + leadColumns + ` from ` + Leads().Live().Table("leads") + ` where tenant_id = $1 and id = $2` //nolint:gochecknoglobals // a constant

// LeadPage lists the leads that the principal may see, the newest first; before is
// the Created of the last lead of the page before, 0 for the first page. archived is
// that of a LeadQuery.
func (q *Queries) LeadPage(ctx context.Context, p access.Principal, archived string, before int64, limit int) (Page[Lead], error) {
	branches := leadBranches(p, archived)
	var page Page[Lead]
	var mark int64
	sql, args := leadPage(branches, before, limit)
	b := eventstore.ForOrg(p.Org)
	watermarkOf(b, p.Org, Leads(), &mark)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		page.Items, err = pgx.CollectRows(rows, scanLead)
		return err
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(page.Items) > limit; page.More {
		page.Items = page.Items[:limit]
	}
	var err error
	page.Total, err = q.countBranches(ctx, p.Org, "leads", mark, Leads().Live().Table("leads"), branches)
	return page, err
}

// Created is the lead's place in the list.
func (l Lead) Created() int64 { return l.created }

// leadBranches are the conditions of a list, as searchBranches are those of a search.
func leadBranches(p access.Principal, archived string) []*where {
	only, limited := p.OnlyOwner()
	branches := []*where{{}}
	if limited {
		branches = append(branches, &where{})
	}
	for i, w := range branches {
		w.and("tenant_id = ?", p.Org)
		w.parts = append(w.parts, "not deleted")
		w.parts = append(w.parts, standing(archived, "")...)
		switch {
		case limited && i == 0:
			w.and("owner = ?", asUUID(only))
		case limited:
			w.parts = append(w.parts, "owner is null")
		}
	}
	return branches
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

func leadPage(branches []*where, before int64, limit int) (sql string, args []any) {
	for i, w := range branches {
		page := where{parts: slices.Clone(w.parts), args: slices.Clone(w.args)}
		if before > 0 {
			page.and("created_position < ?", before)
		}
		page.args = append(page.args, limit+1)
		one := fmt.Sprintf(`(select %s from %s where %s order by created_position desc limit $%d)`,
			leadColumns, Leads().Live().Table("leads"), page.String(), len(page.args))
		if i == 0 {
			sql, args = one, page.args
			continue
		}
		sql += " union all " + shifted(one, len(args))
		args = append(args, page.args...)
	}
	if len(branches) > 1 {
		args = append(args, limit+1)
		sql = fmt.Sprintf(`select * from (%s) u order by created_position desc limit $%d`, sql, len(args))
	}
	return sql, args
}
