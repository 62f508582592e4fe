package http_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/enrollment"
)

// What is done about senders, templates, campaigns and recipients is one command, whichever way it comes. Every value
// is the same on both ways, those within a plan too: else the key would be refused as one of another request.
func TestGraphQLMutationsOfCampaigns(t *testing.T) {
	t.Parallel()
	a := shared(t)
	m, other := a.member(t, access.Admin), a.member(t, access.Admin)
	names := map[*member]*strings.Replacer{}
	for _, who := range []*member{m, other} {
		w := who.material(t)
		campaign := func() string { return who.ask(t, "POST", "/v1/campaigns", w.body()).wants(t, 201).receipt(t).ID }
		lead := who.capture(t, `{"name":"Persona","email":"ada@people.example"}`).ID
		sent := campaign()
		doubted := enrollment.ID(sent, lead)
		who.db.Put(t, who.Org, enrollment.Stream(doubted), enrollment.Dispatched{Campaign: sent, Lead: lead}, enrollment.Doubted{})
		names[who] = strings.NewReplacer("$sender", w.from, "$template", w.text, "$segment", w.segment, "$draft", campaign(), "$going", campaign(), "$sent", sent, "$doubted", doubted)
	}
	m.doesAsREST(t, other, names, commandsOfCampaigns())
}

func commandsOfCampaigns() []bothWays {
	return []bothWays{
		{
			`createSender(input: {name: "Ada", email: "ada@mail.example", replyTo: "bob@mail.example", provider: "smtp", zone: "Europe/Berlin", limits: {perDay: 100, perHour: 10, gapSeconds: 5, ramp: {start: 20, growthPercent: 30, from: "2026-12-01"}}})`,
			"POST", "/v1/senders", `{"name":"Ada","email":"ada@mail.example","reply_to":"bob@mail.example","provider":"smtp","zone":"Europe/Berlin","limits":{"per_day":100,"per_hour":10,"gap_seconds":5,"ramp":{"start":20,"growth_percent":30,"from":"2026-12-01"}}}`,
		},
		{`changeSender(id: "$sender", input: {name: "Bob", email: "bob@mail.example", limits: {perDay: 7}})`, "PUT", "/v1/senders/$sender", `{"name":"Bob","email":"bob@mail.example","limits":{"per_day":7}}`},
		{`checkSender(id: "$sender")`, "POST", "/v1/senders/$sender/check", ""},
		{`trustSender(id: "$sender", note: "our own relay")`, "POST", "/v1/senders/$sender/trust", `{"note":"our own relay"}`},
		{`deleteSender(id: "$sender")`, "DELETE", "/v1/senders/$sender", ""},
		{`restoreSender(id: "$sender")`, "POST", "/v1/senders/$sender/restore", ""},
		{
			`createTemplate(input: {name: "Autumn", subject: "Hello {{ name }}", html: "<p>Hello</p>", text: "Hello"})`,
			"POST", "/v1/templates", `{"name":"Autumn","subject":"Hello {{ name }}","html":"<p>Hello</p>","text":"Hello"}`,
		},
		{`changeTemplate(id: "$template", input: {subject: "Hi", text: "Hi"})`, "PATCH", "/v1/templates/$template", `{"subject":"Hi","text":"Hi"}`},
		{`changeTemplate(id: "$template", input: {text: null})`, "PATCH", "/v1/templates/$template", `{"text":null}`},
		{`deleteTemplate(id: "$template")`, "DELETE", "/v1/templates/$template", ""},
		{`restoreTemplate(id: "$template")`, "POST", "/v1/templates/$template/restore", ""},
		{
			`createCampaign(input: {name: "Spring", sender: "$sender", template: "$template", purpose: "news", audience: {segment: "$segment", filter: "status eq new", q: "ada", atMost: 9}, schedule: {at: "2026-12-01T09:00", zone: "Europe/Berlin", maxLateMinutes: 30}, perHour: 50, tracking: {opens: true, clicks: true, identity: "pseudonymous"}, guard: {bouncesPercent: 2.5, complaintsPercent: 1, floor: 20}})`,
			"POST", "/v1/campaigns", `{"name":"Spring","sender":"$sender","template":"$template","purpose":"news","audience":{"segment":"$segment","filter":"status eq new","q":"ada","at_most":9},"schedule":{"at":"2026-12-01T09:00","zone":"Europe/Berlin","max_late_minutes":30},"per_hour":50,"tracking":{"opens":true,"clicks":true,"identity":"pseudonymous"},"guard":{"bounces_percent":2.5,"complaints_percent":1,"floor":20}}`,
		},
		{
			`createCampaign(input: {name: "Files", sender: "$sender", template: "$template", audience: {import: "$segment", all: null}})`,
			"POST", "/v1/campaigns", `{"name":"Files","sender":"$sender","template":"$template","audience":{"import":"$segment"}}`,
		},
		{
			`changeCampaign(id: "$draft", input: {name: "Summer", sender: "$sender", template: "$template", audience: {all: true}, tracking: {opens: false}})`,
			"PUT", "/v1/campaigns/$draft", `{"name":"Summer","sender":"$sender","template":"$template","audience":{"all":true},"tracking":{"opens":false}}`,
		},
		{`deleteCampaign(id: "$draft")`, "DELETE", "/v1/campaigns/$draft", ""},
		{`launchCampaign(id: "$going")`, "POST", "/v1/campaigns/$going/launch", ""},
		{`pauseCampaign(id: "$going", note: "wait")`, "POST", "/v1/campaigns/$going/pause", `{"note":"wait"}`},
		{`resumeCampaign(id: "$going")`, "POST", "/v1/campaigns/$going/resume", ""},
		{`cancelCampaign(id: "$going")`, "POST", "/v1/campaigns/$going/cancel", ""},
		{`resendMail(id: "$sent", recipient: "$doubted")`, "POST", "/v1/campaigns/$sent/recipients/$doubted/resend", ""},
	}
}

