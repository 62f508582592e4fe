package redis

import (
	"context"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/canvass-hq/canvass/domain/quota"
)

// TakeAt is Take of the script by a clock that the test holds, in microseconds.
func (l *Limiter) TakeAt(ctx context.Context, limits []quota.Limit, now int64) (bool, []quota.Standing, error) {
	timed := strings.Replace(takeSource, "redis.call('TIME')", "{math.floor(ARGV[#ARGV] / 1000000), ARGV[#ARGV] % 1000000}", 1)
	keys, args := make([]string, len(limits)), []any{}
	for i, limit := range limits {
		keys[i] = limit.Key
		args = append(args, limit.Every.Microseconds(), limit.Window().Microseconds())
	}
	answer, err := goredis.NewScript(timed).Run(ctx, l.redis.client, keys, append(args, now)...).Int64Slice()
	if err != nil {
		return false, nil, err
	}
	taken, standings := standingsOf(limits, answer[0] == 1, answer[1:])
	return taken, standings, nil
}

// Held is how many buckets the limiter keeps.
func (l *LocalLimiter) Held() int { return len(l.empty) }
