package http

import (
	"maps"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const exampleQuery = "{ leads(first: 3) { edges { node { id name } } pageInfo { hasNextPage } } }"

// describeGraphQL documents the route, which is no huma operation: its answers have a form of their own.
func (s *Server) describeGraphQL() {
	s.api.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodPost, Path: graphqlPath, OperationID: "graphql", Summary: "Ask for what this API shows, several things at once and within each other (GraphQL)",
		Description: "The schema is http/graphql/schema.graphqls; docs/api.md says how it goes together with the REST API. Each field that is asked for needs a permission of its own, which its `@needs` names.",
		Parameters: []*huma.Param{{
			In: "header", Name: "Canvass-Min-Position", Description: "Show each field only once its view has reached this position of the log",
			Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: new(float64)},
		}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
			Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"query"}, AdditionalProperties: true,
				Properties: map[string]*huma.Schema{
					"query": {Type: huma.TypeString}, "operationName": {Type: huma.TypeString, Nullable: true},
					"variables": {Type: huma.TypeObject, AdditionalProperties: true, Nullable: true},
				},
			},
			Example: map[string]any{"query": exampleQuery},
		}}},
		Responses: map[string]*huma.Response{"200": {
			Description: "What became of each field; errors stand beside the data, with the codes of this API in their extensions",
			Content: graphqlAnswers(map[string]any{"data": map[string]any{"leads": map[string]any{
				"edges": []any{map[string]any{"node": map[string]any{"id": exampleID, "name": "Ada Lovelace"}}}, "pageInfo": map[string]any{"hasNextPage": false},
			}}}),
		}},
	})
}

func graphqlAnswers(example any) map[string]*huma.MediaType {
	answer := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Example: example}
	return map[string]*huma.MediaType{responseJSON: answer, "application/json": answer}
}

// describeErrors adds to the refusals of GraphQL the errors of a query that cannot be begun.
func (s *Server) describeErrors() {
	responses := s.api.OpenAPI().Paths[graphqlPath].Post.Responses
	refused := *s.api.OpenAPI().Components.Responses[strings.TrimPrefix(responses["400"].Ref, "#/components/responses/")]
	refused.Content = maps.Clone(refused.Content)
	refused.Content[responseJSON] = graphqlAnswers(map[string]any{"errors": []any{map[string]any{
		"message": "the query is more than 15 levels deep", "extensions": map[string]any{"code": "query.too_deep", "status": 422, "requestId": exampleID},
	}}})[responseJSON]
	responses["400"] = &refused
}
