package http

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// fromBrowsers lets web frontends of these origins ask from the browser (Fetch Standard,
// CORS). Tokens come in a header, never in a cookie, so that no page can ask in the name of
// somebody who only visits it.
func fromBrowsers(origins []string) echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper:      func(c echo.Context) bool { return len(origins) == 0 },
		AllowOrigins: append([]string{""}, origins...), // the library takes an empty list for every origin
		AllowMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowHeaders: []string{
			"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", orgHeader, "Canvass-Min-Position", "Last-Event-ID", echo.HeaderXRequestID, "traceparent",
		},
		ExposeHeaders: []string{
			"ETag", "Location", "Canvass-Position", rowsTrailer, "Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate", "Content-Disposition", echo.HeaderXRequestID,
		},
		MaxAge: 600,
	})
}

// strict has browsers come back by TLS alone, for a year (RFC 6797), where the API is found
// by it.
func (s *Server) strict(h http.Header) {
	if strings.HasPrefix(s.public, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}
