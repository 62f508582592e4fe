package http

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/http/graphql"
	"github.com/canvass-hq/canvass/projections"
)

// What a record leads to is read for all records that are shown beside it at once; only a page behind
// a cursor, which belongs to one record's list, is read alone.

// withinInput is a page of a list within a record.
type withinInput struct {
	Freshness
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
	Cursor string `query:"cursor" maxLength:"1000"`
}

func (g graphLeads) Company(ctx context.Context, l *graphql.Lead) (*graphql.Company, error) {
	companies, err := graphql.Together(l.Beside, "company", func(leads []projections.Lead) (map[string]*graphql.Company, error) {
		rows, err := beside(ctx, g.s, projections.Companies(), leads, func(l projections.Lead) string { return l.CompanyID }, g.s.queries.CompaniesByID)
		out := make(map[string]*graphql.Company, len(rows))
		for _, c := range graphql.Companies(slices.Collect(maps.Values(rows))) {
			out[c.ID] = c
		}
		return out, err
	})
	return companies[l.CompanyID], err
}

func (g graphTasks) Lead(ctx context.Context, t *graphql.Task) (*graphql.Lead, error) {
	leads, err := leadsBeside(ctx, g.s, t.Beside, func(t projections.Task) string { return t.Lead })
	return leads[t.LeadID()], err
}

// leadsBeside reads the leads that records name, side by side.
func leadsBeside[T any](ctx context.Context, s *Server, c *graphql.Cohort[T], name func(T) string) (map[string]*graphql.Lead, error) {
	return graphql.Together(c, "lead", func(members []T) (map[string]*graphql.Lead, error) {
		rows, err := beside(ctx, s, projections.Leads(), members, name, s.queries.LeadsByID)
		out := make(map[string]*graphql.Lead, len(rows))
		for _, l := range graphql.Leads(slices.Collect(maps.Values(rows))) {
			out[l.ID] = l
		}
		return out, err
	})
}

// beside reads the records that others name, once a projection is as fresh as was asked for.
func beside[T, V any](
	ctx context.Context, s *Server, of projections.Projection, from []T, name func(T) string,
	get func(context.Context, access.Principal, []string) (map[string]V, error),
) (map[string]V, error) {
	if err := s.await(ctx, freshness(ctx), of); err != nil {
		return nil, err
	}
	return get(ctx, principalOf(ctx), named(from, name))
}

// named are the ids that records name.
func named[T any](from []T, name func(T) string) []string {
	out := make([]string, 0, len(from))
	for _, item := range from {
		if id := name(item); id != "" {
			out = append(out, id)
		}
	}
	return out
}

func freshness(ctx context.Context) Freshness {
	f, _ := ctx.Value(freshnessKey).(Freshness)
	return f
}

func idOfLead(l projections.Lead) string { return l.ID }

func (g graphLeads) Notes(ctx context.Context, l *graphql.Lead, _ *int, _ *string) (*graphql.NoteConnection, error) {
	in, err := read[withinInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		out, err := g.s.listNotes(ctx, &listNotesInput{LeadPath: LeadPath{l.ID}, Freshness: in.Freshness, Paging: Paging{in.Limit, in.Cursor}})
		if err != nil {
			return nil, err
		}
		return connection[graphql.NoteConnection](out.Body, in.Cursor, out.Body.Items), nil
	}
	p := principalOf(ctx)
	pages, err := graphql.Together(l.Beside, fmt.Sprint("notes ", in.Limit), func(leads []projections.Lead) (map[string]projections.Page[projections.Note], error) {
		if err := g.s.await(ctx, in.Freshness, projections.Notes()); err != nil {
			return nil, err
		}
		return g.s.queries.NotesOf(ctx, p, named(leads, idOfLead), in.Limit)
	})
	if err != nil {
		return nil, err
	}
	page := listed(pages[l.ID], listID("notes", p.Org, l.ID), projections.Note.Position).Body
	c := connection[graphql.NoteConnection](page, "", page.Items)
	c.Count = counted(l.Beside, "how many notes", l.ID, func(ctx context.Context, leads []projections.Lead) (map[string]projections.Total, error) {
		return g.s.queries.CountNotesOf(ctx, p, named(leads, idOfLead))
	})
	return c, nil
}

// counted counts one record's list beside those of others.
func counted[T any](c *graphql.Cohort[T], what, id string, count func(context.Context, []T) (map[string]projections.Total, error)) func(context.Context) (projections.Total, error) {
	return func(ctx context.Context) (projections.Total, error) {
		totals, err := graphql.Together(c, what, func(members []T) (map[string]projections.Total, error) { return count(ctx, members) })
		n, ok := totals[id]
		return projections.Total{Value: n.Value, Exact: n.Exact || !ok}, err
	}
}

func (g graphLeads) Timeline(ctx context.Context, l *graphql.Lead, _ *int, _ *string) (*graphql.TimelineConnection, error) {
	in, err := read[withinInput](ctx, g.args)
	if err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	var page List[projections.TimelineEntry]
	if in.Cursor != "" {
		out, err := g.s.leadTimeline(ctx, &timelineInput{LeadPath: LeadPath{l.ID}, Freshness: in.Freshness, Paging: Paging{in.Limit, in.Cursor}})
		if err != nil {
			return nil, err
		}
		page = out.Body
	} else {
		pages, err := graphql.Together(l.Beside, fmt.Sprint("timeline ", in.Limit), func(leads []projections.Lead) (map[string]projections.Page[projections.TimelineEntry], error) {
			return g.s.queries.TimelinesOf(ctx, p, leads, in.Limit)
		})
		if err != nil {
			return nil, err
		}
		page = listed(pages[l.ID], listID("timeline", p.Org, l.ID), projections.TimelineEntry.Place).Body
	}
	return connection[graphql.TimelineConnection](page, in.Cursor, page.Items), nil
}
