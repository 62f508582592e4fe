package http

import (
	"context"
	"time"

	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/http/graphql"
	"github.com/canvass-hq/canvass/projections"
)

// graph answers the fields of the schema that ask for something, each with the operation of the REST
// API that shows the same. gqlgen wants a type for each type of the schema.
type graph struct {
	s    *Server
	args *arguments
}

type (
	graphQueries    graph
	graphMutations  graph
	graphLeads      graph
	graphCompanies  graph
	graphTasks      graph
	graphSegments   graph
	graphImports    graph
	graphActions    graph
	graphCampaigns  graph
	graphRecipients graph
	graphSenders    graph
)

// The types of the schema.
func (g graph) Query() graphql.QueryResolver           { return graphQueries(g) }
func (g graph) Mutation() graphql.MutationResolver     { return graphMutations(g) }
func (g graph) Lead() graphql.LeadResolver             { return graphLeads(g) }
func (g graph) Company() graphql.CompanyResolver       { return graphCompanies(g) }
func (g graph) Task() graphql.TaskResolver             { return graphTasks(g) }
func (g graph) Segment() graphql.SegmentResolver       { return graphSegments(g) }
func (g graph) Import() graphql.ImportResolver         { return graphImports(g) }
func (g graph) BulkAction() graphql.BulkActionResolver { return graphActions(g) }
func (g graph) Campaign() graphql.CampaignResolver     { return graphCampaigns(g) }
func (g graph) Recipient() graphql.RecipientResolver   { return graphRecipients(g) }
func (g graph) Sender() graphql.SenderResolver         { return graphSenders(g) }

// connection is a page of a list as Relay has it; after is the cursor that it was asked for behind.
func connection[C ~struct{ graphql.Connection[E] }, E ~struct{ graphql.Edge[N] }, N, T any](l List[T], after string, nodes []N) *C {
	c := graphql.Connection[E]{
		Edges: make([]E, len(nodes)), PageInfo: graphql.PageInfo{HasNextPage: l.NextCursor != "", HasPreviousPage: after != ""},
		Count: func(context.Context) (projections.Total, error) { return l.Total, nil },
	}
	for i, n := range nodes {
		at := l.at(l.Items[i])
		c.Edges[i] = E(struct{ graphql.Edge[N] }{graphql.Edge[N]{Cursor: at, Node: n}})
		c.PageInfo.EndCursor = at
		if i == 0 {
			c.PageInfo.StartCursor = at
		}
	}
	out := C(struct{ graphql.Connection[E] }{c})
	return &out
}

// list answers a list whose records are shown as they are.
func list[C ~struct{ graphql.Connection[E] }, E ~struct{ graphql.Edge[T] }, I, T any](
	ctx context.Context, g graphQueries, do func(context.Context, *I) (*listOutput[T], error), after *string,
) (*C, error) {
	return listAs[C](ctx, g, do, after, func(rows []T) []T { return rows })
}

