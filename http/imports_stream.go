package http

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/projections"
)

// streamImport tells how far an import is, whenever that has changed, until it rests.
// What changes is looked for at a steady pace: while rows are written, everything
// changes all the time.
func (s *Server) streamImport(c echo.Context, in *streamImportInput) error {
	ctx := c.Request().Context()
	p, id := principalOf(ctx), in.ID
	if err := s.await(ctx, in.Freshness, projections.Imports()); err != nil {
		return err
	}
	i, err := s.queries.Import(ctx, p, id)
	if err != nil {
		return err
	}
	w, err := s.openStream(c)
	if err != nil {
		return err
	}
	for before := []byte(nil); ; {
		now, err := json.Marshal(i)
		if err != nil || !bytes.Equal(now, before) && w.event("", "progress", i) != nil {
			return nil //nolint:nilerr // the answer has begun; or the client has gone
		}
		if i.Rests() {
			_ = w.event("", "end", i)
			return nil
		}
		before = now
		if w.alive() != nil || !s.anew(ctx, nil) {
			return nil //nolint:nilerr // the client has gone
		}
		if i, err = s.queries.Import(ctx, p, id); err != nil {
			_ = w.comment("the import cannot be read right now; connect again")
			return nil //nolint:nilerr // the answer has begun
		}
	}
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
