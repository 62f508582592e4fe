package campaign_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/campaign"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const id = "018f0000-0000-7000-8000-000000000001"

func plan() campaign.Plan {
	return campaign.Plan{Sender: id, Template: id, Purpose: "marketing", Audience: campaign.Audience{Segment: id}}
}

// TestCampaign: what may be done to a campaign where it stands.
func TestCampaign(t *testing.T) {
	t.Parallel()
	type (
		events = []campaign.Event
		when   = func(campaign.Campaign) ([]campaign.Event, error)
	)
	launched := campaign.Launched{Revision: 2, At: now, Role: "manager"}
	timed := campaign.Launched{Revision: 2, At: now.Add(-2 * time.Hour), Latest: now.Add(-time.Hour), Role: "manager"}
	frozen := campaign.Frozen{People: 10, Parts: 1}
	draft := events{campaign.Created{Name: "Spring", Plan: plan()}}
	scheduled, late := append(draft, launched), append(draft[:1:1], timed)
	running := append(scheduled[:2:2], frozen)
	tooLate := campaign.Paused{Reason: campaign.TooLate}
	launch := func(c campaign.Campaign) ([]campaign.Event, error) { return c.LaunchAt(2, "manager", nil, now) }
	begin := func(c campaign.Campaign) ([]campaign.Event, error) { return c.Begin(now) }
	pause := func(c campaign.Campaign) ([]campaign.Event, error) { return c.Pause("wait") }
	change := func(p campaign.Plan) when {
		return func(c campaign.Campaign) ([]campaign.Event, error) { return c.Change("Spring", p) }
	}
	freeze := func(n int) when {
		return func(c campaign.Campaign) ([]campaign.Event, error) { return c.Freeze(n, 1) }
	}
	guard := func(n ...campaign.Numbers) when {
		return func(c campaign.Campaign) ([]campaign.Event, error) { return c.Guarded(n) }
	}
	hold := func(c campaign.Campaign) ([]campaign.Event, error) { return c.Hold(campaign.NoPlan) }
	resume, cancel, complete, remove := campaign.Campaign.Resume, campaign.Campaign.Cancel, campaign.Campaign.Complete, campaign.Campaign.Delete
	other := plan()
	other.PerHour = 100
	hurt := campaign.Paused{Reason: campaign.TooBounced, Numbers: &campaign.Numbers{Sent: 100, Bounced: 5, Limit: 5}}
	for name, c := range map[string]struct {
		given events
		when  when
		then  events
		err   error
		phase campaign.Phase
	}{
		"created":                   {nil, func(c campaign.Campaign) ([]campaign.Event, error) { return c.Create(" Spring ", plan()) }, draft, nil, campaign.Draft},
		"created twice":             {draft, func(c campaign.Campaign) ([]campaign.Event, error) { return c.Create("Spring", plan()) }, nil, campaign.ErrExists, campaign.Draft},
		"changed":                   {draft, change(other), events{campaign.Changed{Name: "Spring", Plan: other}}, nil, campaign.Draft},
		"changed into itself":       {draft, change(plan()), nil, nil, campaign.Draft},
		"changed while running":     {running, change(other), nil, campaign.ErrLaunched, campaign.Running},
		"launched":                  {draft, launch, events{launched}, nil, campaign.Scheduled},
		"launched twice":            {scheduled, launch, nil, campaign.ErrLaunched, campaign.Scheduled},
		"launched, deleted":         {append(draft[:1:1], campaign.Deleted{}), launch, nil, campaign.ErrNotFound, campaign.Draft},
		"nothing launched":          {nil, launch, nil, campaign.ErrNotFound, ""},
		"begins":                    {scheduled, begin, nil, nil, campaign.Scheduled},
		"begins too late":           {late, begin, events{tooLate}, nil, campaign.Stopped},
		"too late, and wanted":      {append(late[:2:2], tooLate, campaign.Resumed{}), begin, nil, nil, campaign.Scheduled},
		"begins twice":              {running, begin, nil, campaign.ErrPhase, campaign.Running},
		"settled":                   {scheduled, freeze(10), events{frozen}, nil, campaign.Running},
		"settled while paused":      {append(scheduled[:2:2], campaign.Paused{Reason: campaign.ByHand}), freeze(10), events{frozen}, nil, campaign.Stopped},
		"nobody is there":           {scheduled, freeze(0), events{campaign.Failed{Code: "campaign.empty", Message: "nobody is in the audience"}}, nil, campaign.Broken},
		"settled twice":             {running, freeze(10), nil, nil, campaign.Running},
		"paused":                    {running, pause, events{campaign.Paused{Reason: campaign.ByHand, Note: "wait"}}, nil, campaign.Stopped},
		"paused before it begins":   {scheduled, pause, events{campaign.Paused{Reason: campaign.ByHand, Note: "wait"}}, nil, campaign.Stopped},
		"paused as a draft":         {draft, pause, nil, campaign.ErrPhase, campaign.Draft},
		"goes on":                   {append(running[:3:3], campaign.Paused{Reason: campaign.ByHand}), resume, events{campaign.Resumed{}}, nil, campaign.Running},
		"goes on already":           {running, resume, nil, nil, campaign.Running},
		"goes on, cancelled":        {append(running[:3:3], campaign.Cancelled{}), resume, nil, campaign.ErrPhase, campaign.Dead},
		"cancelled":                 {running, cancel, events{campaign.Cancelled{}}, nil, campaign.Dead},
		"cancelled twice":           {append(running[:3:3], campaign.Cancelled{}), cancel, nil, nil, campaign.Dead},
		"cancelled, completed":      {append(running[:3:3], campaign.Completed{}), cancel, nil, campaign.ErrPhase, campaign.Done},
		"completed":                 {running, complete, events{campaign.Completed{}}, nil, campaign.Done},
		"completed while paused":    {append(running[:3:3], campaign.Paused{Reason: campaign.ByHand}), complete, nil, nil, campaign.Stopped},
		"removed":                   {draft, remove, events{campaign.Deleted{}}, nil, campaign.Draft},
		"removed while running":     {running, remove, nil, campaign.ErrLaunched, campaign.Running},
		"too much comes back":       {running, guard(campaign.Numbers{Sent: 100, Bounced: 5}), events{hurt}, nil, campaign.Stopped},
		"not enough to tell":        {running, guard(campaign.Numbers{Sent: 49, Bounced: 40}), nil, nil, campaign.Running},
		"little comes back":         {running, guard(campaign.Numbers{Sent: 100, Bounced: 4}), nil, nil, campaign.Running},
		"much is overruled":         {append(running[:3:3], hurt, campaign.Resumed{}), guard(campaign.Numbers{Sent: 200, Bounced: 50}), nil, nil, campaign.Running},
		"nothing sent, nothing bad": {running, guard(campaign.Numbers{Sent: 1000}), nil, nil, campaign.Running},
		"held":                      {running, hold, events{campaign.Paused{Reason: campaign.NoPlan}}, nil, campaign.Stopped},
		"held while paused":         {append(running[:3:3], campaign.Paused{Reason: campaign.ByHand}), hold, nil, nil, campaign.Stopped},
		"of the sender": {
			running, guard(campaign.Numbers{Sent: 60}, campaign.Numbers{Sent: 100, Bounced: 5, Days: 7, Sender: true}),
			events{campaign.Paused{Reason: campaign.TooBounced, Numbers: &campaign.Numbers{Sent: 100, Bounced: 5, Limit: 5, Days: 7, Sender: true}}},
			nil, campaign.Stopped,
		},
		"complaints": {
			running, guard(campaign.Numbers{Sent: 1000, Complained: 3}),
			events{campaign.Paused{Reason: campaign.TooComplain, Numbers: &campaign.Numbers{Sent: 1000, Complained: 3, Limit: 0.3}}},
			nil, campaign.Stopped,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := domain.Fold(campaign.Campaign{}, c.given...)
			got, err := c.when(state)
			if !errors.Is(err, c.err) || len(got)+len(c.then) > 0 && !reflect.DeepEqual(got, c.then) {
				t.Errorf("%v, %v; want %v, %v", got, err, c.then, c.err)
			}
			if phase := domain.Fold(state, got...).Phase; phase != c.phase {
				t.Errorf("it is %q, want %q", phase, c.phase)
			}
		})
	}
}

