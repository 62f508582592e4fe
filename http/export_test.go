package http

import "net/http"

// Handler lets tests give the router requests that no client would send.
func (s *Server) Handler() http.Handler { return s.echo }

// Routes lists every route as "METHOD /path/{parameter}".
func (s *Server) Routes() (out []string) {
	for _, r := range s.echo.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}
