package sender

import "time"

// forecastDays is how far a forecast looks.
const forecastDays = 3650

// Forecast says when the last of n mails goes that begin at a time, crowd of which to one domain
// and no more to any other, and on how many days of the sender mail goes, by its caps and its
// gap, and by so many an hour (0 for any number); whole is false where it takes longer than ten
// years.
func Forecast(d Details, perHour, n, crowd int, start time.Time) (end time.Time, days int, whole bool) {
	end, days, whole = forecast(d, perHour, n, start)
	if hourly := d.Limits.PerDomain; hourly > 0 && n > 0 {
		hours := min(float64(max(crowd-1, 0))/float64(hourly), 24*forecastDays)
		last := start.Add(time.Duration(hours * float64(time.Hour))).UTC()
		if last.After(end) {
			end, days = last, max(days, daysBetween(start.In(d.zone()), last.In(d.zone())))
		}
	}
	return end, days, whole
}

// daysBetween is on how many days of the calendar something is that begins and ends at times.
func daysBetween(begin, end time.Time) int {
	midnight := func(at time.Time) time.Time {
		y, m, d := at.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(end).Sub(midnight(begin)).Hours()/24) + 1
}

func forecast(d Details, perHour, n int, start time.Time) (end time.Time, days int, whole bool) {
	hourly := unlimited
	for _, limit := range []int{perHour, d.Limits.PerHour} {
		if limit > 0 {
			hourly = min(hourly, limit)
		}
	}
	if d.Limits.Gap > 0 {
		hourly = min(hourly, max(1, 3600/d.Limits.Gap))
	}
	at := start
	for range forecastDays {
		local := at.In(d.zone())
		y, m, day := local.Date()
		midnight := time.Date(y, m, day+1, 0, 0, 0, 0, d.zone())
		room := d.CapOn(d.Day(at))
		if hourly < unlimited {
			room = min(room, int(midnight.Sub(at).Hours()*float64(hourly)+0.999))
		}
		if room > 0 {
			days++
		}
		if room >= n {
			if hourly < unlimited {
				at = at.Add(time.Duration(float64(n) / float64(hourly) * float64(time.Hour)))
			}
			return at.UTC(), days, true
		}
		n, at = n-room, midnight
	}
	return at.UTC(), days, false
}
