package projections

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Pace is how fast something may go out.
type Pace struct {
	Key    string
	Every  time.Duration // between two
	Burst  int           // how many may go at once
	Shared bool          // by all organizations of the installation
}

// Wanted is how many mails somebody wants to hand over that bear some paces.
type Wanted struct {
	Paces []Pace
	N     int // 0 to ask for how long to wait, and to take nothing
}

// Granted is how many of them may go; with none, Wait is for how long.
type Granted struct {
	N    int
	Wait time.Duration
}

// TakePaces takes from paces for every worker that there is, of each that is wanted up to so
// many mails, as many as all its paces bear. Paces of several are asked for in the order of
// their keys, so that no two workers wait for each other.
func (s *Staging) TakePaces(ctx context.Context, org string, wanted ...Wanted) ([]Granted, error) {
	out := make([]Granted, len(wanted))
	b := &pgx.Batch{}
	for i, w := range wanted {
		out[i].N = w.N
		if len(w.Paces) == 0 {
			continue
		}
		owners, keys, every, burst := make([]string, len(w.Paces)), make([]string, len(w.Paces)), make([]float64, len(w.Paces)), make([]int, len(w.Paces))
		for j, p := range w.Paces {
			owners[j], keys[j], every[j], burst[j] = org, p.Key, p.Every.Seconds(), p.Burst
			if p.Shared {
				owners[j] = uuid.Nil.String()
			}
		}
		b.Queue(`select granted, wait from staging.take_paces($1, $2, $3, $4, $5)`, owners, keys, every, burst, w.N).QueryRow(func(row pgx.Row) error {
			var seconds float64
			err := row.Scan(&out[i].N, &seconds)
			out[i].Wait = max(0, time.Duration(seconds*float64(time.Second)))
			return err
		})
	}
	if b.Len() == 0 {
		return out, nil
	}
	return out, orUnavailable(s.Worker.SendBatch(ctx, b).Close())
}
