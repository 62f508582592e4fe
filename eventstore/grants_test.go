package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// guarded is a database with two organizations in the first log and one in a log that
// was added later, and something in every table.
func guarded(t *testing.T) (db *eventstoretest.DB, orgs [3]string) {
	t.Helper()
	db = eventstoretest.OpenConformant(t, "")
	orgs = [3]string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	db.Exec(t, `select es.add_log(7::smallint)`)
	db.Exec(t, `insert into es.tenants (tenant_id, log_id) values ($1, 7)`, orgs[2])
	for i, org := range orgs {
		stream := domain.StreamID{Category: "test", ID: uuid.NewString()}
		_, err := db.Store.Append(t.Context(), domain.Commit{
			Org: org, Command: uuid.NewString(), Request: []byte("r"),
			Streams: []domain.StreamCommit{{Stream: stream, Facts: []any{eventstoretest.Met{Host: "h"}, eventstoretest.Noted{Text: strconv.Itoa(i)}}, Take: []domain.Claim{{Scope: "email", Value: "x"}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		db.Exec(t, `insert into read.watermarks (projection, version, tenant_id, position) values ('p', 1, $1, 1)`, org)
	}
	db.Exec(t, `insert into es.projections (name, version, status) values ('p', 1, 'live')`)
	db.Exec(t, `insert into es.checkpoints (projection, version, log_id, from_pos, to_pos, worker) values ('p', 1, 0, 0, 0, 'w')`)
	db.Exec(t, `insert into es.parked (projection, version, log_id, position, stream_id, error_class, attempts) values ('p', 1, 0, 1, $1, 'c', 1)`, orgs[0])
	if err := db.Store.MakeRelayTopic(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `insert into relay.canvass_facts (uuid, payload, metadata, transaction_id) values ('u', '{}', '{}', pg_current_xact_id())`)
	return db, orgs
}

const wholeContent = `select md5(string_agg(e::text, '|' order by log_id, position)) from es.events e`

func TestNobodyChangesTheLog(t *testing.T) {
	t.Parallel()
	db, _ := guarded(t)
	before := db.Strings(t, wholeContent)[0]
	tables := append([]string{"es.events"}, db.Strings(t, `select inhrelid::regclass::text from pg_inherits where inhparent = 'es.events'::regclass order by 1`)...)
	if len(tables) != 3 {
		t.Fatalf("tables: %v", tables)
	}
	const columns = `log_id, position, tenant_id, stream_id, version, category, event_id, type, schema_version, command_id, data, meta, recorded_at`
	changes := []string{
		`update %s set data = '{}'`,
		`update %s set log_id = 7 - log_id`,
		`delete from %s`,
		`truncate %s`,
		`truncate %s cascade`,
		`insert into %s select ` + columns + ` from %[1]s on conflict (log_id, position) do update set data = '{}'`,
		`merge into %[1]s t using (select 1) s on true when matched then delete`,
		`with gone as (delete from %s returning 1) select count(*) from gone`,
	}
	// Who may write at all may only add; these must not even do that.
	additions := []string{
		`insert into %s (` + columns + `) select log_id, position + 100, tenant_id, gen_random_uuid(), 1, category, event_id, type, schema_version, command_id, data, meta, recorded_at from es.events`,
		`copy %s from program 'true'`,
	}
	tampering := []string{
		`alter table %s disable trigger all`, `alter table %s no force row level security`, `alter table %s disable row level security`,
		`drop table %s`, `create rule r as on select to %s do instead select 1`, `do $$ begin lock table %s in access exclusive mode; end $$`, `create trigger x before insert on %s for each row execute function es.refuse_change()`,
	}
	for _, who := range []struct {
		role   string
		mighty bool
	}{{"canvass_app", false}, {"canvass_worker", false}, {"canvass_auditor", false}, {"canvass_keys", false}, {"canvass_owner", true}, {"", true}} {
		for _, replica := range []bool{false, true} {
			conn := db.Admin(t)
			if who.role != "" && !replica {
				mustExec(t, conn, `set role `+who.role)
			}
			if replica { // only the superuser may; the role is taken afterwards
				mustExec(t, conn, `set session_replication_role = replica`)
				if who.role != "" {
					mustExec(t, conn, `set role `+who.role)
				}
			}
			for _, table := range tables {
				statements := changes
				if !who.mighty {
					statements = append(append(append([]string(nil), changes...), additions...), tampering...)
				}
				for _, s := range statements {
					refuses(t, conn, who.role, fmt.Sprintf(s, table))
				}
			}
			if !who.mighty && !replica {
				refuses(t, conn, who.role, `set session_replication_role = replica`)
			}
			_ = conn.Close(context.Background())
		}
	}
	if after := db.Strings(t, wholeContent)[0]; after != before {
		t.Error("the log has changed")
	}
}

// refuses fails unless the statement is refused for want of a privilege, which is
// also what the triggers answer.
func refuses(t *testing.T, conn *pgx.Conn, role, statement string) {
	t.Helper()
	tag, err := conn.Exec(t.Context(), statement)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		t.Errorf("%q may: %s (%s)", role, statement, tag)
	case !errors.As(err, &pg), pg.Code != "42501":
		t.Errorf("%q: %s: %v", role, statement, err)
	}
}

func mustExec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestRolesDoOnlyTheirWork(t *testing.T) {
	t.Parallel()
	db, orgs := guarded(t)
	call := `select * from es.append_batch(0::smallint, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`
	for role, statements := range map[string][]string{
		"canvass_app": {
			`insert into es.claims values (gen_random_uuid(), 's', 'h', gen_random_uuid(), 1)`, `update es.claims set hash = ''`, `delete from es.claims`,
			`insert into es.commands select * from es.commands`, `update es.commands set version = 1`, `delete from es.commands`, `truncate es.commands`,
			`update es.tenants set log_id = 1`, `delete from es.tenants`, `insert into es.tenants values (gen_random_uuid(), 0)`,
			`select * from es.checkpoints`, `delete from es.checkpoints`, `select * from es.parked`, `select * from keys.subject_keys`, `select * from keys.organization_keys`,
			`select es.add_log(9::smallint)`, `create table es.x (a int)`, `create table read.x (a int)`, `create table relay.x (a int)`, `select * from river.river_job`, `update read.watermarks set position = 9`,
		},
		"canvass_worker": {
			`update es.commands set version = 1`, `truncate es.commands`, `truncate es.claims`, `update es.tenants set log_id = 1`, `update es.checkpoints set to_pos = 99`,
			`select * from keys.subject_keys`, `select es.add_log(9::smallint)`, call, `create table es.x (a int)`,
		},
		"canvass_auditor": {
			`select * from es.claims`, `select * from es.checkpoints`, `delete from es.commands`, `update es.projections set version = 1`, `select * from keys.subject_keys`, call, `create table read.x (a int)`,
		},
		"canvass_keys": {
			`select * from es.events`, `select * from es.commands`, `select * from es.claims`, `select * from es.tenants`, call,
			`delete from keys.subject_keys`, `truncate keys.subject_keys`, `delete from keys.organization_keys`,
		},
	} {
		conn := db.Admin(t)
		mustExec(t, conn, `set role `+role)
		for _, s := range statements {
			refuses(t, conn, role, s)
		}
	}

	// The worker prunes what is old, and only that.
	worker := db.Admin(t)
	mustExec(t, worker, `set role canvass_worker`)
	before := db.Count(t, `select count(*) from es.commands`)
	mustExec(t, worker, `delete from es.commands`)
	if after := db.Count(t, `select count(*) from es.commands`); after != before || before == 0 {
		t.Errorf("fresh commands: %d, then %d", before, after)
	}
	db.Exec(t, `update es.commands set recorded_at = now() - interval '91 days' where tenant_id = $1`, orgs[1])
	mustExec(t, worker, `delete from es.commands`)
	if after := db.Count(t, `select count(*) from es.commands`); after != before-1 {
		t.Errorf("one command is old: %d, then %d", before, after)
	}
}

func TestNothingSeenWithoutOrganization(t *testing.T) {
	t.Parallel()
	db, _ := guarded(t)
	eventstoretest.Unseen(t, db)
}

func TestOrganizationsSeeTheirOwn(t *testing.T) {
	t.Parallel()
	db, orgs := guarded(t)
	for _, role := range []string{"canvass_app", "canvass_auditor"} {
		for _, org := range orgs {
			conn := db.Admin(t)
			mustExec(t, conn, `set app.tenant = '`+org+`'; set role `+role)
			for _, table := range []string{"es.tenants", "es.events", "es.commands", "es.claims", "read.watermarks"} {
				if role == "canvass_auditor" && table == "es.claims" {
					continue // not the auditor's
				}
				var others, own int
				err := conn.QueryRow(t.Context(), `select count(*) filter (where tenant_id <> $1), count(*) filter (where tenant_id = $1) from `+table, org).Scan(&others, &own)
				if err != nil || others != 0 || own == 0 {
					t.Errorf("%s in %s: %d of its own, %d of others, %v", role, table, own, others, err)
				}
			}
			for _, partition := range []string{"es.events_l0", "es.events_l7"} {
				refuses(t, conn, role, `select * from `+partition)
			}
		}
	}
	for i, org := range orgs {
		facts, err := db.Store.At(t.Context(), org, []int64{1, 2, 3, 4})
		if err != nil || len(facts) != 2 || facts[1].Fact != any(eventstoretest.Noted{Text: strconv.Itoa(i)}) {
			t.Errorf("organization %d: %+v, %v", i, facts, err)
		}
	}
}

func TestPlansCannotLeak(t *testing.T) {
	t.Parallel()
	db, orgs := guarded(t)
	// A function of the reader's own, cheap enough to be asked before the policy, would
	// see the rows of others in what it says.
	db.Exec(t, `create function public.peek(json) returns boolean language plpgsql cost 0.0000001 as $$ begin raise notice '%', $1; return true; end $$`)
	var notices []string
	cfg, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { notices = append(notices, n.Message) }
	reader, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close(context.Background()) })
	mustExec(t, reader, `set app.tenant = '`+orgs[0]+`'; set role canvass_app`)
	mustExec(t, reader, `select count(*) from es.events where public.peek(data)`)
	if len(notices) != 2 || strings.Contains(strings.Join(notices, ""), `"text":"1"`) {
		t.Errorf("seen: %v", notices)
	}
}
