package http

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// errHead ends a stream of which only the headers were asked for.
var errHead = errors.New("only the headers were asked for")

// handler is all that the server answers with. HEAD is answered as GET is: net/http
// leaves the body out.
func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey, true)) // a copy: net/http keeps its own
			r.Method = http.MethodGet
		}
		s.echo.ServeHTTP(w, r)
	})
}

// asksHead reports whether a GET stands for a HEAD: what has no end, or leaves a trace,
// is not begun for it.
func asksHead(ctx context.Context) bool {
	head, _ := ctx.Value(headKey).(bool)
	return head
}

// allowHead names HEAD wherever GET is allowed.
func (s *Server) allowHead(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Before(func() {
			h := c.Response().Header()
			if allow := h.Get(echo.HeaderAllow); strings.Contains(allow, http.MethodGet) {
				h.Set(echo.HeaderAllow, strings.Replace(allow, http.MethodGet, http.MethodGet+", "+http.MethodHead, 1))
			}
		})
		return next(c)
	}
}
