package reactors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/projections"
)

// SettleWorker carries SettleAudience out. However often it is killed, each part of an
// audience is settled once.
type SettleWorker struct {
	river.WorkerDefaults[SettleAudience]

	Run     *commands.Runner
	Staging *projections.Staging
	Queries *projections.Queries
	Await   func(ctx context.Context, p projections.Projection) error
	Now     domain.Clock
}

// partsTogether is how many parts are settled by one commit: about 400 kB of ids.
const partsTogether = 10

// Timeout implements river.Worker.
func (*SettleWorker) Timeout(*river.Job[SettleAudience]) time.Duration { return 4 * time.Minute }

// NextRetry implements river.Worker.
func (w *SettleWorker) NextRetry(job *river.Job[SettleAudience]) time.Time {
	return again(w.Now, job.Attempt)
}

// settling is one audience that is being settled.
type settling struct {
	*SettleWorker
	Cause

	plan campaign.Plan
	who  access.Principal
	at   projections.StageProgress
}

// Work implements river.Worker.
func (w *SettleWorker) Work(ctx context.Context, job *river.Job[SettleAudience]) error {
	release, alone, err := w.Staging.Alone(ctx, job.Args.Stream)
	switch {
	case err != nil:
		return err
	case !alone:
		return river.JobSnooze(time.Second)
	}
	defer release()
	_, err = commands.Execute(ctx, w.Run, job.Args.once(), commands.BeginCampaign{ID: job.Args.Stream})
	if err != nil && !errors.Is(err, campaign.ErrPhase) && !errors.Is(err, campaign.ErrNotFound) {
		return err
	}
	c, err := campaignOf(ctx, w.Run, job.Args.Cause)
	switch {
	case err != nil:
		return err
	case c.Frozen:
		return w.Staging.Forget(ctx, job.Args.Org, job.Args.Stream)
	case c.Phase != campaign.Scheduled:
		return nil // cancelled, or paused: also for it is too late
	}
	s := &settling{SettleWorker: w, Cause: job.Args.Cause, plan: c.Plan, who: access.Principal{Org: job.Args.Org, ID: campaigner, Role: access.Role(c.Launch.Role), Teams: c.Launch.Teams}}
	if s.at, err = w.Staging.Progress(ctx, s.Org, s.Stream); err != nil {
		return err
	}
	if s.at.Run == "" {
		if done, err := s.choose(ctx); err != nil || done {
			return err
		}
	}
	return s.settle(ctx)
}

// choose finds the people; done says that the campaign has ended, for it cannot begin.
func (s *settling) choose(ctx context.Context) (done bool, err error) {
	for _, p := range []projections.Projection{projections.Leads(), projections.Segments(), projections.EventIndex()} {
		if err := s.Await(ctx, p); err != nil {
			return false, err
		}
	}
	n, err := s.find(ctx)
	if refusal, ok := errors.AsType[*domain.Error](err); ok && refusal.Kind != domain.Unavailable && refusal.Kind != domain.Internal {
		return true, s.record(ctx, s.Run, commands.RecordCampaign{Failed: &campaign.Failed{Code: refusal.Code, Message: refusal.Message}})
	}
	if err != nil {
		return false, err
	}
	if most := s.plan.Audience.AtMost; most > 0 && n > int64(most) {
		failed := campaign.Failed{Code: "campaign.too_many", Message: fmt.Sprintf("%d leads were found, more than the %d that were agreed to: nothing was sent", n, most)}
		return true, s.record(ctx, s.Run, commands.RecordCampaign{Failed: &failed})
	}
	s.at = projections.StageProgress{Run: s.Stream, Stage: "settling", Prepared: n}
	return false, s.Staging.Begin(ctx, s.Org, s.Stream, s.at, false)
}

func (s *settling) find(ctx context.Context) (int64, error) {
	if s.plan.Audience.Import == "" {
		return s.Queries.Select(ctx, s.who, s.Stream, s.plan.Audience.Selection())
	}
	chain, err := commands.ImportChain(ctx, s.Run, s.Org, s.plan.Audience.Import)
	if err != nil {
		return 0, err
	}
	return s.Queries.SelectImported(ctx, s.who, s.Stream, chain)
}

// settle writes the parts, and last how many there are.
func (s *settling) settle(ctx context.Context) error {
	for {
		first := s.at.Rows / campaign.MaxPart
		parts, err := s.next(ctx)
		if err != nil {
			return err
		}
		if len(parts) == 0 {
			break
		}
		call := s.once()
		call.ID, call.Chosen = uuid.NewSHA1(uuid.MustParse(s.Stream), fmt.Appendf(nil, "parts|%d", first)).String(), true // a stream's id is a UUID
		if _, err := commands.ExecuteMany(ctx, s.Run, call, parts); err != nil {
			return err
		}
		if err := s.Staging.Begin(ctx, s.Org, s.Stream, s.at, false); err != nil {
			return err
		}
		// The facts of a large audience are large: whoever follows the log keeps up with them, or
		// would have to read many at once later.
		if err := s.Await(ctx, projections.Enrollments()); err != nil {
			return err
		}
	}
	parts := (s.at.Rows + campaign.MaxPart - 1) / campaign.MaxPart
	if err := s.record(ctx, s.Run, commands.RecordCampaign{Frozen: &campaign.Frozen{People: s.at.Rows, Parts: parts}}); err != nil {
		return err
	}
	return s.Staging.Forget(ctx, s.Org, s.Stream) // last: what was chosen is chosen once, however often this is tried
}

// next gives the parts that come next, and none behind the last.
func (s *settling) next(ctx context.Context) (parts []commands.Command[campaign.Part, campaign.ChoiceEvent], err error) {
	for len(parts) < partsTogether {
		leads, places, err := s.Staging.Selected(ctx, s.Org, s.Stream, s.at.Cursor, campaign.MaxPart)
		if err != nil || len(leads) == 0 {
			return parts, err
		}
		parts = append(parts, commands.ChooseAudience{Chosen: campaign.Chosen{Campaign: s.Stream, N: s.at.Rows / campaign.MaxPart, Leads: leads}})
		s.at.Rows, s.at.Cursor = s.at.Rows+len(leads), places[len(places)-1]
		if len(leads) < campaign.MaxPart {
			break
		}
	}
	return parts, nil
}
