package http

import (
	"context"

	"github.com/canvass-hq/canvass/http/graphql"
	"github.com/canvass-hq/canvass/projections"
)

func (g graphQueries) Import(ctx context.Context, _ string) (*projections.Import, error) {
	return one(ctx, g.args, g.s.getImport, asIs[projections.Import])
}

func (g graphQueries) Imports(ctx context.Context, _ *int, after *string) (*graphql.ImportConnection, error) {
	return list[graphql.ImportConnection](ctx, g, g.s.listImports, after)
}

func (g graphQueries) Mapping(ctx context.Context, _ string) (*projections.Mapping, error) {
	return one(ctx, g.args, g.s.getMapping, asIs[projections.Mapping])
}

func (g graphQueries) Mappings(ctx context.Context, _ *int, after, _ *string) (*graphql.MappingConnection, error) {
	return list[graphql.MappingConnection](ctx, g, g.s.listMappings, after)
}
