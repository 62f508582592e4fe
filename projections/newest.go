package projections

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
)

// newest is a list of records, the newest first: those of an organization that a condition
// holds for.
type newest[T any] struct {
	of      Projection
	table   string // "" is the projection's first
	columns string
	key     string // the column that a record keeps its place by; "" is created_position
	scan    pgx.RowToFunc[T]
	where   *where // begins with the organization
}

// page reads a part of the list; before is the place of the last record of the page before,
// 0 for the first page.
func (l newest[T]) page(ctx context.Context, q *Queries, org string, before int64, limit int) (page Page[T], err error) {
	if l.key == "" {
		l.key = "created_position"
	}
	table := l.table
	if table == "" {
		table = l.of.Live().Table(l.of.Tables[0])
	}
	list := where{parts: slices.Clone(l.where.parts), args: slices.Clone(l.where.args)}
	if before > 0 {
		list.and(l.key+" < ?", before)
	}
	var mark int64
	b := eventstore.ForOrg(org)
	watermarkOf(b, org, l.of, &mark)
	b.Queue(fmt.Sprintf(`select %s from %s where %s order by %s desc limit %d`, l.columns, table, &list, l.key, limit+1), list.args...).
		Query(func(rows pgx.Rows) (err error) {
			page.Items, err = pgx.CollectRows(rows, l.scan)
			return err
		})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(page.Items) > limit; page.More {
		page.Items = page.Items[:limit]
	}
	page.Total, err = q.count(ctx, org, totalKey(table, org, mark, l.where), "from "+table+" where "+l.where.String(), l.where.args)
	return page, err
}

// ofOrg begins the conditions of an organization's records.
func ofOrg(org string) *where {
	w := &where{}
	w.and("tenant_id = ?", org)
	return w
}
