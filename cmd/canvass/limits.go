package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"strings"

	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/quota"
	apphttp "github.com/canvass-hq/canvass/http"
)

// limits are how much the API takes of whom.
func (a *App) limits() (apphttp.Limits, error) {
	table, _ := quota.ParseTable(a.cfg.RateLimits) // the faults have stopped the start
	proxies, _ := a.cfg.trustedProxies()
	key, err := a.cfg.masterKey()
	if err != nil {
		return apphttp.Limits{}, err
	}
	// All processes hash an address alike; while the master key is being rotated they may
	// count it twice.
	h := hmac.New(sha256.New, []byte(key))
	_, _ = h.Write([]byte("network addresses"))
	return apphttp.Limits{Limiter: a.limiter, Quotas: table, Proxies: proxies, AddressKey: h.Sum(nil)}, nil
}

// limiterOf counts where every process sees it. A Redis inside this process is seen by no
// other, and what counts in Go counts the same there, sooner.
func limiterOf(r *redis.Redis, now domain.Clock) apphttp.Limiter {
	if r.Embedded() {
		return redis.NewLocalLimiter(now)
	}
	return redis.NewLimiter(r, now)
}

// localAnswers is how many bytes of answers a process keeps where it has no Redis server.
const localAnswers = 64 << 20

// cacheOf keeps answers where every process finds them. The embedded Redis would keep them
// without a bound.
func cacheOf(r *redis.Redis, now domain.Clock) apphttp.Cache {
	if r.Embedded() {
		return redis.NewLocalCache(now, localAnswers)
	}
	return redis.NewCache(r)
}

// trustedProxies reads the networks of TRUSTED_PROXIES.
func (c Config) trustedProxies() (networks []string, ok bool) {
	for part := range strings.SplitSeq(c.TrustedProxies, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			address, err := netip.ParseAddr(part)
			if err != nil {
				return nil, false
			}
			network = netip.PrefixFrom(address.WithZone(""), address.BitLen())
		}
		networks = append(networks, network.Masked().String())
	}
	return networks, true
}

func (c Config) limitFaults() []string {
	var out []string
	if _, faults := quota.ParseTable(c.RateLimits); len(faults) > 0 {
		out = append(out, "RATE_LIMITS: "+strings.Join(faults, "; "))
	}
	if _, ok := c.trustedProxies(); !ok {
		out = append(out, "TRUSTED_PROXIES: holds what is neither a network (10.0.0.0/8) nor an address")
	}
	return out
}
