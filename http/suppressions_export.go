package http

import (
	"context"
	"encoding/csv"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/projections"
)

type exportSuppressionsInput struct{ Freshness }

// suppressionFiles are no huma operations: huma buffers.
func (s *Server) suppressionFiles() {
	o := op(http.MethodGet, "/v1/suppressions/export", "exportSuppressions", "Take all suppressions out as a file (CSV), without formulas", refuses(access.ErrMasked))
	o.Description = "One line for each suppression and scope, the newest first. importSuppressions takes the file, also in another organization. A person who was erased stands there with an id and no address. " +
		"The answer is written as the list is read; one that breaks off is cut without its end. It needs `" + string(access.ReadSuppressions) + "` as well."
	o.Responses = map[string]*huma.Response{"200": {
		Description: "One line for each suppression and scope",
		Content:     textual("text/csv", "id,email,scope,reason,by,at,note\n"+exampleID+",ada@people.example,all,requested,member,"+exampleTime+",by phone\n"),
	}}
	raw(s, o, access.ExportLeads, s.exportSuppressions)
	s.suppressionImport()
}

func (s *Server) exportSuppressions(c echo.Context, in *exportSuppressionsInput) error {
	ctx := c.Request().Context()
	p := principalOf(ctx)
	if err := p.Allows(access.ReadSuppressions); err != nil {
		return err
	}
	if p.Masked() {
		return access.ErrMasked
	}
	if err := s.await(ctx, in.Freshness, projections.Suppressions()); err != nil {
		return err
	}
	return s.writeCSV(c, "suppressions", func(out *csv.Writer) error { return s.writeSuppressions(ctx, p, out) })
}

// writeSuppressions goes through the list page by page.
func (s *Server) writeSuppressions(ctx context.Context, p access.Principal, out *csv.Writer) error {
	if err := out.Write(suppression.Header()); err != nil {
		return err
	}
	for before := int64(0); ; {
		page, err := s.queries.SuppressionPage(ctx, p, "", before, exportedPage)
		if err != nil {
			return err
		}
		for _, held := range page.Items {
			before = held.Created()
			for _, e := range held.Entries {
				if err := out.Write(suppression.Row(held.ID, held.Email, e.Scope, e.Entry)); err != nil {
					return err
				}
			}
		}
		s.audit.rows(ctx, len(page.Items))
		if out.Flush(); out.Error() != nil || !page.More {
			return out.Error()
		}
		select {
		case <-s.closing:
			return errClosing
		default:
		}
	}
}
