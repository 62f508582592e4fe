package sender

import "time"

// forecastDays is how far a forecast looks.
const forecastDays = 3650

// Forecast says when the last of n mails goes that begin at a time, and on how many days of
// the sender mail goes, by its caps and its gap, and by so many an hour (0 for any number);
// whole is false where it takes longer than ten years.
func Forecast(d Details, perHour, n int, start time.Time) (end time.Time, days int, whole bool) {
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
