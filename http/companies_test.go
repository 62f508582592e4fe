package http_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestCompanies walks a company through its life, and looks at each answer, at the
// facts and at what is shown.
func TestCompanies(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	acme := m.ask(t, "POST", "/v1/companies", `{"name":"Acme","website":"www.acme-engines.com","country":"Germany","size":"51-200"}`).wants(t, 201)
	id := acme.receipt(t).ID
	if got := acme.header.Get("Location"); got != "/v1/companies/"+id {
		t.Errorf("it is at %q", got)
	}
	refused := m.ask(t, "POST", "/v1/companies", `{"name":"Acme Ltd","website":"https://shop.acme-engines.com/x"}`).refuses(t, 409, "claim.taken")
	if len(refused.Streams) != 1 || refused.Streams[0] != id {
		t.Errorf("the holder is told as %v", refused.Streams)
	}
	engines := m.ask(t, "POST", "/v1/companies", `{"name":"Analytical  Engines"}`).wants(t, 201).receipt(t).ID
	m.ask(t, "POST", "/v1/companies", `{"name":"analytical engines","website":"https://gmail.com"}`).refuses(t, 409, "claim.taken")
	m.ask(t, "POST", "/v1/companies", `{"website":"https://gmail.com"}`).refuses(t, 422, "request.invalid")
	m.ask(t, "PATCH", "/v1/companies/"+engines, `{"website":"acme-engines.com"}`).refuses(t, 409, "claim.taken")

	before := m.head(t)
	m.ask(t, "PATCH", "/v1/companies/"+id, `{"website":"acme-engines.org","size":""}`).wants(t, 200)
	if got := m.facts(t, before); !strings.Contains(got, `company.edited {"changes":[{"field":"website","from":"https://www.acme-engines.com","to":"https://acme-engines.org"},{"field":"domain","from":"acme-engines.com","to":"acme-engines.org"},{"field":"size","from":"51-200","to":""}]}`) {
		t.Errorf("the facts are %s", got)
	}
	shown := m.fresh(t, "/v1/companies/"+id).wants(t, 200)
	if c := into[projections.Company](t, shown); c.Name != "Acme" || c.Domain != "acme-engines.org" || c.Size != "" || c.Country != "DE" || c.Version != 2 || shown.header.Get("ETag") != `"2"` {
		t.Errorf("it reads %s", shown.body)
	}
	m.ask(t, "GET", "/v1/companies/"+id, "", "If-None-Match", `"2"`).wants(t, 304)
	m.ask(t, "PATCH", "/v1/companies/"+id, `{"name":"B"}`, "If-Match", `"1"`).refuses(t, 412, "precondition.failed")

	names := func(query string) string {
		t.Helper()
		var out []string
		list := into[apphttp.List[projections.Company]](t, m.fresh(t, "/v1/companies"+query).wants(t, 200))
		for _, c := range list.Items {
			out = append(out, c.Name)
		}
		if list.Total.Value != len(out) {
			t.Errorf("%s: a total of %d for %v", query, list.Total.Value, out)
		}
		return strings.Join(out, ", ")
	}
	for query, want := range map[string]string{
		"": "Analytical  Engines, Acme", "?domain=acme-engines.org": "Acme", "?domain=acme-engines.com": "", "?country=de": "Acme", "?name=Acme": "Acme", "?industry=x": "",
		"?filter=name+contains+engines": "Analytical  Engines", "?q=acme": "Acme", "?sort=name": "Acme, Analytical  Engines", "?filter=country+is_empty&country=de": "",
	} {
		if got := names(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	first := into[apphttp.List[projections.Company]](t, m.ask(t, "GET", "/v1/companies?limit=1", ""))
	if next := into[apphttp.List[projections.Company]](t, m.ask(t, "GET", "/v1/companies?limit=1&cursor="+first.NextCursor, "")); next.Items[0].ID != id || next.NextCursor != "" {
		t.Errorf("the second page holds %v", next.Items)
	}

	if counted := into[apphttp.List[projections.Company]](t, m.ask(t, "GET", "/v1/companies?facets=country", "")).Facets["country"]; fmt.Sprint(counted) != "{[{ 1} {DE 1}] true}" {
		t.Errorf("countries are counted as %v", counted)
	}
	m.ask(t, "GET", "/v1/companies?filter=nothing+eq+x", "").refuses(t, 422, "filter.invalid")
	m.ask(t, "GET", "/v1/companies?facets=name", "").refuses(t, 422, "request.invalid")

	m.ask(t, "DELETE", "/v1/companies/"+id, "").wants(t, 200)
	m.fresh(t, "/v1/companies/"+id).refuses(t, 404, "company.not_found")
	if got := names(""); got != "Analytical  Engines" {
		t.Errorf("after a deletion: %q", got)
	}
	m.ask(t, "PATCH", "/v1/companies/"+id, `{"name":"B"}`).refuses(t, 404, "company.not_found")
	m.ask(t, "POST", "/v1/companies", `{"website":"acme-engines.org"}`).wants(t, 201) // its domain is free again
	m.ask(t, "POST", "/v1/companies/"+id+"/restore", "").refuses(t, 409, "claim.taken")

	other := shared(t).member(t, access.Admin)
	other.fresh(t, "/v1/companies/"+engines).refuses(t, 404, "company.not_found")
	other.ask(t, "DELETE", "/v1/companies/"+engines, "").refuses(t, 404, "company.not_found")
	other.ask(t, "POST", "/v1/companies", `{"website":"acme-engines.org"}`).wants(t, 201) // claims are an organization's own
}
