package projections

import (
	"context"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/eventstore"
)

// Campaigns is the list of campaigns and where each stands.
func Campaigns() Projection { return campaigns().projection() }

// Campaign is one row.
type Campaign struct {
	Meta
	CampaignState
	Funnel *Funnel `json:"funnel,omitempty" doc:"What has become of its mail; absent before it is launched, and in lists"`
}

// CampaignState is what is known of a campaign.
type CampaignState struct {
	Name     string           `json:"name"`
	Phase    campaign.Phase   `json:"phase" enum:"draft,scheduled,running,paused,completed,cancelled,failed"`
	Plan     campaign.Plan    `json:"plan"`
	Actor    string           `json:"actor" doc:"Who has made it"`
	Revision int              `json:"template_revision,omitempty" doc:"Of the template, as it was when the campaign was launched"`
	StartsAt *time.Time       `json:"starts_at,omitempty"`
	Paused   *campaign.Paused `json:"paused,omitempty" doc:"Why it is paused, with the numbers where it has paused itself"`
	Failure  *campaign.Failed `json:"failure,omitempty" doc:"Why it could not begin"`
	Audience *campaign.Frozen `json:"audience,omitempty" doc:"How many people are in it, once they are settled"`
	EndedAt  *time.Time       `json:"ended_at,omitempty"`
	Deleted  bool             `json:"deleted,omitempty"`
}

func campaigns() documents[CampaignState] {
	return documents[CampaignState]{name: "campaigns", version: 1, category: campaign.Category, missing: campaign.ErrNotFound, fold: foldCampaign}
}

func foldCampaign(s *CampaignState, e eventstore.Recorded) bool {
	fact, ok := e.Fact.(campaign.Event)
	if !ok {
		return s.Deleted
	}
	before := campaign.Campaign{Name: s.Name, Plan: s.Plan, Phase: s.Phase, Frozen: s.Audience != nil, Paused: s.Paused != nil}
	next := before.Evolve(fact)
	s.Name, s.Plan, s.Phase = next.Name, next.Plan, next.Phase
	switch f := fact.(type) {
	case campaign.Created:
		s.Actor = e.Meta.Actor
	case campaign.Deleted:
		s.Deleted = true
	case campaign.Launched:
		s.Revision, s.StartsAt = f.Revision, &f.At
	case campaign.Frozen:
		s.Audience = &f
	case campaign.Paused:
		s.Paused = &f
	case campaign.Resumed:
		s.Paused = nil
	case campaign.Failed:
		s.Failure, s.EndedAt = &f, &e.RecordedAt
	case campaign.Cancelled, campaign.Completed:
		s.EndedAt = &e.RecordedAt
	case campaign.Changed:
	}
	return s.Deleted
}

func campaignOf(d document[CampaignState]) Campaign {
	return Campaign{Meta: d.Meta, CampaignState: d.State}
}

// shownTo hides whom a campaign is to where that may name addresses or phones, from whom they
// are masked for.
func (c Campaign) shownTo(p access.Principal) Campaign {
	s := Segment{Rule: segment.Rule{Filter: c.Plan.Audience.Filter, Words: c.Plan.Audience.Words}}.shownTo(p)
	c.Plan.Audience.Filter, c.Plan.Audience.Words = s.Filter, s.Words
	return c
}

// Campaign gives one campaign with what has become of its mail, or campaign.ErrNotFound.
func (q *Queries) Campaign(ctx context.Context, p access.Principal, id string) (Campaign, error) {
	d, err := campaigns().one(ctx, q, p.Org, id)
	if err != nil {
		return Campaign{}, err
	}
	c := campaignOf(d).shownTo(p)
	if c.StartsAt != nil {
		f, err := q.Funnel(ctx, p.Org, id)
		if err != nil {
			return c, err
		}
		c.Funnel = &f
	}
	return c, nil
}

// CampaignPage lists campaigns, the newest first.
func (q *Queries) CampaignPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Campaign], error) {
	page, err := campaigns().page(ctx, q, p, before, limit)
	return shownAs(page, func(d document[CampaignState]) Campaign { return campaignOf(d).shownTo(p) }), err
}
