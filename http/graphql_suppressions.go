package http

import (
	"context"

	"github.com/canvass-hq/canvass/http/graphql"
	"github.com/canvass-hq/canvass/projections"
)

func (g graphQueries) Suppression(ctx context.Context, _ string) (*projections.Suppression, error) {
	return one(ctx, g.args, g.s.getSuppression, asIs[projections.Suppression])
}

func (g graphQueries) Suppressions(ctx context.Context, _ *int, after, _ *string) (*graphql.SuppressionConnection, error) {
	return list[graphql.SuppressionConnection](ctx, g, g.s.listSuppressions, after)
}

func (g graphMutations) SuppressMail(ctx context.Context, _ string, _, _, _, _ *string) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.suppress)
}

func (g graphMutations) LiftSuppression(ctx context.Context, _, _ string, _ map[string]any, _, _ *string, _ *int) (*graphql.Receipt, error) {
	return change(ctx, g, g.s.liftSuppression)
}
