package projections_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

func filterDatabase(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), eventstoretest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, statement := range []string{projections.FilterTable, "set timezone to 'Pacific/Auckland'"} { // a day is one of UTC, whatever the session's
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// filterValues are values of records: what is looked for, what is empty, and nil.
func filterValues(f filter.Field) []any {
	out := []any{nil}
	for i, text := range projections.FilterLiterals(f) {
		e, _ := filter.Parse(comparison(f, f.Kind.Operators()[0], text), projections.FilterFields())
		switch l := e.(filter.Compare).Values[0]; {
		case (f.Name == "owner" || f.Name == "team") && i < 2: // no ids
		case f.Kind == filter.Number:
			out = append(out, l.Number)
		case f.Kind == filter.Date:
			out = append(out, l.Time)
		case f.Kind == filter.Bool:
			out = append(out, l.Bool)
		case f.Kind == filter.List:
			out = append(out, []string{}, []string{l.Text}, []string{l.Text, "0190a1b2-0000-7000-8000-000000000002"})
		default:
			out = append(out, l.Text)
		}
	}
	if f.Name == "status" || f.Name == "title" {
		out = append(out, "")
	}
	return out
}

// record holds values by field.
type record map[string]any

func (r record) value(field string) filter.Value {
	switch v := r[field].(type) {
	case string:
		return filter.TextValue(v)
	case float64:
		return filter.NumberValue(v)
	case time.Time:
		return filter.TimeValue(v)
	case bool:
		return filter.BoolValue(v)
	case []string:
		return filter.ListValue(v)
	default:
		return filter.Value{}
	}
}

// filterTB is a test, or one check of it.
type filterTB interface {
	rapid.TB
	Context() context.Context
}

// records are rows of one run, whose values are chosen.
func records(t filterTB, conn *pgx.Conn, run, n int, choose func(id int, from []any) any) []record {
	t.Helper()
	fields, out := projections.FilterFields(), make([]record, n)
	for id := range out {
		r := record{}
		for _, name := range slices.Sorted(maps.Keys(projections.FilterFields())) {
			r[name] = choose(id, filterValues(fields[name]))
		}
		r["turned"], r["gone"] = r["amount"], nil
		title := r["title"]
		if text, ok := title.(string); ok {
			title = filter.Fold(text)
		}
		_, err := conn.Exec(t.Context(), `insert into records values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, run, id, r["status"], r["owner"], title,
			map[string]any{"tier": r["custom.tier"]}, r["amount"], r["created_at"], r["archived"], r["tags"], r["team"])
		if err != nil {
			t.Fatal(err)
		}
		out[id] = r
	}
	return out
}

// sameInSQL: SQL finds the records that the filter itself accepts.
func sameInSQL(t filterTB, conn *pgx.Conn, run int, of []record, text string) {
	t.Helper()
	e, err := filter.Parse(text, projections.FilterFields())
	if err != nil {
		t.Fatalf("%s: %+v", text, err)
	}
	want := []int{}
	for id, r := range of {
		if e.Matches(r.value) {
			want = append(want, id)
		}
	}
	sql, args := projections.FilterSQL(e, "run = ?", run)
	rows, _ := conn.Query(t.Context(), "select id from records where "+sql+" order by id", args...)
	got, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%s\n%s\n%v\ngot %v, want %v, %v", e, sql, args, got, want, err)
	}
}

func comparison(f filter.Field, op filter.Op, values ...string) string {
	switch op {
	case filter.IsEmpty, filter.IsNotEmpty:
		return fmt.Sprintf("%q %s", f.Name, op)
	case filter.In, filter.NotIn, filter.HasAny:
		return fmt.Sprintf("%q %s (%s)", f.Name, op, strings.Join(values, ", "))
	default:
		return fmt.Sprintf("%q %s %s", f.Name, op, values[0])
	}
}

// someFilter writes a filter over all the fields.
func someFilter(t *rapid.T, depth int) string {
	shape := rapid.IntRange(0, 9).Draw(t, "shape")
	switch {
	case depth == 0 || shape > 5:
		f := projections.FilterFields()[rapid.SampledFrom(slices.Sorted(maps.Keys(projections.FilterFields()))).Draw(t, "field")]
		return comparison(f, rapid.SampledFrom(f.Kind.Operators()).Draw(t, "operator"), rapid.SliceOfN(rapid.SampledFrom(projections.FilterLiterals(f)), 1, 3).Draw(t, "values")...)
	case shape < 2:
		return "not (" + someFilter(t, depth-1) + ")"
	}
	parts := make([]string, rapid.IntRange(1, 3).Draw(t, "parts"))
	for i := range parts {
		parts[i] = someFilter(t, depth-1)
	}
	return "(" + strings.Join(parts, []string{" and ", " or "}[shape%2]) + ")"
}

// TestFilterSQL: every comparison there is, with every value there is, and random
// filters over random records.
func TestFilterSQL(t *testing.T) {
	t.Parallel()
	conn, run := filterDatabase(t), 0
	of := records(t, conn, run, len(filterValues(projections.FilterFields()["tags"])), func(id int, from []any) any { return from[id%len(from)] })
	for _, f := range projections.FilterFields() {
		for _, op := range f.Kind.Operators() {
			for _, value := range projections.FilterLiterals(f) {
				sameInSQL(t, conn, run, of, comparison(f, op, value))
				sameInSQL(t, conn, run, of, "not "+comparison(f, op, value))
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		run++
		of := records(t, conn, run, rapid.IntRange(1, 20).Draw(t, "records"), func(_ int, from []any) any { return rapid.SampledFrom(from).Draw(t, "value") })
		for range 40 {
			sameInSQL(t, conn, run, of, someFilter(t, 3))
		}
	})
}

// TestFilterText: values are parameters, and conditions have the form that an index
// answers.
func TestFilterText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                   "org = $1",
		"status eq new":                      "org = $1 and status = $2::text",
		"not status eq new":                  "org = $1 and (status = $2::text) is not true",
		"status ne new":                      "org = $1 and (status = $2::text) is not true",
		"status in (new, a) and title eq U":  "org = $1 and status = any($2::text[]) and title = $3::text",
		"title contains U or title eq a":     "org = $1 and (title like $2::text or title = $3::text)",
		"tags has vip and tags is_not_empty": "org = $1 and tags @> $2::text[] and cardinality(tags) > 0",
		"archived eq false":                  "org = $1 and not archived",
		"created_at eq 2026-01-01":           "org = $1 and (created_at >= $2::timestamptz and created_at < $3::timestamptz)",
		"gone has a":                         "org = $1 and null::text[] @> $2::text[]",
		"amount in (1, 2)":                   "org = $1 and amount = any($2::numeric[])",
		"owner is_empty and status is_empty": "org = $1 and owner is null and (status is null or status = '')",
	} {
		e, err := filter.Parse(in, projections.FilterFields())
		if err != nil {
			t.Fatalf("%s: %+v", in, err)
		}
		if got, _ := projections.FilterSQL(e, "org = ?", "o"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
	if got, args := projections.FilterSQL(nil, "org = ?", "o"); got != "org = $1" || len(args) != 1 {
		t.Errorf("no filter: %s", got)
	}
}

// TestFilterIndexes: an index of the usual kind answers a comparison of each kind.
func TestFilterIndexes(t *testing.T) {
	t.Parallel()
	conn := filterDatabase(t)
	for _, statement := range []string{
		"set enable_seqscan to off", "create index by_status on records (status)", "create index by_title on records (title text_pattern_ops)",
		"create index by_amount on records (amount)", "create index by_day on records (created_at)", "create index by_tags on records using gin (tags)",
		"create index by_owner on records (owner)", "create index if_live on records (id) where not archived",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for in, index := range map[string]string{
		"status eq new": "by_status", "status in (new, a)": "by_status", "title eq A": "by_title", "title starts_with A": "by_title",
		"amount gt 3": "by_amount", "created_at eq 2026-01-01": "by_day", "tags has a": "by_tags", "tags has_any (a, b)": "by_tags",
		"owner eq 0190a1b2-0000-7000-8000-000000000001": "by_owner", "archived eq false": "if_live",
	} {
		e, err := filter.Parse(in, projections.FilterFields())
		if err != nil {
			t.Fatalf("%s: %+v", in, err)
		}
		sql, args := projections.FilterSQL(e, "run >= ?", 0)
		rows, _ := conn.Query(t.Context(), "explain select id from records where "+sql, args...)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if text := strings.Join(plan, "\n"); err != nil || !strings.Contains(text, index) {
			t.Errorf("%s is not answered by %s: %v\n%s", in, index, err, text)
		}
	}
}
