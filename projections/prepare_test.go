package projections_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/mapping"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestPrepareAtOnce lets several processes begin a fresh release at the same time.
func TestPrepareAtOnce(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	org := uuid.NewString()
	db.Import(t, org, 700)
	p := projections.Leads()
	for round := range 4 { // the first on an empty schema, the others beside a live version
		others := []*eventstoretest.DB{db, eventstoretest.Open(t, db.URL), eventstoretest.Open(t, db.URL)}
		faults := make([]error, len(others))
		var wg sync.WaitGroup
		for i, o := range others {
			wg.Go(func() { faults[i] = builderOn(o).Prepare(t.Context(), version(p, p.Version+round), nil) })
		}
		wg.Wait()
		if err := errors.Join(faults...); err != nil {
			t.Fatalf("version %d: %v", 1+round, err)
		}
		if n := db.Count(t, `select count(*) from read.leads`); n != 700 {
			t.Errorf("version %d: %d leads, want 700", 1+round, n)
		}
		if live := db.Strings(t, `select version::text from es.projections where name = 'leads' and status = 'live'`); len(live) != 1 {
			t.Errorf("live versions %v, want one", live)
		}
	}
}

// TestPrepareTogether: nothing but the swap itself separates them where the log is short.
func TestPrepareTogether(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	for round := range 5 {
		p := version(projections.EventIndex(), projections.EventIndex().Version+round)
		faults := make([]error, 6)
		var wg sync.WaitGroup
		for i := range faults {
			wg.Go(func() { faults[i] = builderOn(db).Prepare(t.Context(), p, nil) })
		}
		wg.Wait()
		if err := errors.Join(faults...); err != nil {
			t.Fatalf("version %d: %v", p.Version, err)
		}
	}
}

// TestPrepareBeside builds a new version while the old one serves.
func TestPrepareBeside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.Import(t, org, 6_000)
	w.followAll()
	next := next(projections.Leads())
	seen := 0
	err := w.build.Prepare(t.Context(), next, func(name string, position, head int64) {
		seen++
		if name != "leads" || position > head {
			t.Errorf("progress of %s: %d of %d", name, position, head)
		}
		if status, err := w.build.Status(t.Context(), next); err != nil || status != "building" {
			t.Errorf("while it is built the status is %q, %v", status, err)
		}
		if n := w.Count(t, `select count(*) from read.leads`); n != 6_000 {
			t.Errorf("while it is built the view shows %d leads", n)
		}
		if total := w.page(admin(org)).Total.Value; total != 6_000 {
			t.Errorf("while it is built the old version's list shows %d leads", total)
		}
	})
	if err != nil || seen < 2 {
		t.Fatalf("prepare: %v, told of %d steps", err, seen)
	}
	w.Exec(t, `update `+next.Live().Table("leads")+` set status = 'customer'`)
	if n := w.Count(t, `select count(*) from read.leads where status = 'customer'`); n != 6_000 {
		t.Error("the view does not point at the new version")
	}
	for v, want := range map[int]string{next.Version - 1: "retired", next.Version: "live"} {
		if got, err := w.build.Status(t.Context(), version(next, v)); err != nil || got != want {
			t.Errorf("version %d is %q, want %q: %v", v, got, want, err)
		}
	}
}

// TestPrepareRetired goes back to the release before: its version catches up from
// where it stood, and takes its place again.
func TestPrepareRetired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	w.capture(org, eventstoretest.Captured("ann"))
	w.followAll()
	w.prepare(next(projections.Leads()))
	w.capture(org, eventstoretest.Captured("bo"))
	w.follow(next(projections.Leads()), 0)
	if n := w.held(projections.Leads()); n != 1 {
		t.Fatalf("the retired version holds %d rows, want 1", n)
	}
	w.prepare(projections.Leads())
	same(t, "the version before", w.rows(next(projections.Leads())), w.rows(projections.Leads()))
	for v, want := range map[int]string{projections.Leads().Version: "live", next(projections.Leads()).Version: "retired"} {
		if got, err := w.build.Status(t.Context(), version(projections.Leads(), v)); err != nil || got != want {
			t.Errorf("version %d is %q, want %q: %v", v, got, want, err)
		}
	}
}

