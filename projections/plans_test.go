package projections_test

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

// recorder notes every query of a batch that reads a projection.
type recorder struct {
	mu      sync.Mutex
	queries []pgx.TraceBatchQueryData
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ofView.MatchString(q.SQL) {
		r.queries = append(r.queries, q)
	}
}

var ofView = regexp.MustCompile(`read\.\w+_v\d`) //nolint:gochecknoglobals // a constant

func (r *recorder) taken() []pgx.TraceBatchQueryData {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.queries = nil }()
	return r.queries
}

// passedOver bounds what a query may read in vain, of 12,500 rows of its organization.
const passedOver = 1_000

// TestPlans: with row-level security on, in the application's role, every filter of a
// list is answered from an index, and so is its count.
func TestPlans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	orgs := []string{uuid.NewString(), uuid.NewString(), uuid.NewString(), uuid.NewString()}
	owner, stream := uuid.NewString(), uuid.NewString()
	w.Exec(t, `insert into read.leads_v5 (tenant_id, id, status, owner, source, country, email, archived, deleted, erased, version, created_position, position, created_at, updated_at)
		select ($1::uuid[])[1 + i % 4], gen_random_uuid(), (array['new', 'working', 'customer'])[1 + i % 3], case when i % 50 = 0 then $2::uuid when i % 3 > 0 then gen_random_uuid() end,
			's' || i % 40, 'c' || i % 50, i || '@example.com', i % 200 = 0, false, i % 500 = 0, 1, i, i, now(), now() from generate_series(1, 50000) i`, orgs, owner)
	w.Exec(t, `insert into read.lead_search_v5 (tenant_id, id, status, owner, source, country, email, phone, name, company, words, archived, deleted, erased, created_position, position, created_at, updated_at)
		select tenant_id, id, status, owner, source, country, email, '+49' || position, 'ann ' || position, 'acme' || position % 70, 'ann' || position, archived, deleted, erased, created_position, position, created_at, updated_at from read.leads_v5`)
	for _, f := range ours {
		w.define(orgs[0], f)
	}
	w.follow(projections.Leads(), 0)
	w.Exec(t, `update read.lead_search_v5 set t1 = 't' || position % 70, n1 = position, d6 = '2026-01-01Z'::timestamptz + position * interval '1 second', b2 = case when position % 70 = 0 then true end where tenant_id = $1`, orgs[0])
	w.Exec(t, `insert into read.event_index_v1 select ($1::uuid[])[1 + i % 4], i, 't' || i % 12, case when i % 400 = 0 then $2::uuid else gen_random_uuid() end, 'a' || i % 60, 'c' || i / 3
		from generate_series(1, 50000) i`, orgs, stream)
	w.Exec(t, `insert into read.lead_fields_v5 select gen_random_uuid(), gen_random_uuid(), 'k', 'text', null, false from generate_series(1, 5000)`)
	w.Exec(t, `vacuum (analyze) read.lead_fields_v5`)
	w.Exec(t, `vacuum (analyze) read.leads_v5`)
	w.Exec(t, `vacuum (analyze) read.lead_search_v5`)
	w.Exec(t, `vacuum (analyze) read.event_index_v1`)
	pool, seen := w.recorded(t)
	ask := projections.NewQueries(pool, w.Store)
	for _, who := range []access.Principal{admin(orgs[0]), {Org: orgs[0], ID: owner, Role: access.User, Teams: []string{stream}}} {
		for _, archived := range []string{"", "true", "any"} {
			for _, before := range []int64{0, 30_000} {
				if who.Role == access.User { // to whom the API gives the search
					_, err := ask.SearchLeads(t.Context(), who, projections.LeadQuery{Archived: archived, Limit: 50})
					if err != nil {
						t.Fatal(err)
					}
				} else if _, err := ask.LeadPage(t.Context(), who, archived, before, 50); err != nil {
					t.Fatal(err)
				}
			}
			// Archived leads are few and have no index.
			w.indexed(t, orgs[0], "leads, archived "+archived+", as "+string(who.Role), archived == "true" || who.Role == access.User, seen.taken())
		}
		for _, filter := range []string{
			"status eq working", "owner eq " + owner, "source eq s7", "country eq c7", "email eq \"400@example.com\"", "company eq acme7", "name eq \"ann 77\"", "status eq new and source eq s3",
		} {
			for _, sort := range projections.Sorts() {
				q := projections.LeadQuery{Filter: w.asked(orgs[0], filter), Sort: sort, Limit: 50}
				if _, err := ask.SearchLeads(t.Context(), who, q); err != nil {
					t.Fatal(err)
				}
				w.indexed(t, orgs[0], "leads by "+filter+" as "+string(who.Role), true, seen.taken())
			}
		}
	}
	for _, keys := range [][]domain.Claim{{byPhone("+49400"), byPhone("+49444")}, {byName("Ann 400", "Acme50"), byName("Ann 404", "acme54")}} {
		if found, err := ask.MatchLeads(t.Context(), orgs[0], keys); err != nil || len(found) != 2 {
			t.Fatal(found, err)
		}
		w.indexed(t, orgs[0], "leads by "+keys[0].Scope, false, seen.taken())
	}
	w.byOwnFields(t, ask, orgs[0], seen)
	if _, err := ask.Lead(t.Context(), admin(orgs[0]), uuid.NewString()); err == nil {
		t.Error("found a lead that is not there")
	}
	w.indexed(t, orgs[0], "a lead", false, seen.taken())
	for name, f := range map[string]projections.EventFilter{
		"none": {}, "type": {Type: "t7"}, "stream": {Stream: stream}, "actor": {Actor: "a7"}, "correlation": {Correlation: "c500"}, "until": {Until: future},
	} {
		if _, err := ask.Events(t.Context(), admin(orgs[0]), f, 20_000, 50); err != nil {
			t.Fatal(err)
		}
		if _, err := ask.CountEvents(t.Context(), orgs[0], f); err != nil {
			t.Fatal(err)
		}
		w.indexed(t, orgs[0], "events by "+name, false, seen.taken())
	}
}

