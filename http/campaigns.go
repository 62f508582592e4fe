package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/projections"
)

// CampaignPath names a campaign; it is exported because huma fills no other.
type CampaignPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The campaign"`
}

type (
	campaignBody struct {
		Name string `json:"name" example:"Spring greeting"`
		campaign.Plan
	}
	createCampaignInput struct {
		Conditions
		Freshness
		Body campaignBody
	}
	changeCampaignInput struct {
		CampaignPath
		Conditions
		Body campaignBody
	}
	bareCampaignInput struct {
		CampaignPath
		Conditions
	}
	pauseCampaignInput struct {
		CampaignPath
		Conditions
		Body struct {
			Note string `json:"note,omitempty" maxLength:"200" doc:"Why"`
		}
	}
	getCampaignInput struct {
		CampaignPath
		Freshness
		Held
	}
)

func (s *Server) campaigns() {
	const all, one = "/v1/campaigns", "/v1/campaigns/{id}"
	handle(s, op(http.MethodPost, all, "createCampaign", "Plan a campaign: the same mail to many leads", creates, refuses(filter.ErrInvalid)), access.WriteCampaigns, s.createCampaign)
	handle(s, op(http.MethodGet, all, "listCampaigns", "List campaigns, the newest first"), access.ReadCampaigns, s.listCampaigns)
	handle(s, op(http.MethodGet, one, "getCampaign", "Show a campaign: where it stands, and what has become of its mail", mayBeHeld, refuses(campaign.ErrNotFound)), access.ReadCampaigns, s.getCampaign)
	handle(s, op(http.MethodPut, one, "changeCampaign", "Give a campaign that was not launched another plan", refuses(campaign.ErrNotFound, campaign.ErrLaunched, filter.ErrInvalid)), access.WriteCampaigns, s.changeCampaign)
	handle(s, op(http.MethodDelete, one, "deleteCampaign", "Delete a campaign that was not launched", refuses(campaign.ErrNotFound, campaign.ErrLaunched)), access.WriteCampaigns, s.deleteCampaign)
	handle(s, op(http.MethodPost, one+"/launch", "launchCampaign", "Send it, at its time: to the audience of then, with the template as it is now", accepts,
		refuses(campaign.ErrNotFound, campaign.ErrLaunched, sender.ErrNotFound, sender.ErrUnchecked, template.ErrNotFound, segment.ErrNotFound, imports.ErrNotFound, projections.ErrOutdated, filter.ErrInvalid)), access.SendCampaigns, s.launchCampaign)
	handle(s, op(http.MethodPost, one+"/pause", "pauseCampaign", "Stop it: no mail goes that was not handed over", refuses(campaign.ErrNotFound, campaign.ErrPhase)), access.SendCampaigns, s.pauseCampaign)
	handle(s, op(http.MethodPost, one+"/resume", "resumeCampaign", "Let it go on", refuses(campaign.ErrNotFound, campaign.ErrPhase)), access.SendCampaigns, s.resumeCampaign)
	handle(s, op(http.MethodPost, one+"/cancel", "cancelCampaign", "End it for good: who was not written to never is", refuses(campaign.ErrNotFound, campaign.ErrPhase)), access.SendCampaigns, s.cancelCampaign)
	handle(s, op(http.MethodPost, one+"/dry-run", "dryRunCampaign", "Tell what would happen: how many mails, when, from whom, and who gets none; nothing is sent",
		refuses(campaign.ErrNotFound, segment.ErrNotFound, imports.ErrNotFound, projections.ErrOutdated, filter.ErrInvalid)), access.WriteCampaigns, s.dryRun)
	s.campaignStream()
}

func (s *Server) listCampaigns(ctx context.Context, in *pageInput) (*listOutput[projections.Campaign], error) {
	return pageOf(ctx, s, in, projections.Campaigns(), "campaigns", projections.Campaign.Created, func(p access.Principal, before int64) (projections.Page[projections.Campaign], error) {
		return s.queries.CampaignPage(ctx, p, before, in.Limit)
	})
}

func (s *Server) deleteCampaign(ctx context.Context, in *bareCampaignInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "deleteCampaign", in.ID, nil, commands.DeleteCampaign{ID: in.ID})
}

func (s *Server) pauseCampaign(ctx context.Context, in *pauseCampaignInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "pauseCampaign", in.ID, in.Body, commands.PauseCampaign{ID: in.ID, Note: in.Body.Note})
}

