package http_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestFields walks fields of every kind through their life, with a lead that holds values
// of them.
func TestFields(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Manager)
	define := func(body string) string {
		t.Helper()
		return m.ask(t, "POST", "/v1/fields", body).wants(t, 201).receipt(t).ID
	}
	tier := define(`{"key":"tier","label":"Tier","kind":"enum","options":["Gold","Silver"],"filterable":true}`)
	size := define(`{"key":"size","kind":"number"}`)
	for _, f := range []string{`{"key":"since","kind":"date","filterable":true}`, `{"key":"vip","kind":"boolean","filterable":true}`, `{"key":"site","kind":"url"}`, `{"key":"note","kind":"text"}`} {
		define(f)
	}
	refused := m.ask(t, "POST", "/v1/fields", `{"key":"tier","kind":"text"}`).refuses(t, 409, "claim.taken")
	if len(refused.Streams) != 1 || refused.Streams[0] != tier {
		t.Errorf("the holder is told as %v", refused.Streams)
	}
	m.ask(t, "PATCH", "/v1/fields/"+tier, `{"label":"Level","add_options":["Tin","gold"]}`).wants(t, 200)
	shown := m.fresh(t, "/v1/fields/"+tier).wants(t, 200)
	if f := into[projections.OwnField](t, shown); f.Label != "Level" || strings.Join(f.Options, " ") != "Gold Silver Tin" || !f.Filterable || shown.header.Get("ETag") != `"2"` {
		t.Errorf("it reads %s", shown.body)
	}
	m.ask(t, "GET", "/v1/fields/"+tier, "", "If-None-Match", `"2"`).wants(t, 304)
	m.ask(t, "PATCH", "/v1/fields/"+tier, `{"label":"B"}`, "If-Match", `"1"`).refuses(t, 412, "precondition.failed")

	// What is brought in is brought into the field's form, or refused by its name.
	id := m.capture(t, `{"name":"Ann","custom":{"tier":"GOLD","size":"1,50","since":"2026-01-31T12:00:00+02:00","vip":"yes","site":"acme.example","note":"n","other":"yes"}}`).ID
	if got := into[projections.Lead](t, m.fresh(t, "/v1/leads/"+id)).Custom; fmt.Sprint(got) != "map[note:n other:yes since:2026-01-31T10:00:00Z site:https://acme.example size:1.5 tier:Gold vip:true]" {
		t.Errorf("the lead holds %v", got)
	}
	for key, value := range map[string]string{"tier": "iron", "size": "big", "since": "31.01.2026", "vip": "perhaps", "site": "ftp://a.b"} {
		body := fmt.Sprintf(`{"name":"Bo","custom":{%q:%q}}`, key, value)
		for method, path := range map[string]string{"POST": "/v1/leads", "PATCH": "/v1/leads/" + id} {
			if p := m.ask(t, method, path, body).refuses(t, 422, "request.invalid"); len(p.Fields) != 1 || p.Fields[0].Name != "custom."+key {
				t.Errorf("%s %s: %+v", method, body, p)
			}
		}
	}
	m.ask(t, "PATCH", "/v1/leads/"+id, `{"custom":{"tier":"","size":"12"}}`).wants(t, 200)

	m.fresh(t, "/v1/leads")
	if p := m.filtered(t, "custom.size gt 5").refuses(t, 422, "filter.invalid"); !strings.Contains(p.Fields[0].Message, "custom.size is not filterable") {
		t.Errorf("a number without a slot: %+v", p)
	}
	m.ask(t, "PATCH", "/v1/fields/"+size, `{"filterable":true}`).wants(t, 200)
	m.ask(t, "PATCH", "/v1/fields/"+size, `{"filterable":false}`).refuses(t, 422, "request.invalid")
	m.fresh(t, "/v1/leads")
	for filter, want := range map[string]int{
		"custom.size gt 5": 1, "custom.size lt 5": 0, "custom.since eq 2026-01-31": 1, "custom.vip eq true": 1, "custom.tier is_empty": 1, "custom.site contains acme": 1, "custom.other eq YES": 1,
	} {
		if got := into[leadList](t, m.filtered(t, filter).wants(t, 200)); len(got.Items) != want || got.Total.Value != want {
			t.Errorf("%s finds %d", filter, len(got.Items))
		}
	}
	if p := m.filtered(t, "custom.since eq soon").refuses(t, 422, "filter.invalid"); !strings.Contains(p.Fields[0].Message, "a day") {
		t.Errorf("no date: %+v", p)
	}

	m.ask(t, "DELETE", "/v1/fields/"+size, "").wants(t, 200)
	m.fresh(t, "/v1/fields/"+size).refuses(t, 404, "field.not_found")
	m.ask(t, "PATCH", "/v1/fields/"+size, `{"label":"B"}`).refuses(t, 404, "field.not_found")
	m.ask(t, "PATCH", "/v1/leads/"+id, `{"custom":{"size":"big"}}`).wants(t, 200) // it is text again
	define(`{"key":"size","kind":"text"}`)

	other := shared(t).member(t, access.Admin)
	other.fresh(t, "/v1/fields/"+tier).refuses(t, 404, "field.not_found")
	other.ask(t, "DELETE", "/v1/fields/"+tier, "").refuses(t, 404, "field.not_found")
	other.ask(t, "POST", "/v1/leads", `{"name":"Bo","custom":{"tier":"iron"}}`).wants(t, 201)
	other.ask(t, "POST", "/v1/fields", `{"key":"tier","kind":"text"}`).wants(t, 201)
}

