package redis_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/clients/redis/redistest"
	"github.com/canvass-hq/canvass/domain/quota"
)

// TestLimiters: the script in Redis, the limiter of one process and a naive model, which
// keeps the time of every request that was taken, agree on every request.
func TestLimiters(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, r *redis.Redis) {
		rapid.Check(t, func(rt *rapid.T) {
			now := int64(1_700_000_000_000_000)
			script := redis.NewLimiter(r, time.Now)
			local := redis.NewLocalLimiter(func() time.Time { return time.UnixMicro(now) })
			run := uuid.NewString()
			all := make([]quota.Limit, 3)
			for i := range all {
				all[i] = quota.Limit{
					Key:   fmt.Sprintf("{%s}:%d", run, i),
					Quota: quota.Quota{Burst: rapid.IntRange(1, 4).Draw(rt, "burst"), Every: time.Duration(rapid.IntRange(1, 1_000_000).Draw(rt, "every")) * time.Microsecond},
				}
			}
			model := naive{}
			for range rapid.IntRange(1, 30).Draw(rt, "requests") {
				now += rapid.Int64Range(0, 1_500_000).Draw(rt, "passed")
				limits := all[rapid.IntRange(0, 2).Draw(rt, "from"):]
				want := model.take(limits, now)
				taken, standings, err := script.TakeAt(t.Context(), limits, now)
				if err != nil {
					rt.Fatal(err)
				}
				alone, alike := local.Take(t.Context(), limits)
				if taken != want || alone != want || !slices.Equal(standings, alike) {
					rt.Fatalf("the model says %v; the script %v, %+v; the process %v, %+v", want, taken, standings, alone, alike)
				}
			}
		})
	})
}

// naive knows of each bucket when its requests leave it: each stays until the one before
// it has been gone for a while.
type naive map[string][]int64

func (n naive) take(limits []quota.Limit, now int64) bool {
	for _, l := range limits {
		inside := slices.DeleteFunc(n[l.Key], func(leaves int64) bool { return leaves <= now })
		n[l.Key] = inside
		// The last that is inside leaves when all the others have; a new one has room when it
		// would have left, behind them, within the window.
		last := now
		if len(inside) > 0 {
			last = inside[len(inside)-1]
		}
		if last+l.Every.Microseconds()-now > l.Window().Microseconds() {
			return false
		}
	}
	for _, l := range limits {
		last := now
		if inside := n[l.Key]; len(inside) > 0 {
			last = inside[len(inside)-1]
		}
		n[l.Key] = append(n[l.Key], last+l.Every.Microseconds())
	}
	return true
}

// A thousand at once through two limiters, as of two processes: exactly as many are let
// through as the bucket has room for, since it takes longer than the test for one more.
func TestLimiterIsShared(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, r *redis.Redis) {
		limits := []quota.Limit{
			{Key: "{org}:one", Quota: quota.Quota{Burst: 100, Every: time.Hour}},
			{Key: "{org}", Quota: quota.Quota{Burst: 1000, Every: time.Hour}},
		}
		two := []*redis.Limiter{redis.NewLimiter(r, time.Now), redis.NewLimiter(r, time.Now)}
		var let atomic.Int64
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				if taken, _ := two[i%2].Take(t.Context(), limits); taken {
					let.Add(1)
				}
			})
		}
		all.Wait()
		if let.Load() != 100 || two[0].Fallbacks()+two[1].Fallbacks() != 0 {
			t.Errorf("%d were let through, %d and %d without the server", let.Load(), two[0].Fallbacks(), two[1].Fallbacks())
		}
		// What was refused for one bucket has taken nothing out of the other.
		if _, s := two[0].Take(t.Context(), limits[1:]); s[0].Remaining != 1000-101 {
			t.Errorf("%d remain of the organization", s[0].Remaining)
		}
		if ttl, err := r.Client().PTTL(t.Context(), "{org}:one").Result(); err != nil || ttl < 99*time.Hour || ttl > 100*time.Hour+11*time.Second {
			t.Errorf("a bucket is kept for %s, %v", ttl, err)
		}
	})
}

// A server that goes away costs three requests their time and no others; limits hold in
// this process meanwhile, and in the server when it is back.
func TestLimiterWithoutServer(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	r := open(t, redis.Config{URL: server.URL()})
	l := redis.NewLimiter(r, time.Now)
	limits := []quota.Limit{{Key: "k", Quota: quota.Quota{Burst: 5, Every: time.Hour}}}
	take := func() (n int) {
		for range 20 {
			if taken, s := l.Take(t.Context(), limits); taken {
				n++
			} else if len(s) != 1 || s[0].Allowed || s[0].Wait <= 0 {
				t.Errorf("refused with %+v", s)
			}
		}
		return n
	}
	if n := take(); n != 5 || l.Fallbacks() != 0 {
		t.Fatalf("with the server %d, %d without it", n, l.Fallbacks())
	}
	server.Stop()
	if n := take(); n != 5 || l.Fallbacks() != 20 || !r.Away() || r.Trips() != 1 {
		t.Errorf("without the server %d, %d; away %v, %d times", n, l.Fallbacks(), r.Away(), r.Trips())
	}
	server.Start()
	eventually(t, "the server is found again", func() bool { return !r.Away() })
	before := l.Fallbacks()
	if n := take(); n != 5 || l.Fallbacks() != before { // it has come back empty
		t.Errorf("with the server again %d, %d without it", n, l.Fallbacks()-before)
	}
}

// Who gives up says nothing about the server.
func TestBreakerAndCallersWhoLeave(t *testing.T) {
	t.Parallel()
	r := open(t, redis.Config{})
	l := redis.NewLimiter(r, time.Now)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		l.Take(gone, []quota.Limit{{Key: "k", Quota: quota.Quota{Burst: 5, Every: time.Hour}}})
	}
	if r.Away() || r.Trips() != 0 {
		t.Error("ten callers who left have opened the breaker")
	}
}

// A process keeps no more buckets than it has room for, and those that are not empty last.
func TestLocalLimiterIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := redis.NewLocalLimiter(func() time.Time { return now })
	brief, long := quota.Quota{Burst: 1, Every: time.Microsecond}, quota.Quota{Burst: 1, Every: time.Hour}
	l.Take(t.Context(), []quota.Limit{{Key: "kept", Quota: long}})
	for i := range 250_000 {
		if i%50_000 == 0 {
			now = now.Add(time.Second) // the others are empty
		}
		l.Take(t.Context(), []quota.Limit{{Key: strconv.Itoa(i), Quota: brief}})
	}
	if taken, _ := l.Take(t.Context(), []quota.Limit{{Key: "kept", Quota: long}}); taken || l.Held() > 100_000 {
		t.Errorf("%d buckets; one that was full is forgotten: %v", l.Held(), taken)
	}
	for i := range 250_000 {
		l.Take(t.Context(), []quota.Limit{{Key: fmt.Sprint("long", i), Quota: long}})
	}
	if l.Held() > 100_000 {
		t.Errorf("%d buckets that are not empty", l.Held())
	}
}
