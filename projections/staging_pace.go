package projections

import (
	"context"
	"time"
)

// Pace is how fast something may go out.
type Pace struct {
	Key   string
	Every time.Duration // between two
	Burst int           // how many may go at once
}

// TakePace takes up to want mails from all paces, for every worker that there is; with none,
// wait is for how long.
func (s *Staging) TakePace(ctx context.Context, org string, paces []Pace, want int) (n int, wait time.Duration, err error) {
	if len(paces) == 0 || want == 0 {
		return want, 0, nil
	}
	keys, every, burst := make([]string, len(paces)), make([]float64, len(paces)), make([]int, len(paces))
	for i, p := range paces {
		keys[i], every[i], burst[i] = p.Key, p.Every.Seconds(), p.Burst
	}
	var seconds float64
	err = s.Worker.QueryRow(ctx, `select granted, wait from staging.take_pace($1, $2, $3, $4, $5)`, org, keys, every, burst, want).Scan(&n, &seconds)
	return n, time.Duration(seconds * float64(time.Second)), orUnavailable(err)
}