// What does not fit into a plan is refused by the rules of the REST API, and named as the schema names it; nothing is
// done then, and a version that is no longer the newest refuses too.
func TestGraphQLValuesOfCampaigns(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	w := m.material(t)
	id := m.ask(t, "POST", "/v1/campaigns", w.body()).wants(t, 201).receipt(t).ID
	before := m.head(t)
	sender := func(more string) string {
		return `mutation { x: createSender(input: {name: "Ada", email: "ada@mail.example"` + more + `}) { id } }`
	}
	plan := func(audience, more string) string {
		return `mutation { x: createCampaign(input: {name: "Spring", sender: "` + w.from + `", template: "` + w.text + `", audience: ` + audience + more + `}) { id } }`
	}
	for query, want := range map[string]string{
		sender(`, replyTo: "nobody"`): "request.invalid replyTo", sender(`, provider: "pigeon"`): "request.invalid provider", sender(`, zone: "Mars/Base"`): "request.invalid zone",
		sender(`, limits: {perDay: -1}`): "request.invalid limits.perDay", sender(`, limits: {gapSeconds: 86401}`): "request.invalid limits.gapSeconds", sender(`, limits: {perHour: 4000000000}`): "request.invalid perHour",
		sender(`, limits: {ramp: {start: 1, growthPercent: 1001}}`): "request.invalid limits.ramp.growthPercent", sender(`, limits: {ramp: {start: 1, from: "soon"}}`): "request.invalid limits.ramp.from",
		`mutation { x: createSender(input: {name: "", email: "x"}) { id } }`:                                      "request.invalid name email",
		`mutation { x: trustSender(id: "` + w.from + `", note: "` + long + `") { id } }`:                          "request.invalid note",
		`mutation { x: createTemplate(input: {name: "x", subject: "{{ nobody }}", text: "x"}) { id } }`:           "request.invalid subject",
		`mutation { x: changeTemplate(id: "` + w.text + `", input: {html: "<script></script>"}) { id } }`:         "request.invalid html",
		`mutation { x: changeTemplate(id: "` + w.text + `", input: {name: "x"}, expectedVersion: 7) { id } }`:     "precondition.failed",
		`mutation { x: changeSender(id: "` + someone + `", input: {name: "A", email: "a@mail.example"}) { id } }`: "sender.not_found",
		plan(`{}`, ""): "request.invalid audience", plan(`{all: true, q: "ada"}`, ""): "request.invalid audience", plan(`{all: true, atMost: -1}`, ""): "request.invalid audience.atMost",
		plan(`{segment: "x"}`, ""): "request.invalid segment", plan(`{filter: "age eq 3"}`, ""): "filter.invalid filter", plan(`{q: "`+long+`"}`, ""): "request.invalid audience.q",
		plan(`{all: true}`, `, schedule: {at: "soon"}`): "request.invalid schedule.at", plan(`{all: true}`, `, schedule: {at: "2026-12-01T09:00", maxLateMinutes: 10081}`): "request.invalid schedule.maxLateMinutes",
		plan(`{all: true}`, `, perHour: -1`): "request.invalid perHour", plan(`{all: true}`, `, purpose: "transactional"`): "request.invalid purpose", plan(`{all: true}`, `, tracking: {identity: "all"}`): "request.invalid tracking.identity",
		plan(`{all: true}`, `, guard: {bouncesPercent: 100.5}`): "request.invalid guard.bouncesPercent", plan(`{all: true}`, `, guard: {complaintsPercent: -0.1, floor: -1}`): "request.invalid guard.complaintsPercent guard.floor",
		`mutation { x: pauseCampaign(id: "` + id + `", note: "` + long + `") { id } }`:      "request.invalid note",
		`mutation { x: pauseCampaign(id: "` + id + `") { id } }`:                            "campaign.status_not_allowed",
		`mutation { x: launchCampaign(id: "` + id + `", expectedVersion: 7) { id } }`:       "precondition.failed",
		`mutation { x: resendMail(id: "` + id + `", recipient: "` + someone + `") { id } }`: "enrollment.not_found",
		`{ x: campaign(id: "` + someone + `") { id } }`:                                     "campaign.not_found",
		`{ x: campaign(id: "` + id + `") { recipients(first: 201) { edges { cursor } } } }`: "request.invalid first",
		`{ x: campaign(id: "` + id + `") { recipients(lead: "x") { edges { cursor } } } }`:  "request.invalid lead",
		`{ x: campaigns(after: "garbage") { edges { cursor } } }`:                           "cursor.invalid after",
		`{ x: dryRunCampaign(id: "` + someone + `") { mails } }`:                            "campaign.not_found",
		`{ x: previewTemplate(id: "` + w.text + `", lead: "` + someone + `") { text } }`:    "lead.not_found",
		`{ x: previewTemplate(id: "` + w.text + `", lead: "me") { text } }`:                 "request.invalid lead",
	} {
		if have := m.refused(t, query); have != want {
			t.Errorf("%s: %s, want %s", query, have, want)
		}
	}
	// What JSON has not is no number either, and a text is none.
	for _, percent := range []any{"NaN", "Infinity", "1e999", "5", true} {
		a := m.graph(t, `mutation($n: Float) { x: createCampaign(input: {name: "Spring", sender: "`+w.from+`", template: "`+w.text+`", audience: {all: true}, guard: {bouncesPercent: $n}}) { id } }`, map[string]any{"n": percent})
		if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "request.invalid" {
			t.Errorf("%v: %s %s", percent, a.codes(), a.Data)
		}
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("refused requests added facts:\n%s", news)
	}
}

