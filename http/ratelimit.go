package http

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/quota"
)

// Limiter counts requests, best for all processes together.
type Limiter interface {
	// Take books one request in every bucket, or in none if one of them has no room.
	Take(ctx context.Context, limits []quota.Limit) (taken bool, standings []quota.Standing)
}

// Limits are how much is taken of whom.
type Limits struct {
	Limiter    Limiter          // nil counts nothing
	Quotas     quota.Table      // nil are the defaults
	InFlight   map[string]Bound // by class or Streams; nil are the defaults
	Proxies    []string         // networks (CIDR) whose X-Forwarded-For is believed
	AddressKey []byte           // hashes network addresses, which are personal data
}

// rates limits how often something is asked.
type rates struct {
	limiter Limiter
	quotas  quota.Table
	policy  map[quota.Class]string // RateLimit-Policy
	refused map[quota.Class]*atomic.Int64
}

func newRates(l Limits) *rates {
	r := &rates{limiter: l.Limiter, quotas: l.Quotas, policy: map[quota.Class]string{}, refused: map[quota.Class]*atomic.Int64{}}
	if r.quotas == nil {
		r.quotas = quota.Defaults()
	}
	for _, c := range quota.Classes() {
		r.policy[c] = policyOf(string(c), r.quotas[string(c)]) + ", " + policyOf(c.Organization(), r.quotas[c.Organization()])
		r.refused[c] = &atomic.Int64{}
	}
	r.refused[quota.Address] = &atomic.Int64{}
	return r
}

// Refused is how many requests were refused for their number, by class, since the start.
func (s *Server) Refused() map[string]int64 {
	out := map[string]int64{}
	for c, n := range s.rates.refused {
		out[string(c)] = n.Load()
	}
	return out
}

// limited refuses what comes too often, or too much at once, from those who are known.
func (s *Server) limited(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, w := c.Request(), c.Response()
		route := r.Method + " " + c.Path()
		if r.Body != nil && r.Body != http.NoBody && !bodies[route] {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody+1) // one more, so that who reads can tell
		}
		p := principalOf(r.Context())
		if p.ID == "" { // nobody: a page that everybody may see
			return next(c)
		}
		class := rateClass(r, route)
		leave, err := s.inFlight.enter(class, route, p)
		if err != nil {
			return err
		}
		defer leave()
		if err := s.rates.book(r.Context(), w.Header(), p, class); err != nil {
			return err
		}
		return next(c)
	}
}

// book counts a request, and says in the headers how things stand.
func (r *rates) book(ctx context.Context, h http.Header, p access.Principal, class quota.Class) error {
	if r.limiter == nil {
		return nil
	}
	// The braces keep the buckets of an organization together in a cluster of Redis. Who is
	// in none yet is one by themselves.
	org := "rate:{" + cmp.Or(p.Org, p.ID) + "}:" + string(class)
	limits := []quota.Limit{
		{Key: org + ":" + p.Actor(), Quota: r.quotas[string(class)]},
		{Key: org, Quota: r.quotas[class.Organization()]},
	}
	taken, standings := r.limiter.Take(ctx, limits)
	h.Set("RateLimit-Policy", r.policy[class])
	h.Set("RateLimit", stands(string(class), standings[0])+", "+stands(class.Organization(), standings[1]))
	if taken {
		return nil
	}
	r.refused[class].Add(1)
	return tooMany(max(standings[0].Wait, standings[1].Wait))
}

func tooMany(wait time.Duration) *Problem {
	p := problem(http.StatusTooManyRequests, "rate.limited", "too many requests; Retry-After says when there is room again")
	p.retryAfter = strconv.Itoa(max(seconds(wait), 1))
	return p
}

// policyOf and stands write the headers of draft-ietf-httpapi-ratelimit-headers-10.
func policyOf(name string, q quota.Quota) string {
	return `"` + name + `";q=` + strconv.Itoa(q.Burst) + ";w=" + strconv.Itoa(max(seconds(q.Window()), 1))
}

func stands(name string, s quota.Standing) string {
	t := s.Reset
	if !s.Allowed {
		t = s.Wait // as Retry-After has it
	}
	return `"` + name + `";r=` + strconv.Itoa(s.Remaining) + ";t=" + strconv.Itoa(seconds(t))
}

// seconds are whole ones, rounded up: whoever waits so long has waited long enough.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
