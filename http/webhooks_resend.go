package http

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/inbound"
	"github.com/canvass-hq/canvass/domain/tracking"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/domain/webhook"
)

// webhookBody is the largest delivery that is read, in bytes.
const webhookBody = 1 << 20

var (
	errUnsigned  = &domain.Error{Kind: domain.Unauthenticated, Code: "webhook.unsigned", Message: "the signature is not that of the sender, or too old"}
	errNoWebhook = &domain.Error{Kind: domain.NotFound, Code: "webhook.not_configured", Message: "RESEND_WEBHOOK_SECRET is not set"}
)

// resendEvent is what of a delivery of Resend is read.
type resendEvent struct {
	Type      string    `json:"type"`
	CreatedAt time.Time `json:"created_at"`
	Data      struct {
		Tags    resendTags `json:"tags"`
		Subject string     `json:"subject"`
		Bounce  struct {
			Type    string `json:"type"`
			SubType string `json:"subType"` //nolint:tagliatelle // Resend's word
			Message string `json:"message"`
		} `json:"bounce"`
		Click struct {
			UserAgent string `json:"userAgent"` //nolint:tagliatelle // Resend's word
		} `json:"click"`
		Open struct {
			UserAgent string `json:"userAgent"` //nolint:tagliatelle // Resend's word
		} `json:"open"`
	} `json:"data"`
}

// resendTags are told as an object, and were told as a list.
type resendTags map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (t *resendTags) UnmarshalJSON(raw []byte) error {
	*t = resendTags{}
	var list []struct{ Name, Value string }
	if json.Unmarshal(raw, &list) == nil {
		for _, tag := range list {
			(*t)[tag.Name] = tag.Value
		}
		return nil
	}
	var object map[string]string
	if json.Unmarshal(raw, &object) == nil {
		*t = object
	}
	return nil
}

// resendWebhook takes what Resend tells of mails: signed, in any order, more than once, and
// up to a day late.
func (s *Server) resendWebhook() {
	o := op(http.MethodPost, "/webhooks/resend", "resendWebhook", "What Resend tells of mails", refuses(errUnsigned, errNoWebhook, domain.ErrUnavailable, domain.ErrBusy))
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}}
	o.Responses = map[string]*huma.Response{"204": {Description: "It is taken"}}
	s.open(o, func(c echo.Context) error {
		body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, webhookBody))
		if err != nil {
			return problem(http.StatusRequestEntityTooLarge, "request.too_large", "a delivery has up to 1 MB")
		}
		if s.resendSecret == "" {
			return errNoWebhook
		}
		h := c.Request().Header
		signed := webhook.Signed{ID: h.Get("Svix-Id"), Timestamp: h.Get("Svix-Timestamp"), Signature: h.Get("Svix-Signature")}
		if signed.Verify(s.resendSecret, body, s.now()) != nil {
			return errUnsigned
		}
		var e resendEvent
		if err := json.Unmarshal(body, &e); err != nil {
			return problem(http.StatusBadRequest, "request.malformed", "the body is no event of Resend")
		}
		if err := s.toldByResend(c.Request().Context(), signed.ID, e); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
}

// toldByResend records an event. One of a mail that is none of ours, or of a kind that we do
// not know, is taken and changes nothing: to refuse it would have it come again.
func (s *Server) toldByResend(ctx context.Context, id string, e resendEvent) error {
	if e.Type == "email.received" {
		return s.received(ctx, e.Data.Subject)
	}
	org, mail := e.Data.Tags["org"], e.Data.Tags["mail"]
	if !values.IsUUID(org) || !values.IsUUID(mail) {
		return nil
	}
	if known, err := s.isOrganization(ctx, org); err != nil || !known {
		return err
	}
	if e.CreatedAt.IsZero() {
		e.CreatedAt = s.now()
	}
	r := enrollment.Reported{At: e.CreatedAt}
	switch e.Type {
	case "email.delivered":
		r.Kind = enrollment.Delivered
	case "email.delivery_delayed":
		r.Kind = enrollment.Delayed
	case "email.bounced":
		r.Kind, r.Bounce = enrollment.Bounced, bounceOfResend(e)
	case "email.complained":
		r.Kind = enrollment.Spam
	case "email.failed":
		r.Kind = enrollment.Dropped
	case "email.suppressed":
		r.Kind = enrollment.HeldBack
	case "email.opened":
		return s.visited(ctx, org, mail, id, e, func(h tracking.Hit) tracking.Event { return tracking.Opened{Hit: h} }, e.Data.Open.UserAgent)
	case "email.clicked":
		return s.visited(ctx, org, mail, id, e, func(h tracking.Hit) tracking.Event { return tracking.Clicked{Hit: h, Link: untold} }, e.Data.Click.UserAgent)
	default:
		return nil
	}
	return s.tell(ctx, told{org, mail, "resend", id, r})
}

// received ends mail where that is what a mail asks for that Resend has received for us; it
// tells the subject alone.
func (s *Server) received(ctx context.Context, subject string) error {
	t, err := s.token(ctx, inbound.Unsubscribe(subject), tracking.Unsubscribe)
	if errors.Is(err, errLink) {
		return nil // it asks for something else
	}
	if err != nil {
		return err
	}
	return s.end(ctx, t, false)
}

// untold is the link of a click of which only Resend knows which it was.
const untold = 0

func bounceOfResend(e resendEvent) enrollment.Bounce {
	switch strings.ToLower(e.Data.Bounce.Type) {
	case "permanent":
		return enrollment.Hard
	case "transient":
		if sub := strings.ToLower(e.Data.Bounce.SubType); sub == "contentrejected" || sub == "messagetoolarge" || sub == "attachmentrejected" {
			return enrollment.Ignored
		}
	}
	return enrollment.Soft
}

// visited records what Resend has seen done with a mail, once for each delivery.
func (s *Server) visited(ctx context.Context, org, mail, id string, e resendEvent, what func(tracking.Hit) tracking.Event, agent string) error {
	m, err := s.mailOf(ctx, org, mail)
	if err != nil || m.Mail.Campaign == "" {
		return err
	}
	hit := tracking.Hit{Campaign: m.Mail.Campaign, Mail: mail, Agent: tracking.AgentOf(agent), Seconds: max(0, int(e.CreatedAt.Sub(commands.MadeAt(m.Mail.Batch)).Seconds())), At: e.CreatedAt.Unix()}
	call := outside(ctx, org, "resend")
	call.ID, call.Chosen, call.Request = commands.KeyedID(org, "resend", id), true, []byte(id)
	_, err = commands.Execute(ctx, s.run, call, commands.NoteVisit{Mail: mail, What: what(hit)})
	return err
}
