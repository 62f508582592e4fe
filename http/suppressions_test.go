package http_test

import (
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// suppressed is what may not be written to an address.
func (m *member) suppressed(t *testing.T, email string) []projections.Suppression {
	t.Helper()
	return into[apphttp.List[projections.Suppression]](t, m.fresh(t, "/v1/suppressions?email="+email).wants(t, 200)).Items
}

// TestSuppressions: what a person has ended stays ended, whatever becomes of the lead,
// until they agree anew.
func TestSuppressions(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	lead := m.capture(t, `{"name":"Ada","email":"ada@people.example"}`).ID
	made := m.ask(t, "POST", "/v1/suppressions", `{"email":" Ada@PEOPLE.example","scope":"purpose:marketing","note":"by phone"}`).wants(t, 201)
	id := made.receipt(t).ID
	if made.header.Get("Location") != "/v1/suppressions/"+id {
		t.Errorf("it is at %s", made.header.Get("Location"))
	}
	before := m.head(t)
	if again := m.ask(t, "POST", "/v1/suppressions", `{"email":"ada@people.example","scope":"purpose:marketing"}`).wants(t, 200).receipt(t); again.ID != id || m.facts(t, before) != "" {
		t.Errorf("suppressed again: %+v", again)
	}
	holds := func(when string) {
		t.Helper()
		got := m.suppressed(t, "ADA@people.example")
		if len(got) != 1 || got[0].ID != id || got[0].Email != "ada@people.example" || len(got[0].Entries) != 1 || got[0].Entries[0].Reason != "requested" || got[0].Entries[0].By != "member" || got[0].Entries[0].Note != "by phone" {
			t.Fatalf("%s: %+v", when, got)
		}
	}
	holds("when it is made")
	m.ask(t, "DELETE", "/v1/leads/"+lead, "").wants(t, 200)
	holds("when the lead is deleted")
	second := m.capture(t, `{"name":"Ada","email":"ada@people.example"}`).ID
	holds("when the lead comes again")
	m.ask(t, "PATCH", "/v1/leads/"+second, `{"email":"other@people.example"}`).wants(t, 200)
	holds("when the lead has another address")

	lift := "/v1/suppressions/" + id + "/lift"
	m.ask(t, "POST", lift, `{"scope":"purpose:marketing","note":"they surely want it"}`).refuses(t, 409, "suppression.consent")
	m.ask(t, "POST", lift, `{"scope":"purpose:marketing","consent":{"source":"form","given_at":"2020-01-01T00:00:00Z"}}`).refuses(t, 409, "suppression.consent")
	holds("when nobody has agreed")
	m.ask(t, "POST", "/v1/suppressions/"+someone+"/lift", `{"scope":"all","note":"x"}`).refuses(t, 404, "suppression.not_found")
	now := time.Now().UTC().Format(time.RFC3339Nano)
	m.ask(t, "POST", lift, `{"scope":"purpose:marketing","consent":{"source":"form","given_at":"`+now+`"}}`).wants(t, 200)
	if got := m.suppressed(t, "ada@people.example"); len(got) != 0 {
		t.Errorf("lifted: %+v", got)
	}
	if got := into[projections.Suppression](t, m.fresh(t, "/v1/suppressions/"+id).wants(t, 200)); len(got.Entries) != 0 || got.Version != 2 {
		t.Errorf("lifted: %+v", got)
	}
	if log := m.fresh(t, "/v1/events?stream="+id).wants(t, 200).body; !strings.Contains(log, "suppression.lifted") || !strings.Contains(log, `"source":"form"`) {
		t.Errorf("the log says %s", log)
	}
}

// TestSuppressionList: a list is taken in whole or not at all, and never weakens what a
// person has said.
func TestSuppressionList(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	m.ask(t, "POST", "/v1/suppressions", `{"email":"b@people.example"}`).wants(t, 201)
	before := m.head(t)
	got := m.ask(t, "POST", "/v1/suppressions/list", `{"emails":["a@people.example","nobody","c@people.example"]}`).wants(t, 422)
	if !strings.Contains(got.body, `"emails[1]"`) || m.facts(t, before) != "" {
		t.Errorf("a list with a fault: %s", got.body)
	}
	m.ask(t, "POST", "/v1/suppressions/list", `{"emails":["a@people.example"],"scope":"everybody"}`).wants(t, 422)
	m.ask(t, "POST", "/v1/suppressions/list", `{"emails":[]}`).wants(t, 422)
	const list = `{"emails":["a@people.example","B@people.example","A@people.example","c@people.example"],"note":"from the old system"}`
	for range 2 {
		if got := m.ask(t, "POST", "/v1/suppressions/list", list, "Idempotency-Key", "list").wants(t, 200); !strings.Contains(got.body, `"addresses":3`) {
			t.Errorf("answered %s", got.body)
		}
	}
	if n := strings.Count(m.facts(t, before), "suppression.added"); n != 2 {
		t.Errorf("%d addresses were added", n)
	}
	for email, reason := range map[string]string{"a@people.example": "listed", "b@people.example": "requested", "c@people.example": "listed"} {
		if got := m.suppressed(t, email); len(got) != 1 || string(got[0].Entries[0].Reason) != reason {
			t.Errorf("%s: %+v", email, got)
		}
	}
	all := into[apphttp.List[projections.Suppression]](t, m.fresh(t, "/v1/suppressions?limit=2").wants(t, 200))
	if len(all.Items) != 2 || all.Total.Value != 3 || all.NextCursor == "" {
		t.Errorf("listed %+v", all)
	}
}

// TestSuppressionsOfOthers: a member may end mail without seeing whom others have, and an
// address is masked like every other.
func TestSuppressionsOfOthers(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	user := boss.colleague(t, boss.Org, access.User)
	id := user.ask(t, "POST", "/v1/suppressions", `{"email":"ada.secret@people.example","note":"secret"}`).wants(t, 201).receipt(t).ID
	user.ask(t, "GET", "/v1/suppressions/"+id, "").refuses(t, 403, "access.denied")
	blind, _ := boss.key(t, `{"name":"Blind","scopes":["suppression:read"]}`)
	for _, path := range []string{"/v1/suppressions", "/v1/suppressions/" + id} {
		if got := blind.fresh(t, path).wants(t, 200); strings.Contains(got.body, "secret") || !strings.Contains(got.body, "a***@***.example") {
			t.Errorf("%s shows %s", path, got.body)
		}
	}
	blind.ask(t, "GET", "/v1/suppressions?email=ada.secret@people.example", "").refuses(t, 403, "access.masked")
	// The same address in another organization is another suppression.
	other := shared(t).member(t, access.Admin)
	if there := other.ask(t, "POST", "/v1/suppressions", `{"email":"ada.secret@people.example"}`).wants(t, 201).receipt(t).ID; there == id {
		t.Error("two organizations share a suppression's id")
	}
	other.ask(t, "GET", "/v1/suppressions/"+id, "").refuses(t, 404, "suppression.not_found")
}

// TestGraphQLSuppressions: the same by GraphQL.
func TestGraphQLSuppressions(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	made := m.do(t, `suppressMail(email: "ada@people.example", scope: "purpose:marketing")`)
	read := func(after string) string {
		t.Helper()
		a := m.graph(t, `{ suppression(id: "`+made.ID+`") { id email entries { scope reason by at note } version } suppressions(first: 5, email: "Ada@people.example") { edges { node { id } } totalCount { value } } }`, nil)
		if len(a.Errors) > 0 {
			t.Fatalf("%s: %s", after, a.codes())
		}
		return string(a.Data["suppression"]) + string(a.Data["suppressions"])
	}
	if got := read("made"); !strings.Contains(got, `"reason":"requested","by":"member"`) || !strings.Contains(got, `"email":"ada@people.example"`) || strings.Count(got, made.ID) != 2 {
		t.Errorf("it is shown as %s", got)
	}
	if a := m.graph(t, `mutation { done: liftSuppression(id: "`+made.ID+`", scope: "purpose:marketing", note: "x") { id } }`, nil); a.codes() != "done suppression.consent" {
		t.Errorf("without consent: %s", a.codes())
	}
	m.do(t, `liftSuppression(id: "`+made.ID+`", scope: "purpose:marketing", consent: {source: "form", givenAt: "`+time.Now().UTC().Format(time.RFC3339Nano)+`"})`)
	if got := read("lifted"); !strings.Contains(got, `"entries":[]`) || strings.Count(got, made.ID) != 1 {
		t.Errorf("lifted, it is shown as %s", got)
	}
}
