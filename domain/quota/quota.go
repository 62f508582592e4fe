// Package quota says how often something may be asked: a bucket has room for some
// requests at once, and empties at a steady pace (the generic cell rate algorithm, GCRA).
// All that has to be kept of a bucket is when it is empty again.
package quota

import "time"

// Quota is the size of a bucket: Burst requests at once, one more whenever Every has passed.
type Quota struct {
	Burst int
	Every time.Duration // whole microseconds
}

// Window is how long a full bucket takes to be empty again.
func (q Quota) Window() time.Duration { return time.Duration(q.Burst) * q.Every }

// Limit is the bucket of somebody.
type Limit struct {
	Quota

	Key string // whose; the same everywhere
}

// Standing is how a bucket stands after a request.
type Standing struct {
	Allowed   bool
	Remaining int           // requests that would be taken at once
	Reset     time.Duration // until the bucket is empty
	Wait      time.Duration // until one that was refused would be taken
}

// Take books one request in every bucket, or in none if one of them has no room. empty is
// when each is empty, in microseconds, and is brought up to date.
func Take(limits []Limit, empty []int64, now int64) (taken bool) {
	taken = true
	for i, l := range limits {
		empty[i] = max(empty[i], now)
		taken = taken && empty[i]-now+l.Every.Microseconds() <= l.Window().Microseconds()
	}
	for i, l := range limits {
		if taken {
			empty[i] += l.Every.Microseconds()
		}
	}
	return taken
}

// Standing is how the bucket stands when it is empty after left microseconds. taken tells
// whether the request was booked: it may have been refused for another bucket.
func (q Quota) Standing(left int64, taken bool) Standing {
	every, window := q.Every.Microseconds(), q.Window().Microseconds()
	s := Standing{
		Allowed: taken || left+every <= window, Remaining: int(max(window-left, 0) / every),
		Reset: time.Duration(left) * time.Microsecond,
	}
	if !s.Allowed {
		s.Wait = time.Duration(left+every-window) * time.Microsecond
	}
	return s
}
