package http

import (
	"context"

	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/http/graphql"
	"github.com/canvass-hq/canvass/projections"
)

func (g graphQueries) Sender(ctx context.Context, _ string) (*graphql.Sender, error) {
	return one(ctx, g.args, g.s.getSender, func(s projections.Sender) *graphql.Sender { return &graphql.Sender{Sender: s} })
}

func (g graphQueries) Senders(ctx context.Context, _ *int, after *string) (*graphql.SenderConnection, error) {
	return listAs[graphql.SenderConnection](ctx, g, g.s.listSenders, after, graphql.Senders)
}

func (g graphSenders) Health(ctx context.Context, of *graphql.Sender) (*sender.Health, error) {
	if of.Health != nil { // of one that was asked for alone
		return of.Health, nil
	}
	return g.s.senderHealth(ctx, freshness(ctx), of.ID, of.Details)
}

func (g graphQueries) Template(ctx context.Context, _ string) (*projections.Template, error) {
	return one(ctx, g.args, g.s.getTemplate, asIs[projections.Template])
}

func (g graphQueries) Templates(ctx context.Context, _ *int, after *string) (*graphql.TemplateConnection, error) {
	return list[graphql.TemplateConnection](ctx, g, g.s.listTemplates, after)
}

func (g graphQueries) PreviewTemplate(ctx context.Context, _, _ string, _ *string) (*graphql.Preview, error) {
	in, err := read[previewInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := g.s.previewTemplate(ctx, in)
	if err != nil {
		return nil, err
	}
	return new(graphql.Preview(out.Body)), nil
}

func (g graphQueries) Campaign(ctx context.Context, _ string) (*graphql.Campaign, error) {
	return one(ctx, g.args, g.s.getCampaign, func(c projections.Campaign) *graphql.Campaign {
		return graphql.Campaigns([]projections.Campaign{c})[0]
	})
}

func (g graphQueries) Campaigns(ctx context.Context, _ *int, after *string) (*graphql.CampaignConnection, error) {
	return listAs[graphql.CampaignConnection](ctx, g, g.s.listCampaigns, after, graphql.Campaigns)
}

func (g graphQueries) DryRunCampaign(ctx context.Context, _ string) (*graphql.DryRun, error) {
	in, err := read[dryRunInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := g.s.dryRun(ctx, in)
	if err != nil {
		return nil, err
	}
	return new(graphql.DryRun(out.Body)), nil
}

func (g graphCampaigns) Sender(ctx context.Context, c *graphql.Campaign) (*graphql.Sender, error) {
	senders, err := graphql.Together(c.Beside, "sender", func(all []projections.Campaign) (map[string]projections.Sender, error) {
		return beside(ctx, g.s, projections.Senders(), all, func(c projections.Campaign) string { return c.Plan.Sender }, g.s.queries.SendersByID)
	})
	from, there := senders[c.Plan.Sender]
	if !there {
		return nil, err
	}
	return &graphql.Sender{Sender: from}, nil
}

func (g graphCampaigns) Template(ctx context.Context, c *graphql.Campaign) (*projections.Template, error) {
	templates, err := graphql.Together(c.Beside, "template", func(all []projections.Campaign) (map[string]projections.Template, error) {
		return beside(ctx, g.s, projections.Templates(), all, func(c projections.Campaign) string { return c.Plan.Template }, g.s.queries.TemplatesByID)
	})
	says, there := templates[c.Plan.Template]
	if !there {
		return nil, err
	}
	return &says, nil
}

func (g graphCampaigns) Funnel(ctx context.Context, c *graphql.Campaign) (*graphql.Funnel, error) {
	if c.Funnel != nil { // one that was asked for alone is summed up already
		return &graphql.Funnel{Funnel: *c.Funnel}, nil
	}
	if c.StartsAt == nil {
		return nil, nil
	}
	funnels, err := graphql.Together(c.Beside, "funnel", func(all []projections.Campaign) (map[string]projections.Funnel, error) {
		for _, view := range []projections.Projection{projections.Enrollments(), projections.Visits()} {
			if err := g.s.await(ctx, freshness(ctx), view); err != nil {
				return nil, err
			}
		}
		return g.s.queries.Funnels(ctx, principalOf(ctx).Org, named(all, func(c projections.Campaign) string { return c.ID }))
	})
	if err != nil {
		return nil, err
	}
	return &graphql.Funnel{Funnel: funnels[c.ID]}, nil
}

func (g graphCampaigns) Recipients(ctx context.Context, of *graphql.Campaign, _ *int, _, _, _ *string) (*graphql.RecipientConnection, error) {
	in, err := read[listRecipientsInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	in.ID = of.ID
	out, err := g.s.listRecipients(ctx, in)
	if err != nil {
		return nil, err
	}
	return connection[graphql.RecipientConnection](out.Body, in.Cursor, graphql.Recipients(out.Body.Items)), nil
}

func (g graphRecipients) Lead(ctx context.Context, r *graphql.Recipient) (*graphql.Lead, error) {
	leads, err := leadsBeside(ctx, g.s, r.Beside, func(r projections.Recipient) string { return r.Lead })
	return leads[r.LeadID()], err
}
