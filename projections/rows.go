package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
)

// rowKey names the row of a projection that has one for each stream.
type rowKey struct{ org, id string }

// rowFold folds the facts of one kind of stream into a row for each. T has no fact yet
// when it is zero.
type rowFold[T any] struct {
	table   string
	columns []string // tenant_id and id first
	read    string   // the columns that scan takes; "" for all
	scan    func(pgx.CollectableRow) (rowKey, T, error)
	fold    func(*T, eventstore.Recorded)
	values  func(*T, rowKey) []any // in the order of columns; each knows its JSON and its place in a COPY
	seen    func(rowKey, *T, int)  // each row as it was (-1) and as it is (+1), where somebody counts
}

// apply folds a batch in memory, on the rows that it touches, and writes each row once.
func (f rowFold[T]) apply(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	return f.applyTo(ctx, tx, at, batch)
}

// applyTo is apply where further tables hold other sides of the same rows.
func (f rowFold[T]) applyTo(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded, also ...rowFold[T]) error {
	rows := map[rowKey]*T{}
	var fresh, touched []rowKey
	for _, e := range batch {
		k := rowKey{e.Org, e.Stream.ID}
		if _, seen := rows[k]; seen {
			continue
		}
		rows[k] = new(T)
		if e.Version == 1 {
			fresh = append(fresh, k)
		} else {
			touched = append(touched, k)
		}
	}
	if err := f.load(ctx, tx, at, touched, rows); err != nil {
		return err
	}
	if f.seen != nil {
		for _, k := range touched {
			f.seen(k, rows[k], -1)
		}
	}
	for _, e := range batch {
		f.fold(rows[rowKey{e.Org, e.Stream.ID}], e)
	}
	if f.seen != nil {
		for k, row := range rows {
			f.seen(k, row, +1)
		}
	}
	for _, table := range append([]rowFold[T]{f}, also...) {
		if err := table.save(ctx, tx, at, rows, fresh, touched); err != nil {
			return err
		}
	}
	return nil
}

func (f rowFold[T]) load(ctx context.Context, tx pgx.Tx, at Place, keys []rowKey, into map[rowKey]*T) error {
	if len(keys) == 0 {
		return nil
	}
	orgs, ids := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		orgs[i], ids[i] = k.org, k.id
	}
	read := f.read
	if read == "" {
		read = strings.Join(f.columns, ", ")
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`select %s from unnest($1::uuid[], $2::uuid[]) u(t, i)
		cross join lateral (select * from %s x where x.tenant_id = u.t and x.id = u.i limit 1) l`, read, at.Table(f.table)), orgs, ids)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		k, row, err := f.scan(rows)
		if err != nil {
			return err
		}
		into[k] = &row
	}
	return rows.Err()
}

// save writes new rows by COPY when there are many, and everything else in one
// statement.
func (f rowFold[T]) save(ctx context.Context, tx pgx.Tx, at Place, rows map[rowKey]*T, fresh, touched []rowKey) error {
	if len(fresh) >= copyFrom {
		_, err := tx.CopyFrom(ctx, at.identifier(f.table), f.columns, pgx.CopyFromSlice(len(fresh), func(i int) ([]any, error) {
			return f.values(rows[fresh[i]], fresh[i]), nil
		}))
		if err != nil {
			return err
		}
		fresh = nil
	}
	records := make([]map[string]any, 0, len(fresh)+len(touched))
	for _, k := range append(slices.Clip(fresh), touched...) {
		record := make(map[string]any, len(f.columns))
		for i, v := range f.values(rows[k], k) {
			record[f.columns[i]] = v
		}
		records = append(records, record)
	}
	if len(records) == 0 {
		return nil
	}
	text, err := json.Marshal(records)
	if err != nil {
		return err
	}
	sets := make([]string, 0, len(f.columns))
	for _, c := range f.columns[2:] {
		sets = append(sets, c+" = excluded."+c)
	}
	columns := strings.Join(f.columns, ", ")
	_, err = tx.Exec(ctx, fmt.Sprintf(`insert into %[1]s (%[2]s) select %[2]s from json_populate_recordset(null::%[1]s, $1::json)
		on conflict (tenant_id, id) do update set %[3]s`, at.Table(f.table), columns, strings.Join(sets, ", ")), text)
	return err
}
