package projections

import "github.com/canvass-hq/canvass/domain/filter"

// FilterColumn lets tests name columns.
type FilterColumn = filterColumn

// FilterSQL is what a filter adds behind a condition that is there already.
func FilterSQL(e filter.Expr, columns map[string]FilterColumn, before string, arg any) (sql string, args []any) {
	w := &where{}
	w.and(before, arg)
	filterSQL(e, func(field string) (filterColumn, bool) {
		c, ok := columns[field]
		return c, ok
	}, w)
	return w.String(), w.args
}