// A sender, a template and a campaign are made as one goes, and shown at once.
func TestGraphQLPlansACampaign(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	from := m.do(t, `createSender(input: {name: "Team", email: "team@mail.example"})`)
	says := m.do(t, `createTemplate(input: {name: "Hello", subject: "Hello {{ first_name }}", text: "Hello"})`)
	made := m.do(t, `createCampaign(input: {name: "Spring", sender: "`+from.ID+`", template: "`+says.ID+`", audience: {filter: "status eq new"}})`)
	if made.Version != 1 {
		t.Errorf("%+v", made)
	}
	a := into[graphAnswer](t, m.ask(t, "POST", "/graphql", graphRequest(t, `{ campaigns { edges { node { name phase plan { audience { filter } } sender { email } template { subject } funnel { sent } } } } }`, nil)).wants(t, 200))
	sameJSON(t, `{"edges":[{"node":{"name":"Spring","phase":"draft","plan":{"audience":{"filter":"status eq new"}},"sender":{"email":"team@mail.example"},"template":{"subject":"Hello {{ first_name }}"},"funnel":null}}]}`, string(a.Data["campaigns"]))
	for _, step := range []struct{ does, phase string }{{"launch", "scheduled"}, {"pause", "paused"}, {"resume", "scheduled"}, {"cancel", "cancelled"}} {
		m.do(t, step.does+`Campaign(id: "`+made.ID+`")`)
		if c := shows[struct{ Phase string }](t, m, "campaign", `{ campaign(id: "`+made.ID+`") { phase } }`, nil); c.Phase != step.phase {
			t.Errorf("%s: it is %s", step.does, c.Phase)
		}
	}
}
