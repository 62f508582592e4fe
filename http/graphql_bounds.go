package http

import (
	"context"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/complexity"
	gqlgen "github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/http/graphql"
)

// How large a query may be. What a query costs is about how many values it can show, and more for what
// takes a statement of its own.
const (
	graphqlTokens  = 5_000
	graphqlDepth   = 15
	graphqlFields  = 1_000 // with each fragment counted where it is spread
	graphqlAliases = 30
	graphqlCost    = 30_000

	pageWithin = 20 // records of a list within another record, where a query does not say
)

// bounds refuses queries that are too deep or too wide, before they are even validated: how long that
// takes grows faster than they do. Those that cost too much are refused before they begin.
type bounds struct {
	schema  gqlgen.ExecutableSchema
	explore bool // the schema may be asked for
}

// ExtensionName implements gqlgen's HandlerExtension.
func (bounds) ExtensionName() string { return "Bounds" }

// Validate implements gqlgen's HandlerExtension.
func (bounds) Validate(gqlgen.ExecutableSchema) error { return nil }

// MutateOperationParameters implements gqlgen's OperationParameterMutator.
func (bounds) MutateOperationParameters(_ context.Context, asked *gqlgen.RawParams) *gqlerror.Error {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: asked.Query}, graphqlTokens)
	if err != nil {
		return nil //nolint:nilerr // it is parsed again, and then refused
	}
	m := measure{fragments: doc.Fragments, known: map[string]extent{}}
	var whole extent
	for _, o := range doc.Operations {
		whole = whole.beside(m.of(o.SelectionSet))
	}
	for _, f := range doc.Fragments { // also those that nobody spreads
		whole = whole.beside(m.fragment(f.Name))
	}
	switch {
	case whole.depth > graphqlDepth:
		return tooLarge("query.too_deep", "the query is more than %d levels deep", graphqlDepth)
	case whole.fields > graphqlFields:
		return tooLarge("query.too_wide", "the query asks for more than %d fields", graphqlFields)
	case whole.aliases > graphqlAliases:
		return tooLarge("query.too_wide", "the query has more than %d aliases", graphqlAliases)
	}
	return nil
}

// MutateOperationContext implements gqlgen's OperationContextMutator.
func (b bounds) MutateOperationContext(ctx context.Context, asked *gqlgen.OperationContext) *gqlerror.Error {
	asked.DisableIntrospection = !b.explore
	if cost := complexity.Calculate(ctx, b.schema, asked.Operation, asked.Variables); cost > graphqlCost {
		return tooLarge("query.too_complex", "the query may show too much at once: it costs %d, and %d is the most; ask for fewer records (first)", cost, graphqlCost)
	}
	return nil
}

func tooLarge(code, message string, numbers ...any) *gqlerror.Error {
	return gqlerror.Wrap(&domain.Error{Kind: domain.Invalid, Code: code, Message: fmt.Sprintf(message, numbers...)})
}

// extent is how large a part of a query is.
type extent struct{ depth, fields, aliases int }

// beside is the extent of two parts of one level.
func (e extent) beside(o extent) extent {
	const most = 1 << 20 // that it does not overflow
	return extent{max(e.depth, o.depth), min(e.fields+o.fields, most), min(e.aliases+o.aliases, most)}
}

// measure finds extents; each fragment is measured once, however often it is spread.
type measure struct {
	fragments ast.FragmentDefinitionList
	known     map[string]extent
}

func (m measure) of(selected ast.SelectionSet) (all extent) {
	for _, selection := range selected {
		switch s := selection.(type) {
		case *ast.Field:
			within := m.of(s.SelectionSet)
			within.depth++
			if s.Name == "__schema" || s.Name == "__type" { // types lie as deep as they are asked for
				within.depth = 0
			}
			within.fields++
			if s.Alias != s.Name {
				within.aliases++
			}
			all = all.beside(within)
		case *ast.InlineFragment:
			all = all.beside(m.of(s.SelectionSet))
		case *ast.FragmentSpread:
			all = all.beside(m.fragment(s.Name))
		}
	}
	return all
}

// fragment is the extent of a fragment; one that holds itself is refused by validation.
func (m measure) fragment(name string) extent {
	if e, ok := m.known[name]; ok {
		return e
	}
	m.known[name] = extent{}
	if f := m.fragments.ForName(name); f != nil {
		m.known[name] = m.of(f.SelectionSet)
	}
	return m.known[name]
}

// What a field costs beside what is asked of its records.
const (
	costOfList      = 10
	costOfStatement = 500 // a field that takes statements of its own for each record that it is asked of
)

// priced is a schema that knows what its fields cost.
type priced struct{ gqlgen.ExecutableSchema }

// Complexity is the cost of a field: of a list, that of a record for each that it may show.
func (p priced) Complexity(_ context.Context, of, field string, child int, args map[string]any) (int, bool) {
	f := p.Schema().Types[of].Fields.ForName(field)
	switch of + "." + field {
	case "LeadConnection.facets", "CompanyConnection.facets", "Segment.count", "Sender.health", "Query.dryRunCampaign", "Query.previewTemplate":
		return costOfStatement + child, true
	case "Segment.leads", "Import.rows", "BulkAction.refusals", "Campaign.recipients":
		return costOfStatement + rowsAsked(args, usualPage)*child, true
	}
	if f == nil || !strings.HasSuffix(f.Type.Name(), "Connection") {
		return 0, false
	}
	usual := usualPage
	switch of + "." + field {
	case "Query.events":
		usual = 100
	case "Lead.notes", "Lead.tasks", "Lead.timeline", "Company.leads":
		usual = pageWithin
	}
	return costOfList + rowsAsked(args, usual)*child, true
}

// usualPage is how many records a list shows where a query does not say.
const usualPage = 50

// rowsAsked is how many records a list may show; what is no number is refused where it is read.
func rowsAsked(args map[string]any, usual int) int {
	if args["first"] == nil {
		return usual
	}
	n, err := graphql.UnmarshalWhole(args["first"])
	if err != nil {
		return usual
	}
	return min(max(n, 1), 1_000)
}
