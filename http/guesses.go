package http

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash/maphash"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/quota"
)

// guesses makes it slow to try tokens: an address from which too many bad ones have come
// has none looked at for a while. A token that was good before is looked at all the same,
// so that nobody locks out those who share their address.
type guesses struct {
	now  domain.Clock
	seed maphash.Seed
	key  []byte // hashes addresses

	mu    sync.Mutex
	until map[string]time.Time // when an address, as it is hashed, may try again
	good  map[uint64]struct{}
}

const guessesHeld = 10_000

func newGuesses(key []byte, now domain.Clock) *guesses {
	return &guesses{now: now, seed: maphash.MakeSeed(), key: key, until: map[string]time.Time{}, good: map[uint64]struct{}{}}
}

// wait is how long an address may try no token, or not this one.
func (g *guesses) wait(address, token string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.until) == 0 {
		return 0
	}
	id := g.hash(address)
	wait := g.until[id].Sub(g.now())
	if wait <= 0 {
		delete(g.until, id)
		return 0
	}
	if _, good := g.good[maphash.String(g.seed, token)]; good {
		return 0
	}
	return wait
}

func (g *guesses) noteGood(token string) {
	id := maphash.String(g.seed, token)
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.good[id]; known {
		return
	}
	if len(g.good) >= guessesHeld {
		clear(g.good)
	}
	g.good[id] = struct{}{}
}

func (g *guesses) block(id string, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.until) >= guessesHeld {
		clear(g.until)
	}
	g.until[id] = g.now().Add(wait)
}

// mayTry refuses to look at a token from an address that has tried too many.
func (s *Server) mayTry(c echo.Context, token string) error {
	if wait := s.guesses.wait(c.RealIP(), token); wait > 0 {
		s.rates.refused[quota.Address].Add(1)
		return tooMany(wait)
	}
	return nil
}

// tried counts a bad token of an address: it answers why, or that there were too many.
func (s *Server) tried(c echo.Context, why error) error {
	if s.rates.limiter == nil {
		return why
	}
	id := s.guesses.hash(c.RealIP())
	limit := quota.Limit{Key: "rate:{" + id + "}", Quota: s.rates.quotas[quota.Address]}
	taken, standings := s.rates.limiter.Take(context.WithoutCancel(c.Request().Context()), []quota.Limit{limit})
	if taken {
		return why
	}
	s.guesses.block(id, standings[0].Wait)
	s.rates.refused[quota.Address].Add(1)
	return tooMany(standings[0].Wait)
}

// hash stands for an address in Redis. Of IPv6 everybody has a whole /64.
func (g *guesses) hash(address string) string {
	if a, err := netip.ParseAddr(address); err == nil && a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			address = p.String()
		}
	}
	h := hmac.New(sha256.New, g.key)
	_, _ = h.Write([]byte(address))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// addressOf finds the client's address: that of the connection, or what proxies that are
// trusted say.
func addressOf(proxies []string) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		if _, network, err := net.ParseCIDR(p); err == nil {
			trust = append(trust, echo.TrustIPRange(network))
		}
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
