package http_test

import (
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
)

// Who has written something sees it at once where they ask the same server, without
// saying from which position on.
func TestOwnWrites(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for range 20 {
		id := m.capture(t, `{"name":"Persona"}`).ID
		m.ask(t, "GET", "/v1/leads/"+id, "").wants(t, 200)
	}
	m.ask(t, "POST", "/v1/fields", `{"key":"size","kind":"number","filterable":true}`).wants(t, 201)
	m.ask(t, "POST", "/v1/leads", `{"name":"Persona","custom":{"size":"many"}}`).refuses(t, 422, "request.invalid")
	m.ask(t, "GET", "/v1/leads?filter=custom.size+gt+5", "").wants(t, 200)
	list := m.ask(t, "POST", "/v1/segments", `{"name":"x","filter":"custom.size gt 5"}`).wants(t, 201).receipt(t).ID
	m.ask(t, "POST", "/v1/bulk-actions", `{"action":{"kind":"archive"},"selection":{"segment":"`+list+`"}}`).wants(t, 202)
}
