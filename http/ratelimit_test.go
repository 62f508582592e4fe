package http_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/clients/redis/redistest"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/quota"
	apphttp "github.com/canvass-hq/canvass/http"
)

// tight is a quota that nobody gets anything back of during a test.
func tight(burst int) quota.Quota { return quota.Quota{Burst: burst, Every: time.Hour} }

func withLimits(l apphttp.Limits) option { return func(c *apphttp.Config) { c.Limits = l } }

func quotas(of map[string]quota.Quota) quota.Table {
	t := quota.Defaults()
	maps.Copy(t, of)
	return t
}

// TestRateLimits: each class has its own bucket, of the one who asks and of their
// organization; what is refused says so, and changes nothing.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	a := start(t, withLimits(apphttp.Limits{Limiter: redis.NewLocalLimiter(time.Now), Quotas: quotas(map[string]quota.Quota{
		"read": tight(3), "org-read": tight(5), "write": tight(2), "search": tight(1),
	})}))
	ann := a.member(t, access.Admin)
	bo := a.colleague(t, ann.Org, access.Admin)
	other := a.member(t, access.Admin)

	first := ann.ask(t, "GET", "/v1/companies", "").wants(t, 200)
	if policy := first.header.Get("RateLimit-Policy"); policy != `"read";q=3;w=10800, "org-read";q=5;w=18000` {
		t.Errorf("policy %s", policy)
	}
	if now := first.header.Get("RateLimit"); now != `"read";r=2;t=3600, "org-read";r=4;t=3600` {
		t.Errorf("limit %s", now)
	}
	ann.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	ann.ask(t, "GET", "/v1/leads/"+someone, "").wants(t, 404) // a refusal counts too
	refused := ann.ask(t, "GET", "/v1/leads", "")
	refused.refuses(t, 429, "rate.limited")
	if wait, err := strconv.Atoi(refused.header.Get("Retry-After")); err != nil || wait < 3590 || wait > 3600 {
		t.Errorf("Retry-After %q", refused.header.Get("Retry-After"))
	}
	if now := refused.header.Get("RateLimit"); !strings.HasPrefix(now, `"read";r=0;t=3`) || !strings.Contains(now, `"org-read";r=2;`) {
		t.Errorf("limit %s", now)
	}
	// Two are left of the organization's five, whoever asks; another has its own.
	bo.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	bo.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	if full := bo.ask(t, "GET", "/v1/leads", ""); !strings.Contains(full.header.Get("RateLimit"), `"read";r=1;`) {
		t.Errorf("limit %s", full.header.Get("RateLimit"))
	} else {
		full.refuses(t, 429, "rate.limited")
	}
	other.ask(t, "GET", "/v1/leads", "").wants(t, 200)

	// A search is none of the reads, and a write neither.
	ann.ask(t, "GET", "/v1/leads?q=persona", "").wants(t, 200)
	ann.ask(t, "GET", "/v1/leads?filter=status+eq+new", "").refuses(t, 429, "rate.limited")
	ann.ask(t, "POST", "/v1/bulk-actions/count", `{"action":{"kind":"archive"},"selection":{"all":true}}`).refuses(t, 429, "rate.limited")
	before := ann.head(t)
	ann.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`).wants(t, 201)
	ann.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`).wants(t, 201)
	ann.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`).refuses(t, 429, "rate.limited")
	if n := strings.Count(ann.facts(t, before), "lead.captured"); n != 2 {
		t.Errorf("%d leads were taken", n)
	}
	ann.ask(t, "POST", "/v1/imports", "name\nPersona\n").wants(t, 202)
	if n := a.server.Refused(); n["read"] != 2 || n["search"] != 2 || n["write"] != 1 || n["bulk"] != 0 {
		t.Errorf("refused %v", n)
	}
}

// One key, a thousand requests at once, two servers: exactly as many are answered as the
// bucket has room for. It takes an hour for one more.
func TestRateLimitOverTwoServers(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, r *redis.Redis) {
		limits := func() option {
			return withLimits(apphttp.Limits{Limiter: redis.NewLimiter(r, time.Now), Quotas: quotas(map[string]quota.Quota{"read": tight(100)})})
		}
		one := start(t, limits())
		two := one.again(t, "127.0.0.1:0")
		m := one.member(t, access.API)
		twin := *m
		twin.app = two
		var mu sync.Mutex
		var all sync.WaitGroup
		got := map[int]int{}
		for i := range 1000 {
			all.Go(func() {
				asker := []*member{m, &twin}[i%2]
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				answer, err := asker.tryFor(ctx, "GET", "/v1/fields", "")
				mu.Lock()
				defer mu.Unlock()
				if got[answer.status]++; err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got[200] != 100 || got[429] != 900 {
			t.Errorf("statuses %v", got)
		}
	})
}

// TestGuessing: bad tokens are counted by the address that they come from, and when they
// are too many none is looked at, but for one that was good before.
func TestGuessing(t *testing.T) {
	t.Parallel()
	var ahead time.Duration
	var mu sync.Mutex
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(ahead)
	}
	a := start(t, withLimits(apphttp.Limits{
		Limiter: redis.NewLocalLimiter(clock), Quotas: quotas(map[string]quota.Quota{quota.Address: {Burst: 5, Every: 30 * time.Minute}}),
		Proxies: []string{"127.0.0.0/8"},
	}), func(c *apphttp.Config) { c.Now = clock })
	known, late := a.member(t, access.Admin), a.member(t, access.Admin)
	const from, here = "X-Forwarded-For", "192.0.2.1"
	known.ask(t, "GET", "/v1/leads", "", from, here).wants(t, 200)
	forged := *known
	for i := range 5 {
		forged.token = fmt.Sprintf("e30.%d.x", i)
		if got := forged.ask(t, "GET", "/v1/leads", "", from, here); got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	refused := forged.ask(t, "GET", "/v1/leads", "", from, here)
	refused.refuses(t, 429, "rate.limited")
	if refused.header.Get("Retry-After") != "1800" {
		t.Errorf("Retry-After %q", refused.header.Get("Retry-After"))
	}
	late.ask(t, "GET", "/v1/leads", "", from, here).refuses(t, 429, "rate.limited") // even a good one is not looked at
	known.ask(t, "GET", "/v1/leads", "", from, here).wants(t, 200)
	// Who names an address in front of the one that the proxy saw is still there, and others
	// are elsewhere.
	forged.ask(t, "GET", "/v1/leads", "", from, "198.51.100.7, "+here).refuses(t, 429, "rate.limited")
	forged.ask(t, "GET", "/v1/leads", "", from, "198.51.100.7").refuses(t, 401, "token.invalid")
	late.ask(t, "GET", "/v1/leads", "", from, "2001:db8::1").wants(t, 200)
	for i := range 5 {
		forged.ask(t, "GET", "/v1/leads", "", from, fmt.Sprintf("2001:db8:0:1::%d", i)).refuses(t, 401, "token.invalid")
	}
	forged.ask(t, "GET", "/v1/leads", "", from, "2001:db8:0:1:ffff::").refuses(t, 429, "rate.limited") // of one network
	mu.Lock()
	ahead = 31 * time.Minute
	mu.Unlock()
	late.ask(t, "GET", "/v1/leads", "", from, here).wants(t, 200)
	if n := a.server.Refused()[quota.Address]; n != 4 {
		t.Errorf("%d were refused", n)
	}
}

// A header that anybody can write is no address.
func TestForwardedForIsNotBelieved(t *testing.T) {
	t.Parallel()
	m := start(t, withLimits(apphttp.Limits{Limiter: redis.NewLocalLimiter(time.Now), Quotas: quotas(map[string]quota.Quota{quota.Address: tight(2)})})).member(t, access.Admin)
	m.token = ""
	for i, want := range []int{401, 401, 429, 429} {
		m.ask(t, "GET", "/v1/leads", "", "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i), "X-Real-Ip", fmt.Sprintf("192.0.2.%d", i)).wants(t, want)
	}
}

// Every route that has a class, a bound or a body of its own is there.
func TestClassesAreOfRoutes(t *testing.T) {
	t.Parallel()
	routes := shared(t).server.Routes()
	for _, r := range apphttp.Classes() {
		if !slices.Contains(routes, r) {
			t.Errorf("%s is no route", r)
		}
	}
}

// Whatever is sent under a stream's or a search's name, the bounds count what is worked on.
func TestInFlight(t *testing.T) {
	t.Parallel()
	a := start(t, withLimits(apphttp.Limits{InFlight: map[string]apphttp.Bound{apphttp.Streams: {Server: 3, Principal: 2}}}))
	m, colleague := a.member(t, access.Admin), a.member(t, access.Admin)
	m.opened(t, "")
	second := m.opened(t, "")
	if _, err := m.stream(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("a third stream: %v", err)
	}
	m.ask(t, "GET", "/v1/leads", "").wants(t, 200)
	colleague.opened(t, "")
	full := colleague.ask(t, "GET", "/v1/events/stream", "")
	full.refuses(t, http.StatusServiceUnavailable, "server.busy")
	if full.header.Get("Retry-After") != "1" || a.server.InFlight()[apphttp.Streams] != 3 {
		t.Errorf("Retry-After %q, %v in flight", full.header.Get("Retry-After"), a.server.InFlight())
	}
	_ = second.body.Close()
	within(t, "a stream that has ended makes room", func() bool { return a.server.InFlight()[apphttp.Streams] == 2 })
	m.opened(t, "")
}
