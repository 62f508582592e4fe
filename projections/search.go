package projections

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/eventstore"
)

// search finds the rows of a page, in order, in a table without a policy of row-level
// security, under which no index would serve it, and fetches them where one holds. The
// table has the columns id, name, created_position and position, and is called s.
type search struct {
	table   string // where rows are looked for
	rows    string // where they are fetched
	columns string
	sort    string // one of Sorts; "" is the first
	after   string // place of the last row of the page before; "" for the first page
	limit   int
	words   bool // it looks for words
	terms   []sought
	org     string
	way     way
}

// Sorts lists the orders of leads and of companies, the first by default.
func Sorts() []string {
	return []string{"-created_at", "created_at", "-updated_at", "updated_at", "name", "-name"}
}

// order is how a sort is written: a key that no two rows share.
func (q search) order() (key, direction, compare string) {
	direction, compare = "", ">"
	if strings.HasPrefix(q.sort, "-") || q.sort == "" {
		direction, compare = " desc", "<"
	}
	switch strings.TrimPrefix(q.sort, "-") {
	case "updated_at":
		return "s.position", direction, compare
	case "name":
		return "s.name", direction, compare
	}
	return "s.created_position", direction, compare
}

// place is where a row stands in the order.
func (q search) place(created, position int64, id, name string) string {
	switch key, _, _ := q.order(); key {
	case "s.position":
		return strconv.FormatInt(position, 10)
	case "s.name":
		return id + filter.Fold(name)
	}
	return strconv.FormatInt(created, 10)
}

const idLength = 36

// fits tells whether after is a place in the order.
func (q search) fits() bool {
	if key, _, _ := q.order(); key == "s.name" {
		return len(q.after) >= idLength && asUUID(q.after[:idLength]).Valid
	}
	_, err := strconv.ParseInt(q.after, 10, 64)
	return err == nil
}

// page is the query of a page and of one row more.
func (q search) page(branches []*where) (sql string, args []any) {
	key, direction, compare := q.order()
	var found []string
	for _, w := range branches {
		page := where{parts: slices.Clone(w.parts), args: slices.Clone(w.args)}
		if q.after != "" && key == "s.name" {
			page.args = append(page.args, q.after[idLength:], q.after[:idLength])
			page.parts = append(page.parts, fmt.Sprintf("(s.name, s.id) %s ($%d, $%d::uuid)", compare, len(page.args)-1, len(page.args)))
		} else if q.after != "" {
			page.and(key+" "+compare+" ?::text::bigint", q.after)
		}
		order := key + direction
		if key == "s.name" {
			order += ", s.id" + direction
		}
		from := q.table
		switch q.way {
		case byWords:
			from = fmt.Sprintf("(select s.id, s.name, s.created_position, s.position from %s s where %s offset 0)", q.table, &page)
			page.parts = []string{"true"}
		case nearby:
			near := where{parts: []string{page.parts[0]}, args: page.args}
			if q.after != "" {
				near.parts = append(near.parts, page.parts[len(page.parts)-1])
			}
			from = fmt.Sprintf("(select * from %s s where %s order by %s limit %d)", q.table, &near, order, nearbyRows)
			page.readWords(q.org, q.terms)
		case byPlan:
		}
		one := fmt.Sprintf(`(select s.id, %s as k from %s s where %s order by %s limit %d)`, key, from, &page, order, q.limit+1)
		found = append(found, shifted(one, len(args)))
		args = append(args, page.args...)
	}
	return fmt.Sprintf(`with page as materialized (select id, row_number() over (order by k%[1]s, id%[1]s) as n from (%[2]s) f order by k%[1]s, id%[1]s limit %[3]d)
		select %[4]s from page join %[5]s l using (id) where l.tenant_id = $1 order by page.n`,
		direction, strings.Join(found, " union all "), q.limit+1, qualified("l", q.columns), q.rows), args
}

// ways are how a search finds the rows of a page, the best one first: the next is taken
// when it has not filled it. Of words the planner knows how many rows hold them, and not
// where in the order these are: all old ones, or all at its end.
func (q search) ways(found Total) []way {
	switch {
	case !q.words:
		return []way{byPlan}
	case found.Exact:
		return []way{byWords}
	}
	return []way{nearby, byWords}
}

// way is how rows are found.
type way int

const (
	byPlan  way = iota // as the planner likes
	byWords            // by their words, and then put in order
	nearby             // in order, among the next nearbyRows rows
)

const nearbyRows = 20_000

func qualified(table, columns string) string {
	names := strings.Split(columns, ", ")
	for i, n := range names {
		names[i] = table + "." + n
	}
	return strings.Join(names, ", ")
}

// words adds that the row holds each word.
func (w *where) words(org string, words []sought) {
	if len(words) > 0 {
		w.and(wordVector+` @@ ?::text::tsquery`, wordQuery(org, words...))
	}
}

// readWords asks for the words where the row itself is read, which is quicker than to make
// of each row what the index holds.
func (w *where) readWords(org string, words []sought) {
	at := slices.IndexFunc(w.parts, func(part string) bool { return strings.Contains(part, wordVector) })
	if at < 0 {
		return
	}
	mark := wordMark(org)
	used := regexp.MustCompile(`\$\d+`).FindString(w.parts[at]) // stays, or nobody could tell its type
	parts := []string{used + "::text is not null"}
	for _, word := range words {
		patterns := []string{"% " + mark + word.word + " %"}
		if word.begins {
			patterns[0] = "% " + mark + word.word + "%"
		}
		for _, l := range word.like {
			patterns = append(patterns, "% "+mark+l+" %")
		}
		w.args = append(w.args, patterns)
		parts = append(parts, fmt.Sprintf("(' ' || s.words || ' ') like any($%d::text[])", len(w.args)))
	}
	w.parts[at] = "(" + strings.Join(parts, " and ") + ")"
}

// searchField is a field that a filter may ask for, and where it lies.
type searchField struct {
	filter.Field

	column filterColumn
}

func keywordField(name, cast string, values []string, normalise func(string) string) searchField {
	return searchField{
		filter.Field{Name: name, Kind: filter.Keyword, Values: values, Normalise: normalise},
		filterColumn{SQL: "s." + name, Kind: filter.Keyword, Cast: cast},
	}
}

func plainFields(kind filter.Kind, names ...string) (out []searchField) {
	for _, name := range names {
		out = append(out, searchField{filter.Field{Name: name, Kind: kind}, filterColumn{SQL: "s." + name, Kind: kind}})
	}
	return out
}

// columnOf finds where a field lies.
func columnOf(fields []searchField, name string) (filterColumn, bool) {
	i := slices.IndexFunc(fields, func(f searchField) bool { return f.Name == name })
	if i < 0 {
		return filterColumn{}, false
	}
	return fields[i].column, true
}

// searched reads the page of a search, in the best way that fills it.
func searched[T any](ctx context.Context, q *Queries, org string, list search, branches []*where, found Total, scan pgx.RowToFunc[T]) (page Page[T], err error) {
	list.org = org
	for _, list.way = range list.ways(found) {
		sql, args := list.page(branches)
		b := eventstore.ForOrg(org)
		b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
			page.Items, err = pgx.CollectRows(rows, scan)
			return err
		})
		if err := q.app.SendBatch(ctx, b).Close(); err != nil {
			return page, unavailable(err)
		}
		if page.More = len(page.Items) > list.limit; page.More {
			page.Items = page.Items[:list.limit]
			break
		}
	}
	page.Total = found
	return page, nil
}
