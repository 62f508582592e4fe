package reactors

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
)

// Carrier hands many mails over, and returns when the flight has been told what became of each.
type Carrier interface {
	Carry(ctx context.Context, mails []mail.Mail, f mail.Flight)
}

// Transport is a way out for mail.
type Transport struct {
	Name string
	Carrier
	Repeats bool               // a batch that comes again reaches nobody twice
	Leaves  bool               // it leaves the machine
	Pace    []projections.Pace // that it bears
}

// Notes are what a worker has noted of a batch, for whoever comes after it.
type Notes interface {
	Leaving(i int) error
	Ended(i int, failed *mail.Error) error
	At(i int) (handed bool, failed *mail.Error, err error)
	Done() error
	Leave() error
}

// Outbox keeps notes. Find gives none where there are none on this machine, or where the
// worker of the batch is alive.
type Outbox struct {
	Open func(batch string, n int) (Notes, error)
	Find func(batch string) (notes Notes, alive bool, err error)
}

// SendWorker carries SendPart out.
type SendWorker struct {
	river.WorkerDefaults[SendPart]

	Run       *commands.Runner
	Queries   *projections.Queries
	Staging   *projections.Staging
	Await     func(ctx context.Context, p projections.Projection) error
	Now       domain.Clock
	Sign      func(ctx context.Context, org, purpose string, data []byte) ([]byte, error)
	Transport func(p sender.Provider) (Transport, bool)
	Outbox    Outbox
	PublicURL string // where links of mails lead
	Inbound   string // the address that mail to us comes to; "" for none

	templates templateCache
	breakers  breakers
}

const (
	sendBatch = 250 // mails that are decided about by one commit
	sendTurn  = 30 * time.Second
	heldWait  = time.Minute // until the sender of a completed campaign is looked at again
)

// Timeout implements river.Worker.
func (*SendWorker) Timeout(*river.Job[SendPart]) time.Duration { return 4 * time.Minute }

// NextRetry implements river.Worker.
func (w *SendWorker) NextRetry(job *river.Job[SendPart]) time.Time { return again(w.Now, job.Attempt) }

// sending is one part that is being sent.
type sending struct {
	*SendWorker

	job      SendPart
	campaign campaign.Campaign
	from     sender.Sender
	by       Transport
	until    time.Time
	crowded  map[string]time.Time // domains that get nothing more until then
}

// Work implements river.Worker.
func (w *SendWorker) Work(ctx context.Context, job *river.Job[SendPart]) error {
	args := job.Args
	release, alone, err := w.Staging.Alone(ctx, campaign.PartStream(args.Campaign, args.N).ID)
	switch {
	case err != nil:
		return err
	case !alone: // a worker that was thought dead is still at it
		return river.JobSnooze(time.Second)
	}
	defer release()
	s := &sending{SendWorker: w, job: args, until: w.Now().Add(sendTurn), crowded: map[string]time.Time{}}
	if goes, err := s.ready(ctx); err != nil || !goes {
		return err
	}
	wait, err := s.closed(ctx)
	if err != nil {
		return err
	}
	for _, p := range []projections.Projection{projections.Enrollments(), projections.Leads(), projections.Suppressions()} {
		if err := w.Await(ctx, p); err != nil {
			return err
		}
	}
	phases := []enrollment.Phase{enrollment.InFlight} // what a dead worker had in hand waits for no pace
	if wait == 0 {
		phases = append(phases, enrollment.Queued, enrollment.Waiting)
	}
	rows, err := w.Queries.PartOf(ctx, args.Org, args.Campaign, args.N, phases)
	if err != nil {
		return err
	}
	if err := s.send(ctx, rows); err != nil || wait == 0 {
		return err
	}
	return s.rest(wait)
}

// ready finds out whether mail may go: the campaign runs, and its sender may send.
func (s *sending) ready(ctx context.Context) (goes bool, err error) {
	cause := s.job.Cause
	cause.Stream = s.job.Campaign
	if s.campaign, err = campaignOf(ctx, s.Run, cause); err != nil {
		return false, err
	}
	switch s.campaign.Phase {
	case campaign.Running, campaign.Scheduled:
	case campaign.Done: // what is left of it are mails that somebody has decided to send again
	case campaign.Dead:
		return true, nil
	case campaign.Draft, campaign.Stopped, campaign.Broken:
		return false, nil
	}
	if s.from, err = commands.State[sender.Sender, sender.Event](ctx, s.Run, s.job.Org, sender.Stream(s.campaign.Plan.Sender)); err != nil {
		return false, err
	}
	why, err := s.held(ctx)
	switch {
	case err != nil:
		return false, err
	case why == "":
		return true, nil
	case s.campaign.Phase == campaign.Done:
		return false, river.JobSnooze(heldWait)
	}
	return false, cause.record(ctx, s.Run, commands.RecordCampaign{Held: why})
}

// held says why nothing may be sent; "" where it may.
func (s *sending) held(ctx context.Context) (why campaign.PauseReason, err error) {
	by, known := s.Transport(s.from.Provider)
	if s.by = by; s.from.Deleted || !known || by.Leaves && !s.from.Ready() {
		return campaign.NoSender, nil
	}
	org, err := s.Queries.Organization(ctx, access.Principal{Org: s.job.Org})
	if org.Plan == access.ReadOnly {
		return campaign.NoPlan, nil
	}
	if errors.Is(err, organization.ErrNotFound) {
		err = nil // one that signs keys of its own has no record of itself
	}
	return "", err
}

// send brings a part on, for a turn.
func (s *sending) send(ctx context.Context, rows []projections.Recipient) error {
	due, flying, next := s.sorted(rows)
	if wait := s.breakers.closed(s.by.Name, s.Now()); wait > 0 {
		return river.JobSnooze(wait)
	}
	if alive, later, err := s.takeUp(ctx, flying); err != nil || alive {
		return cmp.Or(err, river.JobSnooze(time.Second))
	} else if !later.IsZero() {
		next = earlier(next, later)
	}
	for len(due) > 0 {
		if goes, err := s.ready(ctx); err != nil || !goes {
			return err
		}
		if s.campaign.Phase == campaign.Dead {
			return s.leaveAll(ctx, due, enrollment.Ended)
		}
		if wait := s.breakers.closed(s.by.Name, s.Now()); wait > 0 {
			return river.JobSnooze(wait)
		}
		batch := due[:min(sendBatch, len(due))]
		done, later, wait, err := s.batch(ctx, batch)
		if errors.Is(err, domain.ErrErased) {
			return river.JobSnooze(0) // somebody was erased this moment: the views know it by then
		}
		if err != nil {
			return err
		}
		due, next = due[done:], earlier(next, later)
		switch {
		case wait > 0:
			return s.rest(wait)
		case s.Now().After(s.until):
			return river.JobSnooze(0)
		}
	}
	for _, until := range s.crowded {
		next = earlier(next, until)
	}
	if !next.IsZero() {
		return river.JobSnooze(max(next.Sub(s.Now()), time.Second))
	}
	return nil
}

// sorted tells who is due, whose mail a worker has taken already, and when the first of those
// is due that wait.
func (s *sending) sorted(rows []projections.Recipient) (due, flying []projections.Recipient, next time.Time) {
	for _, r := range rows {
		switch {
		case r.Phase == enrollment.InFlight:
			flying = append(flying, r)
		case r.Due != nil && r.Due.After(s.Now()):
			next = earlier(next, *r.Due)
		default:
			due = append(due, r)
		}
	}
	return due, flying, next
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
