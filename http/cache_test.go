package http_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/clients/redis/redistest"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// remembering is an app that remembers lists in a cache, and counts how often it reads them.
func remembering(t *testing.T, cache apphttp.Cache, options ...option) (a *app, reads *atomic.Int64) {
	t.Helper()
	db := eventstoretest.New(t)
	reads = &atomic.Int64{}
	cfg := db.Pools.App.Config()
	cfg.ConnConfig.Tracer = pageCounter{reads}
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	options = append(options, func(c *apphttp.Config) {
		c.Queries = projections.NewQueries(pool, db.Store)
		c.Cache = cache
	})
	return startOn(t, db, options...), reads
}

// pageCounter counts the statements that read pages and counts, and no others.
type pageCounter struct{ n *atomic.Int64 }

func (pageCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (pageCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (pageCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (pageCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
func (c pageCounter) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if strings.Contains(data.SQL, "read.leads_v") || strings.Contains(data.SQL, "read.lead_search_v") || strings.Contains(data.SQL, "read.companies_v") {
		c.n.Add(1)
	}
}

// TestRememberedLists: the second time a list is asked for it is not read, and its text is
// the same; nobody but the one who asked is given it, and no write of the organization
// leaves it as it was, while a neighbour's does.
func TestRememberedLists(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, r *redis.Redis) {
		a, reads := remembering(t, redis.NewCache(r))
		boss := a.member(t, access.Admin)
		user := a.colleague(t, boss.Org, access.User)
		neighbour := a.member(t, access.Admin)
		boss.capture(t, `{"name":"Persona One","city":"Berlin","owner":"`+boss.ID+`"}`)
		boss.ask(t, "POST", "/v1/companies", `{"name":"Engines","industry":"Software"}`).wants(t, 201)
		boss.fresh(t, "/v1/companies")
		boss.fresh(t, "/v1/leads")
		lists := []string{"/v1/leads", "/v1/leads?limit=7", "/v1/leads?filter=city+eq+berlin&facets=status", "/v1/leads?q=persona&sort=name", "/v1/companies", "/v1/companies?facets=industry"}
		for _, path := range lists {
			first := boss.ask(t, "GET", path, "").wants(t, 200)
			before := reads.Load()
			again := boss.ask(t, "GET", path, "").wants(t, 200)
			if n := reads.Load() - before; n != 0 || again.body != first.body || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
				t.Errorf("%s is read %d times, and says\n%s\nafter\n%s", path, n, again.body, first.body)
			}
			anew := boss.ask(t, "GET", path, "", "Cache-Control", "no-cache").wants(t, 200)
			if reads.Load() == before || anew.body != first.body {
				t.Errorf("%s is not read anew, or says\n%s\nafter\n%s", path, anew.body, first.body)
			}
			before = reads.Load()
			if theirs := user.ask(t, "GET", path, "").wants(t, 200); reads.Load() == before || strings.HasPrefix(path, "/v1/leads") && strings.Contains(theirs.body, "Persona") {
				t.Errorf("%s of another: %s", path, theirs.body)
			}
		}
		// A neighbour's write moves nothing here.
		neighbour.capture(t, `{"name":"Persona"}`)
		neighbour.fresh(t, "/v1/leads")
		before := reads.Load()
		for _, path := range lists {
			boss.ask(t, "GET", path, "").wants(t, 200)
		}
		if n := reads.Load() - before; n != 0 {
			t.Errorf("a neighbour's write made %d statements", n)
		}
	})
}

