package http

import "net/http"

// Handler lets tests give the router requests that no client would send.
func (s *Server) Handler() http.Handler { return s.handler() }

// Routes lists every route as "METHOD /path/{parameter}".
func (s *Server) Routes() (out []string) {
	for _, r := range s.echo.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// Listener is what serves, for tests to be less patient with.
func (s *Server) Listener() *http.Server { return s.listener() }

// Classes lists the routes that have a class of their own, last for long, or take long bodies.
func Classes() (routes []string) {
	for r := range classes {
		routes = append(routes, r)
	}
	for r := range streams {
		routes = append(routes, r)
	}
	for r := range bodies {
		routes = append(routes, r)
	}
	return routes
}
