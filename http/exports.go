package http

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

type (
	exportInput struct {
		Freshness
		LeadSelection
		Format  string `query:"format" enum:"csv,ndjson" default:"csv"`
		Columns string `query:"columns" maxLength:"8000" doc:"Of a CSV file, with commas between them; custom.KEY and external_ids.SYSTEM too (docs/api.md). Those that an import reads again when it is absent" example:"name,email,custom.tier"`
	}
	listExportsInput struct {
		Freshness
		Paging
	}
)

func (s *Server) exports() {
	o := op(http.MethodGet, "/v1/leads/export", "exportLeads", "Take leads out as a file, as many as there are", refuses(segment.ErrNotFound, projections.ErrOutdated, domain.ErrBusy))
	o.Description = "The answer is written as the leads are read. One that breaks off is cut without its end, so that no client takes it for whole; " +
		"a whole one ends with the trailer Canvass-Rows. That the export was begun and how it ended is recorded (listExports)."
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	o.Responses = map[string]*huma.Response{"200": {
		Description: "CSV with a header and no formulas, or each lead of listLeads on a line",
		Content:     map[string]*huma.MediaType{"text/csv": text, "application/x-ndjson": text},
	}}
	handle(s, o, access.ExportLeads, s.exportLeads)
	handle(s, op(http.MethodGet, "/v1/exports", "listExports", "List who has taken out which leads, the newest first"), access.ReadEvents, s.listExports)
}

// exportLeads reads what is asked for, records it, and looks at the first leads: up to
// there what is wrong is a refusal. Then the file begins.
func (s *Server) exportLeads(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	if in.Format == string(exports.NDJSON) && in.Columns != "" {
		return nil, domain.Refuse(values.Fault("columns", "are those of a CSV file; NDJSON holds whole leads"))
	}
	columns, err := exports.ParseColumns(in.Columns)
	if err != nil {
		return nil, err
	}
	x := &export{s: s, p: principalOf(ctx), id: commands.NewID(), chain: commands.NewID(), format: exports.Format(in.Format)}
	if x.ask, err = in.asked(ctx, s, in.Freshness); err != nil {
		return nil, err
	}
	x.ask.Limit = exportPage
	if err := s.await(ctx, in.Freshness, projections.Leads()); err != nil {
		return nil, err
	}
	started := exports.Started{Format: x.format, Filter: x.ask.Filter.String(), Words: strings.TrimSpace(in.Words), Segment: in.Segment, Sort: in.Sort, Role: string(x.p.Role)}
	if in.Archived != "false" {
		started.Archived = in.Archived
	}
	if x.format == exports.CSV {
		if err := x.layOut(ctx, columns); err != nil {
			return nil, err
		}
		started.Columns = x.sheet.Header()
	}
	if asksHead(ctx) { // nothing is taken out
		return &huma.StreamResponse{Body: x.answer}, nil
	}
	call := commands.Call{Principal: x.p, ID: x.chain, RequestID: requestID(ctx)}
	if _, err := commands.Execute(ctx, s.run, call, commands.StartExport{ID: x.id, Started: started}); err != nil {
		return nil, err
	}
	if x.page, err = s.queries.LeadsBehind(ctx, x.p, x.ask); err != nil {
		x.finish(ctx, false)
		return nil, err
	}
	return &huma.StreamResponse{Body: x.answer}, nil
}

// layOut finds the columns of a CSV file.
func (x *export) layOut(ctx context.Context, columns []string) (err error) {
	var e exports.Extent
	if exports.Several(columns) {
		if e, err = x.s.queries.LeadExtent(ctx, x.p, x.ask); err != nil {
			return err
		}
	}
	x.sheet, err = exports.NewSheet(columns, e)
	return err
}

// finishPatience is how long the end of an export may take to be recorded, whether or
// not its client is still there.
const finishPatience = 10 * time.Second

// finish records how the export has ended, and tells whether that could be.
func (x *export) finish(ctx context.Context, complete bool) bool {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishPatience)
	defer cancel()
	call := commands.Call{Principal: x.p, ID: commands.NewID(), RequestID: requestID(ctx), Correlation: cmp.Or(chain(ctx), x.chain), Causation: x.chain}
	r, err := commands.Execute(after, x.s.run, call, commands.FinishExport{ID: x.id, Finished: exports.Finished{Rows: x.rows, Complete: complete}})
	if err == nil {
		x.s.writes.note(x.p, r.Position)
	}
	if err != nil {
		x.s.log.WarnContext(ctx, "the end of an export could not be recorded", "request_id", requestID(ctx), "export", x.id)
	}
	return err == nil
}

func (s *Server) listExports(ctx context.Context, in *listExportsInput) (*listOutput[projections.Export], error) {
	if err := s.await(ctx, in.Freshness, projections.Exports()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	list := listID("exports", p.Org)
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.ExportPage(ctx, p, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Export.Created), nil
}
