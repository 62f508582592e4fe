package http_test

import (
	"fmt"
	"strings"
	"testing"
)

// Who may not see personal data sees it masked wherever a lead comes up, and cannot ask for it in
// other ways.
func TestGraphQLMasks(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	firm := boss.ask(t, "POST", "/v1/companies", `{"name":"Engines"}`).wants(t, 201).receipt(t).ID
	id := boss.capture(t, `{"name":"Persona","email":"ada@people.example","phone":"+442079460958","company_id":"`+firm+`"}`).ID
	boss.ask(t, "PATCH", "/v1/leads/"+id, `{"email":"bea@people.example"}`).wants(t, 200)
	boss.ask(t, "POST", "/v1/tasks", `{"title":"Call","lead":"`+id+`"}`).wants(t, 201)
	boss.fresh(t, "/v1/tasks")
	scopes := `"lead:read","company:read","task:read","event:read"`
	clerk, _ := boss.key(t, `{"name":"clerk","scopes":[`+scopes+`]}`)
	open, _ := boss.key(t, `{"name":"open","scopes":[`+scopes+`,"pii:read"]}`)
	const person = `email phone timeline { edges { node { changes { from to } } } }`
	query := `query($id: ID!, $firm: ID!) { lead(id: $id) { ` + person + ` } leads { edges { node { ` + person + ` } } }
		company(id: $firm) { leads { edges { node { ` + person + ` } } } } tasks { edges { node { lead { ` + person + ` } } } } events { edges { node { type data } } } }`
	for _, c := range []struct {
		m     *member
		clear bool
	}{{open, true}, {clerk, false}} {
		a := c.m.graph(t, query, map[string]any{"id": id, "firm": firm})
		if len(a.Errors) > 0 {
			t.Fatalf("%s", a.codes())
		}
		told := fmt.Sprintf("%s %s %s %s", a.Data["lead"], a.Data["leads"], a.Data["company"], a.Data["tasks"])
		for _, secret := range []string{"ada@people.example", "bea@people.example", "2079460958"} {
			if strings.Contains(told, secret) != c.clear || strings.Contains(string(a.Data["events"]), secret) != c.clear {
				t.Errorf("%s is told: %v, want %v:\n%s %s", secret, !c.clear, c.clear, told, a.Data["events"])
			}
		}
		if !strings.Contains(told, `"email"`) || strings.Contains(told, `"email":null`) {
			t.Errorf("an address is not there at all: %s", told)
		}
	}
	for _, arguments := range []string{`(q: "ada")`, `(email: "ada@people.example")`, `(filter: "email contains ada")`, `(filter: "phone is_empty")`} {
		a := clerk.graph(t, `{ leads`+arguments+` { totalCount { value } } }`, nil)
		if len(a.Errors) != 1 || string(a.Data["leads"]) != "null" {
			t.Errorf("%s: %s %s", arguments, a.codes(), a.Data)
		}
	}
}

// The organization, its members and teams are shown as the REST API shows them; a member of a team sees
// the team's leads, also through what leads to them.
func TestGraphQLOrganization(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	team := boss.ask(t, "POST", "/v1/teams", `{"name":"North"}`).wants(t, 201).receipt(t).ID
	mate := boss.joins(t, `{"role":"user","teams":["`+team+`"]}`)
	guest := boss.joins(t, `{"role":"user"}`)
	firm := boss.ask(t, "POST", "/v1/companies", `{"name":"Engines"}`).wants(t, 201).receipt(t).ID
	lead := boss.capture(t, `{"name":"Persona","team":"`+team+`","owner":"`+someone+`","company_id":"`+firm+`"}`).ID
	boss.ask(t, "POST", "/v1/leads/"+lead+"/notes", `{"text":"Called."}`).wants(t, 201)
	a := boss.graph(t, `query($id: ID!) { organization { id version } teams { edges { node { id name } } totalCount { value } } members { edges { node { id role teams } } } member(id: $id) { id role teams } }`, map[string]any{"id": mate.ID})
	if len(a.Errors) > 0 {
		t.Fatal(a.codes())
	}
	sameJSON(t, `{"edges":[{"node":{"id":"`+team+`","name":"North"}}],"totalCount":{"value":1}}`, string(a.Data["teams"]))
	sameJSON(t, `{"id":"`+mate.ID+`","role":"user","teams":["`+team+`"]}`, string(a.Data["member"]))
	if got := string(a.Data["organization"]); !strings.Contains(got, boss.Org) || strings.Count(string(a.Data["members"]), `"role"`) != 3 {
		t.Errorf("%s %s", got, a.Data["members"])
	}
	for m, want := range map[*member]int{boss: 1, mate: 1, guest: 0} {
		a := m.graph(t, `query($firm: ID!) { company(id: $firm) { leads { edges { node { id notes { totalCount { value } edges { node { text } } } timeline { edges { node { text } } } } } totalCount { value } } } }`, map[string]any{"firm": firm})
		if len(a.Errors) > 0 || strings.Count(string(a.Data["company"]), lead) != want || strings.Count(string(a.Data["company"]), "Called.") < want {
			t.Errorf("%s: %s %s", m.Role, a.codes(), a.Data["company"])
		}
	}
}
