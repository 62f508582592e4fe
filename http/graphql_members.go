package http

import (
	"context"

	"github.com/canvass-hq/canvass/http/graphql"
	"github.com/canvass-hq/canvass/projections"
)

func (g graphQueries) Organization(ctx context.Context) (*projections.Organization, error) {
	return one(ctx, g.args, g.s.getOrganization, asIs[projections.Organization])
}

func (g graphQueries) Member(ctx context.Context, _ string) (*projections.Member, error) {
	in, err := read[getMemberInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := g.s.getMember(ctx, in)
	if err != nil {
		return nil, err
	}
	return &out.Body, nil
}

func (g graphQueries) Members(ctx context.Context, _ *int, after *string) (*graphql.MemberConnection, error) {
	return list[graphql.MemberConnection](ctx, g, g.s.listMembers, after)
}

func (g graphQueries) Teams(ctx context.Context, _ *int, after *string) (*graphql.TeamConnection, error) {
	return list[graphql.TeamConnection](ctx, g, g.s.listTeams, after)
}
