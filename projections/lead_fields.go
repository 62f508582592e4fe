package projections

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/eventstore"
)

// leadFieldsDDL holds what the rows of lead_search need to know of the fields of an
// organization's own; it stands beside them so that a filter never sees a slot that is not
// filled yet.
const leadFieldsDDL = `create table {lead_fields} (
			tenant_id uuid not null,
			id uuid not null,
			key text not null,
			kind text not null,
			slot text,
			retired boolean not null,
			primary key (tenant_id, id)
		);
		`

// leadField is one row of lead_fields.
type leadField struct{ field.Field }

var leadFields = rowFold[leadField]{ //nolint:gochecknoglobals // a constant
	table: "lead_fields", columns: columnsOf(leadFieldColumns),
	scan: func(row pgx.CollectableRow) (k rowKey, f leadField, err error) {
		f, err = scanLeadField(after{row, &k.org}, &k.id)
		return k, f, err
	},
	fold: func(f *leadField, e eventstore.Recorded) {
		if fact, ok := e.Fact.(field.Event); ok {
			f.Field = f.Evolve(fact)
		}
		if !slices.Contains(f.Kind.Slots(), f.Slot) {
			f.Slot = "" // of another release; it is a column here
		}
	},
	values: func(f *leadField, k rowKey) []any {
		return []any{asUUID(k.org), asUUID(k.id), f.Key, string(f.Kind), orNull(f.Slot), f.Retired}
	},
}

const leadFieldColumns = `id, key, kind, slot, retired`

func scanLeadField(row pgx.CollectableRow, id *string) (f leadField, err error) {
	err = row.Scan(id, &f.Key, &f.Kind, orEmpty(&f.Slot), &f.Retired)
	return f, err
}

// slot is a column of lead_search for one of an organization's own fields.
type slot struct{ name, sqlType string }

// allSlots lists them as they stand in the table.
func allSlots() (out []slot) {
	for _, of := range []struct {
		kind    field.Kind
		sqlType string
	}{{field.Text, "text"}, {field.Number, "double precision"}, {field.Date, "timestamptz"}, {field.Boolean, "boolean"}} {
		for _, name := range of.kind.Slots() {
			out = append(out, slot{name, of.sqlType})
		}
	}
	return out
}

// orgSlots are the fields that have a slot, by organization and slot.
type orgSlots map[string]map[string]field.Field

// holders are the organizations of leads that hold values of own fields.
func holders(rows map[rowKey]*Lead) map[string]bool {
	out := map[string]bool{}
	for k, l := range rows {
		if len(l.Custom) > 0 {
			out[k.org] = true
		}
	}
	return out
}

func slotsOf(ctx context.Context, tx pgx.Tx, at Place, orgs map[string]bool) (orgSlots, error) {
	out := orgSlots{}
	if len(orgs) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, `select tenant_id, `+leadFieldColumns+` from `+at.Table("lead_fields")+` where tenant_id = any($1::uuid[]) and slot is not null and not retired`,
		slices.Collect(maps.Keys(orgs)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		k, f, err := leadFields.scan(rows)
		if err != nil {
			return nil, err
		}
		if out[k.org] == nil {
			out[k.org] = map[string]field.Field{}
		}
		out[k.org][f.Slot] = f.Field
	}
	return out, rows.Err()
}

// beside writes the slots that the organizations use beside the other columns. The
// columns of the rest stay as they are: there is nothing in them.
func (o orgSlots) beside(f rowFold[Lead]) rowFold[Lead] {
	used := map[string]bool{}
	for _, fields := range o {
		for name := range fields {
			used[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(used))
	if len(names) == 0 {
		return f
	}
	plain := f.values
	f.columns = append(slices.Clip(f.columns), names...)
	f.values = func(l *Lead, k rowKey) []any {
		out := plain(l, k)
		for _, name := range names {
			out = append(out, slotValue(o[k.org][name], l.Custom))
		}
		return out
	}
	return f
}

// slotValue is what a slot holds of a lead's values.
func slotValue(f field.Field, custom map[string]string) any {
	v, ok := custom[f.Key]
	if !ok || f.Slot == "" {
		return nil
	}
	v = filter.Fold(v)
	switch f.Kind {
	case field.Number:
		if n, ok := field.AsNumber(v); ok {
			return n
		}
	case field.Date:
		if at, ok := field.AsTime(v); ok {
			return at
		}
	case field.Boolean:
		if b, ok := field.AsBoolean(v); ok {
			return b
		}
	case field.Text, field.Enum, field.URL:
		return field.AsText(v)
	}
	return nil
}

// fillSlots brings what all leads hold into the slots of fields that facts are about: one
// statement for each slot.
func fillSlots(ctx context.Context, tx pgx.Tx, at Place, facts []eventstore.Recorded) error {
	if len(facts) == 0 {
		return nil
	}
	orgs, ids := make([]string, len(facts)), make([]string, len(facts))
	for i, e := range facts {
		orgs[i], ids[i] = e.Org, e.Stream.ID
	}
	type change struct {
		org, slot string
		key, kind *string // of the field that has the slot now
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`select distinct f.tenant_id::text, f.slot, now.key, now.kind from unnest($1::uuid[], $2::uuid[]) u(t, i)
		join %[1]s f on f.tenant_id = u.t and f.id = u.i and f.slot is not null
		left join %[1]s now on now.tenant_id = f.tenant_id and now.slot = f.slot and not now.retired order by 1, 2`, at.Table("lead_fields")), orgs, ids)
	if err != nil {
		return err
	}
	changes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c change, err error) {
		err = row.Scan(&c.org, &c.slot, &c.key, &c.kind)
		return c, err
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		sql := fmt.Sprintf(`update %[1]s set %[2]s = null where tenant_id = $1 and %[2]s is not null`, at.Table("lead_search"), c.slot)
		args := []any{c.org}
		if c.key != nil {
			sql = fmt.Sprintf(`update %[1]s s set %[2]s = f.v from (
					select id, %[3]s as v from (select id, custom ->> $2 as c from %[1]s where tenant_id = $1) r
				) f where s.tenant_id = $1 and s.id = f.id and s.%[2]s is distinct from f.v`, at.Table("lead_search"), c.slot, readSlot(field.Kind(*c.kind)))
			args = append(args, *c.key)
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("fill the slot %s: %w", c.slot, err)
		}
	}
	return nil
}

// readSlot reads the folded text c as slotValue does; what does not fit is null.
func readSlot(k field.Kind) string {
	switch k {
	case field.Number:
		return `case when c ~ '` + field.NumberPattern + `' then c::double precision + 0 end`
	case field.Date:
		// A day that the month does not have is the next month's, by this way of counting.
		return `case when c ~ '` + field.DatePattern + `' then
			case when to_char((left(c, 8) || '01')::date + (substr(c, 9, 2)::int - 1), 'MM') = substr(c, 6, 2)
				then (left(c, 10) || ' ' || coalesce(nullif(rtrim(substr(c, 12), 'z'), ''), '00:00:00') || '+00')::timestamptz end end`
	case field.Boolean:
		return `case c when 'true' then true when 'false' then false end`
	default:
		return fmt.Sprintf(`left(c, %d)`, field.SlotText)
	}
}
