package http_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/projections"
)

// TestMasks: who may not see where people are reached is shown it nowhere, and can find it
// out by no question.
func TestMasks(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	id := boss.capture(t, `{"name":"Ada Lovelace","email":"ada.secret@hidden.example","phone":"+49 30 901820","emails":[{"address":"second.secret@hidden.example"}],"phones":[{"number":"+49 30 901821"}]}`).ID
	boss.ask(t, "PATCH", "/v1/leads/"+id, `{"email":"third.secret@hidden.example","phone":"+49 30 901822","emails":[{"address":"fourth.secret@hidden.example"}]}`).wants(t, 200)
	boss.ask(t, "POST", "/v1/segments", `{"name":"Hidden","filter":"email is_not_empty"}`).wants(t, 201)
	file := boss.ask(t, "POST", "/v1/imports", "email\nsecret@hidden.example\n").wants(t, 202).receipt(t).ID
	user := boss.joins(t, `{"role":"user"}`)
	boss.ask(t, "PATCH", "/v1/members/"+user.ID, `{"withheld":["pii:read"]}`).wants(t, 200)
	soon(t, 0, func() bool { return strings.Contains(user.ask(t, "GET", "/v1/me", "").body, `"masked":true`) })
	key, _ := boss.key(t, `{"name":"Blind","scopes":["lead:read","lead:export","lead:import","event:read","segment:read","lead:write"]}`)
	secret := []string{"secret", "hidden.example", "90182"}
	for _, who := range []*member{user, key} {
		for _, path := range []string{
			"/v1/leads/" + id, "/v1/leads", "/v1/leads?sort=name", "/v1/leads?filter=name+contains+ada", "/v1/leads?facets=status,country", "/v1/leads/" + id + "/timeline", "/v1/segments",
			"/v1/events", "/v1/events?stream=" + id, "/v1/leads/export", "/v1/leads/export?format=ndjson", "/v1/imports/" + file,
		} {
			got := who.fresh(t, path)
			if got.status != 200 && (who != user || got.status != 403) {
				t.Errorf("%s as %s: %d %s", path, who.Role, got.status, got.body)
			}
			for _, s := range secret {
				if strings.Contains(got.body, s) {
					t.Errorf("%s as %s shows %s: %s", path, who.Role, s, got.body)
				}
			}
		}
		l := into[projections.Lead](t, who.fresh(t, "/v1/leads/"+id).wants(t, 200))
		if l.Name != "Ada Lovelace" || l.Email != "t***@***.example" || l.Phone != "***22" || len(l.Emails) != 1 || l.Emails[0].Address != "f***@***.example" {
			t.Errorf("%s is shown %+v", who.Role, l)
		}
		segments := into[struct{ Items []projections.Segment }](t, who.fresh(t, "/v1/segments"))
		for _, question := range []string{
			"filter=email+eq+third.secret@hidden.example", "filter=emails+has+x", "filter=phone+is_empty", "filter=name+eq+x+or+phones+has+x", "email=third.secret@hidden.example", "q=ada", "facets=email", "facets=phone",
			"segment=" + segments.Items[0].ID,
		} {
			if got := who.ask(t, "GET", "/v1/leads?"+question, ""); got.status != 403 && got.status != 422 {
				t.Errorf("%s as %s: %d %s", question, who.Role, got.status, got.body)
			} else if !strings.HasPrefix(question, "facets") {
				got.refuses(t, 403, "access.masked")
			}
		}
	}
	key.ask(t, "GET", "/v1/imports/"+file+"/errors.csv", "").refuses(t, 403, "access.masked")
	// What a change tells by whom it reaches is refused as the question would be.
	bulk, _ := boss.key(t, `{"name":"Blind","scopes":["lead:read","lead:bulk","lead:write","lead:import","segment:read"]}`)
	hidden := into[struct{ Items []projections.Segment }](t, boss.fresh(t, "/v1/segments")).Items[0].ID
	for _, selection := range []string{`"filter":"emails has secret"`, `"filter":"name eq x or phones is_empty"`, `"q":"secret@hidden.example"`, `"segment":"` + hidden + `"`} {
		for _, path := range []string{"/v1/bulk-actions", "/v1/bulk-actions/count"} {
			bulk.ask(t, "POST", path, `{"action":{"kind":"tag","add":["found"]},"selection":{`+selection+`}}`).refuses(t, 403, "access.masked")
		}
	}
	if got := bulk.ask(t, "POST", "/v1/leads", `{"email":"third.secret@hidden.example"}`); got.status != 409 || strings.Contains(got.body, id) {
		t.Errorf("a guess is answered %d %s", got.status, got.body)
	}
	if got := boss.ask(t, "POST", "/v1/leads", `{"email":"third.secret@hidden.example"}`); got.status != 409 || !strings.Contains(got.body, id) {
		t.Errorf("whoever sees addresses is told %d %s", got.status, got.body)
	}
	for _, path := range []string{"/v1/segments", "/v1/segments/" + hidden} {
		if got := bulk.fresh(t, path).wants(t, 200); strings.Contains(got.body, "is_not_empty") || !strings.Contains(got.body, `"filter":"***"`) {
			t.Errorf("%s is shown as %s", path, got.body)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(key.fresh(t, "/v1/leads/export?columns=name,email").wants(t, 200).body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][1] != "t***@***.example" {
		t.Errorf("exported %v, %v", rows, err)
	}
	// Of the stream of facts, what is sealed.
	s := key.opened(t, "type=lead.captured")
	for {
		e, _, err := s.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == "" {
			continue
		}
		if text := string(e.Data); !e.Masked || e.Erased || strings.Contains(text, "secret") || strings.Contains(text, "Ada") || !strings.Contains(text, `"status":"new"`) {
			t.Errorf("streamed %+v %s", e, text)
		}
		break
	}
	// What is masked is there all the same.
	if l := into[projections.Lead](t, boss.fresh(t, "/v1/leads/"+id).wants(t, 200)); l.Email != "third.secret@hidden.example" {
		t.Errorf("the admin is shown %+v", l)
	}
}

// TestMasksOfCampaigns: who may not see where people are reached learns it from no campaign either: not by whom it is
// to, not by its recipients, not by a mail that is shown, nor by how many a guess finds; by GraphQL as by REST.
func TestMasksOfCampaigns(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	l := boss.ledger(t)
	hidden := boss.ask(t, "POST", "/v1/campaigns", l.body("audience", `{"filter":"email eq a@people.example"}`)).wants(t, 201).receipt(t).ID
	words := boss.ask(t, "POST", "/v1/campaigns", l.body("audience", `{"q":"a@people.example"}`)).wants(t, 201).receipt(t).ID
	says := boss.ask(t, "POST", "/v1/templates", `{"name":"Address","subject":"To {{ email }}","text":"To {{ email }}"}`).wants(t, 201).receipt(t).ID
	scopes := `"lead:read","sender:read","template:read","campaign:read","campaign:write","recipient:read"`
	clerk, _ := boss.key(t, `{"name":"clerk","scopes":[`+scopes+`]}`)
	open, _ := boss.key(t, `{"name":"open","scopes":[`+scopes+`,"pii:read"]}`)
	schema := graphSchema(t)
	plan, recipient := wholeOf(schema, "Campaign"), wholeOf(schema, "Recipient")
	for _, c := range []struct {
		m     *member
		clear bool
	}{{open, true}, {clerk, false}} {
		a := c.m.graph(t, `{ campaigns { edges { node`+plan+` } } hidden: campaign(id: "`+hidden+`")`+plan+` words: campaign(id: "`+words+`")`+plan+`
			sent: campaign(id: "`+l.sent+`") { recipients { edges { node`+recipient+` } } } led: campaign(id: "`+l.sent+`") { recipients { edges { node { lead { email } } } } }
			preview: previewTemplate(id: "`+says+`", lead: "`+l.leads[0]+`") { subject text } }`, nil)
		if len(a.Errors) > 0 {
			t.Fatal(a.codes())
		}
		told := map[string]string{"a preview": c.m.ask(t, "POST", "/v1/templates/"+says+"/preview", `{"lead":"`+l.leads[0]+`"}`).wants(t, 200).body}
		for field, value := range a.Data {
			told[field] = string(value)
		}
		for _, path := range []string{"/v1/campaigns", "/v1/campaigns/" + hidden, "/v1/campaigns/" + words, "/v1/campaigns/" + l.sent + "/recipients"} {
			told[path] = c.m.fresh(t, path).wants(t, 200).body
		}
		for what, text := range told {
			if strings.Contains(text, "people.example") != c.clear || !c.clear && !strings.Contains(text, "***") {
				t.Errorf("%s: an address is told: %v, want %v:\n%s", what, !c.clear, c.clear, text)
			}
		}
		for _, id := range []string{hidden, words} {
			dry := c.m.graph(t, `{ dryRunCampaign(id: "`+id+`") { audience } }`, nil)
			if c.clear != (len(dry.Errors) == 0) || !c.clear && dry.codes() != "dryRunCampaign access.masked" {
				t.Errorf("a dry run: %s %s", dry.codes(), dry.Data)
			}
			if !c.clear {
				c.m.ask(t, "POST", "/v1/campaigns/"+id+"/dry-run", "").refuses(t, 403, "access.masked")
			}
		}
	}
	// Who sees only some leads is shown the mail to those alone.
	user := boss.joins(t, `{"role":"user"}`)
	theirs := boss.capture(t, `{"name":"Persona","owner":"`+someone+`"}`).ID
	for id, refused := range map[string]string{theirs: "x lead.not_found", l.leads[0]: ""} {
		if a := user.graph(t, `{ x: previewTemplate(id: "`+l.text+`", lead: "`+id+`") { subject } }`, nil); a.codes() != refused {
			t.Errorf("a preview: %s, want %q", a.codes(), refused)
		}
	}
}
