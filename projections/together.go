package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
)

// What belongs to each of several records is read in one statement, however many the records
// are. Who may see what is decided by the same conditions as in the lists of one record.

// LeadsByID gives those of the leads that the principal may see, by their ids.
func (q *Queries) LeadsByID(ctx context.Context, p access.Principal, ids []string) (map[string]Lead, error) {
	w := ofOrg(p.Org)
	w.and("id = any(?::uuid[])", known(ids))
	rows, err := rowsOf(ctx, q, p.Org, `select `+leadColumns+` from `+leadTable+` where `+w.String(), w.args, shownTo(p))
	out := make(map[string]Lead, len(rows))
	for _, l := range rows {
		if !l.deleted && p.Sees(access.Belonging{Owner: l.Owner, Team: l.Team}) {
			out[l.ID] = l
		}
	}
	return out, err
}

// CompaniesByID gives those of the companies that are there, by their ids.
func (q *Queries) CompaniesByID(ctx context.Context, p access.Principal, ids []string) (map[string]Company, error) {
	w := ofOrg(p.Org)
	w.and("id = any(?::uuid[])", known(ids))
	rows, err := rowsOf(ctx, q, p.Org, `select `+companyColumns+` from `+Companies().Live().Table("companies")+` where `+w.String()+` and not deleted`, w.args, scanCompany)
	out := make(map[string]Company, len(rows))
	for _, c := range rows {
		out[c.ID] = c
	}
	return out, err
}

// SendersByID gives those of the senders that are there, by their ids.
func (q *Queries) SendersByID(ctx context.Context, p access.Principal, ids []string) (map[string]Sender, error) {
	return byID(ctx, q, senders(), p.Org, ids, senderOf)
}

// TemplatesByID gives those of the templates that are there, by their ids.
func (q *Queries) TemplatesByID(ctx context.Context, p access.Principal, ids []string) (map[string]Template, error) {
	return byID(ctx, q, templates(), p.Org, ids, templateOf)
}

// LeadsOfCompanies lists the first leads of each company that the principal may see, the newest
// first; archived is that of a LeadQuery.
func (q *Queries) LeadsOfCompanies(ctx context.Context, p access.Principal, companies []string, archived string, limit int) (map[string]Page[Lead], error) {
	return leadsOfCompanies(p, archived).pages(ctx, q, p.Org, companies, limit)
}

// CountLeadsOfCompanies counts what LeadsOfCompanies lists.
func (q *Queries) CountLeadsOfCompanies(ctx context.Context, p access.Principal, companies []string, archived string) (map[string]Total, error) {
	return leadsOfCompanies(p, archived).counts(ctx, q, p.Org, companies)
}

func leadsOfCompanies(p access.Principal, archived string) ofEach[Lead] {
	w := leadsShown(p, archived)
	w.parts = append(w.parts, "l.company_id = u.i")
	return ofEach[Lead]{table: leadTable + " l", columns: leadColumns, order: "created_position desc", scan: shownTo(p), branches: []*where{w}}
}

// NotesOf lists the first notes of each lead that the principal may see, the newest first.
func (q *Queries) NotesOf(ctx context.Context, p access.Principal, leads []string, limit int) (map[string]Page[Note], error) {
	return notesOf(p).pages(ctx, q, p.Org, leads, limit)
}

// CountNotesOf counts what NotesOf lists.
func (q *Queries) CountNotesOf(ctx context.Context, p access.Principal, leads []string) (map[string]Total, error) {
	return notesOf(p).counts(ctx, q, p.Org, leads)
}

func notesOf(p access.Principal) ofEach[Note] {
	w := ofOrg(p.Org)
	w.parts = append(w.parts, "lead = u.i")
	shows := "not l.deleted"
	if p.Limited() {
		shows += " and " + w.sees(p, "l")
	}
	w.parts = append(w.parts, fmt.Sprintf("exists (select from %s l where l.tenant_id = $1 and l.id = u.i and %s)", searchTable, shows))
	return ofEach[Note]{table: Notes().Live().Table("notes"), columns: noteColumns, order: "position desc", scan: scanNote, branches: []*where{w}}
}

