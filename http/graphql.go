package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	gqlgen "github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/labstack/echo/v4"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/http/graphql"
)

const (
	graphqlPath = "/graphql"

	responseJSON = "application/graphql-response+json"

	graphqlBody = 256 << 10 // bytes of a request
)

// graphql serves the GraphQL API, of POST requests: a query in a URL would stand in the logs of
// everything between here and the client.
func (s *Server) graphql(explore bool) {
	cfg := graphql.Config{Resolvers: graph{s, &arguments{}}}
	cfg.Directives.Needs = func(ctx context.Context, _ any, next gqlgen.Resolver, permission string) (any, error) {
		if err := principalOf(ctx).Allows(domain.Permission(permission)); err != nil {
			return nil, err
		}
		found, err := next(ctx)
		if list, ok := found.(interface{ Shown() int }); ok && err == nil {
			s.audit.rows(ctx, list.Shown())
		}
		return found, err
	}
	s.fieldClasses = s.classesOfFields()
	schema := priced{graphql.NewExecutableSchema(cfg)}
	exec := executor.New(schema)
	exec.SetParserTokenLimit(graphqlTokens)
	exec.SetDisableSuggestion(!explore)
	exec.SetErrorPresenter(s.presentError)
	exec.SetRecoverFunc(s.recoverField)
	exec.Use(bounds{schema, explore})
	s.echo.POST(graphqlPath, func(c echo.Context) error {
		params, err := readGraphQL(c)
		if err != nil {
			return err
		}
		fresh, err := readFreshness(c.Request().Header)
		if err != nil {
			return err
		}
		return s.answerGraphQL(c, exec, context.WithValue(c.Request().Context(), freshnessKey, fresh), params)
	})
	s.describeGraphQL()
	if explore {
		s.playground()
	}
}

// readGraphQL reads the request: what is wrong up to here is refused as in the REST API.
func readGraphQL(c echo.Context) (*gqlgen.RawParams, error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || kind != echo.MIMEApplicationJSON {
		return nil, problem(http.StatusUnsupportedMediaType, "request.media_type", "the body is to be application/json")
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, graphqlBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, problem(http.StatusRequestEntityTooLarge, "request.too_large", "a request of GraphQL has up to "+strconv.Itoa(graphqlBody)+" bytes")
	}
	if err != nil {
		return nil, problem(http.StatusBadRequest, "request.malformed", "the body ended before its end, or is not framed as HTTP has it")
	}
	if err := exact(data); err != nil {
		return nil, problem(http.StatusBadRequest, "request.malformed", err.Error())
	}
	var body struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"` //nolint:tagliatelle // the words of GraphQL over HTTP
		Variables     map[string]any `json:"variables"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&body); err != nil || strings.TrimSpace(body.Query) == "" {
		return nil, problem(http.StatusBadRequest, "request.malformed", `the body is an object with a query, and perhaps variables and an operationName`)
	}
	return &gqlgen.RawParams{Query: body.Query, OperationName: body.OperationName, Variables: body.Variables}, nil
}

// readFreshness reads the header that every read takes.
func readFreshness(h http.Header) (f Freshness, err error) {
	text := h.Get("Canvass-Min-Position")
	if text == "" {
		return f, nil
	}
	if f.MinPosition, err = strconv.ParseInt(text, 10, 64); err != nil || f.MinPosition < 0 {
		return f, domain.Refuse(values.Fault("Canvass-Min-Position", "is not a position of the log"))
	}
	return f, nil
}

// answerGraphQL carries a request out. One that could not be begun has no data, and a status of its
// own; what has been begun is 200, whatever became of its fields (GraphQL over HTTP).
func (s *Server) answerGraphQL(c echo.Context, exec *executor.Executor, ctx context.Context, params *gqlgen.RawParams) error { //nolint:revive // echo's context comes first
	ctx = gqlgen.StartOperationTrace(ctx)
	kind, modern := acceptable(c.Request().Header.Get("Accept"))
	operation, faults := exec.CreateOperationContext(ctx, params)
	if len(faults) > 0 {
		refused := exec.DispatchError(gqlgen.WithOperationContext(ctx, operation), faults)
		status := http.StatusOK
		if modern {
			status = http.StatusBadRequest
		}
		return s.writeGraphQL(c, kind, status, struct {
			Errors gqlerror.List `json:"errors"`
		}{refused.Errors})
	}
	leave, err := s.admit(c, operation)
	if err != nil {
		return err
	}
	defer leave()
	respond, ctx := exec.DispatchOperation(ctx, operation)
	answer := respond(ctx)
	if answer == nil {
		return ctx.Err() // the client has gone
	}
	return s.writeGraphQL(c, kind, http.StatusOK, answer)
}

// acceptable is the form of an answer: the one of today, unless only the old one is named.
func acceptable(accept string) (kind string, modern bool) {
	if strings.Contains(accept, echo.MIMEApplicationJSON) && !strings.Contains(accept, responseJSON) {
		return echo.MIMEApplicationJSON, false
	}
	return responseJSON, true
}

func (s *Server) writeGraphQL(c echo.Context, kind string, status int, answer any) error {
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	return c.Blob(status, kind+"; charset=utf-8", text)
}