func (s *Server) resumeCampaign(ctx context.Context, in *bareCampaignInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "resumeCampaign", in.ID, nil, commands.ResumeCampaign{ID: in.ID})
}

func (s *Server) cancelCampaign(ctx context.Context, in *bareCampaignInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "cancelCampaign", in.ID, nil, commands.CancelCampaign{ID: in.ID})
}

func (s *Server) createCampaign(ctx context.Context, in *createCampaignInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	plan := in.Body.Plan
	if _, err := (campaign.Campaign{}).Create(in.Body.Name, plan); err != nil {
		return nil, err
	}
	var err error
	if plan.Audience.Filter, err = s.understood(ctx, plan.Audience.Filter); err != nil {
		return nil, err
	}
	out, err := execute(ctx, s, in.Conditions, "createCampaign", "", in.Body, commands.CreateCampaign{ID: commands.NewID(), Name: in.Body.Name, Plan: plan})
	return createdAt("/v1/campaigns/", out, err)
}

func (s *Server) changeCampaign(ctx context.Context, in *changeCampaignInput) (*receiptOutput, error) {
	plan := in.Body.Plan
	var err error
	if plan.Audience.Filter, err = s.understood(ctx, plan.Audience.Filter); err != nil {
		return nil, err
	}
	return execute(ctx, s, in.Conditions, "changeCampaign", in.ID, in.Body, commands.ChangeCampaign{ID: in.ID, Name: in.Body.Name, Plan: plan})
}

func (s *Server) getCampaign(ctx context.Context, in *getCampaignInput) (*shownOutput[projections.Campaign], error) {
	for _, p := range []projections.Projection{projections.Campaigns(), projections.Enrollments(), projections.Visits()} {
		if err := s.await(ctx, in.Freshness, p); err != nil {
			return nil, err
		}
	}
	c, err := s.queries.Campaign(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shownNow(in.Held, c.Version, c.Position, c)
}

// planned is what a campaign is made of, as the log has it.
type planned struct {
	campaign campaign.Campaign
	from     sender.Sender
	template template.Template
}

func (s *Server) planned(ctx context.Context, id string) (p planned, err error) {
	org := principalOf(ctx).Org
	if p.campaign, err = commands.State[campaign.Campaign, campaign.Event](ctx, s.run, org, campaign.Stream(id)); err != nil {
		return p, err
	}
	if p.campaign.Phase == "" || p.campaign.Deleted {
		return p, campaign.ErrNotFound
	}
	if p.from, err = commands.State[sender.Sender, sender.Event](ctx, s.run, org, sender.Stream(p.campaign.Plan.Sender)); err != nil {
		return p, err
	}
	p.template, err = commands.State[template.Template, template.Event](ctx, s.run, org, template.Stream(p.campaign.Plan.Template))
	return p, err
}

// launchCampaign refuses what could not begin: a sender or a template that is gone, a sender
// that may not send, an audience that cannot be looked for.
func (s *Server) launchCampaign(ctx context.Context, in *bareCampaignInput) (*receiptOutput, error) {
	p, err := s.planned(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	who := principalOf(ctx)
	if p.campaign.Phase == campaign.Draft {
		switch {
		case p.from.Email == "" || p.from.Deleted:
			return nil, sender.ErrNotFound
		case s.mailLeaves && !p.from.Ready():
			return nil, sender.ErrUnchecked
		case p.template.Revision == 0 || p.template.Deleted:
			return nil, template.ErrNotFound
		}
		if _, err := s.audienceSize(ctx, Freshness{}, p.campaign.Plan.Audience); err != nil {
			return nil, err
		}
	}
	out, err := execute(ctx, s, in.Conditions, "launchCampaign", in.ID, nil, commands.LaunchCampaign{ID: in.ID, Revision: p.template.Revision, Role: string(who.Role), Teams: who.Teams})
	return acceptedAt("/v1/campaigns/", out, err)
}

// audienceSize counts an audience, or refuses one that cannot be looked for.
func (s *Server) audienceSize(ctx context.Context, f Freshness, a campaign.Audience) (int, error) {
	p := principalOf(ctx)
	for _, view := range []projections.Projection{projections.Leads(), projections.Segments(), projections.Imports()} {
		if err := s.await(ctx, f, view); err != nil {
			return 0, err
		}
	}
	if a.Import == "" {
		return s.queries.CountSelected(ctx, p, a.Selection())
	}
	chain, err := commands.ImportChain(ctx, s.run, p.Org, a.Import)
	if err != nil {
		return 0, err
	}
	return s.queries.CountImported(ctx, p, chain)
}