// TasksOf lists the first tasks of each lead that the principal may see, in the order of
// TaskPage; status is that of a TaskQuery.
func (q *Queries) TasksOf(ctx context.Context, p access.Principal, leads []string, status string, limit int) (map[string]Page[Task], error) {
	return tasksOf(p, status).pages(ctx, q, p.Org, leads, limit)
}

// CountTasksOf counts what TasksOf lists.
func (q *Queries) CountTasksOf(ctx context.Context, p access.Principal, leads []string, status string) (map[string]Total, error) {
	return tasksOf(p, status).counts(ctx, q, p.Org, leads)
}

func tasksOf(p access.Principal, status string) ofEach[Task] {
	branches := TaskQuery{Status: status}.branches(p)
	for _, w := range branches {
		w.parts = append(w.parts, "t.lead = u.i")
	}
	return ofEach[Task]{table: taskTable + " t", columns: taskColumns, key: ", due_order", order: "due_order, created_position", scan: scanTask, branches: branches}
}

// ofEach is a list that each of several records has, whose ids are u.i.
type ofEach[T any] struct {
	table, columns string
	key            string // what the order needs beside the columns
	order          string
	scan           pgx.RowToFunc[T]
	branches       []*where // lists that have no row in common
}

// pages reads the first page of each record's list; the totals are not counted.
func (l ofEach[T]) pages(ctx context.Context, q *Queries, org string, ids []string, limit int) (map[string]Page[T], error) {
	var lists []string
	var args []any
	for _, w := range l.branches {
		one := fmt.Sprintf(`(select %s%s from %s where %s order by %s limit %d)`, l.columns, l.key, l.table, w, l.order, limit+1)
		lists = append(lists, shifted(one, len(args)))
		args = append(args, w.args...)
	}
	sql := fmt.Sprintf(`select u.i::text, %s from unnest($%d::uuid[]) with ordinality u(i, n)
		cross join lateral (select *, row_number() over (order by %s) as nth from (%s) f) l where l.nth <= %d order by u.n, l.nth`,
		qualified("l", l.columns), len(args)+1, l.order, strings.Join(lists, " union all "), limit+1)
	out := make(map[string]Page[T], len(ids))
	_, err := rowsOf(ctx, q, org, sql, append(args, known(ids)), func(row pgx.CollectableRow) (T, error) {
		var of string
		item, err := l.scan(after{row, &of})
		page := out[of]
		if page.More = len(page.Items) == limit; !page.More {
			page.Items = append(page.Items, item)
		}
		out[of] = page
		return item, err
	})
	return out, err
}

// counts counts each record's list, up to CountedUpTo.
func (l ofEach[T]) counts(ctx context.Context, q *Queries, org string, ids []string) (map[string]Total, error) {
	var lists []string
	var args []any
	for _, w := range l.branches {
		lists = append(lists, shifted(fmt.Sprintf(`(select 1 from %s where %s limit %d)`, l.table, w, CountedUpTo+1), len(args)))
		args = append(args, w.args...)
	}
	sql := fmt.Sprintf(`select u.i::text, l.n from unnest($%d::uuid[]) u(i) cross join lateral (select count(*) as n from (%s) f) l`, len(args)+1, strings.Join(lists, " union all "))
	out := make(map[string]Total, len(ids))
	_, err := rowsOf(ctx, q, org, sql, append(args, known(ids)), func(row pgx.CollectableRow) (n int, err error) {
		var of string
		err = row.Scan(&of, &n)
		out[of] = Total{Value: min(n, CountedUpTo), Exact: n <= CountedUpTo}
		return n, err
	})
	return out, err
}

// known are ids once each; what is no id is nobody's.
func known(ids []string) []string {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return slices.DeleteFunc(ids, func(id string) bool { return !asUUID(id).Valid })
}

// rowsOf reads what a statement finds.
func rowsOf[T any](ctx context.Context, q *Queries, org, sql string, args []any, scan pgx.RowToFunc[T]) (out []T, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		out, err = pgx.CollectRows(rows, scan)
		return err
	})
	return out, orUnavailable(q.app.SendBatch(ctx, b).Close())
}
