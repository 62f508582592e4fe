package projections_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// TestTakePaces: whoever asks, and however many at once, no more goes than every pace bears, and
// who gets nothing is told for how long.
func TestTakePaces(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	s := &projections.Staging{App: db.Pools.App, Worker: db.Pools.Worker, Vault: db.Keys}
	org := uuid.NewString()
	slow, slower := projections.Pace{Key: "sender", Every: time.Hour, Burst: 10}, projections.Pace{Key: "campaign", Every: 2 * time.Hour, Burst: 4}
	take := func(want int, paces ...projections.Pace) (int, time.Duration) {
		t.Helper()
		got, err := s.TakePaces(t.Context(), org, projections.Wanted{Paces: paces, N: want})
		if err != nil {
			t.Fatal(err)
		}
		return got[0].N, got[0].Wait
	}
	if n, _ := take(250); n != 250 {
		t.Errorf("without a pace %d go", n)
	}
	if n, wait := take(0, slow, slower); n != 0 || wait != 0 {
		t.Errorf("who only asks is told to wait %s", wait)
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
	if n, wait := take(0, slower); n != 0 || wait < 119*time.Minute || wait > 2*time.Hour {
		t.Errorf("who only asks is told to wait %s", wait)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for range 8 {
		all.Go(func() {
			got, err := s.TakePaces(t.Context(), org, projections.Wanted{Paces: []projections.Pace{slow}, N: 3})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			sum += got[0].N
		})
	}
	all.Wait()
	if sum != 6 { // four of the ten went above
		t.Errorf("%d go of the six that are left", sum)
	}
	// Another organization has paces of its own, and shares those of the installation.
	ours := projections.Pace{Key: "provider " + uuid.NewString(), Every: time.Hour, Burst: 5, Shared: true}
	for i, from := range []string{org, uuid.NewString()} {
		got, err := s.TakePaces(t.Context(), from, projections.Wanted{Paces: []projections.Pace{ours}, N: 3}, projections.Wanted{Paces: []projections.Pace{{Key: "own", Every: time.Hour, Burst: 4}}, N: 9}, projections.Wanted{N: 7})
		if err != nil || got[0].N != 3-i || got[1].N != 4 || got[2].N != 7 {
			t.Errorf("they are granted %+v; %v", got, err)
		}
	}
}
