package http

import (
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/inbound"
	"github.com/canvass-hq/canvass/domain/tracking"
	"github.com/canvass-hq/canvass/domain/values"
)

type inboundInput struct{}

// inbound takes mail that has come back, as it came over the wire: whoever receives mail for
// the organization hands it on with a key.
func (s *Server) inbound() {
	o := op(http.MethodPost, "/v1/inbound", "receiveMail", "Hand on a mail that has come back: a report on one that was sent, or a request to end it", refuses(inbound.ErrUnreadable))
	o.Description = "The body is the whole mail (RFC 5322). Of reports (multipart/report, RFC 3464) the mail is known by its Message-ID; anything else is taken and changes nothing."
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"message/rfc822": {Schema: &huma.Schema{Type: huma.TypeString}, Example: "From: ada@people.example\r\nSubject: unsubscribe\r\n\r\n"}}}
	o.Responses = map[string]*huma.Response{"204": {Description: "It is taken"}}
	raw(s, o, access.ReceiveMail, s.receive)
}

func (s *Server) receive(c echo.Context, _ *inboundInput) error {
	ctx := c.Request().Context()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, inbound.MaxSize))
	if err != nil {
		return problem(http.StatusRequestEntityTooLarge, "request.too_large", "a mail has up to 10 MB")
	}
	m, err := inbound.Read(body)
	if err != nil {
		return err
	}
	org := principalOf(ctx).Org
	if m.Unsubscribe != "" {
		if t, err := s.token(ctx, m.Unsubscribe, tracking.Unsubscribe); err == nil && t.Org == org {
			if err := s.end(ctx, t, false); err != nil {
				return err
			}
		}
		return c.NoContent(http.StatusNoContent)
	}
	id, _, _ := strings.Cut(m.MessageID, "@")
	if m.Report == "" || !values.IsUUID(id) {
		return c.NoContent(http.StatusNoContent)
	}
	report := enrollment.Reported{Kind: m.Report, Bounce: m.Bounce, Code: m.Status, At: s.now()}
	e, err := s.mailOf(ctx, org, id)
	if err != nil {
		return err
	}
	if before, told := e.Reports[m.Report]; told { // the same report, handed on twice
		report.At = before.At
	}
	if err := s.tell(ctx, told{org, id, "inbound", id + string(m.Report) + m.Status, report}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
