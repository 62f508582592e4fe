package http

import (
	"context"
	"fmt"

	"github.com/canvass-hq/canvass/http/graphql"
	"github.com/canvass-hq/canvass/projections"
)

type tasksWithinInput struct {
	withinInput

	Status string `query:"status" enum:"open,done,any" default:"open"`
}

// shelf is what belongs to each of several records, and all of it side by side.
type shelf[T, N any] struct {
	pages map[string]projections.Page[T]
	nodes map[string][]N
}

// shelve puts the records of all pages side by side.
func shelve[T, N any](pages map[string]projections.Page[T], together func([]T) []N) shelf[T, N] {
	out := shelf[T, N]{pages, make(map[string][]N, len(pages))}
	var all []T
	var of []string
	for id, page := range pages {
		all = append(all, page.Items...)
		for range page.Items {
			of = append(of, id)
		}
	}
	for i, n := range together(all) {
		out.nodes[of[i]] = append(out.nodes[of[i]], n)
	}
	return out
}

func (g graphLeads) Tasks(ctx context.Context, l *graphql.Lead, _ *int, _, _ *string) (*graphql.TaskConnection, error) {
	in, err := read[tasksWithinInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		return g.s.taskConnection(ctx, &listTasksInput{Freshness: in.Freshness, Lead: l.ID, Status: in.Status, Paging: Paging{in.Limit, in.Cursor}})
	}
	p := principalOf(ctx)
	tasks, err := graphql.Together(l.Beside, fmt.Sprint("tasks ", in.Status, in.Limit), func(leads []projections.Lead) (shelf[projections.Task, *graphql.Task], error) {
		if err := g.s.awaitTasks(ctx, in.Freshness); err != nil {
			return shelf[projections.Task, *graphql.Task]{}, err
		}
		pages, err := g.s.queries.TasksOf(ctx, p, named(leads, idOfLead), in.Status, in.Limit)
		return shelve(pages, graphql.Tasks), err
	})
	if err != nil {
		return nil, err
	}
	page := found(tasks.pages[l.ID], taskList(p, projections.TaskQuery{Lead: l.ID, Status: in.Status}), projections.Task.Place).Body
	c := connection[graphql.TaskConnection](page, "", tasks.nodes[l.ID])
	c.Count = counted(l.Beside, "how many tasks "+in.Status, l.ID, func(ctx context.Context, leads []projections.Lead) (map[string]projections.Total, error) {
		return g.s.queries.CountTasksOf(ctx, p, named(leads, idOfLead), in.Status)
	})
	return c, nil
}

type leadsWithinInput struct {
	withinInput

	Archived string `query:"archived" enum:"false,true,any"`
}

func (g graphCompanies) Leads(ctx context.Context, of *graphql.Company, _ *int, _, _ *string) (*graphql.LeadConnection, error) {
	in, err := read[leadsWithinInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	// The list is the search for the company's leads: its cursors are those of that search.
	ask := &listLeadsInput{
		Freshness: in.Freshness, Paging: Paging{in.Limit, in.Cursor},
		LeadSelection: LeadSelection{Filter: equals([][2]string{{"company_id", of.ID}}), Archived: in.Archived},
	}
	if in.Cursor != "" {
		return g.s.leadConnection(ctx, ask)
	}
	p := principalOf(ctx)
	leads, err := graphql.Together(of.Beside, fmt.Sprint("leads ", in.Archived, in.Limit), func(companies []projections.Company) (shelf[projections.Lead, *graphql.Lead], error) {
		if err := g.s.await(ctx, in.Freshness, projections.Leads()); err != nil {
			return shelf[projections.Lead, *graphql.Lead]{}, err
		}
		pages, err := g.s.queries.LeadsOfCompanies(ctx, p, named(companies, idOfCompany), in.Archived, in.Limit)
		return shelve(pages, graphql.Leads), err
	})
	if err != nil {
		return nil, err
	}
	q, err := ask.asked(ctx, g.s, in.Freshness)
	if err != nil {
		return nil, err
	}
	page := found(leads.pages[of.ID], ask.list(p.Org, q), q.Place).Body
	c := connection[graphql.LeadConnection](page, "", leads.nodes[of.ID])
	c.Count = counted(of.Beside, "how many leads "+in.Archived, of.ID, func(ctx context.Context, companies []projections.Company) (map[string]projections.Total, error) {
		return g.s.queries.CountLeadsOfCompanies(ctx, p, named(companies, idOfCompany), in.Archived)
	})
	c.Tally = func(ctx context.Context, fields []string) (map[string]projections.Facet, error) {
		return g.s.queries.Facets(ctx, p, q, fields)
	}
	return c, nil
}

func idOfCompany(c projections.Company) string { return c.ID }

func (g graphSegments) Leads(ctx context.Context, of *projections.Segment, _ *int, _, _, _, _, _ *string) (*graphql.LeadConnection, error) {
	in, err := read[listLeadsInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	in.Segment = of.ID
	return g.s.leadConnection(ctx, in)
}

func (g graphSegments) Count(ctx context.Context, of *projections.Segment) (*projections.Total, error) {
	if of.Count != nil { // one that was asked for alone is counted already
		return of.Count, nil
	}
	out, err := g.s.getSegment(ctx, &getSegmentInput{SegmentPath: SegmentPath{of.ID}, Freshness: freshness(ctx)})
	if err != nil {
		return nil, err
	}
	return out.Body.Count, nil
}

func (g graphImports) Rows(ctx context.Context, of *projections.Import, _ *int, _, _ *string) (*graphql.ImportRowConnection, error) {
	in, err := read[importRowsWithinInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := g.s.listImportRows(ctx, &importRowsInput{ImportPath: ImportPath{of.ID}, Freshness: in.Freshness, Outcome: in.Outcome, Paging: in.Paging})
	if err != nil {
		return nil, err
	}
	return connection[graphql.ImportRowConnection](out.Body, in.Cursor, out.Body.Items), nil
}

type importRowsWithinInput struct {
	pageInput

	Outcome string `query:"outcome"`
}

func (g graphActions) Refusals(ctx context.Context, of *graphql.BulkAction, _ *int, _ *string) (*graphql.RefusalConnection, error) {
	in, err := read[pageInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	out, err := g.s.listRefusals(ctx, &refusalsInput{BulkPath: BulkPath{of.ID}, Freshness: in.Freshness, Paging: in.Paging})
	if err != nil {
		return nil, err
	}
	return connection[graphql.RefusalConnection](out.Body, in.Cursor, out.Body.Items), nil
}
