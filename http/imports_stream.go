package http

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/projections"
)

// streamImport tells how far an import is, whenever that has changed, until it rests.
func (s *Server) streamImport(c echo.Context, in *streamImportInput) error {
	ctx := c.Request().Context()
	if err := s.await(ctx, in.Freshness, projections.Imports()); err != nil {
		return err
	}
	return follow(s, c, func() (projections.Import, bool, error) {
		i, err := s.queries.Import(ctx, principalOf(ctx), in.ID)
		return i, err == nil && i.Rests(), err
	})
}

type streamImportInput struct {
	ImportPath
	Freshness
}

// importStream documents the stream, which is no huma operation: huma buffers.
func (s *Server) importStream() {
	o := op(http.MethodGet, "/v1/imports/{id}/stream", "streamImport", "Follow an import (Server-Sent Events)", refuses(imports.ErrNotFound))
	o.Description = "An event `progress` with what getImport shows, whenever that has changed; when the import rests (planned, failed, committed, undone), an event `end` with the same, and the stream is over. " +
		"Send the position of the order to plan, commit or undo as Canvass-Min-Position."
	o.Responses = map[string]*huma.Response{"200": {Description: "The stream", Content: textual("text/event-stream", "event: progress\ndata: {\"id\":\""+exampleID+"\"}\n\n")}}
	raw(s, o, access.ImportLeads, s.streamImport)
}
