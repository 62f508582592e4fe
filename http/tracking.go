package http

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/domain/tracking"
)

// dot is a picture of one clear dot (GIF).
const dot = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// tracked serves what mails hold to be followed by.
func (s *Server) tracked() {
	o := tokenParam(op(http.MethodGet, "/t/o/{token}", "opened", "The picture that a mail is known to be opened by", refuses(errLink)))
	o.Responses = map[string]*huma.Response{"200": {Description: "One dot", Content: map[string]*huma.MediaType{"image/gif": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	s.open(o, func(c echo.Context) error {
		t, err := s.token(c.Request().Context(), strings.TrimSuffix(c.Param("token"), ".gif"), tracking.Open)
		if err != nil {
			return err
		}
		s.visit(c, t, func(h tracking.Hit) tracking.Event { return tracking.Opened{Hit: h} })
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.Blob(http.StatusOK, "image/gif", []byte(dot))
	})
	o = tokenParam(op(http.MethodGet, "/t/c/{token}", "clicked", "A link of a mail: leads to where the template says, and nowhere else", refuses(errLink)))
	o.Responses = map[string]*huma.Response{"302": {Description: "Where the link leads", Headers: map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	s.open(o, func(c echo.Context) error {
		t, err := s.linked(c, tracking.Click)
		if err != nil {
			return err
		}
		to, err := s.destination(c.Request().Context(), t)
		if err != nil {
			return err
		}
		s.visit(c, t, func(h tracking.Hit) tracking.Event { return tracking.Clicked{Hit: h, Link: t.Link} })
		c.Response().Header().Set("Cache-Control", "no-store")
		c.Response().Header().Set("Referrer-Policy", "no-referrer")
		return c.Redirect(http.StatusFound, to)
	})
}

// visit records what was done with a mail. Whoever did it goes on also when it cannot be
// recorded.
func (s *Server) visit(c echo.Context, t tracking.Token, what func(tracking.Hit) tracking.Event) {
	ctx, now := c.Request().Context(), s.now()
	hit := tracking.Hit{
		Campaign: t.In, Mail: t.Mail, Agent: tracking.AgentOf(c.Request().UserAgent()), Head: asksHead(ctx),
		Seconds: max(0, int(now.Sub(t.Sent).Seconds())), At: now.Unix(),
	}
	if _, err := commands.Execute(ctx, s.run, outside(ctx, t.Org, "tracking"), commands.NoteVisit{Mail: t.Mail, What: what(hit)}); err != nil {
		s.log.WarnContext(ctx, "a visit was not recorded", "request", requestID(ctx))
	}
}

// destinations remembers where the links of campaigns lead: what was launched never changes.
type destinations struct {
	mu    sync.Mutex
	known map[string][]string
}

const destinationsKept = 1_000

// destination is where a link leads, as the template has it that was sent.
func (s *Server) destination(ctx context.Context, t tracking.Token) (string, error) {
	key := t.Org + t.In
	s.links.mu.Lock()
	links, ok := s.links.known[key]
	s.links.mu.Unlock()
	if !ok {
		var err error
		if links, err = s.linksOf(ctx, t.Org, t.In); err != nil {
			return "", err
		}
		s.links.mu.Lock()
		if s.links.known == nil || len(s.links.known) >= destinationsKept {
			s.links.known = map[string][]string{}
		}
		s.links.known[key] = links
		s.links.mu.Unlock()
	}
	if t.Link >= len(links) {
		return "", errLink
	}
	return links[t.Link], nil
}

func (s *Server) linksOf(ctx context.Context, org, id string) ([]string, error) {
	c, err := commands.State[campaign.Campaign, campaign.Event](ctx, s.run, org, campaign.Stream(id))
	if err != nil {
		return nil, err
	}
	made, err := commands.State[template.Template, template.Event](ctx, s.run, org, template.Stream(c.Plan.Template))
	if err != nil {
		return nil, err
	}
	compiled, ok := made.At(c.Launch.Revision)
	if !ok {
		return nil, errLink
	}
	return compiled.Links, nil
}
