package redis

import (
	"context"
	_ "embed"
	"fmt"
	"sync/atomic"

	goredis "github.com/redis/go-redis/v9"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/quota"
)

//go:embed take.lua
var takeSource string

// Limiter counts requests in Redis, by the server's own clock, so that every process that
// shares the server shares the limits; while it is away, each process counts alone.
type Limiter struct {
	redis   *Redis
	script  *goredis.Script
	local   *LocalLimiter
	instead atomic.Int64
}

// NewLimiter counts in r, and by now where r is away.
func NewLimiter(r *Redis, now domain.Clock) *Limiter {
	return &Limiter{redis: r, script: goredis.NewScript(takeSource), local: NewLocalLimiter(now)}
}

// Take books one request in every bucket, or in none if one of them has no room. It is one
// round trip.
func (l *Limiter) Take(ctx context.Context, limits []quota.Limit) (taken bool, standings []quota.Standing) {
	var answer []int64
	err := l.redis.breaker.guard(ctx, func(ctx context.Context) (err error) {
		answer, err = l.ask(ctx, limits)
		return err
	})
	if err != nil {
		l.instead.Add(1)
		return l.local.Take(ctx, limits)
	}
	return standingsOf(limits, answer[0] == 1, answer[1:])
}

// Fallbacks is how many requests were counted in this process, since the server was away.
func (l *Limiter) Fallbacks() int64 { return l.instead.Load() }

func (l *Limiter) ask(ctx context.Context, limits []quota.Limit) ([]int64, error) {
	keys, args := make([]string, len(limits)), make([]any, 0, 2*len(limits))
	for i, limit := range limits {
		keys[i] = limit.Key
		args = append(args, limit.Every.Microseconds(), limit.Window().Microseconds())
	}
	answer, err := l.script.Run(ctx, l.redis.client, keys, args...).Int64Slice()
	if err == nil && len(answer) != len(limits)+1 {
		err = fmt.Errorf("redis: %d answers for %d buckets", len(answer), len(limits))
	}
	return answer, err
}

func standingsOf(limits []quota.Limit, taken bool, left []int64) (bool, []quota.Standing) {
	out := make([]quota.Standing, len(limits))
	for i, l := range limits {
		out[i] = l.Standing(left[i], taken)
	}
	return taken, out
}
