package reactors_test

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// give gives commands as a job does.
func give[S domain.State[S, E], E any](d *desk, cmds ...commands.Command[S, E]) {
	d.t.Helper()
	call := commands.Call{Principal: access.Principal{Org: d.org, ID: "campaigner", Role: access.System}, ID: commands.NewID()}
	results, err := commands.ExecuteMany(d.t.Context(), d.run, call, cmds)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			d.t.Fatal(r.Err)
		}
	}
}

// running is a campaign of a sender that has sent some mails, of which some have come back.
func (d *desk) running(from string, sent, bounced int) (id string) {
	d.t.Helper()
	id = commands.NewID()
	plan := campaign.Plan{Sender: from, Template: commands.NewID(), Audience: campaign.Audience{All: true}}
	d.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, d.run, call, commands.CreateCampaign{ID: id, Name: "Spring", Plan: plan})
		return err
	})
	d.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, d.run, call, commands.LaunchCampaign{ID: id, Revision: 1, Role: "admin"})
		return err
	})
	leads := []string{commands.NewID()} // one to whom nothing was sent yet
	for range sent {
		leads = append(leads, commands.NewID())
	}
	give(d, commands.Command[campaign.Part, campaign.ChoiceEvent](commands.ChooseAudience{Chosen: campaign.Chosen{Campaign: id, Leads: leads}}))
	give(d, commands.Command[campaign.Campaign, campaign.Event](commands.RecordCampaign{ID: id, Frozen: &campaign.Frozen{People: len(leads), Parts: 1}}))
	var first, then, told []commands.Command[enrollment.Enrollment, enrollment.Event]
	batch := commands.NewID()
	for i, l := range leads[1:] {
		mail := enrollment.ID(id, l)
		first = append(first, commands.DispatchFirst{DispatchMail: commands.DispatchMail{ID: mail, Purpose: "marketing", Dispatched: enrollment.Dispatched{Campaign: id, Lead: l, Batch: batch, Suppression: commands.NewID()}}})
		then = append(then, commands.RecordDelivery{ID: mail, Batch: batch, Outcome: enrollment.Sent{}})
		if i < bounced {
			told = append(told, commands.TellDelivery{ID: mail, Reported: enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Hard, At: time.Now()}})
		}
	}
	give(d, first...)
	give(d, then...)
	give(d, told...)
	return id
}

// TestGuard: a campaign is paused when too much of the last days came back, also of other
// campaigns of its sender, and the numbers stand in the fact.
func TestGuard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bad, good := d.sender(), d.sender()
	own, beside, later, other := d.running(bad, 60, 6), d.running(bad, 0, 0), d.running(bad, 0, 0), d.running(good, 60, 2)
	for _, c := range []struct {
		id   string
		days int
		want *campaign.Numbers
	}{
		{own, 0, &campaign.Numbers{Sent: 60, Bounced: 6, Limit: 5, Days: 7}},
		{beside, 6, &campaign.Numbers{Sent: 60, Bounced: 6, Limit: 5, Days: 7, Sender: true}},
		{later, 8, nil},
		{other, 0, nil},
	} {
		w := &reactors.WatchWorker{Run: d.run, Queries: d.ask, Await: d.catchUp, Now: func() time.Time { return time.Now().AddDate(0, 0, c.days) }}
		_ = w.Work(t.Context(), &river.Job[reactors.WatchCampaign]{JobRow: &rivertype.JobRow{}, Args: reactors.WatchCampaign{Cause: reactors.Cause{Org: d.org, Stream: c.id}}})
		got, err := commands.State[campaign.Campaign, campaign.Event](t.Context(), d.run, d.org, campaign.Stream(c.id))
		if err != nil || (got.Phase == campaign.Stopped) != (c.want != nil) {
			t.Errorf("after %d days it is %s; %v", c.days, got.Phase, err)
			continue
		}
		if facts := d.Strings(t, `select count(*)::text from es.events where stream_id = $1 and type = 'campaign.paused'`, c.id); c.want != nil {
			if err := d.catchUp(t.Context(), projections.Campaigns()); err != nil {
				t.Fatal(err)
			}
			shown, err := d.ask.Campaign(t.Context(), access.Principal{Org: d.org, Role: access.Admin}, c.id)
			if err != nil || shown.Paused == nil || shown.Paused.Numbers == nil || *shown.Paused.Numbers != *c.want || facts[0] != "1" {
				t.Errorf("it is paused by %+v, want %+v; %v", shown.Paused, c.want, err)
			}
		}
	}
}
