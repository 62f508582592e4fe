package projections

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/domain/filter"
)

// filterColumn is where a field of a filter lies. A filter asks of it what
// filter.Compare.Matches asks of a record, as long as the column keeps to this:
//
//   - Of a Text it holds what filter.Fold made: how Postgres changes case depends on the
//     cluster, so that it never does. An index for trigrams serves contains and starts_with.
//   - Lists hold no nulls, numbers no NaN, times nothing finer than what Postgres keeps.
//   - SQL comes from the product, never from a request, and stands for itself between
//     any operators: l.status, (l.custom ->> 'tier').
type filterColumn struct {
	SQL  string
	Kind filter.Kind

	// Cast is the SQL type of one value, where it is not the kind's own: uuid for a
	// Keyword or a List of ids, numeric for a Number. "" is text, double precision or
	// timestamptz.
	Cast string
}

// filterSQL adds what a filter asks for. A field without a column, or with one of
// another kind, is empty in every row: it is no longer what it was when the filter was
// written.
func filterSQL(e filter.Expr, columns func(field string) (filterColumn, bool), w *where) {
	f := filterWriter{where: w, columns: columns}
	parts, ok := e.(filter.And)
	if !ok && e != nil {
		parts = filter.And{e}
	}
	for _, part := range parts {
		w.parts = append(w.parts, f.expr(part))
	}
}

// filterWriter writes conditions whose values are parameters. Conditions may be null,
// which a list takes for false; where false is turned into true, "is not true" takes
// null for false too.
type filterWriter struct {
	*where
	columns func(field string) (filterColumn, bool)
}

func (f filterWriter) expr(e filter.Expr) string {
	switch e := e.(type) {
	case filter.And:
		return f.group(e, " and ", "true")
	case filter.Or:
		return f.group(e, " or ", "false")
	case filter.Not:
		return notTrue(f.expr(e.Of))
	case filter.Compare:
		return f.compare(e)
	}
	return "false"
}

func (f filterWriter) group(parts []filter.Expr, word, none string) string {
	if len(parts) == 0 {
		return none
	}
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = f.expr(p)
	}
	return "(" + strings.Join(texts, word) + ")"
}

func notTrue(condition string) string { return "(" + condition + ") is not true" }

func (f filterWriter) compare(c filter.Compare) string {
	col, ok := f.columns(c.Field)
	if !ok || col.Kind != c.Kind {
		col = filterColumn{Kind: c.Kind}
		col.SQL = "null::" + col.value()
		if c.Kind == filter.List {
			col.SQL += "[]"
		}
	}
	switch c.Op {
	case filter.IsEmpty:
		return col.empty()
	case filter.IsNotEmpty:
		return col.filled()
	case filter.Ne, filter.NotIn:
		return notTrue(f.holds(c, col))
	default:
		return f.holds(c, col)
	}
}

// value is the SQL type of one value.
func (c filterColumn) value() string {
	switch {
	case c.Cast != "":
		return c.Cast
	case c.Kind == filter.Number:
		return "double precision"
	case c.Kind == filter.Date:
		return "timestamptz"
	case c.Kind == filter.Bool:
		return "boolean"
	default:
		return "text"
	}
}

func (c filterColumn) empty() string {
	switch {
	case c.Kind == filter.List:
		return "(" + c.SQL + " is null or cardinality(" + c.SQL + ") = 0)"
	case c.value() == "text":
		return "(" + c.SQL + " is null or " + c.SQL + " = '')"
	default:
		return c.SQL + " is null"
	}
}

func (c filterColumn) filled() string {
	switch {
	case c.Kind == filter.List:
		return "cardinality(" + c.SQL + ") > 0"
	case c.value() == "text":
		return c.SQL + " <> ''"
	default:
		return c.SQL + " is not null"
	}
}

// holds is the condition that one of the comparison's values holds, ne and not_in
// taken for eq and in.
func (f filterWriter) holds(c filter.Compare, col filterColumn) string {
	switch c.Kind {
	case filter.Date:
		return f.date(c, col)
	case filter.Bool:
		if c.Values[0].Bool {
			return col.SQL // as an index's own condition has it, not as a parameter
		}
		return "not " + col.SQL
	case filter.List:
		return f.list(c, col)
	default:
	}
	switch c.Op {
	case filter.Contains:
		return col.SQL + " like " + f.param("%"+escaped(filter.Fold(c.Values[0].Text))+"%", "text")
	case filter.StartsWith:
		return col.SQL + " like " + f.param(escaped(filter.Fold(c.Values[0].Text))+"%", "text")
	case filter.In, filter.NotIn:
		return col.SQL + " = any(" + f.params(c, col) + ")"
	default:
		return col.SQL + " " + sign(c.Op) + " " + f.param(col.arg(c.Values[0]), col.value())
	}
}

// date compares with a time, or with the start and the end of a day.
func (f filterWriter) date(c filter.Compare, col filterColumn) string {
	compare := func(sign string, at time.Time) string {
		return col.SQL + " " + sign + " " + f.param(at, col.value())
	}
	l := c.Values[0]
	switch {
	case !l.Day:
		return compare(sign(c.Op), l.Time)
	case c.Op == filter.Lt:
		return compare("<", l.Time)
	case c.Op == filter.Ge:
		return compare(">=", l.Time)
	case c.Op == filter.Le:
		return compare("<", l.End())
	case c.Op == filter.Gt:
		return compare(">=", l.End())
	default:
		return "(" + compare(">=", l.Time) + " and " + compare("<", l.End()) + ")"
	}
}

func (f filterWriter) list(c filter.Compare, col filterColumn) string {
	switch c.Op {
	case filter.Contains:
		return "exists (select from unnest(" + col.SQL + ") as l (element) where element::text like " + f.param("%"+escaped(c.Values[0].Text)+"%", "text") + ")"
	case filter.Has:
		return col.SQL + " @> " + f.params(c, col)
	default:
		return col.SQL + " && " + f.params(c, col)
	}
}

// sign compares as an operator does; ne is what "is not true" makes of eq.
func sign(o filter.Op) string {
	return map[filter.Op]string{
		filter.Eq: "=", filter.Ne: "=", filter.Lt: "<", filter.Le: "<=", filter.Gt: ">", filter.Ge: ">=",
	}[o]
}

func (f filterWriter) param(v any, sqlType string) string {
	f.args = append(f.args, v)
	return "$" + strconv.Itoa(len(f.args)) + "::" + sqlType
}

// params is one parameter that holds all the values.
func (f filterWriter) params(c filter.Compare, col filterColumn) string {
	values := make([]any, len(c.Values))
	for i, l := range c.Values {
		values[i] = col.arg(l)
	}
	return f.param(values, col.value()+"[]")
}

func (c filterColumn) arg(l filter.Literal) any {
	switch {
	case c.Kind == filter.Number:
		return l.Number
	case c.Kind == filter.Text:
		return filter.Fold(l.Text)
	case c.Cast == "uuid":
		return canonicalUUID(l.Text)
	default:
		return l.Text
	}
}

// canonicalUUID is null for what is no id, or one in another form than ids are shown
// in: it is nobody's.
func canonicalUUID(v string) pgtype.UUID {
	id, err := uuid.Parse(v)
	return pgtype.UUID{Bytes: id, Valid: err == nil && id.String() == v}
}

// escaped is a text that like takes for itself.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}
