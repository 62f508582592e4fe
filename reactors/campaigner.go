package reactors

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/projections"
)

const campaigner = "campaigner"

// CampaignQueue is the lane of campaigns: mail that somebody waits for has its own.
const CampaignQueue = "campaigns"

// Campaigner sees to it that campaigns begin at their time, that every part of an audience is
// sent, and that somebody looks after them.
func Campaigner() Reactor {
	return Reactor{Name: campaigner, Job: func(e eventstore.Recorded) (job river.InsertManyParams, follows bool) {
		switch f := e.Fact.(type) {
		case campaign.Launched:
			return river.InsertManyParams{Args: SettleAudience{causeOf(e)}, InsertOpts: from(f.At, e.RecordedAt)}, true
		case campaign.Chosen:
			return river.InsertManyParams{Args: SendPart{Cause: causeOf(e), Campaign: f.Campaign, N: f.N}}, true
		case campaign.Frozen:
			return river.InsertManyParams{Args: WatchCampaign{causeOf(e)}}, true
		case campaign.Resumed, campaign.Cancelled:
			return river.InsertManyParams{Args: WakeCampaign{causeOf(e)}}, true
		case enrollment.Requeued:
			return river.InsertManyParams{Args: ResendMail{causeOf(e)}}, true
		}
		return job, false
	}}
}

// lasting is a job that is tried again for as long as it takes, soon each time: what it does
// is begun where it was left.
func lasting() river.InsertOpts { return river.InsertOpts{MaxAttempts: 10_000, Queue: CampaignQueue} }

// from has a job wait for its time. One that is due is not put to those that wait, who are
// looked for every few seconds.
func from(at, now time.Time) *river.InsertOpts {
	if !at.After(now) {
		return nil
	}
	return &river.InsertOpts{ScheduledAt: at}
}

// again is when a lasting job is tried again.
func again(now domain.Clock, attempt int) time.Time {
	return now().Add(time.Second << min(attempt, 5))
}

// SettleAudience is the job of settling who is of a campaign's audience.
type SettleAudience struct{ Cause }

// Kind implements river.JobArgs; it is stored and never renamed.
func (SettleAudience) Kind() string { return "settle_audience" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SettleAudience) InsertOpts() river.InsertOpts { return lasting() }

// SendPart is the job of one part of an audience.
type SendPart struct {
	Cause

	Campaign string `json:"campaign"`
	N        int    `json:"n"`
}

// Kind implements river.JobArgs; it is stored and never renamed.
func (SendPart) Kind() string { return "send_part" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SendPart) InsertOpts() river.InsertOpts { return lasting() }

// WakeCampaign is the job of going on with a campaign, or of leaving out whom a cancelled one
// has not written to.
type WakeCampaign struct{ Cause }

