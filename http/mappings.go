package http

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/mapping"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// MappingPath names a mapping; it is exported because huma fills no other.
type MappingPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The mapping"`
}

type (
	saveMappingInput struct {
		Conditions
		Freshness
		Body struct {
			Name    string       `json:"name" doc:"Saved again under the same name, the mapping is replaced" example:"Fairs"`
			Columns []columnBody `json:"columns,omitempty" maxItems:"500" doc:"What becomes of each column"`
			Options optionsBody  `json:"options,omitzero"`
			Import  string       `json:"import,omitempty" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"In place of columns: those of this import, and its options where none are given"`
		}
	}
	getMappingInput struct {
		MappingPath
		Freshness
		Held
	}
	bareMappingInput struct {
		MappingPath
		Conditions
	}
	listMappingsInput struct {
		Freshness
		Paging
		Name string `query:"name" maxLength:"200" doc:"However it is written"`
	}
)

func (s *Server) mappings() {
	const one = "/v1/mappings/{id}"
	handle(s, op(http.MethodPost, "/v1/mappings", "saveMapping", "Keep what the columns of a kind of file mean, for the next file of the kind", creates, mayReplace, refuses(imports.ErrUnfit)), access.ImportLeads, s.saveMapping)
	handle(s, op(http.MethodGet, "/v1/mappings", "listMappings", "List saved mappings, the newest first"), access.ImportLeads, s.listMappings)
	handle(s, op(http.MethodGet, one, "getMapping", "Show one saved mapping", mayBeHeld, refuses(mapping.ErrNotFound)), access.ImportLeads, s.getMapping)
	handle(s, op(http.MethodDelete, one, "deleteMapping", "Take a saved mapping away; imports stay as they are", refuses(mapping.ErrNotFound)), access.ImportLeads, func(ctx context.Context, in *bareMappingInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "deleteMapping", in.ID, nil, commands.DeleteMapping{ID: in.ID})
	})
}

func (s *Server) saveMapping(ctx context.Context, in *saveMappingInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	cmd := commands.SaveMapping{Name: in.Body.Name, Columns: columnsOf(in.Body.Columns), Options: imports.Options(in.Body.Options)}
	if err := s.fromImport(ctx, in, &cmd); err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		cmd.ID = commands.NewID()
		out, err := execute(ctx, s, in.Conditions, "saveMapping", "", in.Body, cmd)
		// Who holds the name is the one to be replaced.
		if taken, ok := errors.AsType[*domain.Error](err); ok && errors.Is(err, domain.ErrClaimed) && len(taken.Streams) > 0 {
			cmd.ID = taken.Streams[0]
			out, err = execute(ctx, s, in.Conditions, "saveMapping", "", in.Body, cmd)
			if errors.Is(err, mapping.ErrNotFound) && attempt == 0 { // it was deleted just now
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		if out.Body.Version == 1 {
			out.Status, out.Location = http.StatusCreated, "/v1/mappings/"+out.Body.ID
		}
		return out, nil
	}
}

// fromImport takes the columns of an import, where one is named in their place.
func (s *Server) fromImport(ctx context.Context, in *saveMappingInput, cmd *commands.SaveMapping) error {
	switch {
	case in.Body.Import == "" && in.Body.Columns == nil:
		return domain.Refuse(values.Fault("columns", "say what becomes of the columns, or name an import"))
	case in.Body.Import == "":
		return nil
	case in.Body.Columns != nil:
		return domain.Refuse(values.Fault("import", "stands beside columns: only one of them can be taken"))
	}
	if err := s.await(ctx, in.Freshness, projections.Imports()); err != nil {
		return err
	}
	i, err := s.queries.Import(ctx, principalOf(ctx), in.Body.Import)
	if errors.Is(err, imports.ErrNotFound) {
		return domain.Refuse(values.Fault("import", "is not there"))
	}
	cmd.Columns, cmd.Options = i.Columns, cmd.Options.Over(i.Options)
	return err
}

func (s *Server) getMapping(ctx context.Context, in *getMappingInput) (*shownOutput[projections.Mapping], error) {
	if err := s.await(ctx, in.Freshness, projections.Mappings()); err != nil {
		return nil, err
	}
	m, err := s.queries.Mapping(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shown(in.Held, etag(m.Version), m.Position, m)
}

func (s *Server) listMappings(ctx context.Context, in *listMappingsInput) (*listOutput[projections.Mapping], error) {
	if err := s.await(ctx, in.Freshness, projections.Mappings()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	list := listID("mappings", p.Org, in.Name)
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.MappingPage(ctx, p, in.Name, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Mapping.Created), nil
}

// savedMapping is the mapping that a plan names.
func (s *Server) savedMapping(ctx context.Context, f Freshness, id string) (*imports.Saved, error) {
	if err := s.await(ctx, f, projections.Mappings()); err != nil {
		return nil, err
	}
	m, err := s.queries.Mapping(ctx, principalOf(ctx), id)
	if errors.Is(err, mapping.ErrNotFound) {
		return nil, domain.Refuse(values.Fault("mapping", "is not there"))
	}
	saved := m.Saved()
	return &saved, err
}

// recognise lays a mapping that was saved for files of just these columns over what is
// proposed for one that comes in.
func (s *Server) recognise(ctx context.Context, p access.Principal, u *imports.Uploaded) error {
	m, err := s.queries.MappingOf(ctx, p, u.Columns)
	switch {
	case errors.Is(err, mapping.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	u.Columns, _ = m.Saved().On(u.Columns)
	u.Mapping = m.ID
	return nil
}

func mayReplace(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "It has replaced the mapping of that name", Headers: receiptHeaders(),
		Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Receipt"}}},
	}}
}
