package projections_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestTakePace: whoever asks, and however many at once, no more goes than every pace bears, and
// who gets nothing is told for how long.
func TestTakePace(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	s := &projections.Staging{App: db.Pools.App, Worker: db.Pools.Worker, Vault: db.Keys}
	org := uuid.NewString()
	slow, slower := projections.Pace{Key: "sender", Every: time.Hour, Burst: 10}, projections.Pace{Key: "campaign", Every: 2 * time.Hour, Burst: 4}
	take := func(want int, paces ...projections.Pace) (int, time.Duration) {
		t.Helper()
		n, wait, err := s.TakePace(t.Context(), org, paces, want)
		if err != nil {
			t.Fatal(err)
		}
		return n, wait
	}
	if n, _ := take(250); n != 250 {
		t.Errorf("without a pace %d go", n)
	}
	if n, _ := take(3, slow, slower); n != 3 {
		t.Errorf("%d of 3 go", n)
	}
	if n, _ := take(3, slow, slower); n != 1 {
		t.Errorf("%d go of the one that is left", n)
	}
	if n, wait := take(3, slow, slower); n != 0 || wait < 119*time.Minute || wait > 2*time.Hour {
		t.Errorf("%d go, wait %s", n, wait)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for range 8 {
		all.Go(func() {
			n, _, err := s.TakePace(t.Context(), org, []projections.Pace{slow}, 3)
			mu.Lock()
			defer mu.Unlock()
			if sum += n; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if sum != 6 { // four of the ten went above
		t.Errorf("%d go of the six that are left", sum)
	}
	other, _, err := s.TakePace(t.Context(), uuid.NewString(), []projections.Pace{slow}, 3)
	if err != nil || other != 3 {
		t.Errorf("of another organization %d go, %v", other, err)
	}
}
