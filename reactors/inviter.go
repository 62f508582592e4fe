package reactors

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

const inviter = "inviter"

// MailQueue is the lane of mail that somebody waits for: no import stands in its way.
const MailQueue = "mail"

// mailPatience is for how long a mail is tried again that was not taken: as long as Resend
// knows its key.
const mailPatience = 24 * time.Hour

// Mailer sends mail. A mail of a key that it has sent before should reach nobody twice. Its
// faults are *mail.Error.
type Mailer interface {
	Send(ctx context.Context, m mail.Mail) error
}

// Inviter sees to it that who is invited gets the link.
func Inviter() Reactor {
	return Reactor{Name: inviter, Job: func(e eventstore.Recorded) (job river.InsertManyParams, follows bool) {
		f, follows := e.Fact.(organization.MemberInvited)
		return river.InsertManyParams{Args: Invite{Cause: causeOf(e), Invitation: f.Invitation}}, follows
	}}
}

// Invite is the job of sending the link of one invitation.
type Invite struct {
	Cause

	Invitation string `json:"invitation"`
}

// Kind implements river.JobArgs; it is stored and never renamed.
func (Invite) Kind() string { return "invite" }

// InsertOpts implements river.JobArgsWithInsertOpts. When mail is given up is a matter of
// time (mailPatience), not of attempts.
func (Invite) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 25, Queue: MailQueue}
}

// InviteWorker carries Invite out, and records what became of the mail.
type InviteWorker struct {
	river.WorkerDefaults[Invite]

	Run     *commands.Runner
	Queries *projections.Queries
	Mailer  Mailer
	From    string // whom mail is from
	AppURL  string // where links lead
	Now     domain.Clock
	// Sign is the organization's keyed hash, which proves that a link is ours.
	Sign func(ctx context.Context, org, purpose string, data []byte) ([]byte, error)
	// Await returns when a projection holds everything that is in the log now.
	Await func(ctx context.Context, p projections.Projection) error
	// Parked lists the facts that a projection could not handle.
	Parked func(ctx context.Context, sub eventstore.Subscription) ([]eventstore.Parked, error)
}

// Timeout implements river.Worker.
func (*InviteWorker) Timeout(*river.Job[Invite]) time.Duration { return time.Minute }

// Work implements river.Worker. A worker that dies between sending and recording sends
// again, under the same key.
func (w *InviteWorker) Work(ctx context.Context, job *river.Job[Invite]) error {
	m, err := w.mail(ctx, job.Args)
	if errors.Is(err, organization.ErrNoInvitation) {
		return nil // it was taken back, taken, or has had its mail
	}
	if err != nil {
		return err
	}
	class, err := w.send(ctx, job, m)
	if err != nil {
		return err
	}
	_, err = commands.Execute(ctx, w.Run, job.Args.call(inviter), commands.RecordInvitation{Org: job.Args.Org, ID: job.Args.Invitation, Class: string(class)})
	return err
}

// send sends the mail, and says why it could not be sent. An error is to be tried again. A
// job that may have sent before, and is older than the key of its mail lives, does not send:
// nobody would know the second mail for the first.
func (w *InviteWorker) send(ctx context.Context, job *river.Job[Invite], m mail.Mail) (mail.Class, error) {
	late := w.Now().Sub(job.CreatedAt) >= mailPatience
	if late && len(job.AttemptedBy) > 1 {
		return mail.Unavailable, nil
	}
	err := w.Mailer.Send(ctx, m)
	if err == nil {
		return "", nil
	}
	failed, told := errors.AsType[*mail.Error](err)
	if !told {
		failed = &mail.Error{Class: mail.Unavailable, Temporary: true} // whatever it says may hold an address
	}
	if failed.Temporary && !late {
		return "", failed
	}
	return failed.Class, nil
}

// mail writes the mail of an invitation that still waits for it.
func (w *InviteWorker) mail(ctx context.Context, args Invite) (mail.Mail, error) {
	if err := w.Await(ctx, projections.Organizations()); err != nil {
		return mail.Mail{}, err
	}
	i, err := w.Queries.Invitation(ctx, args.Org, args.Invitation)
	if errors.Is(err, organization.ErrNoInvitation) {
		return mail.Mail{}, w.gone(ctx, args.Org)
	}
	if err != nil {
		return mail.Mail{}, err
	}
	if i.Sent != projections.InvitationWaiting || !i.ExpiresAt.After(w.Now()) {
		return mail.Mail{}, organization.ErrNoInvitation
	}
	orgs, err := w.Queries.Organizations(ctx, []string{args.Org})
	if err != nil {
		return mail.Mail{}, err
	}
	if len(orgs) == 0 {
		return mail.Mail{}, organization.ErrNoInvitation
	}
	proof, err := w.Sign(ctx, args.Org, organization.LinkPurpose, []byte(i.ID))
	if err != nil {
		return mail.Mail{}, err
	}
	m, err := letter{Organization: orgs[0].Name, Email: i.Email, Link: w.AppURL + "/invitations/" + organization.Link(args.Org, i.ID, proof), Expires: i.ExpiresAt}.mail()
	m.Key, m.From = "invitation-"+i.ID, w.From
	return m, err
}

// gone says that an invitation is not there any more, unless the facts that tell of it are
// parked: then it is to be asked for again.
func (w *InviteWorker) gone(ctx context.Context, org string) error {
	parked, err := w.Parked(ctx, projections.Organizations().Subscription())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(parked, func(p eventstore.Parked) bool { return p.Stream == organization.Stream(org).ID }) {
		return domain.ErrBehind
	}
	return organization.ErrNoInvitation
}