// TestPrepareAgain: what is live stays as it is.
func TestPrepareAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.capture(uuid.NewString(), eventstoretest.Captured("ann"))
	w.prepare(projections.Leads())
	if at := w.Checkpoint(t, projections.Leads().Live().Subscription()); at != 0 {
		t.Errorf("a live projection was moved to %d; its follower does that", at)
	}
}

// TestEveryTableIsGuarded: what holds rows of organizations has a policy, in every schema,
// but for what only the projections' own queries read, and that is listed.
func TestEveryTableIsGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var open []string
	for _, p := range projections.All() {
		for _, name := range p.Unguarded {
			open = append(open, p.Live().Table(name))
		}
	}
	found := w.Strings(t, `select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p') and n.nspname in ('es', 'read', 'staging') and not (c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))
			and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') and has_table_privilege('canvass_app', c.oid, 'select')`)
	slices.Sort(open)
	slices.Sort(found)
	if !slices.Equal(found, open) {
		t.Errorf("tables without a policy: %v, want %v", found, open)
	}
}

// TestRowSecurity: every build of a table shows an organization its own rows only, also
// through the view, and nobody's to who names no organization.
func TestRowSecurity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := uuid.NewString(), uuid.NewString()
	w.capture(a, eventstoretest.Captured("ann"))
	w.capture(b, eventstoretest.Captured("bo"))
	for _, org := range []string{a, b} {
		w.Put(t, org, mapping.Stream(eventstoretest.NewID()), mapping.Saved{Name: "Fairs"})
		w.Put(t, org, imports.Stream(eventstoretest.NewID()), imports.Uploaded{Name: "x.csv"})
		w.define(org, ours[0])
		w.Put(t, org, segment.Stream(eventstoretest.NewID()), segment.Created{Name: "x", Kind: segment.List}, segment.Added{Leads: []string{eventstoretest.NewID()}})
		w.Put(t, org, bulk.Stream(eventstoretest.NewID()), bulk.Started{Role: "admin"})
		w.Put(t, org, organization.Stream(org), organization.Created{Name: "Acme"}, organization.MemberJoined{User: uuid.NewString(), Role: access.Admin}, organization.TeamNamed{Team: uuid.NewString(), Name: "North"},
			organization.MemberInvited{Invitation: uuid.NewString(), Email: "a@people.example", Role: access.User})
		w.Put(t, org, apikey.Stream(eventstoretest.NewID()), apikey.Created{Name: "Sync", Scopes: []domain.Permission{access.ReadLeads}})
		w.Exec(t, `insert into staging.key_uses values ($1, gen_random_uuid(), now())`, org)
	}
	w.followAll()
	check := func(built string) {
		t.Helper()
		for _, role := range []string{"canvass_app", "canvass_auditor"} {
			for _, table := range []string{
				"read.leads", "read.leads_v5", "read.event_index", "read.event_index_v1", "read.mappings", "read.imports", "read.watermarks", "read.fields", "read.fields_v1", "read.lead_fields",
				"read.lead_fields_v5", "read.segments", "read.segment_members", "read.bulk_actions",
				"read.organizations", "read.members", "read.teams", "read.invitations", "read.api_keys",
			} {
				of := func(org string) int64 {
					conn := w.Admin(t)
					if _, err := conn.Exec(t.Context(), "set role "+role+"; set app.tenant = '"+org+"'"); err != nil {
						t.Fatal(err)
					}
					var n int64
					if err := conn.QueryRow(t.Context(), "select count(distinct tenant_id) from "+table).Scan(&n); err != nil {
						t.Fatalf("%s reads %s: %v", role, table, err)
					}
					return n
				}
				if mine, nobodys := of(a), of(""); mine != 1 || nobodys != 0 {
					t.Errorf("%s: %s in %s sees %d organizations, and %d without one", built, role, table, mine, nobodys)
				}
			}
		}
	}
	check("prepared")
	for range 2 {
		for _, p := range projections.All() {
			w.rebuild(p)
		}
	}
	check("rebuilt")
	if _, err := w.ask.Lead(t.Context(), admin(b), w.Strings(t, `select id::text from read.leads where tenant_id = $1`, a)[0]); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("another organization's lead: %v", err)
	}
}
