package http_test

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/canvass-hq/canvass/domain/access"
)

// Whatever is asked of the schema, in whatever words, nothing breaks: every answer is one of GraphQL,
// and no field of it is our fault.
func TestGraphQLAnything(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	mate := a.as(t, access.Principal{Org: boss.Org, ID: someone, Role: access.User})
	w := &questioner{schema: graphSchema(t), random: rand.New(rand.NewPCG(4, 2026)), ids: office(t, boss, 6)}
	w.ids = append(w.ids, w.more(t, boss)...)
	l := boss.ledger(t)
	w.ids = append(w.ids, l.from, l.text, l.draft, l.sent, l.leads[0])
	begun, answered := 0, 0
	for n := range 500 {
		m, query := boss, w.query()
		if n%5 == 0 {
			m = mate
		}
		got := m.ask(t, "POST", "/graphql", graphRequest(t, query, nil))
		if got.status != 200 && got.status != 400 {
			t.Fatalf("query %d: status %d: %s\n%s", n, got.status, got.body, query)
		}
		answer := into[graphAnswer](t, got)
		for _, e := range answer.Errors {
			if e.Extensions.Code == "internal" || e.Extensions.Code == "" || e.Extensions.Status >= 500 {
				t.Errorf("query %d: %s %s\n%s", n, e, e.Message, query)
			}
		}
		if got.status == 200 {
			begun++
		}
		if len(answer.Errors) == 0 {
			answered++
		}
		var body any
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Errorf("query %d: %v", n, err)
		}
	}
	if begun < 350 || answered < 50 {
		t.Errorf("of 500 queries only %d were begun and %d answered whole: they show little", begun, answered)
	}
}

// more are ids of other records.
func (w *questioner) more(t *testing.T, m *member) (ids []string) {
	t.Helper()
	for path, body := range map[string]string{
		"/v1/segments": `{"name":"New ones","filter":"status eq new"}`, "/v1/fields": `{"key":"tier","kind":"text"}`, "/v1/companies": `{"name":"Looms"}`,
		"/v1/bulk-actions": `{"action":{"kind":"tag","add":["x"]},"selection":{"all":true}}`, "/v1/tasks": `{"title":"Call"}`, "/v1/imports": "name\nPersona\n",
		"/v1/mappings": `{"name":"Fairs","columns":[{"header":"Mail","field":"email"}]}`,
	} {
		ids = append(ids, m.ask(t, "POST", path, body).receipt(t).ID)
	}
	return ids
}

// questioner asks at random.
type questioner struct {
	schema *ast.Schema
	random *rand.Rand
	ids    []string
}

func (w *questioner) query() string {
	kind, of := "query", w.schema.Query
	if w.random.IntN(8) == 0 {
		kind, of = "mutation", w.schema.Mutation
	}
	return kind + w.selection(of, 9)
}

// selection asks for some of a type's fields; records only while there is depth left.
func (w *questioner) selection(of *ast.Definition, depth int) string {
	var out []string
	want := 1 + w.random.IntN(4)
	for _, i := range w.random.Perm(len(of.Fields)) {
		f := of.Fields[i]
		to := w.schema.Types[f.Type.Name()]
		object := to.Kind == ast.Object
		if len(out) == want || strings.HasPrefix(f.Name, "__") || object && depth <= 1 {
			continue
		}
		text := f.Name + w.arguments(f.Arguments)
		if w.random.IntN(6) == 0 {
			text = "a" + strconv.Itoa(len(out)) + ": " + text
		}
		if object {
			text += w.selection(to, depth-1)
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		out = []string{"__typename"}
	}
	return " { " + strings.Join(out, " ") + " }"
}

func (w *questioner) arguments(of ast.ArgumentDefinitionList) string {
	var out []string
	for _, a := range of {
		if a.Type.NonNull || w.random.IntN(8) == 0 {
			out = append(out, a.Name+": "+w.value(a.Type))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func (w *questioner) value(of *ast.Type) string {
	if !of.NonNull && w.random.IntN(8) == 0 {
		return "null"
	}
	if of.Elem != nil {
		items := make([]string, w.random.IntN(3))
		for i := range items {
			items[i] = w.value(of.Elem)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	def := w.schema.Types[of.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[w.random.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		var out []string
		for _, f := range def.Fields {
			if f.Type.NonNull || w.random.IntN(3) == 0 {
				out = append(out, f.Name+": "+w.value(f.Type))
			}
		}
		return "{" + strings.Join(out, ", ") + "}"
	case of.NamedType == "Float":
		return w.oneOf("0", "1", "2.5", "100.5", "-0.1", "1e300", "1e999")
	case of.NamedType == "Int" || of.NamedType == "Position":
		return w.oneOf("1", "2", "3", "5", "7", "20", "0", "-1", "201", "4000000000")
	case of.NamedType == "ID":
		return strconv.Quote(w.oneOf(append([]string{someone, "x", ""}, w.ids...)...))
	case of.NamedType == "DateTime":
		return strconv.Quote(w.oneOf("2026-01-31T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999+14:00", "-1", "2026-02-30T00:00:00Z"))
	case of.NamedType == "Boolean":
		return w.oneOf("true", "false")
	}
	text, _ := json.Marshal(w.oneOf("", "Persona", "status eq new", "title contains x or custom.tier eq y", "-created_at", "name", "status", "created_at", "NO", "a\x00b", "\u202e\U0001F600",
		"'; drop table x --", strings.Repeat("long ", 60), "open", "2030-01-01T00:00:00Z", "a@people.example", strconv.FormatInt(w.random.Int64(), 10)))
	return string(text)
}

func (w *questioner) oneOf(of ...string) string { return of[w.random.IntN(len(of))] }
