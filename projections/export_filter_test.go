package projections

import "github.com/canvass-hq/canvass/domain/filter"

// FilterTable has every kind of field on every type of column. Of gone there is no
// column any more, and turned was of another kind once.
const FilterTable = `create table records (run int not null, id int not null, status text, owner uuid, title text, custom jsonb not null,
	amount numeric, created_at timestamptz, archived boolean, tags text[], team uuid[])`

// FilterFields are the fields of FilterTable.
func FilterFields() filter.Fields {
	return filter.NewFields(
		filter.Field{Name: "status", Kind: filter.Keyword},
		filter.Field{Name: "owner", Kind: filter.Keyword},
		filter.Field{Name: "title", Kind: filter.Text},
		filter.Field{Name: "custom.tier", Kind: filter.Number},
		filter.Field{Name: "amount", Kind: filter.Number},
		filter.Field{Name: "created_at", Kind: filter.Date},
		filter.Field{Name: "archived", Kind: filter.Bool},
		filter.Field{Name: "tags", Kind: filter.List},
		filter.Field{Name: "team", Kind: filter.List},
		filter.Field{Name: "gone", Kind: filter.List},
		filter.Field{Name: "turned", Kind: filter.Keyword},
	)
}

func filterTableColumn(field string) (filterColumn, bool) {
	c, ok := map[string]filterColumn{
		"status":      {SQL: "status", Kind: filter.Keyword},
		"owner":       {SQL: "owner", Kind: filter.Keyword, Cast: "uuid"},
		"title":       {SQL: "title", Kind: filter.Text},
		"custom.tier": {SQL: "(custom ->> 'tier')::double precision", Kind: filter.Number},
		"amount":      {SQL: "amount", Kind: filter.Number, Cast: "numeric"},
		"created_at":  {SQL: "created_at", Kind: filter.Date},
		"archived":    {SQL: "archived", Kind: filter.Bool},
		"tags":        {SQL: "tags", Kind: filter.List},
		"team":        {SQL: "team", Kind: filter.List, Cast: "uuid"},
		"turned":      {SQL: "amount", Kind: filter.Number},
	}[field]
	return c, ok
}

// FilterSQL is what a filter of FilterTable adds behind a condition that is there already.
func FilterSQL(e filter.Expr, before string, arg any) (sql string, args []any) {
	w := &where{}
	w.and(before, arg)
	filterSQL(e, filterTableColumn, w)
	return w.String(), w.args
}

// FilterLiterals are values to look for, as they are written.
func FilterLiterals(f filter.Field) []string {
	switch f.Kind {
	case filter.Number:
		return []string{"0", "1", "-1", "3", "0.1", "0.30000000000000004", "1e20", "1e-9", "123456789.125", "-1e300"}
	case filter.Date:
		return []string{
			"2026-01-01", "2026-01-02", "2025-12-31", "0001-01-01", "9999-12-31", "2026-01-01T12:00:00+13:00", "9999-12-31T23:59:59.999999Z",
			"2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999999Z", "2026-01-01T12:00:00.5Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00.000001Z",
		}
	case filter.Bool:
		return []string{"true", "false"}
	default:
	}
	if f.Name == "owner" || f.Name == "team" {
		return []string{"a", "0190A1B2-0000-7000-8000-000000000001", "0190a1b2-0000-7000-8000-000000000001", "0190a1b2-0000-7000-8000-000000000002"}
	}
	return []string{
		"a", "A", "ab", "new", `"%"`, "_", `"\\"`, `"\\%"`, `"\""`, `"'"`, `"a%b"`, "a_b", "axb", `"a\\b"`, `"a\"b"`, `"x'y"`, `" "`, `"$1"`, `"?"`, "null", `"{}"`, `"and"`,
		`"Müller"`, `"MÜLLER"`, "\"mu\u0308ller\"", `"Straße"`, "STRASSE", `"İstanbul"`, "istanbul", `"ΟΔΟΣ"`, `"οδος"`, "\"\u212a\"", "k", `"日本"`, `"🙂"`, "\"\n\"",
	}
}
