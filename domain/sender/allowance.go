package sender

import (
	"crypto/sha256"
	"math"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// AllowanceCategory names the streams of what a sender has sent on one day.
const AllowanceCategory = "allowance"

// AllowanceStream names the stream of a sender's day.
func AllowanceStream(id, day string) domain.StreamID {
	hash := sha256.Sum256([]byte("allowance|" + id + "|" + day))
	return domain.StreamID{Category: AllowanceCategory, ID: suppression.ID(hash[:])}
}

// Allowance is what a sender has sent on one day.
type Allowance struct {
	Day   int
	Hours [24]int // a day on which clocks are put back has an hour twice: it counts once
}

// Evolve folds one fact into the state.
func (a Allowance) Evolve(e AllowanceEvent) Allowance {
	if t, ok := e.(Taken); ok && t.Hour >= 0 && t.Hour < 24 {
		a.Day += t.N
		a.Hours[t.Hour] += t.N
	}
	return a
}

// Limited tells whether the sender has a cap for a day or an hour.
func (d Details) Limited() bool {
	return d.Limits.PerDay > 0 || d.Limits.PerHour > 0 || d.Limits.Ramp.Start > 0
}

// Day is the sender's day at an instant.
func (d Details) Day(now time.Time) string { return now.In(d.zone()).Format(time.DateOnly) }

// unlimited is a cap that is none.
const unlimited = math.MaxInt32

// CapOn is how many mails the sender may send on a day.
func (d Details) CapOn(day string) int {
	most := unlimited
	if d.Limits.PerDay > 0 {
		most = d.Limits.PerDay
	}
	r := d.Limits.Ramp
	if r.Start == 0 {
		return most
	}
	from, err := time.Parse(time.DateOnly, r.From)
	at, wrong := time.Parse(time.DateOnly, day)
	if err != nil || wrong != nil || at.Before(from) {
		return min(most, r.Start)
	}
	growth := 1 + float64(r.Percent)/100
	if r.Percent == 0 {
		growth = 1.5
	}
	ramped := float64(r.Start) * math.Pow(growth, at.Sub(from).Hours()/24)
	if ramped >= float64(most) {
		return most
	}
	return int(ramped)
}

// Free is how many more mails may go at an instant, up to want; with none, until is when to
// ask again.
func (a Allowance) Free(d Details, want int, now time.Time) (n int, until time.Time) {
	local := now.In(d.zone())
	n = min(want, d.CapOn(d.Day(now))-a.Day)
	if n <= 0 {
		y, m, day := local.Date()
		return 0, time.Date(y, m, day+1, 0, 0, 0, 0, d.zone()).UTC()
	}
	if d.Limits.PerHour > 0 {
		if n = min(n, d.Limits.PerHour-a.Hours[local.Hour()]); n <= 0 {
			return 0, now.UTC().Truncate(15 * time.Minute).Add(15 * time.Minute) // zones begin their hours at quarters
		}
	}
	return n, time.Time{}
}

// Take takes mails from the caps: all of them or none.
func (a Allowance) Take(id string, d Details, n int, now time.Time) ([]AllowanceEvent, error) {
	if free, _ := a.Free(d, n, now); free < n {
		return nil, ErrSpent
	}
	return []AllowanceEvent{Taken{Sender: id, Hour: now.In(d.zone()).Hour(), N: n}}, nil
}
