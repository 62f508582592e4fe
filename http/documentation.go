package http

import (
	"bytes"
	"compress/gzip"
	"embed"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// docsFiles is Swagger UI, packed: the page works without a network.
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

// documentation serves the page at /docs and the issuer's public keys. The description
// itself, /openapi.json, is huma's.
func (s *Server) documentation() {
	s.echo.GET("/docs", func(c echo.Context) error { return c.HTML(http.StatusOK, docsHTML) })
	s.echo.GET("/docs/start.js", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "text/javascript", []byte(docsStart))
	})
	for name, kind := range map[string]string{"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"} {
		s.echo.GET("/docs/"+name, packed("docs/"+name+".gz", kind))
	}
	if s.issuer == nil {
		return
	}
	s.echo.GET("/.well-known/jwks.json", func(c echo.Context) error {
		keys, err := s.issuer.keySet()
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, keys)
	})
}

// packed serves a file as it is packed, and unpacks it for who cannot.
func packed(file, kind string) echo.HandlerFunc {
	return func(c echo.Context) error {
		data, err := docsFiles.ReadFile(file)
		if err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Vary", "Accept-Encoding")
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

func isUUID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
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
