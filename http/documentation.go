package http

import (
	"bytes"
	"compress/gzip"
	"embed"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// docsFiles are Swagger UI and GraphiQL, packed: their pages work without a network.
//
//go:embed docs
var docsFiles embed.FS

const docsHTML = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Canvass API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body></html>`

const docsStart = `window.ui = SwaggerUIBundle({url: "/openapi.json", dom_id: "#ui", validatorUrl: null, persistAuthorization: true, deepLinking: true});`

// documentation serves the description, the page at /docs that shows it, and the
// issuer's public keys.
func (s *Server) documentation() {
	s.file("/docs", "docs", "A page to read and try the API", "text/html", written("text/html", docsHTML))
	s.file("/docs/start.js", "docsStart", "What the page begins with", "text/javascript", written("text/javascript", docsStart))
	s.file("/docs/swagger-ui-bundle.js", "docsScript", "What the page is made by", "text/javascript", packed("docs/swagger-ui-bundle.js.gz", "text/javascript"))
	s.file("/docs/swagger-ui.css", "docsStyle", "How the page looks", "text/css", packed("docs/swagger-ui.css.gz", "text/css"))

	described := sync.OnceValues(s.OpenAPI)
	anything := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
	s.open(described200(op(http.MethodGet, "/openapi.json", "openapi", "This description (OpenAPI 3.1)"), "application/openapi+json", anything, map[string]any{"openapi": "3.1.0"}), func(c echo.Context) error {
		text, err := described()
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/openapi+json", text)
	})
	if s.issuer == nil {
		return
	}
	s.open(described200(op(http.MethodGet, "/.well-known/jwks.json", "keys", "The public keys of the issuer (RFC 7517)"), "application/json", anything, map[string]any{"keys": []any{}}), func(c echo.Context) error {
		keys, err := s.issuer.keySet()
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, keys)
	})
}

func described200(o huma.Operation, kind string, schema *huma.Schema, example any) huma.Operation {
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{kind: {Schema: schema, Example: example}}}}
	return o
}

// file serves what a page is made of.
func (s *Server) file(path, id, summary, kind string, do echo.HandlerFunc) {
	o := op(http.MethodGet, path, id, summary)
	o.Responses = map[string]*huma.Response{"200": {Description: "It", Content: textual(kind, "...")}}
	s.open(o, do)
}

// written serves a text.
func written(kind, text string) echo.HandlerFunc {
	return func(c echo.Context) error { return c.Blob(http.StatusOK, kind+"; charset=utf-8", []byte(text)) }
}

// packed serves a file as it is packed, and unpacks it for who cannot.
func packed(file, kind string) echo.HandlerFunc {
	return func(c echo.Context) error {
		data, err := docsFiles.ReadFile(file)
		if err != nil {
			return err
		}
		h := c.Response().Header()
		h.Add("Vary", "Accept-Encoding")
		h.Set("Cache-Control", "public, max-age=86400")
		kind := kind + "; charset=utf-8"
		if strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			return c.Blob(http.StatusOK, kind, data)
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return err
		}
		return c.Stream(http.StatusOK, kind, unpacked)
	}
}

// schemaName names a type in the description: two aggregates may call what they count by
// the same name.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if _, aggregate, ok := strings.Cut(t.PkgPath(), "/domain/"); ok {
		return aggregate + "." + name
	}
	return name
}
