package http

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
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
	Cursor string    `query:"cursor" maxLength:"64"`
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
	s.echo.GET("/v1/events/stream", s.streamEvents)
	s.describeStream()
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
	out := &listOutput[projections.Event]{Body: List[projections.Event]{Items: page.Items}}
	if out.Body.Total, err = s.queries.CountEvents(ctx, p.Org, f); err != nil {
		return nil, err
	}
	if page.Items == nil {
		out.Body.Items = []projections.Event{}
	}
	if page.More {
		out.Body.NextCursor = cursor(list, page.Items[len(page.Items)-1].Position)
	}
	return out, nil
}

const streamPage = 500

// streamEvents sends facts as they come (Server-Sent Events, HTML Living Standard 9.2):
// from any position, and behind Last-Event-ID after a broken connection.
func (s *Server) streamEvents(c echo.Context) error {
	ctx := c.Request().Context()
	p := principalOf(ctx)
	if err := p.Allows(access.ReadEvents); err != nil {
		return err
	}
	f, after, err := streamQuery(c.Request())
	if err != nil {
		return err
	}
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

func streamQuery(r *http.Request) (projections.EventFilter, int64, error) {
	q := r.URL.Query()
	known := map[string]bool{"type": true, "stream": true, "actor": true, "correlation": true, "from": true}
	var faults []domain.Field
	for name := range q {
		if !known[name] {
			faults = append(faults, domain.Field{Name: name, Message: "is no parameter of this stream"})
		}
	}
	f := EventQuery{Type: q.Get("type"), Stream: q.Get("stream"), Actor: q.Get("actor"), Correlation: q.Get("correlation")}.filter()
	if f.Stream != "" && !isUUID(f.Stream) {
		faults = append(faults, domain.Field{Name: "stream", Message: "is not a UUID in lower case"})
	}
	for _, name := range []string{"type", "actor", "correlation"} {
		if len(q.Get(name)) > 100 {
			faults = append(faults, domain.Field{Name: name, Message: "is longer than 100 characters"})
		}
	}
	after := int64(0)
	position := func(field, text string, least int64) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least {
			faults = append(faults, domain.Field{Name: field, Message: fmt.Sprintf("is not a position of the log (a whole number from %d)", least)})
			return
		}
		after = n - least
	}
	if from := q.Get("from"); from != "" {
		position("from", from, 1)
	}
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		position("Last-Event-ID", id, 0)
	}
	return f, after, domain.Refuse(faults)
}

// describeStream documents the stream, which is no huma operation: huma buffers.
func (s *Server) describeStream() {
	parameter := func(in, name, doc string, kind string) *huma.Param {
		return &huma.Param{In: in, Name: name, Description: doc, Schema: &huma.Schema{Type: kind}}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/v1/events/stream", OperationID: "streamEvents", Summary: "Follow the log (Server-Sent Events)",
		Description: fmt.Sprintf("Each fact is one event: its id is the position, its name the type, its data what listEvents shows.\n\nNeeds the permission `%s`.", access.ReadEvents),
		Security:    []map[string][]string{{"bearer": {}}},
		Parameters: []*huma.Param{
			parameter("query", "from", "Begin with this position; 1, the beginning of the log, when it is absent", "integer"),
			parameter("header", "Last-Event-ID", "Go on behind this position; browsers send it by themselves", "integer"),
			parameter("query", "type", "", "string"), parameter("query", "stream", "", "string"),
			parameter("query", "actor", "", "string"), parameter("query", "correlation", "", "string"),
		},
		Responses: map[string]*huma.Response{
			"200":     {Description: "The stream", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}}},
			"default": {Description: "A refusal", Content: map[string]*huma.MediaType{problemJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}},
		},
	})
}
