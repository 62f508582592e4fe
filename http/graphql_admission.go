package http

import (
	"cmp"
	"slices"
	"strings"

	gqlgen "github.com/99designs/gqlgen/graphql"
	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/canvass-hq/canvass/domain/quota"
)

// classesOfFields are the classes of the operations of the REST API that are more than a read, by their names: the
// fields of the same names are counted as they are.
func (s *Server) classesOfFields() map[string]quota.Class {
	out := map[string]quota.Class{}
	for path, at := range s.api.OpenAPI().Paths {
		route := strings.NewReplacer("{", ":", "}", "").Replace(path)
		for _, o := range []*huma.Operation{at.Post, at.Put, at.Patch, at.Delete} {
			if o != nil {
				out[o.OperationID] = cmp.Or(classes[o.Method+" "+route], quota.Write)
			}
		}
	}
	return out
}

// admit counts each command of a mutation, and each preview and dry run of a query, as the REST API counts it, and
// refuses those of which too many are worked on. leave is to be called when the request has ended.
func (s *Server) admit(c echo.Context, operation *gqlgen.OperationContext) (leave func(), err error) {
	ctx := c.Request().Context()
	var asked []quota.Class
	for _, f := range gqlgen.CollectFields(operation, operation.Operation.SelectionSet, []string{"Query", "Mutation"}) {
		if class, counts := s.fieldClasses[f.Name]; counts {
			asked = append(asked, class)
		}
	}
	atOnce := asked
	if operation.Operation.Operation == ast.Mutation { // whose commands are carried out one behind the other
		atOnce = slices.Compact(slices.Sorted(slices.Values(asked)))
	}
	var entered []func()
	leave = func() {
		for _, l := range entered {
			l()
		}
	}
	for _, class := range atOnce {
		l, err := s.inFlight.enter(class, "", principalOf(ctx))
		if err != nil {
			leave()
			return nil, err
		}
		entered = append(entered, l)
	}
	for _, class := range asked {
		if err := s.rates.book(ctx, c.Response().Header(), principalOf(ctx), class); err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}
