package http_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// graphAnswer is a response of GraphQL.
type graphAnswer struct {
	Data   map[string]json.RawMessage `json:"data"`
	Errors []graphError               `json:"errors"`
}

type graphError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code      string `json:"code"`
		Status    int    `json:"status"`
		RequestID string `json:"requestId"`
		Fields    []struct {
			Field string `json:"field"`
		} `json:"fields"`
	} `json:"extensions"`
}

func (e graphError) String() string {
	at := make([]string, len(e.Path))
	for i, p := range e.Path {
		at[i] = fmt.Sprint(p)
	}
	return strings.TrimSpace(strings.Join(at, ".") + " " + e.Extensions.Code)
}

func (a graphAnswer) codes() string {
	out := make([]string, len(a.Errors))
	for i, e := range a.Errors {
		out[i] = e.String()
	}
	return strings.Join(out, "; ")
}

func graphRequest(t testing.TB, query string, variables map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// graph asks for what is at least as new as everything in the log.
func (m *member) graph(t testing.TB, query string, variables map[string]any) graphAnswer {
	t.Helper()
	got := m.ask(t, "POST", "/graphql", graphRequest(t, query, variables), "Canvass-Min-Position", strconv.FormatInt(m.head(t), 10))
	a := into[graphAnswer](t, got)
	for _, e := range a.Errors {
		if e.Extensions.Code == "" || e.Extensions.Status == 0 || e.Extensions.RequestID != got.header.Get("X-Request-Id") || e.Message == "" {
			t.Errorf("an error is not complete: %s", got.body)
		}
	}
	return a
}

// shows is graph that fails the test on an error, and reads one field of the answer.
func shows[T any](t testing.TB, m *member, field, query string, variables map[string]any) T {
	t.Helper()
	a := m.graph(t, query, variables)
	if len(a.Errors) > 0 {
		t.Fatalf("%s: %s %s %v", query, a.codes(), a.Errors[0].Message, a.Errors[0].Extensions.Fields)
	}
	var out T
	if err := json.Unmarshal(a.Data[field], &out); err != nil {
		t.Fatalf("%s: %v: %s", query, err, a.Data[field])
	}
	return out
}

// refused is why the field x of a query is: the code, and the values at fault.
func (m *member) refused(t *testing.T, query string) string {
	t.Helper()
	a := m.graph(t, query, nil)
	if len(a.Errors) != 1 || a.Errors[0].Path[0] != "x" {
		return fmt.Sprintf("%s %s", a.codes(), a.Data)
	}
	words := []string{a.Errors[0].Extensions.Code}
	for _, f := range a.Errors[0].Extensions.Fields {
		words = append(words, f.Field)
	}
	return strings.Join(words, " ")
}

// graphPage is a connection.
type graphPage[N any] struct {
	Edges []struct {
		Cursor string `json:"cursor"`
		Node   N      `json:"node"`
	} `json:"edges"`
	PageInfo struct {
		Next     bool   `json:"hasNextPage"`
		Previous bool   `json:"hasPreviousPage"`
		Start    string `json:"startCursor"`
		End      string `json:"endCursor"`
	} `json:"pageInfo"`
	Total struct {
		Value int  `json:"value"`
		Exact bool `json:"exact"`
	} `json:"totalCount"`
}

type graphNode struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (p graphPage[N]) nodes() (out []N) {
	for _, e := range p.Edges {
		out = append(out, e.Node)
	}
	return out
}

const graphWhole = `pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount { value exact }`
