package http_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
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
			if o.OperationID == "" || o.Summary == "" || ids[o.OperationID] || !strings.Contains(o.Description, "Needs the permission `") {
				t.Errorf("%s %s is described as %q %q %q", method, path, o.OperationID, o.Summary, o.Description)
			}
			ids[o.OperationID] = true
			for _, status := range []string{"401", "403", "422", "500"} {
				if o.Responses[status] == nil && o.Responses["default"] == nil {
					t.Errorf("%s does not say that it may answer %s", o.OperationID, status)
				}
			}
		}
	}
	if strings.Contains(string(raw), `"$schema"`) {
		t.Error("bodies have a $schema")
	}
}

// A route of the API that nobody described is one that nobody finds.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	d, _, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	routes, described := shared(t).server.Routes(), 0
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		path = regexp.MustCompile(`:(\w+)`).ReplaceAllString(path, "{$1}")
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		described++
		if _, ok := d.Paths[path][strings.ToLower(method)]; !ok {
			t.Errorf("%s is not described", route)
		}
	}
	for path, operations := range d.Paths {
		for method := range operations {
			if !slices.Contains(routes, strings.ToUpper(method)+" "+regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(path, ":$1")) {
				t.Errorf("%s %s is described and not there", method, path)
			}
		}
	}
	if described < 11 {
		t.Errorf("only %d routes", described)
	}
}

// The page works without a network: it names no other host, and all that it names is
// here.
func TestDocsPage(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.User)
	m.token = ""
	page := m.ask(t, "GET", "/docs", "").wants(t, 200)
	start := m.ask(t, "GET", "/docs/start.js", "").wants(t, 200)
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		t.Errorf("the page is %s", page.header.Get("Content-Type"))
	}
	if away := regexp.MustCompile(`(?i)(https?:)?//[a-z]`).FindString(page.body + start.body); away != "" {
		t.Errorf("the page leaves for %s", away)
	}
	named := regexp.MustCompile(`(?:src|href)="(/[^"]+)"|url: "(/[^"]+)"`).FindAllStringSubmatch(page.body+start.body, -1)
	if len(named) < 4 {
		t.Errorf("the page names %v", named)
	}
	for _, n := range named {
		path := n[1] + n[2]
		got := m.ask(t, "GET", path, "", "Accept-Encoding", "gzip").wants(t, 200) // asked for by name, it is not unpacked for us
		body := got.body
		if got.header.Get("Content-Encoding") == "gzip" {
			packed, err := gzip.NewReader(strings.NewReader(got.body))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			unpacked, err := io.ReadAll(packed)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			body = string(unpacked)
		}
		if len(body) < 100 || got.header.Get("Content-Type") == "" || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d bytes of %s", path, len(body), got.header.Get("Content-Type"))
		}
	}
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
