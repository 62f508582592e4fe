package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// What comes from outside, by a link of a mail or from a provider, is told by nobody who is
// signed in: what proves it is a signature.

// outside is the call of a command that somebody outside has given rise to.
func outside(ctx context.Context, org, what string) commands.Call {
	return commands.Call{Principal: access.Principal{Org: org, ID: what, Role: access.System}, ID: commands.NewID(), RequestID: requestID(ctx)}
}

// isOrganization tells whether there is such an organization: one that was there once is.
func (s *Server) isOrganization(ctx context.Context, org string) (known bool, err error) {
	if _, known := s.orgs.Load(org); known {
		return true, nil
	}
	if known, err = s.queries.IsOrganization(ctx, org); known {
		s.orgs.Store(org, struct{}{})
	}
	return known, err
}

// tokenParam documents the token of a link.
func tokenParam(o huma.Operation) huma.Operation {
	o.Parameters = append(o.Parameters, &huma.Param{In: "path", Name: "token", Required: true, Description: "What the link proves", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(300)}})
	return o
}

// mailOf is what the log has of a mail.
func (s *Server) mailOf(ctx context.Context, org, id string) (enrollment.Enrollment, error) {
	return commands.State[enrollment.Enrollment, enrollment.Event](ctx, s.run, org, enrollment.Stream(id))
}

// purposeOf is the scope that a mail's purpose is ended by.
func (s *Server) purposeOf(ctx context.Context, org string, e enrollment.Enrollment) (suppression.Scope, error) {
	c, err := commands.State[campaign.Campaign, campaign.Event](ctx, s.run, org, campaign.Stream(e.Mail.Campaign))
	if err != nil || c.Plan.Purpose == "" {
		return suppression.Marketing, err
	}
	return suppression.Scope("purpose:" + c.Plan.Purpose), nil
}

// page answers with a page for people.
func page(c echo.Context, body string) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	return c.HTML(http.StatusOK, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>Canvass</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#222}button{font:inherit;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0}</style></head><body>`+body+`</body></html>`)
}

var errLink = &domain.Error{Kind: domain.NotFound, Code: "link.unknown", Message: "this is no link of ours, or it is not whole"}

func pageOp(method, path, id, summary string) huma.Operation {
	o := tokenParam(op(method, path, id, summary, refuses(errLink)))
	o.Responses = map[string]*huma.Response{"200": {Description: "A page", Content: textual("text/html", "...")}}
	return o
}
