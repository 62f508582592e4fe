package http

import (
	"net/http"
	"net/url"

	"github.com/canvass-hq/canvass/domain/quota"
)

// classes are the operations that cost something else than their method says, by their
// route. Whoever adds an operation that reads or changes many records puts it here.
var classes = map[string]quota.Class{ //nolint:gochecknoglobals // a constant
	"POST /v1/imports":                        quota.Bulk,
	"POST /v1/imports/:id/plan":               quota.Bulk,
	"POST /v1/imports/:id/commit":             quota.Bulk,
	"POST /v1/imports/:id/undo":               quota.Bulk,
	"GET /v1/imports/:id/errors.csv":          quota.Bulk,
	"GET /v1/leads/export":                    quota.Bulk,
	"POST /v1/bulk-actions":                   quota.Bulk,
	"POST /v1/bulk-actions/:id/undo":          quota.Bulk,
	"GET /v1/campaigns/:id/recipients/export": quota.Bulk,
	"GET /v1/suppressions/export":             quota.Bulk,
	"POST /v1/suppressions/import":            quota.Bulk,
	"POST /v1/campaigns/:id/launch":           quota.Bulk,
	"POST /v1/campaigns/:id/dry-run":          quota.Bulk,
	"POST /graphql":                           quota.Search,
	"POST /v1/bulk-actions/count":             quota.Search,
	"GET /v1/segments/:id":                    quota.Search,
	"GET /v1/events":                          quota.Search,
}

// streams are the routes whose answers last.
var streams = map[string]bool{ //nolint:gochecknoglobals // a constant
	"GET /v1/events/stream":        true,
	"GET /v1/imports/:id/stream":   true,
	"GET /v1/campaigns/:id/stream": true,
}

// maxBody is the longest body that is taken, in bytes, by every route but these.
const maxBody = 1 << 20

// bodies are the routes that take longer ones, and count for themselves.
var bodies = map[string]bool{"POST /v1/imports": true, "POST /v1/inbound": true, "POST /v1/suppressions/import": true} //nolint:gochecknoglobals // a constant

// rateClass is the class of a request: that of its route, or else of its method. A list
// that is searched costs more than one that is read.
func rateClass(r *http.Request, route string) quota.Class {
	if c, ok := classes[route]; ok {
		return c
	}
	if r.Method != http.MethodGet {
		return quota.Write
	}
	if r.URL.RawQuery != "" && searches(r.URL.Query()) {
		return quota.Search
	}
	return quota.Read
}

func searches(q url.Values) bool {
	for _, name := range []string{"filter", "q", "sort", "facets", "segment"} {
		if q.Get(name) != "" {
			return true
		}
	}
	return false
}
