package reactors

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
)

const (
	partApart  = 50 * time.Millisecond // between parts of one audience that wait for the same
	domainRest = 15 * time.Second      // for which a domain is left alone that has got what it bears
)

// rest has the job wait. Parts that wait for the same do not come back all at once.
func (s *sending) rest(wait time.Duration) error {
	apart := time.Duration(max(s.campaign.Parts-1, 0)) * partApart
	return river.JobSnooze(max(wait, time.Second) + rand.N(apart+1)) //nolint:gosec // no secret
}

// paces are those that every mail of the campaign bears.
func (s *sending) paces() []projections.Pace {
	paces := slices.Clone(s.by.Pace)
	if gap := s.from.Limits.Gap; gap > 0 {
		paces = append(paces, projections.Pace{Key: "sender " + s.campaign.Plan.Sender, Every: time.Duration(gap) * time.Second, Burst: 1})
	}
	if hourly := s.campaign.Plan.PerHour; hourly > 0 {
		paces = append(paces, evenly("campaign "+s.job.Campaign, hourly))
	}
	return paces
}

// evenly is a pace of so many an hour, of which those of half a minute may go at once.
func evenly(key string, hourly int) projections.Pace {
	return projections.Pace{Key: key, Every: time.Hour / time.Duration(hourly), Burst: max(1, hourly/120)}
}

// closed is for how long nothing new may go, so that it is not read or written in vain; nobody
// needs to wait who is left out.
func (s *sending) closed(ctx context.Context) (wait time.Duration, err error) {
	if s.campaign.Phase == campaign.Dead {
		return 0, nil
	}
	got, err := s.Staging.TakePaces(ctx, s.job.Org, projections.Wanted{Paces: s.paces()})
	if err != nil || got[0].Wait > 0 || !s.from.Limited() {
		return got[0].Wait, err
	}
	_, wait, err = s.free(ctx, 1)
	return wait, err
}

// allowed takes up to want mails from the paces and the caps; with none, wait is for how long.
func (s *sending) allowed(ctx context.Context, want int) (n int, wait time.Duration, err error) {
	got, err := s.Staging.TakePaces(ctx, s.job.Org, projections.Wanted{Paces: s.paces(), N: want})
	if n, wait = got[0].N, got[0].Wait; err != nil || n == 0 || !s.from.Limited() {
		return n, wait, err
	}
	for {
		free, wait, err := s.free(ctx, n)
		if err != nil || free == 0 {
			return 0, wait, err
		}
		day := s.from.Day(s.Now())
		_, err = commands.Execute(ctx, s.Run, s.job.once(), commands.TakeAllowance{Sender: s.campaign.Plan.Sender, Day: day, Details: s.from.Details, N: free})
		if errors.Is(err, sender.ErrSpent) || errors.Is(err, domain.ErrStale) {
			continue // another worker was first
		}
		return free, 0, err
	}
}

// free is how many of the sender's caps are left, up to want; with none, wait is for how long.
func (s *sending) free(ctx context.Context, want int) (n int, wait time.Duration, err error) {
	now := s.Now()
	stream := sender.AllowanceStream(s.campaign.Plan.Sender, s.from.Day(now))
	spent, err := commands.State[sender.Allowance, sender.AllowanceEvent](ctx, s.Run, s.job.Org, stream)
	if err != nil {
		return 0, 0, err
	}
	n, until := spent.Free(s.from.Details, want, now)
	if n == 0 {
		wait = max(until.Sub(now), time.Second)
	}
	return n, wait, nil
}

// borne takes from the paces of the recipients' domains, and leaves those for later whose
// domain bears no more.
func (s *sending) borne(ctx context.Context, letters []outgoing) ([]outgoing, error) {
	hourly := s.from.Limits.PerDomain
	if hourly == 0 {
		return letters, nil
	}
	of := map[string]int{}
	for _, l := range letters {
		of[sender.DomainOf(l.fact.To)]++
	}
	domains := slices.Sorted(maps.Keys(of))
	wanted := make([]projections.Wanted, len(domains))
	for i, d := range domains {
		wanted[i] = projections.Wanted{Paces: []projections.Pace{evenly("sender "+s.campaign.Plan.Sender+" to "+d, hourly)}, N: of[d]}
	}
	granted, err := s.Staging.TakePaces(ctx, s.job.Org, wanted...)
	if err != nil {
		return nil, err
	}
	left := map[string]int{}
	for i, d := range domains {
		if left[d] = granted[i].N; left[d] < of[d] {
			s.crowded[d] = s.Now().Add(max(granted[i].Wait, domainRest))
		}
	}
	return slices.DeleteFunc(letters, func(l outgoing) bool {
		d := sender.DomainOf(l.fact.To)
		left[d]--
		return left[d] < 0
	}), nil
}

// crowds tells that the domain of an address gets nothing more for now.
func (s *sending) crowds(email string) bool {
	return s.crowded[sender.DomainOf(email)].After(s.Now())
}
