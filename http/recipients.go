package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/projections"
)

type (
	listRecipientsInput struct {
		CampaignPath
		Freshness
		Paging
		Phase string `query:"phase" enum:"queued,skipped,dispatched,deferred,in_doubt,failed,sent,delivered,bounced,complained"`
		Lead  string `query:"lead" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"What became of this lead alone"`
	}
	resendInput struct {
		CampaignPath
		Conditions
		Recipient string `path:"recipient" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The recipient"`
	}
)

func (s *Server) recipients() {
	const all = "/v1/campaigns/{id}/recipients"
	handle(s, op(http.MethodGet, all, "listRecipients", "List what became of each person of a campaign, or why they were not written to", refuses(campaign.ErrNotFound)), access.ReadRecipients, s.listRecipients)
	s.recipientsExport()
	handle(s, op(http.MethodPost, all+"/{recipient}/resend", "resendMail", "Send a mail again of which nobody knows whether it was taken: the person may get it twice", refuses(enrollment.ErrNotFound, enrollment.ErrNoDoubt)), access.SendCampaigns, s.resendMail)
}

func (s *Server) resendMail(ctx context.Context, in *resendInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "resendMail", in.Recipient, nil, commands.RequeueMail{ID: in.Recipient, Campaign: in.ID})
}

func (s *Server) listRecipients(ctx context.Context, in *listRecipientsInput) (*listOutput[projections.Recipient], error) {
	for _, view := range []projections.Projection{projections.Campaigns(), projections.Enrollments(), projections.Leads()} {
		if err := s.await(ctx, in.Freshness, view); err != nil {
			return nil, err
		}
	}
	p := principalOf(ctx)
	if _, err := s.queries.Campaign(ctx, p, in.ID); err != nil {
		return nil, err
	}
	list := listID("recipients", p.Org, in.ID, in.Phase, in.Lead)
	after, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.RecipientPage(ctx, p, in.ID, projections.RecipientQuery{Phase: enrollment.Phase(in.Phase), Lead: in.Lead, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Recipient.Place), nil
}