// TestRememberedListsAreNeverOld goes through everything that can change a list, and asks
// each time as often as it takes to be remembered: with and without the cache the same.
func TestRememberedListsAreNeverOld(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, r *redis.Redis) {
		a, _ := remembering(t, redis.NewCache(r))
		boss := a.member(t, access.Admin)
		firm := boss.ask(t, "POST", "/v1/companies", `{"name":"Engines","industry":"Software"}`).wants(t, 201).receipt(t).ID
		list := boss.ask(t, "POST", "/v1/segments", `{"name":"Friends","kind":"list"}`).wants(t, 201).receipt(t).ID
		saved := boss.ask(t, "POST", "/v1/segments", `{"name":"Berlin","filter":"city eq berlin"}`).wants(t, 201).receipt(t).ID
		boss.fresh(t, "/v1/segments")
		boss.fresh(t, "/v1/companies")
		person := boss.capture(t, `{"name":"Persona One","email":"one@people.example","city":"Berlin","custom":{"tier":"7"}}`).ID
		boss.fresh(t, "/v1/leads")
		paths := []string{
			"/v1/leads", "/v1/leads?archived=any", "/v1/leads?filter=city+eq+berlin", "/v1/leads?q=persona&facets=status,city", "/v1/leads?segment=" + list, "/v1/leads?segment=" + saved,
			"/v1/leads?filter=industry+eq+software", "/v1/leads?filter=custom.tier+eq+7", "/v1/companies", "/v1/companies?q=engines",
		}
		was := make([]string, len(paths))
		for _, step := range []struct {
			method, path, body string
			changes            []string // at least these
		}{
			{"POST", "/v1/segments/" + list + "/members", `{"add":["` + person + `"]}`, paths[4:5]},
			{"PATCH", "/v1/leads/" + person, `{"company":"Engines","city":"Paris"}`, []string{paths[0], paths[2], paths[5]}},
			{"PATCH", "/v1/segments/" + saved, `{"filter":"city eq paris"}`, paths[5:6]},
			{"PATCH", "/v1/companies/" + firm, `{"industry":"Hardware"}`, paths[8:10]},
			{"POST", "/v1/fields", `{"key":"tier","kind":"number","filterable":true}`, nil},
			{"POST", "/v1/leads/" + person + "/tags", `{"add":["vip"]}`, paths[0:1]},
			{"POST", "/v1/leads/" + person + "/archive", "", paths[0:1]},
			{"POST", "/v1/leads/" + person + "/restore", "", paths[0:1]},
			{"DELETE", "/v1/companies/" + firm, "", paths[8:10]},
			{"DELETE", "/v1/segments/" + saved, "", paths[5:6]},
			{"", "an erasure", "", paths[0:2]},
		} {
			if step.method == "" { // by whoever may
				a.db.Put(t, boss.Org, lead.Stream(person), lead.Erased{})
			} else if got := boss.ask(t, step.method, step.path, step.body); got.status >= 300 {
				t.Fatalf("%s %s: %d %s", step.method, step.path, got.status, got.body)
			}
			for _, path := range []string{"/v1/companies", "/v1/segments", "/v1/fields"} {
				boss.fresh(t, path)
			}
			for n, path := range paths {
				first := boss.fresh(t, path)
				second, anew := boss.ask(t, "GET", path, ""), boss.ask(t, "GET", path, "", "Cache-Control", "no-cache")
				if first.body != anew.body || second.body != anew.body {
					if id := `"request_id"`; !strings.Contains(anew.body, id) { // a refusal names its request
						t.Errorf("after %s %s, %s says\n%s\nthen\n%s\nand anew\n%s", step.method, step.path, path, first.body, second.body, anew.body)
					}
				}
				if slices.Contains(step.changes, path) && anew.body == was[n] {
					t.Errorf("%s %s does not change %s: the test shows nothing", step.method, step.path, path)
				}
				was[n] = anew.body
			}
		}
	})
}

// Nothing that lies in Redis can be read there, nor told whose it is or what was asked.
func TestRememberedIsSealed(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, r *redis.Redis) {
		a, reads := remembering(t, redis.NewCache(r), withLimits(apphttp.Limits{Limiter: redis.NewLimiter(r, time.Now), AddressKey: []byte("k")}))
		m := a.member(t, access.Admin)
		m.capture(t, `{"name":"Persona Sealed","email":"sealed@people.example"}`)
		m.fresh(t, "/v1/leads")
		m.ask(t, "GET", "/v1/leads?filter=email+eq+%22sealed@people.example%22", "").wants(t, 200)
		bad := *m
		bad.token = "x"
		bad.ask(t, "GET", "/v1/leads", "").wants(t, 401)
		ctx, c := t.Context(), r.Client()
		keys, err := c.Keys(ctx, "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		answers := 0
		for _, key := range keys {
			value, err := c.Get(ctx, key).Result()
			if err != nil {
				t.Fatal(err)
			}
			for _, mark := range []string{nameMark, mailMark, "127.0.0.1", "leads"} {
				if strings.Contains(key+value, mark) {
					t.Errorf("%s lies in clear under %q", mark, key)
				}
			}
			if !strings.HasPrefix(key, "answer:") {
				continue
			}
			answers++
			if ttl, err := c.PTTL(ctx, key).Result(); err != nil || ttl <= 0 || ttl > time.Minute {
				t.Errorf("%s is kept for %s, %v", key, ttl, err)
			}
			// What somebody has put in its place is not believed.
			if err := c.Set(ctx, key, "x"+value, time.Minute).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if answers < 2 {
			t.Fatalf("%d answers in %q", answers, keys)
		}
		before := reads.Load()
		if got := m.ask(t, "GET", "/v1/leads", "").wants(t, 200); !strings.Contains(got.body, "Persona Sealed") || reads.Load() == before {
			t.Errorf("a forged answer is shown, or none: %s", got.body)
		}
	})
}

