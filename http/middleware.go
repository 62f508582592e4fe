package http

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
)

// identify gives every request an id. One that comes with the request is kept when it
// is a UUID: anything else could hold personal data, and it stands in logs and facts.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := uuid.Parse(c.Request().Header.Get(echo.HeaderXRequestID))
		if err != nil {
			id = uuid.Must(uuid.NewV7())
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id.String())
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), requestIDKey, id.String())))
		return next(c)
	}
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// access logs what was asked, without what was in it: the route, never the path.
func (s *Server) access(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun := s.now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		level := slog.LevelDebug
		if c.Response().Status >= http.StatusInternalServerError {
			level = slog.LevelWarn
		}
		ctx := c.Request().Context()
		s.log.Log(ctx, level, "request", "method", c.Request().Method, "route", c.Path(), "status", c.Response().Status,
			"took", s.now().Sub(begun), "request_id", requestID(ctx))
		return nil
	}
}

// calm answers for a handler that panics.
func (s *Server) calm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				if broken, ok := r.(error); ok && errors.Is(broken, http.ErrAbortHandler) {
					panic(r) // an answer that has begun is cut off: net/http does it
				}
				ctx := c.Request().Context()
				s.log.ErrorContext(ctx, "a request panicked", "request_id", requestID(ctx), "route", c.Path(), "class", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
				p := problem(http.StatusInternalServerError, "internal", "something broke on our side")
				p.RequestID = requestID(ctx)
				err = p
			}
		}()
		return next(c)
	}
}

func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		s.strict(h)
		if isAPI(c.Request().URL.Path) {
			h.Set("Cache-Control", "private, no-cache")
		}
		return next(c)
	}
}

// readable refuses a URL that no text can be made of, before it reaches a query, and
// one that says a value twice: whoever reads it would take one and drop the other.
func (s *Server) readable(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		// There is one form of every answer, so Accept is no condition (RFC 9110, 12.4.1);
		// huma's reader of it panics on some values. Of GraphQL there are two.
		u := c.Request().URL
		if u.Path != graphqlPath {
			c.Request().Header.Del("Accept")
		}
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil || !isText(u.Path) {
			return errURL
		}
		if err := given(query, c.Request().Header); err != nil {
			return err
		}
		joinLists(c.Request().Header)
		return next(c)
	}
}

// given refuses parameters that stand twice or have no name, and an empty key.
func given(query url.Values, h http.Header) error {
	var faults []domain.Field
	for name, values := range query {
		switch {
		case !isText(name + strings.Join(values, "")):
			return errURL
		case name == "":
			faults = append(faults, domain.Field{Name: "query", Message: "holds a parameter without a name"})
		case len(values) > 1:
			faults = append(faults, domain.Field{Name: name, Message: "stands twice"})
		}
	}
	if keys, there := h["Idempotency-Key"]; there && keys[0] == "" {
		faults = append(faults, domain.Field{Name: "Idempotency-Key", Message: "is empty"})
	}
	return domain.Refuse(faults)
}

var errURL = &domain.Error{Kind: domain.Malformed, Code: "request.malformed", Message: "the URL holds bytes that are not text"}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
