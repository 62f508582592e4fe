package eventstoretest

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// open tables hold nothing of any organization, and may be read without one.
var open = map[string]bool{"es.projections": true} //nolint:gochecknoglobals // a constant

// Unseen fails when somebody who reads for organizations sees a row of any table or
// view while no organization is set. Every table with an organization's rows must
// hold some, or the test would prove nothing.
func Unseen(t testing.TB, db *DB) {
	t.Helper()
	admin := db.Admin(t)
	tables := db.Strings(t, `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('es', 'read', 'keys', 'relay', 'river') and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1`)
	if len(tables) < 10 {
		t.Fatalf("only %v", tables)
	}
	for _, table := range tables {
		var rows int
		if err := admin.QueryRow(t.Context(), `select count(*) from `+table).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		of := db.Count(t, `select count(*) from pg_attribute where attrelid = $1::text::regclass and (attname = 'tenant_id' or $1::text like 'relay.%' and attname = 'payload')`, table)
		if rows == 0 && of > 0 {
			t.Errorf("%s holds no row: nothing is proven of it", table)
		}
		for _, role := range []string{"canvass_app", "canvass_auditor"} {
			for _, tenant := range []string{"reset app.tenant", "set app.tenant = ''"} {
				if n := seen(t, admin, role, tenant, table); n > 0 && !open[table] {
					t.Errorf("%s sees %d rows of %s after %q", role, n, table, tenant)
				}
			}
		}
	}
}

// seen counts the rows that a role sees; to be refused is to see nothing.
func seen(t testing.TB, admin *pgx.Conn, role, setting, table string) (n int) {
	t.Helper()
	var pg *pgconn.PgError
	err := pgx.BeginFunc(t.Context(), admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), setting+`; set local role `+role); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), `select count(*) from `+table).Scan(&n)
	})
	if err != nil && (!errors.As(err, &pg) || pg.Code != "42501") {
		t.Fatalf("%s reads %s: %v", role, table, err)
	}
	return n
}
