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

// LeadFilter says which leads a list shows; "" is any.
type LeadFilter struct {
	Status, Owner, Source, Country, Email string
	Archived                              string // "false" (also ""), "true", "any"; erased leads are shown with "any"
}

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
// the Created of the last lead of the page before, 0 for the first page.
func (q *Queries) LeadPage(ctx context.Context, p access.Principal, f LeadFilter, before int64, limit int) (Page[Lead], error) {
	branches := leadBranches(p, f)
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
	for _, w := range branches {
		key := totalKey("leads", p.Org, mark, w)
		n, err := q.count(ctx, p.Org, key, "from "+Leads().Live().Table("leads")+" where "+w.String(), w.args)
		if err != nil {
			return page, err
		}
		page.Total = page.Total.plus(n)
	}
	return page, nil
}

// Created is the lead's place in the list.
func (l Lead) Created() int64 { return l.created }

func (t Total) plus(n Total) Total {
	if t == (Total{}) {
		return n
	}
	sum := t.Value + n.Value
	return Total{Value: min(sum, CountedUpTo), Exact: t.Exact && n.Exact && sum <= CountedUpTo}
}

// leadBranches are the conditions of a list. What a User sees is two lists, theirs
// and nobody's, each of which an index keeps in order; an "or" would read every lead
// of the organization.
func leadBranches(p access.Principal, f LeadFilter) []*where {
	only, limited := p.OnlyOwner()
	if !limited {
		return []*where{leadWhere(p.Org, f)}
	}
	mine, nobodys := leadWhere(p.Org, f), leadWhere(p.Org, f)
	mine.and("owner = ?", asUUID(only))
	nobodys.parts = append(nobodys.parts, "owner is null")
	return []*where{mine, nobodys}
}

func leadWhere(org string, f LeadFilter) *where {
	w := &where{}
	w.and("tenant_id = ?", org)
	if f.Owner != "" {
		w.and("owner = ?", asUUID(f.Owner)) // what is no id is nobody's
	}
	for _, c := range []struct{ condition, value string }{
		{"status = ?", f.Status}, {"source = ?", f.Source}, {"country = ?", f.Country}, {"email = ?", f.Email},
	} {
		if c.value != "" {
			w.and(c.condition, c.value)
		}
	}
	w.parts = append(w.parts, "not deleted")
	switch f.Archived {
	case "any":
	case "true":
		w.parts = append(w.parts, "archived and not erased")
	default:
		w.parts = append(w.parts, "not archived and not erased")
	}
	return w
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
