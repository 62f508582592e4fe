package redis

import (
	"context"
	"sync"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/quota"
)

// bucketsHeld is how many buckets a process keeps by itself.
const bucketsHeld = 100_000

// LocalLimiter counts requests in this process alone.
type LocalLimiter struct {
	now domain.Clock

	mu    sync.Mutex
	empty map[string]int64 // when each bucket is empty, in microseconds
}

// NewLocalLimiter counts by a clock.
func NewLocalLimiter(now domain.Clock) *LocalLimiter {
	return &LocalLimiter{now: now, empty: map[string]int64{}}
}

// Take books one request in every bucket, or in none if one of them has no room.
func (l *LocalLimiter) Take(_ context.Context, limits []quota.Limit) (taken bool, standings []quota.Standing) {
	now := l.now().UnixMicro()
	empty := make([]int64, len(limits))
	l.mu.Lock()
	for i, limit := range limits {
		empty[i] = l.empty[limit.Key]
	}
	if taken = quota.Take(limits, empty, now); taken {
		l.makeRoom(now, len(limits))
		for i, limit := range limits {
			l.empty[limit.Key] = empty[i]
		}
	}
	l.mu.Unlock()
	for i := range empty {
		empty[i] -= now
	}
	return standingsOf(limits, taken, empty)
}

// makeRoom drops buckets that are empty, and where that is not enough, half of all: that
// somebody may ask a little more is better than to hold a bucket for each of too many.
func (l *LocalLimiter) makeRoom(now int64, more int) {
	if len(l.empty)+more <= bucketsHeld {
		return
	}
	for key, empty := range l.empty {
		if empty <= now {
			delete(l.empty, key)
		}
	}
	for key := range l.empty {
		if len(l.empty) <= bucketsHeld/2 {
			return
		}
		delete(l.empty, key)
	}
}
