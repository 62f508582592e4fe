package http

import (
	"context"
	"html"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/tracking"
)

// unsubscribe lets people end mail by a link of it (RFC 8058). To open the link does nothing,
// for programs follow links; what it shows asks, and only the answer acts.
func (s *Server) unsubscribe() {
	s.open(pageOp(http.MethodGet, "/u/{token}", "unsubscribePage", "Ask whether mail is to end; nothing is done"), s.unsubscribePage)
	s.open(pageOp(http.MethodPost, "/u/{token}", "unsubscribe", "End mail: of a purpose, or all of it where the form says so (RFC 8058)"), s.unsubscribeNow)
}

// linked reads the token of a link.
func (s *Server) linked(c echo.Context, purpose tracking.Purpose) (tracking.Token, error) {
	return s.token(c.Request().Context(), c.Param("token"), purpose)
}

func (s *Server) token(ctx context.Context, text string, purpose tracking.Purpose) (tracking.Token, error) {
	fault := error(nil)
	t, err := tracking.Read(text, purpose, func(org, purpose string, data []byte) ([]byte, error) {
		known, err := s.isOrganization(ctx, org)
		if err != nil || !known { // nobody makes keys for organizations that are none
			fault = err
			return make([]byte, 32), err
		}
		return s.vault.Keyed(ctx, org, purpose, data)
	})
	if fault != nil {
		return t, fault
	}
	if err != nil {
		return tracking.Token{}, errLink
	}
	return t, nil
}

func (s *Server) unsubscribePage(c echo.Context) error {
	t, err := s.linked(c, tracking.Unsubscribe)
	if err != nil {
		return err
	}
	scope, err := s.scopeOfLink(c.Request().Context(), t)
	if err != nil {
		return err
	}
	kind := html.EscapeString(strings.TrimPrefix(string(scope), "purpose:"))
	return page(c, `<h1>End this mail?</h1><form method="post"><button name="scope" value="">End `+kind+` mail to me</button><button name="scope" value="all">End all mail to me</button></form>`)
}

// scopeOfLink is what a link ends: mail of the purpose that its own has.
func (s *Server) scopeOfLink(ctx context.Context, t tracking.Token) (suppression.Scope, error) {
	e, err := s.mailOf(ctx, t.Org, t.Mail)
	if err != nil {
		return "", err
	}
	return s.purposeOf(ctx, t.Org, e)
}

func (s *Server) unsubscribeNow(c echo.Context) error {
	ctx := c.Request().Context()
	t, err := s.linked(c, tracking.Unsubscribe)
	if err != nil {
		return err
	}
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, 4<<10)
	if err := s.end(ctx, t, c.FormValue("scope") == string(suppression.All)); err != nil {
		return err
	}
	return page(c, `<h1>Done</h1><p>You get no more of this mail.</p>`)
}

// end ends mail by a token, whatever became of the lead.
func (s *Server) end(ctx context.Context, t tracking.Token, all bool) error {
	e, err := s.mailOf(ctx, t.Org, t.Mail)
	if err != nil {
		return err
	}
	scope := suppression.All
	if !all {
		if scope, err = s.purposeOf(ctx, t.Org, e); err != nil {
			return err
		}
	}
	call := outside(ctx, t.Org, "unsubscribe")
	if _, err := commands.Execute(ctx, s.run, call, commands.EndMail{ID: t.In, Email: e.Mail.To, Scope: scope, Reason: suppression.Unsubscribed, By: suppression.BySubject}); err != nil {
		return err
	}
	if e.Base == "" {
		return nil
	}
	_, err = commands.Execute(ctx, s.run, outside(ctx, t.Org, "unsubscribe"), commands.NoteUnsubscribed{ID: t.Mail, Scope: scope})
	return err
}
