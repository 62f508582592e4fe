package http_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
)

func TestDescription(t *testing.T) {
	t.Parallel()
	d, raw, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	if d.OpenAPI != "3.1.0" {
		t.Errorf("it is OpenAPI %q", d.OpenAPI)
	}
	var whole any
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	// Every reference leads somewhere.
	for _, ref := range regexp.MustCompile(`"\$ref": "#/([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		at := whole
		for step := range strings.SplitSeq(ref[1], "/") {
			object, _ := at.(map[string]any)
			at = object[step]
		}
		if at == nil {
			t.Errorf("%s leads nowhere", ref[0])
		}
	}
	ids := map[string]bool{}
	for path, operations := range d.Paths {
		for method, o := range operations {
			guarded, query := strings.HasPrefix(path, "/v1/"), path == "/graphql" // whose fields have permissions of their own
			if said := strings.Contains(o.Description, "Needs the permission `"+o.Permission+"`."); o.OperationID == "" || o.Summary == "" || ids[o.OperationID] || said != guarded || guarded != (o.Permission != "") {
				t.Errorf("%s %s is described as %q %q %q", method, path, o.OperationID, o.Summary, o.Description)
			}
			ids[o.OperationID] = true
			if open := len(o.Security) == 1 && len(o.Security[0]) == 0; open == (guarded || query) {
				t.Errorf("%s says that a token is needed: %t", o.OperationID, !open)
			}
			for _, status := range []string{"401", "403", "422", "500"} {
				if o.Responses[status] == nil && (guarded || query || status > "404") {
					t.Errorf("%s does not say that it may answer %s", o.OperationID, status)
				}
			}
		}
	}
	if strings.Contains(string(raw), `"$schema"`) {
		t.Error("bodies have a $schema")
	}
}

// A route that nobody described is one that nobody finds, whoever registered it.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	d, _, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for path, operations := range d.Paths {
		for method := range operations {
			described = append(described, strings.ToUpper(method)+" "+regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(path, ":$1"))
		}
	}
	routes := shared(t).server.Routes()
	slices.Sort(routes)
	slices.Sort(described)
	if len(routes) < 60 || !slices.Equal(routes, described) {
		t.Errorf("routes:\n%s\n\ndescribed:\n%s", strings.Join(routes, "\n"), strings.Join(described, "\n"))
	}
}

// The pages work without a network: they name no other host, and all that they name is here.
func TestPages(t *testing.T) {
	t.Parallel()
	m := start(t, func(c *apphttp.Config) { c.Explore = true }).member(t, access.User)
	m.token = ""
	for page, begins := range map[string]string{"/docs": "/docs/start.js", "/docs/graphql": "/docs/graphiql-start.js"} {
		html := m.ask(t, "GET", page, "").wants(t, 200)
		script := m.ask(t, "GET", begins, "").wants(t, 200)
		if !strings.HasPrefix(html.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s is %s", page, html.header.Get("Content-Type"))
		}
		if away := regexp.MustCompile(`(?i)(https?:)?//[a-z]`).FindString(html.body + script.body); away != "" {
			t.Errorf("%s leaves for %s", page, away)
		}
		named := regexp.MustCompile(`(?:src|href)="(/[^"]+)"|url: "(/[^"]+)"`).FindAllStringSubmatch(html.body+script.body, -1)
		if len(named) < 3 {
			t.Errorf("%s names %v", page, named)
		}
		for _, n := range named {
			path := n[1] + n[2]
			got := m.ask(t, "GET", path, "", "Accept-Encoding", "gzip").wants(t, 200) // asked for by name, it is not unpacked for us
			body := unpack(t, got)
			if len(body) < 100 || got.header.Get("Content-Type") == "" || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %d bytes of %s", path, len(body), got.header.Get("Content-Type"))
			}
		}
	}
}

func unpack(t testing.TB, got answer) string {
	t.Helper()
	if got.header.Get("Content-Encoding") != "gzip" {
		return got.body
	}
	packed, err := gzip.NewReader(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	return string(unpacked)
}

// The page for GraphQL is for development: elsewhere there is none. What GraphiQL asks for first, the
// whole schema, is within the bounds of a query.
func TestPlayground(t *testing.T) {
	t.Parallel()
	closed := shared(t).member(t, access.User)
	for _, path := range []string{"/docs/graphql", "/docs/graphiql.js"} {
		closed.ask(t, "GET", path, "").wants(t, 404)
	}
	open := start(t, func(c *apphttp.Config) { c.Explore = true }).member(t, access.User)
	query, err := os.ReadFile("testdata/graphiql.graphql")
	if err != nil {
		t.Fatal(err)
	}
	a := open.graph(t, string(query), nil)
	if len(a.Errors) > 0 || !strings.Contains(string(a.Data["__schema"]), "totalCount") {
		t.Errorf("the schema is not told: %s", a.codes())
	}
}

// The description that is served is the one that is kept.
func TestServedDescription(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.User)
	start := m.ask(t, "GET", "/docs/start.js", "").wants(t, 200)
	if !strings.Contains(start.body, "validatorUrl: null") {
		t.Error("the page sends the description to a validator")
	}
	if _, raw, err := describe(logged.logger()); err != nil {
		t.Fatal(err)
	} else if served := m.ask(t, "GET", "/openapi.json", ""); strings.Contains(string(raw), `"version": "1"`) {
		sameJSON(t, strings.Replace(string(raw), `"version": "1"`, `"version": "test"`, 1), served.body)
	}
}

// A client that cannot unpack gets no packed bytes.
func TestDocsUnpacked(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.User)
	got := m.ask(t, "GET", "/docs/swagger-ui.css", "", "Accept-Encoding", "identity").wants(t, 200)
	if got.header.Get("Content-Encoding") != "" || !strings.Contains(got.body, ".swagger-ui") {
		t.Errorf("%s: %d bytes", got.header.Get("Content-Encoding"), len(got.body))
	}
}
