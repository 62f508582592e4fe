package main

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/canvass-hq/canvass/clients/redis/redistest"
	"github.com/canvass-hq/canvass/eventstore"
)

// Two processes that serve count together: of a thousand requests at once from one key, as
// many are answered as its quota has, and when Redis is gone nothing fails.
func TestLimitsOverTwoProcesses(t *testing.T) {
	t.Parallel()
	redis := redistest.New(t)
	settings := []string{
		"DATABASE_URL=" + database(t), "DATA_DIR=" + dataDir(t), "MASTER_KEY=" + eventstore.NewMasterKey(),
		"REDIS_URL=" + redis.URL() + "?read_timeout=20s&write_timeout=20s&pool_timeout=20s", "RATE_LIMITS=read=100/h", // one more after 36 seconds; a busy machine is no Redis that is away
	}
	command(t, settings, "migrate").ok(t)
	launch(t, settings, "worker")
	one, two := serve(t, settings), serve(t, settings)
	one.wellWithin(t)
	two.wellWithin(t)
	got := one.crowd(t, two, 1000)
	if got[200] < 100 || got[200] > 102 || got[200]+got[429] != 1000 {
		t.Errorf("with redis: statuses %v", got)
	}
	redis.Stop()
	// Each counts alone now.
	if got := one.crowd(t, two, 400); got[200] < 200 || got[200] > 204 || got[200]+got[429] != 400 {
		t.Errorf("without redis: statuses %v", got)
	}
	one.capture(t, `{"name":"Ada"}`)
	if body := one.ask(t, "GET", "/health", "", 200); !strings.Contains(body, `"redis":{"status":"down"`) {
		t.Errorf("health says %s", body)
	}
}

// crowd asks two servers so many things at once, and counts the statuses.
func (s *server) crowd(t *testing.T, other *server, n int) map[int]int {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	got := map[int]int{}
	for i := range n {
		all.Go(func() {
			status, _, err := []*server{s, other}[i%2].try(context.Background(), "GET", "/v1/fields", "")
			mu.Lock()
			defer mu.Unlock()
			if got[status]++; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return got
}
