package http_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// promised is what the description promises; every answer of every test is held against it.
var promised contract //nolint:gochecknoglobals // one record for the whole run

type contract struct {
	once     sync.Once
	doc      document
	routes   []route
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	broken  map[string]bool
	checked int
}

// document is as much of an OpenAPI document as the tests look at.
type document struct {
	OpenAPI    string                           `json:"openapi"`
	Paths      map[string]map[string]*described `json:"paths"`
	Components struct {
		Schemas   map[string]map[string]any `json:"schemas"`
		Responses map[string]*response      `json:"responses"`
	} `json:"components"`
}

type described struct {
	OperationID string               `json:"operationId"`
	Summary     string               `json:"summary"`
	Description string               `json:"description"`
	Permission  string               `json:"x-permission"`
	Security    []map[string]any     `json:"security"`
	Parameters  []parameter          `json:"parameters"`
	RequestBody *requestBody         `json:"requestBody"`
	Responses   map[string]*response `json:"responses"`
}

type parameter struct {
	Name     string         `json:"name"`
	In       string         `json:"in"`
	Required bool           `json:"required"`
	Schema   map[string]any `json:"schema"`
	Example  any            `json:"example"`
}

type requestBody struct {
	Required bool                 `json:"required"`
	Content  map[string]mediaType `json:"content"`
}

type response struct {
	Ref     string               `json:"$ref"`
	Codes   []string             `json:"x-codes"`
	Content map[string]mediaType `json:"content"`
}

type mediaType struct {
	Schema   map[string]any `json:"schema"`
	Example  any            `json:"example"`
	Examples map[string]struct {
		Value any `json:"value"`
	} `json:"examples"`
}

// route is a path of the description.
type route struct {
	template string
	parts    []string
}

const docURL = "canvass.json"

func (c *contract) load() {
	c.once.Do(func() {
		_, raw, err := describe(logged.logger())
		if err != nil {
			panic(err)
		}
		if err := json.Unmarshal(raw, &c.doc); err != nil {
			panic(err)
		}
		whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			panic(err)
		}
		c.compiler = jsonschema.NewCompiler()
		c.compiler.DefaultDraft(jsonschema.Draft2020)
		c.compiler.AssertFormat()
		if err := c.compiler.AddResource(docURL, whole); err != nil {
			panic(err)
		}
		c.schemas, c.broken = map[string]*jsonschema.Schema{}, map[string]bool{}
		for template := range c.doc.Paths {
			c.routes = append(c.routes, route{template, strings.Split(template, "/")})
		}
		// Of two templates that fit, the one with fewer parameters does.
		slices.SortFunc(c.routes, func(a, b route) int {
			return strings.Count(a.template, "{") - strings.Count(b.template, "{")
		})
	})
}

// find is the operation that a request asks for, and where the description has it; HEAD is asked of GET.
func (c *contract) find(method, path string) (*described, string) {
	c.load()
	if method == http.MethodHead {
		method = http.MethodGet
	}
	parts := strings.Split(path, "/")
	for _, r := range c.routes {
		if len(r.parts) != len(parts) {
			continue
		}
		fits := true
		for i, p := range r.parts {
			fits = fits && (p == parts[i] || strings.HasPrefix(p, "{") && parts[i] != "")
		}
		if fits {
			o := c.doc.Paths[r.template][strings.ToLower(method)]
			return o, pointer("paths", r.template, strings.ToLower(method))
		}
	}
	return nil, ""
}

// pointer is a JSON pointer into the description, as a fragment.
func pointer(steps ...string) string {
	var out strings.Builder
	for _, s := range steps {
		out.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D").Replace(s))
	}
	return out.String()
}

// check holds an answer against what the description promises of its operation.
func (c *contract) check(method, path string, status int, header http.Header, body string) {
	o, at := c.find(method, path)
	if o == nil {
		return // no such route, and that has tests of its own
	}
	fault := c.fault(o, at, method, status, header, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked++
	if fault != "" {
		c.broken[fmt.Sprintf("%s answered %d to %s %s: %s", o.OperationID, status, method, path, fault)] = true
	}
}

func (c *contract) fault(o *described, at, method string, status int, header http.Header, body string) string {
	at += pointer("responses", strconv.Itoa(status))
	r := o.Responses[strconv.Itoa(status)]
	if r == nil {
		return "the description does not say so: " + body
	}
	if r.Ref != "" {
		name := strings.TrimPrefix(r.Ref, "#/components/responses/")
		r, at = c.doc.Components.Responses[name], pointer("components", "responses", name)
	}
	if method == http.MethodHead || status == http.StatusNotModified || len(r.Content) == 0 {
		if body != "" {
			return "there is a body"
		}
		return ""
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "its type is " + header.Get("Content-Type")
	}
	if _, said := r.Content[kind]; !said {
		return fmt.Sprintf("its type is %s, and not one of %v", kind, slices.Sorted(maps.Keys(r.Content)))
	}
	if kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return ""
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return "the body cannot be read: " + body
	}
	if err := c.fits(at+pointer("content", kind, "schema"), value); err != nil {
		return fmt.Sprintf("the body does not fit: %v: %s", err, body)
	}
	if p, ok := value.(map[string]any); ok && kind == "application/problem+json" {
		if code, _ := p["code"].(string); !slices.Contains(r.Codes, code) {
			return fmt.Sprintf("the code %s is not one of %v", code, r.Codes)
		}
	}
	return ""
}

// fits holds a value against the schema at a place of the description.
func (c *contract) fits(at string, value any) error {
	c.load()
	c.mu.Lock()
	schema, ok := c.schemas[at]
	if !ok {
		var err error
		if schema, err = c.compiler.Compile(docURL + "#" + at); err != nil {
			c.mu.Unlock()
			return err
		}
		c.schemas[at] = schema
	}
	c.mu.Unlock()
	return schema.Validate(value)
}

// faults are the promises that were broken.
func (c *contract) faults() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.broken))
}