// TestPlanFaults: a plan that cannot be is refused, and the field is named.
func TestPlanFaults(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*campaign.Plan){
		"sender":            func(p *campaign.Plan) { p.Sender = "x" },
		"template":          func(p *campaign.Plan) { p.Template = "" },
		"purpose":           func(p *campaign.Plan) { p.Purpose = "To Sell" },
		"audience":          func(p *campaign.Plan) { p.Audience = campaign.Audience{} },
		"audience.segment":  func(p *campaign.Plan) { p.Audience.Segment = "x" },
		"audience.import":   func(p *campaign.Plan) { p.Audience = campaign.Audience{Import: "x"} },
		"audience.at_most":  func(p *campaign.Plan) { p.Audience.AtMost = -1 },
		"schedule.at":       func(p *campaign.Plan) { p.Schedule = campaign.Schedule{At: "soon"} },
		"schedule.zone":     func(p *campaign.Plan) { p.Schedule = campaign.Schedule{At: "2026-12-01T09:00", Zone: "Mars/Base"} },
		"per_hour":          func(p *campaign.Plan) { p.PerHour = -1 },
		"tracking.identity": func(p *campaign.Plan) { p.Tracking = campaign.Tracking{Opens: true, Identity: campaign.None} },
		"guard":             func(p *campaign.Plan) { p.Guard.Bounces = 101 },
	} {
		p := plan()
		spoil(&p)
		_, err := campaign.Campaign{}.Create("Spring", p)
		if refusal, ok := errors.AsType[*domain.Error](err); !ok || len(refusal.Fields) != 1 || refusal.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestSchedule: a time is one on the clock of its zone, also where the clock is put.
func TestSchedule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schedule campaign.Schedule
		at       string
		fault    string
	}{
		"at once":            {campaign.Schedule{}, "2026-11-23T09:00:00Z", ""},
		"in UTC":             {campaign.Schedule{At: "2026-12-01T09:00"}, "2026-12-01T09:00:00Z", ""},
		"in winter":          {campaign.Schedule{At: "2026-12-01T09:00", Zone: "Europe/Berlin"}, "2026-12-01T08:00:00Z", ""},
		"in summer":          {campaign.Schedule{At: "2027-07-01T09:00", Zone: "Europe/Berlin"}, "2027-07-01T07:00:00Z", ""},
		"an odd zone":        {campaign.Schedule{At: "2026-12-01T09:00", Zone: "Asia/Kathmandu"}, "2026-12-01T03:15:00Z", ""},
		"a time left out":    {campaign.Schedule{At: "2027-03-28T02:30", Zone: "Europe/Berlin"}, "2027-03-28T01:30:00Z", ""},
		"a time shown twice": {campaign.Schedule{At: "2027-10-31T02:30", Zone: "Europe/Berlin"}, "2027-10-31T00:30:00Z", ""},
		"past":               {campaign.Schedule{At: "2026-11-23T08:59"}, "", "schedule.at"},
		"past here":          {campaign.Schedule{At: "2026-11-23T09:30", Zone: "Europe/Berlin"}, "", "schedule.at"},
		"too far":            {campaign.Schedule{At: "2036-11-23T09:30"}, "", "schedule.at"},
		"no time":            {campaign.Schedule{At: "tomorrow"}, "", "schedule.at"},
		"no zone":            {campaign.Schedule{At: "2026-12-01T09:00", Zone: "Mars/Base"}, "", "schedule.zone"},
		"the machine's":      {campaign.Schedule{At: "2026-12-01T09:00", Zone: "Local"}, "", "schedule.zone"},
		"a zone, no time":    {campaign.Schedule{Zone: "Europe/Berlin"}, "", "schedule.at"},
	} {
		at, latest, faults := c.schedule.Resolve(now)
		if c.fault != "" {
			if len(faults) != 1 || faults[0].Name != c.fault {
				t.Errorf("%s: %v", name, faults)
			}
			continue
		}
		if got := at.Format(time.RFC3339); got != c.at || len(faults) > 0 {
			t.Errorf("%s: %s %v, want %s", name, got, faults, c.at)
		}
		if c.schedule.At != "" && latest.Sub(at) != time.Hour {
			t.Errorf("%s: it may begin until %s", name, latest)
		}
	}
}
