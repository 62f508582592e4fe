package reactors_test

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// silent is a way out by which nothing goes.
type silent struct{}

func (silent) Carry(context.Context, []mail.Mail, mail.Flight) {}

// sendPart gives a worker a part of a campaign, by a way out that bears some paces.
func (d *desk) sendPart(id string, n int, paces ...projections.Pace) {
	d.t.Helper()
	for _, p := range []projections.Projection{projections.Organizations(), projections.Campaigns()} {
		if err := d.catchUp(d.t.Context(), p); err != nil {
			d.t.Fatal(err)
		}
	}
	w := &reactors.SendWorker{
		Run: d.run, Queries: d.ask, Staging: d.staging, Await: d.catchUp, Now: time.Now,
		Transport: func(sender.Provider) (reactors.Transport, bool) {
			return reactors.Transport{Name: "silent", Carrier: silent{}, Pace: paces}, true
		},
		Outbox: reactors.Outbox{Find: func(string) (reactors.Notes, bool, error) { return nil, false, nil }},
	}
	job := &river.Job[reactors.SendPart]{JobRow: &rivertype.JobRow{}, Args: reactors.SendPart{Cause: reactors.Cause{Org: d.org, Stream: id}, Campaign: id, N: n}}
	_ = w.Work(d.t.Context(), job) // that it is to come back is no fault
}

func (d *desk) sender() string {
	d.t.Helper()
	id := commands.NewID()
	d.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, d.run, call, commands.CreateSender{ID: id, Details: sender.Details{Name: "Team", Email: id + "@mail.example"}})
		return err
	})
	return id
}

// TestTakenUpWhileNothingMayGo: what a dead worker had in hand is settled at once, also while
// the paces let nothing new go, be it for a day.
func TestTakenUpWhileNothingMayGo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.running(d.sender(), 0, 0)
	l := commands.NewID()
	give(d, commands.Command[campaign.Part, campaign.ChoiceEvent](commands.ChooseAudience{Chosen: campaign.Chosen{Campaign: id, N: 1, Leads: []string{l}}}))
	give(d, commands.Command[enrollment.Enrollment, enrollment.Event](commands.DispatchFirst{DispatchMail: commands.DispatchMail{
		ID: enrollment.ID(id, l), Purpose: "marketing", Dispatched: enrollment.Dispatched{Campaign: id, Lead: l, Batch: commands.NewID(), Suppression: commands.NewID()},
	}}))
	spent := projections.Pace{Key: "provider " + id, Every: 24 * time.Hour, Burst: 1, Shared: true}
	if _, err := d.staging.TakePaces(t.Context(), d.org, projections.Wanted{Paces: []projections.Pace{spent}, N: 1}); err != nil {
		t.Fatal(err)
	}
	d.sendPart(id, 1, spent)
	got, err := commands.State[enrollment.Enrollment, enrollment.Event](t.Context(), d.run, d.org, enrollment.Stream(enrollment.ID(id, l)))
	if err != nil || got.Phase() != enrollment.InDoubt {
		t.Errorf("the mail is %s; %v", got.Phase(), err)
	}
}

// TestOrganizationMayNotSend: a campaign whose organization may only read is paused and says
// why; nobody is written to, and nobody is left out for good.
func TestOrganizationMayNotSend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(func(ctx context.Context, call commands.Call) error {
		call.Principal = access.Principal{Org: d.org, ID: call.Principal.ID, Role: access.Visitor}
		_, err := commands.Execute(ctx, d.run, call, commands.CreateOrganization{ID: d.org, Name: "Office", User: call.Principal.ID, Email: "ada@office.example"})
		return err
	})
	id := d.running(d.sender(), 0, 0)
	give(d, commands.Command[organization.Organization, organization.Event](commands.ChangePlan{ID: d.org, Plan: access.ReadOnly}))
	d.sendPart(id, 0)
	got, err := commands.State[campaign.Campaign, campaign.Event](t.Context(), d.run, d.org, campaign.Stream(id))
	if err != nil || got.Phase != campaign.Stopped || got.Why != campaign.NoPlan {
		t.Errorf("it is %s for %q; %v", got.Phase, got.Why, err)
	}
	if n := d.Count(t, `select count(*) from es.events where category = $1`, enrollment.Category); n != 0 {
		t.Errorf("%d facts about people", n)
	}
}
