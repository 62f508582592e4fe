package http_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestMappings saves a mapping, replaces it under the same name, and takes it away.
func TestMappings(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	const body = `{"name":"Fairs","columns":[{"header":"Who","field":"name"},{"header":"Where","field":"city"}],"options":{"key":"phone","tags":["fair"]}}`
	made := m.ask(t, "POST", "/v1/mappings", body, "Idempotency-Key", "fairs").wants(t, 201)
	id := made.receipt(t).ID
	if got := made.header.Get("Location"); got != "/v1/mappings/"+id {
		t.Errorf("it is at %q", got)
	}
	if got := m.ask(t, "POST", "/v1/mappings", body, "Idempotency-Key", "fairs").wants(t, 201).receipt(t); got.ID != id || got.Version != 1 {
		t.Errorf("asked again, it is %+v", got)
	}
	shown := into[projections.Mapping](t, m.fresh(t, "/v1/mappings/"+id).wants(t, 200))
	if shown.Name != "Fairs" || len(shown.Columns) != 2 || shown.Options.Key != imports.ByPhone || shown.Options.OnDuplicate != imports.Skip || shown.Version != 1 {
		t.Errorf("it reads %+v", shown)
	}
	// The same name replaces, and a repetition of that is carried out once.
	for range 2 {
		got := m.ask(t, "POST", "/v1/mappings", `{"name":" FAIRS","columns":[{"header":"Who","field":"name"}]}`, "Idempotency-Key", "again").wants(t, 200).receipt(t)
		if got.ID != id || got.Version != 2 {
			t.Errorf("replaced, it is %+v", got)
		}
	}
	other := m.ask(t, "POST", "/v1/mappings", `{"name":"Lists","columns":[{"header":"Who","field":"name"}]}`).wants(t, 201).receipt(t).ID
	names := func(query string) string {
		t.Helper()
		list := into[apphttp.List[projections.Mapping]](t, m.fresh(t, "/v1/mappings"+query).wants(t, 200))
		var out []string
		for _, v := range list.Items {
			out = append(out, v.Name)
		}
		if list.Total.Value != len(out) && !strings.Contains(query, "limit") {
			t.Errorf("%s: a total of %d", query, list.Total.Value)
		}
		return strings.Join(out, ", ")
	}
	for query, want := range map[string]string{"": "Lists, FAIRS", "?name=fairs": "FAIRS", "?name=x": "", "?limit=1": "Lists"} {
		if got := names(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	m.ask(t, "DELETE", "/v1/mappings/"+id, "").wants(t, 200)
	m.fresh(t, "/v1/mappings/"+id).refuses(t, 404, "mapping.not_found")
	if got := names(""); got != "Lists" {
		t.Errorf("after a deletion: %q", got)
	}
	if got := m.ask(t, "POST", "/v1/mappings", body).wants(t, 201).receipt(t).ID; got == id {
		t.Error("a deleted mapping is saved again")
	}
	stranger := shared(t).member(t, access.Admin)
	stranger.fresh(t, "/v1/mappings/"+other).refuses(t, 404, "mapping.not_found")
	stranger.ask(t, "DELETE", "/v1/mappings/"+other, "").refuses(t, 404, "mapping.not_found")
	stranger.ask(t, "POST", "/v1/mappings", `{"name":"Lists","columns":[{"header":"Who","field":"name"}]}`).wants(t, 201) // names are an organization's own
}

// TestMappingRefused names what does not fit.
func TestMappingRefused(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for body, field := range map[string]string{
		`{"columns":[{"header":"a","field":"name"}]}`:           "name",
		`{"name":"","columns":[{"header":"a","field":"name"}]}`: "name",
		`{"name":"x"}`:              "columns",
		`{"name":"x","columns":[]}`: "columns",
		`{"name":"x","columns":[{"header":"a","field":"shoe"}]}`:                                     "columns.0.field",
		`{"name":"x","columns":[{"header":"a\u0000","field":"name"}]}`:                               "columns.0.header",
		`{"name":"x","columns":[{"header":"a","field":"name"}],"options":{"owner":"bob"}}`:           "owner",
		`{"name":"x","columns":[{"header":"a","field":"name"}],"import":"` + uuid.NewString() + `"}`: "import",
		`{"name":"x","import":"` + uuid.NewString() + `"}`:                                           "import",
		`{"name":"x","import":"nothing"}`:                                                            "import",
	} {
		if got := m.ask(t, "POST", "/v1/mappings", body).wants(t, 422); !strings.Contains(got.body, `"field":"`+field+`"`) {
			t.Errorf("%s: %s, want %s", body, got.body, field)
		}
	}
	m.ask(t, "POST", "/v1/mappings", `{"name":"x","columns":[{"header":"a","field":"name"}]}`, "If-Match", `"1"`).refuses(t, 412, "precondition.failed")
}

// TestMappingTaken: a mapping is taken from an import, proposed for a file of the same
// columns by itself, and laid over one of others when a plan names it.
func TestMappingTaken(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	upload := func(file string) projections.Import {
		t.Helper()
		id := m.ask(t, "POST", "/v1/imports", file).wants(t, 202).receipt(t).ID
		return into[projections.Import](t, m.fresh(t, "/v1/imports/"+id).wants(t, 200))
	}
	fields := func(i projections.Import) string {
		out := make([]string, 0, len(i.Columns)+1)
		for _, c := range i.Columns {
			out = append(out, c.Header+"="+string(c.Field))
		}
		return strings.Join(append(out, i.Mapping), " ")
	}
	first := upload("Who,Where\nPersona,Oslo\n")
	if first.Mapping != "" {
		t.Errorf("nothing was saved, and it is proposed by %q", first.Mapping)
	}
	m.ask(t, "POST", "/v1/imports/"+first.ID+"/plan", `{"columns":[{"header":"Who","field":"name"},{"header":"Where","field":"city"}],"options":{"source":"fair"}}`).wants(t, 202)
	m.fresh(t, "/v1/imports/"+first.ID)
	saved := m.ask(t, "POST", "/v1/mappings", `{"name":"Fairs","import":"`+first.ID+`","options":{"tags":["fair"]}}`).wants(t, 201).receipt(t)
	if got := into[projections.Mapping](t, m.fresh(t, "/v1/mappings/"+saved.ID)); len(got.Columns) != 2 || got.Options.Source != "fair" || got.Options.Tags[0] != "fair" {
		t.Errorf("it reads %+v", got)
	}
	if got := fields(upload("Where,Who\nOslo,Persona\n")); got != "Where=city Who=name "+saved.ID {
		t.Errorf("the same columns in another order: %s", got)
	}
	wider := upload("Who,Where,City\nPersona,Oslo,Bergen\n")
	if wider.Mapping != "" || !strings.Contains(fields(wider), "City=city") {
		t.Errorf("other columns: %s", fields(wider))
	}
	plan := "/v1/imports/" + wider.ID + "/plan"
	m.ask(t, "POST", plan, `{"mapping":"`+saved.ID+`","columns":[{"header":"Who","field":"name"}]}`).refuses(t, 422, "request.invalid")
	m.ask(t, "POST", plan, `{"mapping":"`+uuid.NewString()+`"}`).refuses(t, 422, "request.invalid")
	m.ask(t, "POST", plan, `{"mapping":"`+saved.ID+`","options":{"on_duplicate":"fill"}}`).wants(t, 202)
	got := into[projections.Import](t, m.fresh(t, "/v1/imports/"+wider.ID))
	if fields(got) != "Who=name Where=city City= "+saved.ID || got.Options.OnDuplicate != imports.Fill || got.Options.Source != "fair" {
		t.Errorf("by the mapping: %s, %+v", fields(got), got.Options)
	}
	strange := upload("Name\nPersona\n")
	m.ask(t, "POST", "/v1/imports/"+strange.ID+"/plan", `{"mapping":"`+saved.ID+`"}`).refuses(t, 422, "import.mapping")
}
