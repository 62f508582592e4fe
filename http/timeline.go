package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

type timelineInput struct {
	LeadPath
	Freshness
	Paging
}

func (s *Server) timeline() {
	handle(s, op(http.MethodGet, "/v1/leads/{id}/timeline", "listLeadTimeline", "Tell in words what has happened to the lead, the newest first", refuses(lead.ErrNotFound)), access.ReadLeads, s.leadTimeline)
}

func (s *Server) leadTimeline(ctx context.Context, in *timelineInput) (*listOutput[projections.TimelineEntry], error) {
	if err := s.await(ctx, in.Freshness, projections.Leads()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	list := listID("timeline", p.Org, in.ID)
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.Timeline(ctx, p, in.ID, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.TimelineEntry.Place), nil
}
