package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// copyFrom is how many new rows make COPY worth its extra round trip.
const copyFrom = 100

// leadColumnTypes is in the order of leadColumns, behind tenant_id.
var leadColumnTypes = []string{ //nolint:gochecknoglobals // a constant
	"uuid", "uuid", "text", "uuid", "text", "text", "uuid", "text", "text", "text", "text", "text", "text", "text", "json",
	"boolean", "boolean", "boolean", "int", "bigint", "bigint", "timestamptz", "timestamptz",
}

func leadColumnNames() []string { return columnsOf(leadColumns) }

// columnsOf lists the columns of a table as they are written, the organization first.
func columnsOf(columns string) []string {
	return append([]string{"tenant_id"}, strings.Split(columns, ", ")...)
}

func (l *Lead) values(org string) []any {
	return []any{
		asUUID(org), asUUID(l.ID), string(l.Status), asUUID(l.Owner), orNull(l.Source), orNull(l.Country), asUUID(l.CompanyID), orNull(l.Name), orNull(l.Email), orNull(l.Phone),
		orNull(l.PhoneStatus), orNull(l.Title), orNull(l.Company), orNull(l.CountryGiven), l.more(), l.Archived, l.deleted, l.Erased,
		int32(l.Version), l.created, l.Position, l.CreatedAt, l.UpdatedAt, //nolint:gosec // a version
	}
}

// saveLeads writes new rows by COPY when there are many, and everything else in one
// statement.
func saveLeads(ctx context.Context, tx pgx.Tx, at Place, rows map[rowKey]*Lead, fresh, touched []rowKey) error {
	if len(fresh) >= copyFrom {
		_, err := tx.CopyFrom(ctx, at.identifier("leads"), leadColumnNames(), pgx.CopyFromSlice(len(fresh), func(i int) ([]any, error) {
			return rows[fresh[i]].values(fresh[i].org), nil
		}))
		if err != nil {
			return err
		}
		fresh = nil
	}
	keys := append(slices.Clip(fresh), touched...)
	if len(keys) == 0 {
		return nil
	}
	columns := newLeadArrays(len(keys))
	for _, k := range keys {
		columns.add(k.org, rows[k])
	}
	_, err := tx.Exec(ctx, upsertLeads(at), columns.list()...)
	return err
}

func upsertLeads(at Place) string {
	names := leadColumnNames()
	arrays, sets := make([]string, len(names)), make([]string, 0, len(names))
	for i, n := range names {
		arrays[i] = fmt.Sprintf("$%d::%s[]", i+1, leadColumnTypes[i])
		if i > 1 {
			sets = append(sets, n+" = excluded."+n)
		}
	}
	return fmt.Sprintf(`insert into %s (%s) select * from unnest(%s) on conflict (tenant_id, id) do update set %s`,
		at.Table("leads"), strings.Join(names, ", "), strings.Join(arrays, ", "), strings.Join(sets, ", "))
}

// leadArrays are the rows turned into columns.
type leadArrays struct {
	orgs, ids, owners, companies pgtype.FlatArray[pgtype.UUID]
	texts                        [10]pgtype.FlatArray[pgtype.Text] // status and the nullable texts, in the order of the table
	more                         [][]byte
	archived, deleted, erased    []bool
	versions                     []int32
	createdPositions, positions  []int64
	createdAt, updatedAt         []time.Time
}

func newLeadArrays(n int) *leadArrays {
	return &leadArrays{orgs: make(pgtype.FlatArray[pgtype.UUID], 0, n)}
}

func (a *leadArrays) add(org string, l *Lead) {
	a.orgs, a.ids, a.owners = append(a.orgs, asUUID(org)), append(a.ids, asUUID(l.ID)), append(a.owners, asUUID(l.Owner))
	a.companies, a.more = append(a.companies, asUUID(l.CompanyID)), append(a.more, l.more())
	for i, t := range [...]pgtype.Text{
		orNull(string(l.Status)), orNull(l.Source), orNull(l.Country), orNull(l.Name), orNull(l.Email), orNull(l.Phone),
		orNull(l.PhoneStatus), orNull(l.Title), orNull(l.Company), orNull(l.CountryGiven),
	} {
		a.texts[i] = append(a.texts[i], t)
	}
	a.archived, a.deleted, a.erased = append(a.archived, l.Archived), append(a.deleted, l.deleted), append(a.erased, l.Erased)
	a.versions = append(a.versions, int32(l.Version)) //nolint:gosec // a version
	a.createdPositions, a.positions = append(a.createdPositions, l.created), append(a.positions, l.Position)
	a.createdAt, a.updatedAt = append(a.createdAt, l.CreatedAt), append(a.updatedAt, l.UpdatedAt)
}

func (a *leadArrays) list() []any {
	out := []any{a.orgs, a.ids, a.texts[0], a.owners}
	for i, t := range a.texts[1:] {
		if i == 2 { // behind source and country
			out = append(out, a.companies)
		}
		out = append(out, t)
	}
	return append(out, a.more, a.archived, a.deleted, a.erased, a.versions, a.createdPositions, a.positions, a.createdAt, a.updatedAt)
}

// after scans a column before those of a row.
type after struct {
	pgx.CollectableRow
	first *string
}

func (a after) Scan(dest ...any) error {
	return a.CollectableRow.Scan(append([]any{a.first}, dest...)...)
}

// orEmpty reads null as "".
func orEmpty(s *string) any { return (*nullable)(s) }

type nullable string

// ScanText implements pgtype.TextScanner.
func (n *nullable) ScanText(v pgtype.Text) error {
	*n = nullable(v.String)
	return nil
}

// ScanUUID implements pgtype.UUIDScanner.
func (n *nullable) ScanUUID(v pgtype.UUID) error {
	*n = nullable(v.String())
	return nil
}

// orNull writes "" as null.
func orNull(s string) pgtype.Text { return pgtype.Text{String: s, Valid: s != ""} }

// asUUID writes what is no id, such as "", as null.
func asUUID(s string) pgtype.UUID {
	id, err := uuid.Parse(s)
	return pgtype.UUID{Bytes: id, Valid: err == nil}
}
