package http

import (
	"context"
	"strings"

	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// searchLeads lists leads by a filter, by words, or in another order than that of time.
func (s *Server) searchLeads(ctx context.Context, in *listLeadsInput) (*listOutput[projections.Lead], error) {
	p := principalOf(ctx)
	q, err := in.asked(ctx, s, in.Freshness)
	if err != nil {
		return nil, err
	}
	q.Limit = in.Limit
	list := in.list(p.Org, q)
	if q.After, err = parsePlace(in.Cursor, list); err != nil {
		return nil, err
	}
	if q.After != "" && !q.Fits() {
		return nil, badCursor("is not a cursor of this API")
	}
	page, err := s.queries.SearchLeads(ctx, p, q)
	if err != nil {
		return nil, err
	}
	out := found(page, list, q.Place)
	if in.Facets != "" {
		out.Body.Facets, err = s.queries.Facets(ctx, p, q, strings.Split(in.Facets, ","))
	}
	return out, err
}

// list names the list of a search, for its cursors.
func (in LeadSelection) list(org string, q projections.LeadQuery) uint64 {
	return listID("search", org, q.Filter.String(), q.Words, q.Sort, q.Archived, in.Segment)
}

// asked reads which leads are looked for, in which order.
func (in LeadSelection) asked(ctx context.Context, s *Server, f Freshness) (q projections.LeadQuery, err error) {
	asked, err := s.queries.ParseFilter(ctx, principalOf(ctx), in.Filter)
	if err != nil {
		return q, err
	}
	simple, err := filter.Parse(in.simple(), projections.LeadFields("", nil))
	if err != nil {
		return q, err
	}
	q = projections.LeadQuery{Filter: filter.All(simple, asked), Words: in.Words, Sort: in.Sort, Archived: in.Archived}
	if in.Segment == "" {
		return q, nil
	}
	if err := s.await(ctx, f, projections.Segments()); err != nil {
		return q, err
	}
	return s.queries.Within(ctx, principalOf(ctx), q, in.Segment)
}

// simple is what the plain parameters of a list ask for, as a filter.
func (in LeadSelection) simple() string {
	return equals([][2]string{
		{"status", in.Status}, {"owner", in.Owner}, {"source", in.Source}, {"country", values.CountryCode(in.Country)}, {"email", lead.Address(in.Email)},
	})
}

// equals is the filter of what each field is to be; "" is anything.
func equals(fields [][2]string) string {
	var parts []string
	for _, f := range fields {
		if f[1] != "" {
			parts = append(parts, f[0]+" eq \""+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(f[1])+"\"")
		}
	}
	return strings.Join(parts, " and ")
}