// listAs answers a list whose records have another form here.
func listAs[C ~struct{ graphql.Connection[E] }, E ~struct{ graphql.Edge[N] }, I, T, N any](
	ctx context.Context, g graphQueries, do func(context.Context, *I) (*listOutput[T], error), after *string, show func([]T) []N,
) (*C, error) {
	in, err := read[I](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := do(ctx, in)
	if err != nil {
		return nil, err
	}
	return connection[C](out.Body, orNone(after), show(out.Body.Items)), nil
}

// one answers one record.
func one[I, T, N any](ctx context.Context, a *arguments, do func(context.Context, *I) (*shownOutput[T], error), show func(T) N) (out N, err error) {
	in, err := read[I](ctx, a)
	if err != nil {
		return out, err
	}
	found, err := do(ctx, in)
	if err != nil {
		return out, err
	}
	return show(found.Body), nil
}

// asIs shows a record as it is.
func asIs[T any](record T) *T { return new(record) }

func orNone(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func (g graphQueries) Lead(ctx context.Context, _ string) (*graphql.Lead, error) {
	return one(ctx, g.args, g.s.getLead, func(l projections.Lead) *graphql.Lead { return graphql.Leads([]projections.Lead{l})[0] })
}

func (g graphQueries) Leads(ctx context.Context, _ *int, _, _, _, _, _, _, _, _, _, _, _ *string) (*graphql.LeadConnection, error) {
	in, err := read[listLeadsInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	return g.s.leadConnection(ctx, in)
}

// leadConnection lists leads. What is remembered of lists is their text: it is no use here.
func (s *Server) leadConnection(ctx context.Context, in *listLeadsInput) (*graphql.LeadConnection, error) {
	if err := s.await(ctx, in.Freshness, projections.Leads()); err != nil {
		return nil, err
	}
	out, err := s.readLeads(ctx, in)
	if err != nil {
		return nil, err
	}
	c := connection[graphql.LeadConnection](out.Body, in.Cursor, graphql.Leads(out.Body.Items))
	c.Tally = func(ctx context.Context, fields []string) (map[string]projections.Facet, error) {
		q, err := in.asked(ctx, s, in.Freshness)
		if err != nil {
			return nil, err
		}
		return s.queries.Facets(ctx, principalOf(ctx), q, fields)
	}
	return c, nil
}

func (g graphQueries) Company(ctx context.Context, _ string) (*graphql.Company, error) {
	return one(ctx, g.args, g.s.getCompany, func(c projections.Company) *graphql.Company {
		return graphql.Companies([]projections.Company{c})[0]
	})
}

func (g graphQueries) Companies(ctx context.Context, _ *int, _, _, _, _, _, _, _, _ *string) (*graphql.CompanyConnection, error) {
	in, err := read[listCompaniesInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	if err := g.s.await(ctx, in.Freshness, projections.Companies()); err != nil {
		return nil, err
	}
	out, err := g.s.readCompanies(ctx, in)
	if err != nil {
		return nil, err
	}
	c := connection[graphql.CompanyConnection](out.Body, in.Cursor, graphql.Companies(out.Body.Items))
	c.Tally = func(ctx context.Context, fields []string) (map[string]projections.Facet, error) {
		q, err := in.asked()
		if err != nil {
			return nil, err
		}
		return g.s.queries.CompanyFacets(ctx, principalOf(ctx), q, fields)
	}
	return c, nil
}

func (g graphQueries) Segment(ctx context.Context, _ string) (*projections.Segment, error) {
	return one(ctx, g.args, g.s.getSegment, asIs[projections.Segment])
}

func (g graphQueries) Segments(ctx context.Context, _ *int, after *string) (*graphql.SegmentConnection, error) {
	return list[graphql.SegmentConnection](ctx, g, g.s.listSegments, after)
}

func (g graphQueries) Events(ctx context.Context, _ *int, after *string, _ *int64, _, _, _, _ *string, _, _ *time.Time) (*graphql.EventConnection, error) {
	return list[graphql.EventConnection](ctx, g, g.s.listEvents, after)
}

func (g graphQueries) Task(ctx context.Context, _ string) (*graphql.Task, error) {
	return one(ctx, g.args, g.s.getTask, func(t projections.Task) *graphql.Task { return graphql.Tasks([]projections.Task{t})[0] })
}

func (g graphQueries) Tasks(ctx context.Context, _ *int, _, _, _, _ *string, _, _ *time.Time) (*graphql.TaskConnection, error) {
	in, err := read[listTasksInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	return g.s.taskConnection(ctx, in)
}

// taskConnection lists tasks.
func (s *Server) taskConnection(ctx context.Context, in *listTasksInput) (*graphql.TaskConnection, error) {
	out, err := s.listTasks(ctx, in)
	if err != nil {
		return nil, err
	}
	return connection[graphql.TaskConnection](out.Body, in.Cursor, graphql.Tasks(out.Body.Items)), nil
}

func (g graphQueries) Fields(ctx context.Context) (*graphql.FieldList, error) {
	in, err := read[listFieldsInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := g.s.listFields(ctx, in)
	if err != nil {
		return nil, err
	}
	left := projections.SlotsLeft(out.Body.Items)
	all := &graphql.FieldList{Items: []graphql.OwnField{}, SlotsLeft: &graphql.SlotsLeft{
		Text: left[field.Text], Number: left[field.Number], Date: left[field.Date], Boolean: left[field.Boolean],
	}}
	for _, f := range out.Body.Items {
		all.Items = append(all.Items, graphql.OwnField{OwnField: f})
	}
	return all, nil
}

func (g graphQueries) Field(ctx context.Context, _ string) (*graphql.OwnField, error) {
	return one(ctx, g.args, g.s.getField, func(f projections.OwnField) *graphql.OwnField { return &graphql.OwnField{OwnField: f} })
}

func (g graphQueries) BulkAction(ctx context.Context, _ string) (*graphql.BulkAction, error) {
	return one(ctx, g.args, g.s.getBulk, func(a projections.BulkAction) *graphql.BulkAction { return &graphql.BulkAction{BulkAction: a} })
}

func (g graphQueries) BulkActions(ctx context.Context, _ *int, after *string) (*graphql.BulkActionConnection, error) {
	return listAs[graphql.BulkActionConnection](ctx, g, g.s.listBulk, after, graphql.BulkActions)
}

func (g graphQueries) Exports(ctx context.Context, _ *int, after *string) (*graphql.ExportConnection, error) {
	return list[graphql.ExportConnection](ctx, g, g.s.listExports, after)
}
