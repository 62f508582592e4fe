package http_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/http/graphql"
)

func graphSchema(t testing.TB) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("graphql/schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// neededBy is the permission that a field asks for, "" for none.
func neededBy(f *ast.FieldDefinition) domain.Permission {
	if d := f.Directives.ForName("needs"); d != nil {
		return domain.Permission(d.Arguments.ForName("permission").Value.Raw)
	}
	return ""
}

// Every field that asks for something needs a permission that somebody can hold: all that are answered
// by a function of ours, and all that lead to records.
func TestGraphQLFieldsNeedPermissions(t *testing.T) {
	t.Parallel()
	schema := graphSchema(t)
	asking := 0
	root := reflect.TypeFor[graphql.ResolverRoot]()
	for part := range root.Methods() {
		of := schema.Types[part.Name]
		for answers := range part.Type.Out(0).Methods() {
			at := slices.IndexFunc(of.Fields, func(f *ast.FieldDefinition) bool { return strings.EqualFold(f.Name, answers.Name) })
			if at < 0 {
				t.Fatalf("%s.%s is not in the schema", of.Name, answers.Name)
			}
			asking++
			need := neededBy(of.Fields[at])
			if !slices.ContainsFunc(access.Roles(), func(r access.Role) bool { return access.Principal{Role: r, Strong: true}.May(need) }) {
				t.Errorf("%s.%s needs %q, which nobody holds", of.Name, of.Fields[at].Name, need)
			}
		}
	}
	if asking < 40 {
		t.Errorf("only %d fields ask for something", asking)
	}
	for _, of := range schema.Types {
		for _, f := range of.Fields {
			to := schema.Types[f.Type.Name()]
			record := to.Fields.ForName("version") != nil || strings.HasSuffix(to.Name, "Connection")
			part := strings.HasSuffix(of.Name, "Edge") || of.Name == "FieldList" // of a list that needs one
			if record && !part && neededBy(f) == "" {
				t.Errorf("%s.%s leads to records and needs no permission", of.Name, f.Name)
			}
		}
	}
}

// A query and a mutation need what the operation of the REST API needs.
func TestGraphQLNeedsWhatRESTNeeds(t *testing.T) {
	t.Parallel()
	d, _, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]string{}
	for _, operations := range d.Paths {
		for _, o := range operations {
			described[o.OperationID] = o.Description
		}
	}
	schema := graphSchema(t)
	for _, f := range slices.Concat(schema.Query.Fields, schema.Mutation.Fields) {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		title := strings.ToUpper(f.Name[:1]) + f.Name[1:]
		description := described[f.Name] + described["list"+title] + described["get"+title]
		if !strings.Contains(description, "Needs the permission `"+string(neededBy(f))+"`.") {
			t.Errorf("%s needs %s; by REST: %q", f.Name, neededBy(f), description)
		}
	}
}

// People read the schema: what is asked for says what it is.
func TestGraphQLIsDescribed(t *testing.T) {
	t.Parallel()
	schema := graphSchema(t)
	for _, f := range slices.Concat(schema.Query.Fields, schema.Mutation.Fields) {
		if f.Description == "" && !strings.HasPrefix(f.Name, "__") {
			t.Errorf("%s is not described", f.Name)
		}
	}
}
