package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	gqlgen "github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/canvass-hq/canvass/domain"
)

// presentError tells a refusal as GraphQL has it: its extensions are what a problem of the REST API says.
func (s *Server) presentError(ctx context.Context, err error) *gqlerror.Error {
	out := &gqlerror.Error{Path: gqlgen.GetPath(ctx)}
	var p *Problem
	own, ok := errors.AsType[*gqlerror.Error](err)
	if ok && own.Err == nil && own.Extensions["code"] != nil {
		out.Locations, p = own.Locations, unreadable(own)
	} else {
		if ok && len(own.Path) > len(out.Path) {
			out.Path = own.Path
		}
		p = s.refuse(ctx, err)
	}
	out.Message = p.Detail
	out.Extensions = map[string]any{"code": p.Code, "status": p.Status, "requestId": requestID(ctx)}
	if len(p.Fields) > 0 {
		out.Extensions["fields"] = spoken(p.Fields, out.Path)
	}
	if len(p.Streams) > 0 {
		out.Extensions["streams"] = p.Streams
	}
	return out
}

// unreadable is what gqlgen itself says of a request: it names no more than the request does.
func unreadable(err *gqlerror.Error) *Problem {
	if err.Extensions["code"] == errcode.ParseFailed {
		return problem(http.StatusBadRequest, "request.malformed", err.Message)
	}
	p := problem(http.StatusUnprocessableEntity, "request.invalid", err.Message)
	if len(err.Path) > 1 && err.Path[0] == ast.PathName("variable") {
		p.Detail = "a variable does not fit"
		p.Fields = []domain.Field{{Name: strings.TrimPrefix(err.Path.String(), "variable."), Message: err.Message}}
	}
	if strings.HasPrefix(err.Message, "operation ") && strings.HasSuffix(err.Message, " not found") {
		p.Detail = "say in operationName which of the operations is asked for"
	}
	return p
}

// spoken names the values at fault as the schema does.
func spoken(fields []domain.Field, path ast.Path) []domain.Field {
	out := slices.Clone(fields)
	for i, f := range out {
		switch f.Name {
		case "cursor":
			out[i].Name = "after"
		case "value": // of an argument, which the path ends with
			if name, ok := path[len(path)-1].(ast.PathName); ok {
				out[i].Name = string(name)
			}
		default:
			out[i].Name = camels(f.Name)
		}
	}
	return out
}

// recoverField answers for a field that panics.
func (s *Server) recoverField(ctx context.Context, r any) error {
	s.log.ErrorContext(ctx, "a field of GraphQL panicked", "request_id", requestID(ctx), "route", graphqlPath, "class", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
	return problem(http.StatusInternalServerError, "internal", "something broke on our side")
}
