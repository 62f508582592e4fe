package reactors

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/projections"
)

// takeUp goes on with mails that were dispatched by a worker that has died: what it has noted
// tells what became of each. alive says that it has not died.
func (s *sending) takeUp(ctx context.Context, rows []projections.Recipient) (alive bool, later time.Time, err error) {
	batches := map[string][]projections.Recipient{}
	for _, r := range rows {
		batches[r.Memory.Batch] = append(batches[r.Memory.Batch], r)
	}
	for batch, rows := range batches {
		notes, lives, err := s.Outbox.Find(batch)
		if err != nil || lives {
			return lives, later, err
		}
		again, err := s.goOn(ctx, batch, rows, notes)
		if err != nil {
			return false, later, err
		}
		later = earlier(later, again)
	}
	return false, later, nil
}

// goOn ends one batch. With no notes nobody knows what was handed over: then it is given
// again to who knows it, and is in doubt elsewhere.
func (s *sending) goOn(ctx context.Context, batch string, rows []projections.Recipient, notes Notes) (later time.Time, err error) {
	rest, err := s.settled(ctx, batch, rows, notes)
	switch {
	case err != nil && notes != nil:
		return later, errors.Join(err, notes.Leave()) // or this worker would seem to be at it for as long as it lives
	case err != nil || len(rest) == 0 && notes == nil:
		return later, err
	case len(rest) == 0:
		return later, notes.Done()
	case notes == nil:
		if notes, err = s.Outbox.Open(batch, sendBatch); err != nil {
			return later, err
		}
	}
	return s.carry(ctx, batch, rest, notes)
}

// settled records what is known of a batch, and gives the mails that were never handed over.
func (s *sending) settled(ctx context.Context, batch string, rows []projections.Recipient, notes Notes) (rest []outgoing, err error) {
	streams := make([]domain.StreamID, len(rows))
	for i, r := range rows {
		streams[i] = enrollment.Stream(r.ID)
	}
	states, err := commands.States[enrollment.Enrollment, enrollment.Event](ctx, s.Run, s.job.Org, streams)
	if err != nil {
		return nil, err
	}
	var known []outgoing
	var outcomes []enrollment.Event
	for _, r := range rows {
		e := states[r.ID].State
		if e.Phase() != enrollment.InFlight || e.Mail.Batch != batch {
			continue // it has an outcome by now
		}
		l := outgoing{row: r, fact: e.Mail}
		handed, failed, err := s.handed(r, e.Mail, notes)
		if err != nil {
			return nil, err
		}
		if !handed {
			rest = append(rest, l)
			continue
		}
		known, outcomes = append(known, l), append(outcomes, enrollment.Outcome("", failed, r.Attempts, *r.Dispatched, s.Now()))
	}
	rest, withdrawn, err := s.rewrite(ctx, rest)
	if err != nil {
		return nil, err
	}
	for _, l := range withdrawn {
		known, outcomes = append(known, l), append(outcomes, enrollment.Failed{Class: mail.Withdrawn})
	}
	return rest, s.record(ctx, batch, known, outcomes)
}

// handed tells whether a mail of a dead worker may be with the provider, and what became of
// it. A provider that knows a batch again is given it again, for as long as it does.
func (s *sending) handed(r projections.Recipient, m enrollment.Dispatched, notes Notes) (bool, *mail.Error, error) {
	doubt := &mail.Error{Class: mail.InDoubt}
	switch {
	case s.by.Repeats && m.Provider == s.by.Name:
		return s.Now().Sub(*r.Dispatched) > enrollment.Patience, doubt, nil
	case notes == nil:
		return true, doubt, nil
	}
	return notes.At(m.N)
}

// rewrite writes mails again that were never handed over. A mail is withdrawn that must not
// go any more: somebody was erased, or has ended it, or the campaign was cancelled.
func (s *sending) rewrite(ctx context.Context, letters []outgoing) (rest, withdrawn []outgoing, err error) {
	addresses := make([]string, len(letters))
	for i, l := range letters {
		addresses[i] = l.fact.Suppression
	}
	held, err := s.Queries.Suppressed(ctx, s.job.Org, addresses)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range letters {
		_, _, blocked := held[l.fact.Suppression].Blocks(suppression.Mail{Purpose: s.campaign.Plan.Purpose, Campaign: s.job.Campaign})
		if blocked || l.fact.To == "" || s.campaign.Phase == campaign.Dead {
			withdrawn = append(withdrawn, l)
			continue
		}
		made, err := s.templates.get(ctx, s.Run, s.job.Org, l.fact.Template, l.fact.Revision)
		if err != nil {
			return nil, nil, err
		}
		written, err := s.letter(ctx, l.row, l.fact, made)
		if err != nil {
			withdrawn = append(withdrawn, l)
			continue
		}
		written.row.Attempts-- // it is the same attempt
		rest = append(rest, written)
	}
	return rest, withdrawn, nil
}

// breakers keep mail here while a provider takes none: attempts are not spent on a server
// that is away.
type breakers struct {
	mu   sync.Mutex
	open map[string]breaker
}

type breaker struct {
	failures int
	until    time.Time
}

// closed is for how long nothing is to go by a provider.
func (b *breakers) closed(name string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(b.open[name].until.Sub(now), 0)
}

// tell notes whether a provider has taken nothing of a batch.
func (b *breakers) tell(name string, away bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[string]breaker{}
	}
	if !away {
		delete(b.open, name)
		return
	}
	n := b.open[name].failures
	b.open[name] = breaker{n + 1, now.Add(10 * time.Second << min(n, 5))}
}
