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
