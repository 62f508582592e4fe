package reactors

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/projections"
)

// skip is somebody who is left out.
type skip struct {
	row    projections.Recipient
	reason enrollment.Reason
	scope  suppression.Scope
}

// outgoing is a mail that is ready to go.
type outgoing struct {
	row  projections.Recipient
	fact enrollment.Dispatched
	mail mail.Mail
	free bool // nothing is known that holds mail to the address back
	left int  // the version of the enrollment that only the fact has made; 0 for any other
}

// recordPatience is for how long an outcome is tried to be recorded when the worker stops.
const recordPatience = 15 * time.Second

// batch sends to some people: done of them are through, the first that waits is due later,
// and wait is for how long nothing more may go.
func (s *sending) batch(ctx context.Context, rows []projections.Recipient) (done int, later time.Time, wait time.Duration, err error) {
	id := commands.NewID()
	letters, skips, err := s.write(ctx, id, rows)
	if err != nil {
		return 0, later, 0, err
	}
	if err := s.leave(ctx, skips); err != nil {
		return 0, later, 0, err
	}
	if letters, err = s.borne(ctx, letters); err != nil || len(letters) == 0 {
		return len(rows), later, 0, err
	}
	n, wait, err := s.allowed(ctx, len(letters))
	if err != nil || n == 0 {
		return 0, later, max(wait, time.Second), err
	}
	done = len(rows)
	if n < len(letters) { // those behind it come next
		for done = 0; rows[done].ID != letters[n].row.ID; done++ {
			continue
		}
		letters = letters[:n]
	}
	notes, err := s.Outbox.Open(id, len(letters))
	if err != nil {
		return 0, later, 0, err
	}
	taken, skips, err := s.dispatch(ctx, letters)
	if err != nil {
		return 0, later, 0, errors.Join(err, notes.Leave())
	}
	if err := s.leave(ctx, skips); err != nil {
		return 0, later, 0, errors.Join(err, notes.Leave())
	}
	later, err = s.carry(ctx, id, taken, notes)
	return done, later, 0, err
}

// dispatch takes the mails: those that are not another's, and may be written, at the last
// moment.
func (s *sending) dispatch(ctx context.Context, letters []outgoing) (taken []outgoing, skips []skip, err error) {
	cmds := make([]commands.Command[enrollment.Enrollment, enrollment.Event], len(letters))
	for i, l := range letters {
		cmd := commands.DispatchMail{ID: l.row.ID, Purpose: s.campaign.Plan.Purpose, Dispatched: l.fact, Free: l.free}
		if cmds[i] = cmd; l.row.Phase == enrollment.Queued {
			cmds[i] = commands.DispatchFirst{DispatchMail: cmd}
		}
	}
	results, err := commands.ExecuteMany(ctx, s.Run, s.job.once(), cmds)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range results {
		switch {
		case r.Err == nil:
			if l := letters[i]; l.row.Phase == enrollment.Queued && r.Receipt.Version == 1 {
				letters[i].left = 1
			}
			taken = append(taken, letters[i])
		case errors.Is(r.Err, enrollment.ErrSuppressed):
			skips = append(skips, skip{row: letters[i].row, reason: enrollment.Suppressed})
		}
	}
	return taken, skips, nil
}

// leaveAll leaves people out, for one reason.
func (s *sending) leaveAll(ctx context.Context, rows []projections.Recipient, why enrollment.Reason) error {
	skips := make([]skip, len(rows))
	for i, r := range rows {
		skips[i] = skip{row: r, reason: why}
	}
	return s.leave(ctx, skips)
}

// leave leaves people out, each for a reason.
func (s *sending) leave(ctx context.Context, skips []skip) error {
	cmds := make([]commands.Command[enrollment.Enrollment, enrollment.Event], len(skips))
	for i, k := range skips {
		cmds[i] = commands.SkipPerson{ID: k.row.ID, Skipped: enrollment.Skipped{Campaign: s.job.Campaign, Lead: k.row.Lead, Reason: k.reason, Scope: k.scope}}
	}
	if len(cmds) == 0 {
		return nil
	}
	_, err := commands.ExecuteMany(ctx, s.Run, s.job.once(), cmds)
	return err
}

// flight follows the mails of a batch, and notes what becomes of each.
type flight struct {
	notes   Notes
	letters []outgoing

	mu    sync.Mutex
	ended []ended
}

type ended struct {
	done   bool
	id     string
	failed *mail.Error
}

// Leaving implements mail.Flight.
func (f *flight) Leaving(i int) error { return f.notes.Leaving(f.letters[i].fact.N) }

// Ended implements mail.Flight.
func (f *flight) Ended(i int, id string, failed *mail.Error) {
	_ = f.notes.Ended(f.letters[i].fact.N, failed) // what is not noted is in doubt
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[i] = ended{true, id, failed}
}

// carry hands mails over and records what became of them; later is when the first of those is
// due that were not taken now.
func (s *sending) carry(ctx context.Context, batch string, letters []outgoing, notes Notes) (later time.Time, err error) {
	f := &flight{notes: notes, letters: letters, ended: make([]ended, len(letters))}
	mails := make([]mail.Mail, len(letters))
	for i, l := range letters {
		mails[i] = l.mail
	}
	s.by.Carry(ctx, mails, f)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordPatience)
	defer cancel()
	now := s.Now()
	var told []outgoing
	var outcomes []enrollment.Event
	away := 0
	for i, e := range f.ended {
		if !e.done {
			e.failed = &mail.Error{Class: mail.InDoubt}
		}
		if e.failed != nil && e.failed.Class != mail.Refused {
			away++
		}
		outcome := s.outcome(letters[i], e, now)
		if outcome == nil {
			later = earlier(later, now.Add(repeatAfter))
			continue
		}
		if d, ok := outcome.(enrollment.Deferred); ok {
			later = earlier(later, d.Until)
		}
		told, outcomes = append(told, letters[i]), append(outcomes, outcome)
	}
	s.breakers.tell(s.by.Name, len(letters) > 0 && away == len(letters), now)
	if err := s.record(ctx, batch, told, outcomes); err != nil || len(told) < len(letters) {
		return later, errors.Join(err, notes.Leave())
	}
	return later, notes.Done()
}

// repeatAfter is when a batch is given again to a provider that knows it again.
const repeatAfter = 10 * time.Second

// outcome is what becomes of a mail by an answer; nil where the same is asked again, of a
// provider that knows a mail by its key.
func (s *sending) outcome(l outgoing, e ended, now time.Time) enrollment.Event {
	first := now
	if l.row.Dispatched != nil {
		first = *l.row.Dispatched
	}
	unknown := e.failed != nil && (e.failed.Temporary || e.failed.Class == mail.InDoubt)
	if s.by.Repeats && unknown && now.Sub(first) < enrollment.Patience {
		return nil
	}
	return enrollment.Outcome(e.id, e.failed, l.row.Attempts+1, first, now)
}

// record notes what became of mails.
func (s *sending) record(ctx context.Context, batch string, letters []outgoing, outcomes []enrollment.Event) error {
	if len(letters) == 0 {
		return nil
	}
	cmds := make([]commands.Command[enrollment.Enrollment, enrollment.Event], len(letters))
	for i, l := range letters {
		cmds[i] = commands.RecordDelivery{ID: l.row.ID, Batch: batch, Outcome: outcomes[i], Known: enrollment.Enrollment{}.Evolve(l.fact), Version: l.left}
	}
	_, err := commands.ExecuteMany(ctx, s.Run, s.job.once(), cmds)
	return err
}