// TestRedisPulledAway: with Redis killed and begun again while requests come from all
// sides, no request fails for it, and lists stay right.
func TestRedisPulledAway(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	r := redistest.Open(t, redis.Config{URL: server.URL(), Log: logged.logger()})
	limiter, cache := redis.NewLimiter(r, time.Now), redis.NewCache(r)
	a, _ := remembering(t, cache, withLimits(apphttp.Limits{Limiter: limiter}))
	m := a.member(t, access.Admin)
	m.capture(t, `{"name":"Persona 0"}`)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var asked, wrote atomic.Int64
	var all sync.WaitGroup
	check := func(what string, want int, got answer, err error) {
		if err != nil && ctx.Err() == nil || err == nil && got.status != want {
			t.Errorf("%s: %d, %v: %s", what, got.status, err, got.body)
		}
	}
	for i := range 8 {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				switch (i + n) % 3 {
				case 0:
					got, err := m.try(context.WithoutCancel(ctx), "GET", "/v1/leads?q=persona", "")
					check("a search", 200, got, err)
				case 1:
					got, err := m.try(context.WithoutCancel(ctx), "GET", "/v1/leads", "")
					check("a list", 200, got, err)
				case 2:
					got, err := m.try(context.WithoutCancel(ctx), "POST", "/v1/leads", fmt.Sprintf(`{"name":"Persona %d %d"}`, i, n))
					check("a write", http.StatusCreated, got, err)
					wrote.Add(1)
				}
				asked.Add(1)
			}
		})
	}
	more := func(what string) {
		t.Helper()
		from := asked.Load()
		within(t, what, func() bool { return asked.Load() >= from+60 })
	}
	more("requests with redis")
	for range 2 {
		server.Stop()
		within(t, "redis is missed", r.Away)
		more("requests without redis")
		server.Start()
		within(t, "redis is found again", func() bool { return !r.Away() })
		more("requests with redis again")
	}
	stop()
	all.Wait()
	list := into[apphttp.List[projections.Lead]](t, m.fresh(t, "/v1/leads").wants(t, 200))
	if list.Total.Value != int(wrote.Load())+1 {
		t.Errorf("%d leads of %d", list.Total.Value, wrote.Load()+1)
	}
	if r.Trips() < 2 || limiter.Fallbacks() == 0 || cache.Hits()+cache.Misses() == 0 {
		t.Errorf("%d trips, %d counted alone, %d hits and %d misses: the test shows nothing", r.Trips(), limiter.Fallbacks(), cache.Hits(), cache.Misses())
	}
}

// Rows that were remembered count among those that somebody has read.
func TestRememberedRowsAreCounted(t *testing.T) {
	t.Parallel()
	begun := time.Now() // it stands still: no hour begins anew
	a, reads := remembering(t, redis.NewLocalCache(time.Now, 1<<20), func(c *apphttp.Config) { c.Now = func() time.Time { return begun } })
	m := a.member(t, access.Admin)
	for range 50 {
		m.capture(t, `{"name":"Persona"}`)
	}
	m.fresh(t, "/v1/leads")
	before, head := reads.Load(), m.head(t)
	for range 20 { // with the one before, 1,050 rows
		m.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	}
	if n := reads.Load() - before; n != 0 {
		t.Errorf("it was read %d times", n)
	}
	a.close() // writes down what was gathered
	if facts := m.facts(t, head); !strings.Contains(facts, `"rows":50`) {
		t.Errorf("it is not told that much was read: %s", facts)
	}
}