func (m *member) filtered(t *testing.T, filter string) answer {
	t.Helper()
	return m.ask(t, "GET", "/v1/leads?filter="+url.QueryEscape(filter), "")
}

// TestFieldSlots: only so many fields of a kind can be filtered by, and the answers say how
// many are left; a field that is retired makes room.
func TestFieldSlots(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.API)
	var ids []string
	for n := range 6 {
		ids = append(ids, m.ask(t, "POST", "/v1/fields", fmt.Sprintf(`{"key":"d%d","kind":"date","filterable":true}`, n)).wants(t, 201).receipt(t).ID)
	}
	before := m.head(t)
	p := m.ask(t, "POST", "/v1/fields", `{"key":"d6","kind":"date","filterable":true}`).refuses(t, 409, "field.no_slot")
	if len(p.Fields) != 1 || p.Fields[0].Name != "filterable" {
		t.Errorf("refused as %+v", p)
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("a refused request added facts:\n%s", news)
	}
	plain := m.ask(t, "POST", "/v1/fields", `{"key":"d6","kind":"date"}`).wants(t, 201).receipt(t).ID
	list := into[apphttp.FieldList](t, m.fresh(t, "/v1/fields").wants(t, 200))
	if len(list.Items) != 7 || list.Items[6].Key != "d6" || list.Items[6].Filterable || list.SlotsLeft != (apphttp.SlotsLeft{Text: 10, Number: 10, Date: 0, Boolean: 6}) {
		t.Errorf("listed as %+v", list)
	}
	m.ask(t, "PATCH", "/v1/fields/"+plain, `{"filterable":true}`).refuses(t, 409, "field.no_slot")
	m.ask(t, "DELETE", "/v1/fields/"+ids[3], "").wants(t, 200)
	m.ask(t, "PATCH", "/v1/fields/"+plain, `{"filterable":true}`).wants(t, 200)
	first := m.ask(t, "POST", "/v1/fields", `{"key":"x","kind":"number","filterable":true}`, "Idempotency-Key", "one").wants(t, 201).receipt(t)
	if again := m.ask(t, "POST", "/v1/fields", `{"key":"x","kind":"number","filterable":true}`, "Idempotency-Key", "one").wants(t, 201).receipt(t); again != first {
		t.Errorf("asked again: %+v, then %+v", first, again)
	}
}

// TestFieldRefusals: what does not fit is named.
func TestFieldRefusals(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	text := m.ask(t, "POST", "/v1/fields", `{"key":"a","kind":"text"}`).wants(t, 201).receipt(t).ID
	for body, field := range map[string]string{
		`{"key":"Deal Size","kind":"text"}`: "key", `{"key":"b","kind":"money"}`: "kind", `{"key":"b","kind":"enum"}`: "options", `{"key":"b","kind":"text","options":["x"]}`: "options",
		`{"kind":"text"}`: "key", `{"key":"b"}`: "kind", `{"key":"b","kind":"text","label":"` + strings.Repeat("x", 101) + `"}`: "label", `{"key":"b","kind":"enum","options":["x",""]}`: "options[1]",
		`{"key":"b","kind":"text","label":"a\u0000"}`: "label",
	} {
		p := m.ask(t, "POST", "/v1/fields", body)
		if p.status != 422 || !strings.Contains(p.body, `"field":"`+field+`"`) {
			t.Errorf("%s: %d %s", body, p.status, p.body)
		}
	}
	for body, field := range map[string]string{`{"label":""}`: "label", `{"add_options":["x"]}`: "add_options", `{"key":"b"}`: "key"} {
		p := m.ask(t, "PATCH", "/v1/fields/"+text, body)
		if p.status != 422 || !strings.Contains(p.body, field) {
			t.Errorf("%s: %d %s", body, p.status, p.body)
		}
	}
	m.ask(t, "POST", "/v1/fields", `{"key":"b","kind":"text"}`, "If-Match", `"1"`).refuses(t, 412, "precondition.failed")
	m.ask(t, "GET", "/v1/fields/7", "").wants(t, 422)
}

// A key that no database takes is the caller's fault, like every other that is no key.
func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	id := m.capture(t, `{"name":"Persona"}`).ID
	m.ask(t, "POST", "/v1/leads", `{"name":"Persona","custom":{"\u0000":"x"}}`).refuses(t, 422, "request.invalid")
	m.ask(t, "PATCH", "/v1/leads/"+id, `{"custom":{"a\u0000b":"x","tier":"gold"}}`).refuses(t, 422, "request.invalid")
	m.ask(t, "POST", "/v1/bulk-actions/count", `{"action":{"kind":"edit","set":{"custom.\u0000":"x"}},"selection":{"all":true}}`).refuses(t, 422, "request.invalid")
}
