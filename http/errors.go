package http

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

// Problem is how every refusal reads (RFC 9457).
type Problem struct { //nolint:errname // the word of RFC 9457
	Type      string         `json:"type" example:"about:blank"`
	Title     string         `json:"title" example:"Conflict"`
	Status    int            `json:"status" example:"409"`
	Code      string         `json:"code" doc:"Stable: program against this" example:"claim.taken"`
	Detail    string         `json:"detail" doc:"For people"`
	Fields    []domain.Field `json:"fields,omitempty" doc:"The values at fault"`
	Streams   []string       `json:"streams,omitempty" doc:"Ids of the records in the way"`
	RequestID string         `json:"request_id,omitempty" doc:"Quote it when you ask for help"`

	retryAfter, etag string
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemJSON }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter != "" {
		h.Set("Retry-After", p.retryAfter)
	}
	if p.etag != "" {
		h.Set("ETag", p.etag)
	}
	return h
}

const problemJSON = "application/problem+json"

func statusOf(k domain.Kind) int {
	switch k {
	case domain.Malformed:
		return http.StatusBadRequest
	case domain.Invalid:
		return http.StatusUnprocessableEntity
	case domain.Unauthenticated:
		return http.StatusUnauthorized
	case domain.Forbidden:
		return http.StatusForbidden
	case domain.NotFound:
		return http.StatusNotFound
	case domain.Conflict:
		return http.StatusConflict
	case domain.Stale:
		return http.StatusPreconditionFailed
	case domain.Unavailable:
		return http.StatusServiceUnavailable
	case domain.Internal:
	}
	return http.StatusInternalServerError
}

func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// refuse is the only place that turns an error into an answer. What we do not know is
// our fault: it is logged under the request's id, and the caller gets nothing else.
func (s *Server) refuse(ctx context.Context, err error) *Problem {
	if done, ok := errors.AsType[*Problem](err); ok {
		return done
	}
	var refusal *domain.Error
	if !errors.As(err, &refusal) {
		if ctx.Err() != nil {
			return problem(http.StatusServiceUnavailable, "request.cancelled", "the request was given up before it was answered")
		}
		s.log.ErrorContext(ctx, "a request failed", "request_id", requestID(ctx), "class", classOf(err), "fault", err.Error())
		p := problem(http.StatusInternalServerError, "internal", "something broke on our side")
		p.RequestID = requestID(ctx)
		return p
	}
	if refusal.Kind == domain.Forbidden {
		s.audit.deny(ctx, refusal.Code)
	}
	refusal = s.discreet(ctx, refusal)
	p := problem(statusOf(refusal.Kind), refusal.Code, refusal.Message)
	p.Fields, p.Streams, p.RequestID = refusal.Fields, refusal.Streams, requestID(ctx)
	if refusal.Kind == domain.Unavailable {
		p.retryAfter = "1"
		s.log.WarnContext(ctx, "a request has to wait", "request_id", p.RequestID, "fault", err.Error())
	}
	return p
}

// discreet is a refusal that names no lead which is not there for the principal, nor any to
// whom addresses are masked: that a value is taken can be told, not by whom.
func (s *Server) discreet(ctx context.Context, refusal *domain.Error) *domain.Error {
	p := principalOf(ctx)
	if !p.Limited() && !p.Masked() || !errors.Is(refusal, domain.ErrClaimed) || !slices.ContainsFunc(refusal.Fields, func(f domain.Field) bool { return f.Name == lead.EmailClaim || f.Name == lead.ExternalClaim }) {
		return refusal
	}
	if !p.Masked() {
		if unseen, err := s.queries.Unseen(ctx, p, refusal.Streams); err == nil && unseen == "" {
			return refusal
		}
	}
	hidden := *refusal
	hidden.Streams, hidden.Fields = nil, slices.Clone(refusal.Fields)
	for i := range hidden.Fields {
		hidden.Fields[i].Message = "belongs to another record"
	}
	return &hidden
}

// classOf names an unknown error by class and code, for reports that leave the house: its
// text may quote somebody's data.
func classOf(err error) string {
	if known, ok := errors.AsType[interface {
		error
		Class() string
	}](err); ok {
		return known.Class()
	}
	if coded, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return "sql:" + coded.SQLState()
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Sprintf("%T", err)
}

// fallback answers what Echo itself refuses: unknown routes, wrong methods, panics.
func (s *Server) fallback(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var p *Problem
	if own, ok := errors.AsType[*echo.HTTPError](err); ok {
		p = problem(own.Code, codeOf(own.Code, ""), http.StatusText(own.Code))
		if own.Code >= http.StatusInternalServerError {
			p = s.refuse(c.Request().Context(), err)
		}
	} else {
		p = s.refuse(c.Request().Context(), err)
	}
	s.write(c, p)
}

func (s *Server) write(c echo.Context, p *Problem) {
	p.RequestID = cmp.Or(p.RequestID, requestID(c.Request().Context()))
	c.Response().Header().Set(echo.HeaderContentType, problemJSON)
	if p.retryAfter != "" {
		c.Response().Header().Set("Retry-After", p.retryAfter)
	}
	if err := c.JSON(p.Status, p); err != nil {
		s.log.WarnContext(c.Request().Context(), "an answer could not be written", "request_id", p.RequestID)
	}
}