// Kind implements river.JobArgs; it is stored and never renamed.
func (WakeCampaign) Kind() string { return "wake_campaign" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (WakeCampaign) InsertOpts() river.InsertOpts { return lasting() }

// ResendMail is the job of sending a mail that somebody has decided to send again.
type ResendMail struct{ Cause }

// Kind implements river.JobArgs; it is stored and never renamed.
func (ResendMail) Kind() string { return "resend_mail" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ResendMail) InsertOpts() river.InsertOpts { return lasting() }

// WatchCampaign is the job of looking after a campaign that runs.
type WatchCampaign struct{ Cause }

// Kind implements river.JobArgs; it is stored and never renamed.
func (WatchCampaign) Kind() string { return "watch_campaign" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (WatchCampaign) InsertOpts() river.InsertOpts { return lasting() }

// WakeWorker carries WakeCampaign out.
type WakeWorker struct {
	river.WorkerDefaults[WakeCampaign]

	Run *commands.Runner
}

// Work implements river.Worker. The audience that is not settled yet goes on being settled;
// the other is sent, part by part.
func (w *WakeWorker) Work(ctx context.Context, job *river.Job[WakeCampaign]) error {
	c, err := campaignOf(ctx, w.Run, job.Args.Cause)
	if err != nil {
		return err
	}
	var jobs []river.InsertManyParams
	if !c.Frozen {
		jobs = append(jobs, river.InsertManyParams{Args: SettleAudience{job.Args.Cause}, InsertOpts: from(c.Launch.At, w.Run.Now())})
	} else {
		jobs = append(jobs, river.InsertManyParams{Args: WatchCampaign{job.Args.Cause}})
	}
	for n := range c.Parts {
		jobs = append(jobs, river.InsertManyParams{Args: SendPart{Cause: job.Args.Cause, Campaign: job.Args.Stream, N: n}})
	}
	_, err = river.ClientFromContext[pgx.Tx](ctx).InsertMany(ctx, jobs)
	return err
}

// ResendWorker carries ResendMail out.
type ResendWorker struct {
	river.WorkerDefaults[ResendMail]

	Queries *projections.Queries
	Await   func(ctx context.Context, p projections.Projection) error
}

// Work implements river.Worker. The mail goes with its part of the audience, which has long
// been sent.
func (w *ResendWorker) Work(ctx context.Context, job *river.Job[ResendMail]) error {
	if err := w.Await(ctx, projections.Enrollments()); err != nil {
		return err
	}
	r, err := w.Queries.Recipient(ctx, job.Args.Org, job.Args.Stream)
	if err != nil {
		return err
	}
	_, err = river.ClientFromContext[pgx.Tx](ctx).Insert(ctx, SendPart{Cause: job.Args.Cause, Campaign: r.Campaign(), N: r.Part()}, nil)
	return err
}

// campaignOf is the campaign that a fact is about, as the log has it.
func campaignOf(ctx context.Context, r *commands.Runner, c Cause) (campaign.Campaign, error) {
	return commands.State[campaign.Campaign, campaign.Event](ctx, r, c.Org, campaign.Stream(c.Stream))
}

// once is the call of a command that a job of campaigns may give more than once, each time anew.
func (c Cause) once() commands.Call {
	return commands.Call{
		Principal: access.Principal{Org: c.Org, ID: campaigner, Role: access.System}, ID: commands.NewID(), Correlation: c.Correlation, Causation: c.Event,
	}
}

// record notes how a job has brought a campaign on.
func (c Cause) record(ctx context.Context, r *commands.Runner, what commands.RecordCampaign) error {
	what.ID = c.Stream
	_, err := commands.Execute(ctx, r, c.once(), what)
	return err
}

// WatchWorker carries WatchCampaign out: it ends a campaign when everybody has an outcome,
// and stops one of which too much comes back.
type WatchWorker struct {
	river.WorkerDefaults[WatchCampaign]

	Run     *commands.Runner
	Queries *projections.Queries
	Await   func(ctx context.Context, p projections.Projection) error
	Now     domain.Clock
}

// watchEvery is how often a campaign is looked after.
const watchEvery = 2 * time.Second

// NextRetry implements river.Worker.
func (w *WatchWorker) NextRetry(job *river.Job[WatchCampaign]) time.Time {
	return again(w.Now, job.Attempt)
}

// Work implements river.Worker.
func (w *WatchWorker) Work(ctx context.Context, job *river.Job[WatchCampaign]) error {
	c, err := campaignOf(ctx, w.Run, job.Args.Cause)
	if err != nil || c.Phase != campaign.Running {
		return err // one that goes on is watched by another job
	}
	for _, p := range []projections.Projection{projections.Campaigns(), projections.Enrollments()} {
		if err := w.Await(ctx, p); err != nil {
			return err
		}
	}
	f, err := w.Queries.Funnel(ctx, job.Args.Org, job.Args.Stream)
	if err != nil {
		return err
	}
	var recent []campaign.Numbers
	for _, of := range []projections.Recently{{Campaign: job.Args.Stream}, {Sender: c.Plan.Sender}} {
		n, err := w.Queries.Recent(ctx, job.Args.Org, of, w.Now())
		if err != nil {
			return err
		}
		recent = append(recent, n)
	}
	if err := job.Args.record(ctx, w.Run, commands.RecordCampaign{Numbers: recent}); err != nil {
		return err
	}
	if f.Pending() == 0 && f.Audience >= c.People {
		return job.Args.record(ctx, w.Run, commands.RecordCampaign{})
	}
	return river.JobSnooze(watchEvery)
}
