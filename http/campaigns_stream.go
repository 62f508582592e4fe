package http

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/projections"
)

type streamCampaignInput struct {
	CampaignPath
	Freshness
}

// campaignStream documents the stream, which is no huma operation: huma buffers.
func (s *Server) campaignStream() {
	o := op(http.MethodGet, "/v1/campaigns/{id}/stream", "streamCampaign", "Follow a campaign (Server-Sent Events)", refuses(campaign.ErrNotFound))
	o.Description = "An event `progress` with what getCampaign shows, whenever that has changed; when the campaign is over (completed, cancelled, failed), an event `end` with the same, and the stream is over."
	o.Responses = map[string]*huma.Response{"200": {Description: "The stream", Content: textual("text/event-stream", "event: progress\ndata: {\"id\":\""+exampleID+"\"}\n\n")}}
	raw(s, o, access.ReadCampaigns, s.streamCampaign)
}

// streamCampaign tells how far a campaign is, whenever that has changed, until it is over.
func (s *Server) streamCampaign(c echo.Context, in *streamCampaignInput) error {
	ctx := c.Request().Context()
	for _, view := range []projections.Projection{projections.Campaigns(), projections.Enrollments(), projections.Visits()} {
		if err := s.await(ctx, in.Freshness, view); err != nil {
			return err
		}
	}
	return follow(s, c, func() (projections.Campaign, bool, error) {
		now, err := s.queries.Campaign(ctx, principalOf(ctx), in.ID)
		return now, now.Phase == campaign.Done || now.Phase == campaign.Dead || now.Phase == campaign.Broken, err
	})
}

// follow tells how a record is, whenever that has changed, until it is over. What changes is
// looked for at a steady pace: while rows are written, everything changes all the time.
func follow[T any](s *Server, c echo.Context, look func() (now T, over bool, err error)) error {
	now, over, err := look()
	if err != nil {
		return err
	}
	w, err := s.openStream(c)
	if err != nil {
		return err
	}
	for before := []byte(nil); ; {
		text, err := json.Marshal(now)
		if err != nil || !bytes.Equal(text, before) && w.event("", "progress", now) != nil {
			return nil //nolint:nilerr // the answer has begun; or the client has gone
		}
		if over {
			_ = w.event("", "end", now)
			return nil
		}
		before = text
		if w.alive() != nil || !s.anew(c.Request().Context(), nil) {
			return nil //nolint:nilerr // the client has gone
		}
		if now, over, err = look(); err != nil {
			_ = w.comment("this cannot be read right now; connect again")
			return nil //nolint:nilerr // the answer has begun
		}
	}
}