func (w *world) recorded(t *testing.T) (*pgxpool.Pool, *recorder) {
	t.Helper()
	seen := &recorder{}
	cfg := w.Pools.App.Config()
	cfg.ConnConfig.Tracer = seen
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, seen
}

var removed = regexp.MustCompile(`Rows Removed by Filter: (\d+)`) //nolint:gochecknoglobals // a constant

// indexed explains the queries and finds no table that is read from end to end.
func (w *world) indexed(t *testing.T, org, what string, loose bool, queries []pgx.TraceBatchQueryData) {
	t.Helper()
	if len(queries) == 0 {
		t.Fatalf("%s: no query was seen", what)
	}
	for _, q := range queries {
		all := w.explained(t, org, q)
		guarded := !strings.Contains(q.SQL, "lead_search") || strings.Contains(q.SQL, "read.leads_")
		if strings.Contains(all, "Seq Scan") || !strings.Contains(all, "Index") || guarded && !strings.Contains(all, "app.tenant") && !strings.Contains(all, "InitPlan") {
			t.Errorf("%s: %s\n%s", what, q.SQL, all)
		}
		vain := 0
		for _, m := range removed.FindAllStringSubmatch(all, -1) {
			n, _ := strconv.Atoi(m[1])
			vain += n
		}
		if vain > passedOver && !loose {
			t.Errorf("%s reads %d rows in vain: %s\n%s", what, vain, q.SQL, all)
		}
	}
}

func (w *world) explained(t *testing.T, org string, q pgx.TraceBatchQueryData) string {
	t.Helper()
	var plan []string
	b := eventstore.ForOrg(org)
	b.Queue("explain (analyze, timing off, costs off) "+q.SQL, q.Args...).Query(func(rows pgx.Rows) (err error) {
		plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err := w.Pools.App.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatalf("%s: %v", q.SQL, err)
	}
	return strings.Join(plan, "\n")
}

// byOwnFields: what few leads hold in an own field of any kind is found by the field's
// index.
func (w *world) byOwnFields(t *testing.T, ask *projections.Queries, org string, seen *recorder) {
	t.Helper()
	for slot, filter := range map[string]string{
		"t1": "custom.tier eq t7", "n1": "custom.size gt 49900", "d6": "custom.since lt 2026-01-01T00:05:00Z", "b2": "custom.vip eq true",
	} {
		if _, err := ask.SearchLeads(t.Context(), admin(org), projections.LeadQuery{Filter: w.asked(org, filter), Limit: 50}); err != nil {
			t.Fatal(err)
		}
		var plans strings.Builder
		queries := seen.taken()
		for _, q := range queries {
			plans.WriteString(w.explained(t, org, q) + "\n")
		}
		w.indexed(t, org, "leads by "+filter, true, queries)
		if !strings.Contains(plans.String(), "lead_search_v5_tenant_id_"+slot+"_idx") {
			t.Errorf("%s is not asked of its index:\n%s", filter, plans.String())
		}
	}
}
