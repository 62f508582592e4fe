package http

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/projections"
)

// EventQuery says which facts are asked for.
type EventQuery struct {
	Type        string `query:"type" maxLength:"100" example:"lead.captured"`
	Stream      string `query:"stream" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The record that the facts are about"`
	Actor       string `query:"actor" maxLength:"100" doc:"Who did it: user:<id>, api:<id> or job:<name>"`
	Correlation string `query:"correlation" maxLength:"100" doc:"A whole chain of causes"`
}

func (q EventQuery) filter() projections.EventFilter {
	return projections.EventFilter{Type: q.Type, Stream: q.Stream, Actor: q.Actor, Correlation: q.Correlation}
}

type listEventsInput struct {
	Freshness
	EventQuery
	Since  time.Time `query:"since" doc:"Recorded at or after this time (RFC 3339)"`
	Until  time.Time `query:"until" doc:"Recorded before this time (RFC 3339)"`
	After  int64     `query:"after" minimum:"0" doc:"Behind this position of the log"`
	Limit  int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string    `query:"cursor" maxLength:"1000" doc:"next_cursor of the page before"`
}

// Resolve implements huma.Resolver. The zero time, which means that none was given,
// can be given too: then it is the moment behind it.
func (in *listEventsInput) Resolve(ctx huma.Context) []error {
	if in.Until.IsZero() && ctx.Query("until") != "" {
		in.Until = in.Until.Add(time.Microsecond)
	}
	return nil
}

func (s *Server) events() {
	handle(s, op(http.MethodGet, "/v1/events", "listEvents", "Read the log, the oldest fact first"), access.ReadEvents, s.listEvents)
	s.eventStream()
}

func (s *Server) listEvents(ctx context.Context, in *listEventsInput) (*listOutput[projections.Event], error) {
	if err := s.await(ctx, in.Freshness, projections.EventIndex()); err != nil {
		return nil, err
	}
	p, f := principalOf(ctx), in.filter()
	f.Since, f.Until = in.Since, in.Until
	list := listID("events", p.Org, f, in.After)
	at, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.Events(ctx, p, f, max(at, in.After), in.Limit)
	if err != nil {
		return nil, err
	}
	if page.Total, err = s.queries.CountEvents(ctx, p.Org, f); err != nil {
		return nil, err
	}
	return listed(page, list, func(e projections.Event) int64 { return e.Position }), nil
}

const streamPage = 500

// streamEvents sends facts as they come (Server-Sent Events, HTML Living Standard 9.2):
// from any position, and behind Last-Event-ID after a broken connection.
func (s *Server) streamEvents(c echo.Context, in *streamEventsInput) error {
	ctx := c.Request().Context()
	p, f, after := principalOf(ctx), in.filter(), in.after()
	w, err := s.openStream(c)
	if err != nil {
		return err
	}
	if w.comment("canvass") != nil {
		return nil //nolint:nilerr // the client has gone
	}
	for {
		changed := s.feed.Changed()
		page, err := s.queries.Events(ctx, p, f, after, streamPage)
		if err != nil {
			_ = w.comment("the log cannot be read right now; connect again")
			return nil //nolint:nilerr // the answer has begun: the client connects again with Last-Event-ID
		}
		for _, e := range page.Items {
			if w.event(strconv.FormatInt(e.Position, 10), e.Type, e) != nil {
				return nil //nolint:nilerr // the client has gone
			}
			after = e.Position
		}
		if w.alive() != nil {
			return nil //nolint:nilerr // the client has gone
		}
		if !page.More && !s.anew(ctx, changed) {
			return nil
		}
	}
}

type streamEventsInput struct {
	EventQuery
	From int64  `query:"from" minimum:"1" doc:"Begin with this position; 1, the beginning of the log, when it is absent"`
	Last string `header:"Last-Event-ID" pattern:"^[0-9]{1,18}$" patternDescription:"a position of the log" doc:"Go on behind this position; browsers send it by themselves"` //nolint:tagliatelle // the name of the HTML Living Standard
}

// after is the position behind which the stream begins.
func (in *streamEventsInput) after() int64 {
	if last, err := strconv.ParseInt(in.Last, 10, 64); err == nil {
		return last
	}
	return max(in.From-1, 0)
}

// eventStream documents the stream, which is no huma operation: huma buffers.
func (s *Server) eventStream() {
	o := op(http.MethodGet, "/v1/events/stream", "streamEvents", "Follow the log (Server-Sent Events)")
	o.Description = "Each fact is one event: its id is the position, its name the type, its data what listEvents shows."
	o.Responses = map[string]*huma.Response{"200": {Description: "The stream", Content: textual("text/event-stream", "id: 4711\nevent: lead.archived\ndata: {\"position\":4711}\n\n")}}
	raw(s, o, access.ReadEvents, s.streamEvents)
}
