package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// ImportPath names an import; it is exported because huma fills no other.
type ImportPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The import"`
}

// columnBody says what becomes of one column of a file.
type columnBody struct {
	Header     string `json:"header"`
	Field      string `json:"field" doc:"Of a lead; custom: and a key for a field of your own; empty to leave the column out" example:"email"`
	Kind       string `json:"kind,omitempty" enum:"text,number,date,boolean,enum,url" doc:"Of a field of your own"`
	DateFormat string `json:"date_format,omitempty" doc:"Of a column of dates, as Go writes it" example:"02-01-2006"`
}

// optionsBody says how a file is taken in.
type optionsBody struct {
	Key         string   `json:"key,omitempty" enum:"email,external_id,phone,company_name" doc:"By what a row and a lead are the same; email when it is absent"`
	OnDuplicate string   `json:"on_duplicate,omitempty" enum:"skip,fill,overwrite,create" doc:"What becomes of a row whose lead is there; skip when it is absent"`
	System      string   `json:"system,omitempty" doc:"Whose ids the column of ids holds" example:"crm"`
	Source      string   `json:"source,omitempty" doc:"Of rows that name none"`
	Owner       string   `json:"owner,omitempty" doc:"Of rows that name none"`
	Tags        []string `json:"tags,omitempty" maxItems:"50" doc:"For every lead"`
}

type (
	planInput struct {
		ImportPath
		Conditions
		Freshness
		Body *struct {
			Columns []columnBody `json:"columns,omitempty" maxItems:"500" doc:"What becomes of each column; as it was proposed when it is absent"`
			Mapping string       `json:"mapping,omitempty" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"In place of columns: a saved mapping, and its options where none are given"`
			Options optionsBody  `json:"options,omitzero"`
		} `required:"false"`
	}
	bareImportInput struct {
		ImportPath
		Conditions
	}
	getImportInput struct {
		ImportPath
		Freshness
		Held
	}
	listImportsInput struct {
		Freshness
		Paging
	}
	importRowsInput struct {
		ImportPath
		Freshness
		Paging
		Outcome string `query:"outcome" enum:"create,update,unchanged,skip,error,refused,warning" doc:"Only rows of which this becomes"`
	}
)

func (s *Server) imports() {
	const one = "/v1/imports/{id}"
	s.uploads()
	s.importStream()
	handle(s, op(http.MethodGet, "/v1/imports", "listImports", "List imports, the newest first"), access.ImportLeads, s.listImports)
	handle(s, op(http.MethodGet, one, "getImport", "Show an import: where it stands, what its columns mean, what it would do, what it has done", mayBeHeld, refuses(imports.ErrNotFound)), access.ImportLeads, s.getImport)
	handle(s, op(http.MethodGet, one+"/rows", "listImportRows", "List the rows of a file with what becomes of each, and why", refuses(imports.ErrNotFound, imports.ErrGone)), access.ImportLeads, s.listImportRows)
	handle(s, op(http.MethodPost, one+"/plan", "planImport", "Say of every row what would become of it; nothing is changed", accepts, refuses(imports.ErrNotFound, imports.ErrGone, imports.ErrBusy, imports.ErrUnfit)), access.ImportLeads, s.planImport)
	handle(s, op(http.MethodPost, one+"/commit", "commitImport", "Carry the plan out; what has changed since is planned again", accepts, refuses(imports.ErrNotFound, imports.ErrGone, imports.ErrBusy)), access.ImportLeads, func(ctx context.Context, in *bareImportInput) (*receiptOutput, error) {
		return accepted(execute(ctx, s, in.Conditions, "commitImport", in.ID, nil, commands.CommitImport{ID: in.ID, Role: string(principalOf(ctx).Role)}))
	})
	handle(s, op(http.MethodPost, one+"/undo", "undoImport", "Take back what the import has done, but for what somebody has touched since", accepts, refuses(imports.ErrNotFound, imports.ErrBusy)), access.ImportLeads, func(ctx context.Context, in *bareImportInput) (*receiptOutput, error) {
		return accepted(execute(ctx, s, in.Conditions, "undoImport", in.ID, nil, commands.UndoImport{ID: in.ID, Role: string(principalOf(ctx).Role)}))
	})
}

// accepted answers for a command of an import that a job carries out.
func accepted(out *receiptOutput, err error) (*receiptOutput, error) {
	return acceptedAt("/v1/imports/", out, err)
}

func (s *Server) planImport(ctx context.Context, in *planInput) (*receiptOutput, error) {
	cmd := commands.PlanImport{ID: in.ID}
	if b := in.Body; b != nil {
		cmd.Columns, cmd.Options = columnsOf(b.Columns), imports.Options(b.Options)
		if b.Mapping != "" {
			if b.Columns != nil {
				return nil, domain.Refuse(values.Fault("mapping", "stands beside columns: only one of them can be taken"))
			}
			var err error
			if cmd.Saved, err = s.savedMapping(ctx, in.Freshness, b.Mapping); err != nil {
				return nil, err
			}
		}
	}
	return accepted(execute(ctx, s, in.Conditions, "planImport", in.ID, in.Body, cmd))
}

func columnsOf(bodies []columnBody) (out []imports.Column) {
	for _, c := range bodies {
		out = append(out, imports.Column{Header: c.Header, Field: imports.Field(c.Field), Kind: c.Kind, DateFormat: c.DateFormat})
	}
	return out
}

func (s *Server) getImport(ctx context.Context, in *getImportInput) (*shownOutput[projections.Import], error) {
	if err := s.await(ctx, in.Freshness, projections.Imports()); err != nil {
		return nil, err
	}
	i, err := s.queries.Import(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shownNow(in.Held, i.Version, i.Position, i)
}

func (s *Server) listImports(ctx context.Context, in *listImportsInput) (*listOutput[projections.Import], error) {
	if err := s.await(ctx, in.Freshness, projections.Imports()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	list := listID("imports", p.Org)
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.ImportPage(ctx, p, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Import.Created), nil
}

func (s *Server) listImportRows(ctx context.Context, in *importRowsInput) (*listOutput[projections.ImportRow], error) {
	if err := s.await(ctx, in.Freshness, projections.Imports()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	switch i, err := s.queries.Import(ctx, p, in.ID); {
	case err != nil:
		return nil, err
	case i.Destroyed != "":
		return nil, imports.ErrGone
	}
	list := listID("import rows", p.Org, in.ID, in.Outcome)
	behind, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.ImportRows(ctx, p, in.ID, in.Outcome, int(behind), in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, func(r projections.ImportRow) int64 { return int64(r.Line) }), nil
}
