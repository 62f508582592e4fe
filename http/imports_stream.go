package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// streamImport tells how far an import is, whenever that has changed, until it rests.
// What changes is looked for at a steady pace: while rows are written, everything
// changes all the time.
func (s *Server) streamImport(c echo.Context) error {
	ctx := c.Request().Context()
	p, id := principalOf(ctx), c.Param("id")
	if err := p.Allows(access.ImportLeads); err != nil {
		return err
	}
	fresh, err := streamFreshness(c.Request())
	if err != nil {
		return err
	}
	if err := s.await(ctx, fresh, projections.Imports()); err != nil {
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

// streamFreshness reads the header that every read takes.
func streamFreshness(r *http.Request) (f Freshness, err error) {
	var faults []domain.Field
	for name := range r.URL.Query() {
		faults = append(faults, values.Fault(name, "is no parameter of this stream")...)
	}
	const header = "Canvass-Min-Position"
	if text := r.Header.Get(header); text != "" {
		if f.MinPosition, err = strconv.ParseInt(text, 10, 64); err != nil || f.MinPosition < 0 {
			faults = append(faults, values.Fault(header, "is not a position of the log")...)
		}
	}
	return f, domain.Refuse(faults)
}

// describeImportStream documents the stream, which is no huma operation: huma buffers.
func (s *Server) describeImportStream() {
	s.api.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/v1/imports/{id}/stream", OperationID: "streamImport", Summary: "Follow an import (Server-Sent Events)",
		Description: fmt.Sprintf("An event `progress` with what getImport shows, whenever that has changed; when the import rests (planned, failed, committed, undone), an event `end` with the same, and the stream is over.\n\nNeeds the permission `%s`.", access.ImportLeads),
		Security:    []map[string][]string{{"bearer": {}}},
		Parameters: []*huma.Param{
			{In: "path", Name: "id", Required: true, Schema: &huma.Schema{Type: "string", Format: "uuid"}},
			{In: "header", Name: "Canvass-Min-Position", Description: "Begin only once the view has reached this position of the log: that of the order to plan, commit or undo", Schema: &huma.Schema{Type: "integer"}},
		},
		Responses: map[string]*huma.Response{
			"200":     {Description: "The stream", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}}},
			"default": {Description: "A refusal", Content: map[string]*huma.MediaType{problemJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}},
		},
	})
}
