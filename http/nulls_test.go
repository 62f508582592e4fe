package http_test

import (
	"testing"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// A PATCH is a merge patch (RFC 7396): a null takes away, or is refused by name; it is
// never passed over.
func TestNullsTakeAway(t *testing.T) {
	t.Parallel()
	patch := func(body string) request { return request{method: "PATCH", path: "/v1/leads/$lead", body: body} }
	rich := lead.Captured{Status: lead.New, Details: lead.Details{
		Name: "Persona One", Email: "one@people.example", Emails: []lead.Email{{Address: "two@people.example"}}, Tags: []string{"vip"}, Custom: map[string]string{"tier": "gold", "size": "9"}, ExternalIDs: map[string]string{"crm": "7"},
	}}
	run(t, []spec{
		{
			name: "a list", given: []lead.Event{rich}, ask: patch(`{"emails":null}`), status: 200,
			facts: []string{`lead.edited {"changes":[{"field":"emails","from":"[{\"address\":\"two@people.example\"}]","to":""}]}`},
		},
		{name: "a value of a map", given: []lead.Event{rich}, ask: patch(`{"custom":{"tier":null}}`), status: 200, facts: []string{`lead.edited {"changes":[{"field":"custom.tier","from":"gold","to":""}]}`}},
		{name: "an id elsewhere", given: []lead.Event{rich}, ask: patch(`{"external_ids":{"crm":null}}`), status: 200, facts: []string{`lead.edited {"changes":[{"field":"external_ids.crm","from":"7","to":""}]}`}},
		{name: "a whole map", given: []lead.Event{rich}, ask: patch(`{"title":"CEO","custom":null}`), status: 422, code: "request.invalid", fields: []string{"custom"}},
		{name: "the last that says who it is", given: []lead.Event{captured()}, ask: patch(`{"name":null,"email":null}`), status: 422, code: "request.invalid", fields: []string{"email"}},
	})
}

func TestNullsElsewhere(t *testing.T) {
	t.Parallel()
	m := shared(t).founder(t)
	names := m.records(t)
	for _, c := range []struct {
		path, body, field string
	}{
		{"/v1/fields/{id}", `{"label":null}`, "label"},
		{"/v1/fields/{id}", `{"filterable":null}`, "filterable"},
		{"/v1/fields/{id}", `{"add_options":null}`, "add_options"},
		{"/v1/segments/{id}", `{"name":null}`, "name"},
		{"/v1/tasks/{id}", `{"title":null}`, "title"},
	} {
		p := m.ask(t, "PATCH", names(c.path), c.body).refuses(t, 422, "request.invalid")
		if len(p.Fields) != 1 || p.Fields[0].Name != c.field {
			t.Errorf("%s %s: the fields at fault are %v", c.path, c.body, p.Fields)
		}
	}
	m.ask(t, "PATCH", names("/v1/companies/{id}"), `{"size":"9","city":"Oslo"}`).wants(t, 200)
	m.ask(t, "PATCH", names("/v1/companies/{id}"), `{"size":null}`).wants(t, 200)
	if got := into[projections.Company](t, m.fresh(t, names("/v1/companies/{id}"))); got.Size != "" || got.City != "Oslo" {
		t.Errorf("it reads %+v", got)
	}
	// What is the same is one request, however it is written.
	key := []string{"Idempotency-Key", "take the city away"}
	first := m.ask(t, "PATCH", names("/v1/companies/{id}"), `{"city":null}`, key...).wants(t, 200)
	if again := m.ask(t, "PATCH", names("/v1/companies/{id}"), `{"city":""}`, key...).wants(t, 200); again.body != first.body {
		t.Errorf("%s, and then %s", first.body, again.body)
	}
}
