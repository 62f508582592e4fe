package http_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// What GraphQL shows of a sender, a template, a campaign and its recipients is what the REST API shows, value by value,
// whether a record is asked for alone, in its list, or by what leads to it.
func TestGraphQLCampaigns(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	l := m.ledger(t)
	schema := graphSchema(t)
	rest := func(path string) string { return m.fresh(t, path).wants(t, 200).body }
	for field, kind := range map[string]string{"sender": "Sender", "template": "Template", "campaign": "Campaign"} {
		whole, path := wholeOf(schema, kind), "/v1/"+field+"s"
		records := shows[graphPage[json.RawMessage]](t, m, field+"s", "{ "+field+"s { edges { node"+whole+" } "+graphWhole+" } }", nil).nodes()
		sameList(t, m, path+"?limit=2", shows[graphPage[graphNode]](t, m, field+"s", "{ "+field+"s(first: 2) { edges { cursor node { id } } "+graphWhole+" } }", nil))
		if len(records) != map[string]int{"sender": 1, "template": 1, "campaign": 3}[field] {
			t.Fatalf("%d %ss", len(records), field)
		}
		for _, record := range records {
			id := into[struct{ ID string }](t, answer{body: string(record)}).ID
			// The funnel, which lists of the REST API have not, is that of the record.
			showsREST(t, field+" of a list", rest(path+"/"+id), string(record))
			showsREST(t, field, rest(path+"/"+id), string(shows[json.RawMessage](t, m, field, "query($id: ID!) { "+field+"(id: $id)"+whole+" }", map[string]any{"id": id})))
		}
	}
	funnel := shows[struct{ Funnel map[string]any }](t, m, "campaign", `{ campaign(id: "`+l.sent+`") { funnel`+wholeOf(schema, "Funnel")+` } }`, nil).Funnel
	for name, n := range funnel {
		if n == 0.0 || n == nil {
			t.Errorf("the funnel is not full, which shows little: %s of %v", name, funnel)
		}
	}
	within := shows[struct {
		Sender, Template json.RawMessage
		Recipients       graphPage[struct{ Lead graphNode }]
	}](t, m, "campaign", `{ campaign(id: "`+l.sent+`") { sender`+wholeOf(schema, "Sender")+` template`+wholeOf(schema, "Template")+` recipients { edges { node { lead { id name } } } } } }`, nil)
	showsREST(t, "the sender of a campaign", rest("/v1/senders/"+l.from), string(within.Sender))
	showsREST(t, "the template of a campaign", rest("/v1/templates/"+l.text), string(within.Template))
	var people []string
	for i, r := range within.Recipients.nodes() {
		if people = append(people, r.Lead.ID); r.Lead.Name != "Persona No "+string(rune('A'+i)) {
			t.Errorf("recipient %d is %+v", i, r.Lead)
		}
	}
	if !slices.Equal(people, l.leads) {
		t.Errorf("the recipients are %v, want %v", people, l.leads)
	}
	// Who is deleted is shown nowhere; the campaign says who it was.
	m.ask(t, "DELETE", "/v1/senders/"+l.from, "").wants(t, 200)
	sameJSON(t, `{"plan":{"senderId":"`+l.from+`"},"sender":null}`, string(shows[json.RawMessage](t, m, "campaign", `{ campaign(id: "`+l.sent+`") { plan { senderId } sender { id } } }`, nil)))
}

// The recipients of a campaign are those of the REST API: each of their values, the pages, and who is looked for.
func TestGraphQLRecipients(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	l := m.ledger(t)
	whole := wholeOf(graphSchema(t), "Recipient")
	all := "/v1/campaigns/" + l.sent + "/recipients?"
	type page = graphPage[json.RawMessage]
	phases := map[string]bool{}
	for _, c := range []struct{ rest, arguments string }{
		{"limit=50", ""},
		{"limit=200", "first: 200"},
		{"limit=2", "first: 2"},
		{"phase=bounced", "phase: bounced"},
		{"phase=in_doubt", "phase: in_doubt"},
		{"phase=skipped&limit=1", "first: 1, phase: skipped"},
		{"phase=delivered&lead=" + l.leads[0], `phase: delivered, lead: "` + l.leads[0] + `"`},
		{"lead=" + l.leads[1], `lead: "` + l.leads[1] + `"`},
		{"lead=" + someone, `lead: "` + someone + `"`},
	} {
		for cursor, n := "", 0; ; n++ {
			got := shows[struct{ Recipients page }](t, m, "campaign", `query($c: String) { campaign(id: "`+l.sent+`") { recipients(after: $c `+c.arguments+`) { edges { cursor node`+whole+` } `+graphWhole+` } } }`, map[string]any{"c": cursor}).Recipients
			path := all + c.rest + "&cursor=" + cursor
			sameList(t, m, path, got)
			items := into[struct{ Items []json.RawMessage }](t, m.fresh(t, path).wants(t, 200)).Items
			for i, node := range got.nodes() {
				showsREST(t, "recipient "+strconv.Itoa(i)+" of "+c.rest, string(items[i]), string(node))
				phases[into[struct{ Phase string }](t, answer{body: string(node)}).Phase] = true
			}
			if cursor = got.PageInfo.End; !got.PageInfo.Next {
				break
			}
			if n > len(l.leads) {
				t.Fatalf("%s has no end", c.rest)
			}
		}
	}
	if len(phases) != len(enrollment.Phases()) {
		t.Errorf("only these phases were shown: %v", phases)
	}
}

// A dry run and a preview tell what those of the REST API tell, and do nothing.
func TestGraphQLDryRun(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	l := m.ledger(t)
	m.capture(t, `{"name":"Nobody"}`)
	m.ask(t, "POST", "/v1/suppressions", `{"email":"a@people.example"}`).wants(t, 201)
	m.fresh(t, "/v1/suppressions").wants(t, 200)
	schema, before := graphSchema(t), m.head(t)
	at := []string{"Canvass-Min-Position", strconv.FormatInt(before, 10)}
	for id, want := range map[string]string{l.draft: `"skipped_by_reason":{"no_address":1,"suppressed":1}`, l.sent: `"blockers":["campaign.launched"]`} {
		told := m.ask(t, "POST", "/v1/campaigns/"+id+"/dry-run", "", at...).wants(t, 200).body
		showsREST(t, "a dry run", told, string(shows[json.RawMessage](t, m, "dryRunCampaign", `{ dryRunCampaign(id: "`+id+`")`+wholeOf(schema, "DryRun")+` }`, nil)))
		if !strings.Contains(told, want) || !strings.Contains(told, `"empty_values":{"company":11,"custom.tier":11}`) {
			t.Errorf("it tells %s", told)
		}
	}
	for body, arguments := range map[string]string{
		`{"lead":"` + l.leads[0] + `"}`:                           `lead: "` + l.leads[0] + `"`,
		`{"lead":"` + l.leads[0] + `","sender":"` + l.from + `"}`: `lead: "` + l.leads[0] + `", sender: "` + l.from + `"`,
	} {
		told := m.ask(t, "POST", "/v1/templates/"+l.text+"/preview", body, at...).wants(t, 200).body
		showsREST(t, "a preview", told, string(shows[json.RawMessage](t, m, "previewTemplate", `{ previewTemplate(id: "`+l.text+`", `+arguments+`)`+wholeOf(schema, "Preview")+` }`, nil)))
		if !strings.Contains(told, "Persona") || !strings.Contains(told, `"empty":[`) {
			t.Errorf("it tells %s", told)
		}
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("it has done:\n%s", news)
	}
}

// What a role or a key may not ask for is null, beside what it may.
func TestGraphQLPermissionsOfCampaigns(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	l := boss.ledger(t)
	user := boss.joins(t, `{"role":"user"}`)
	key, _ := boss.key(t, `{"name":"Numbers","scopes":["campaign:read","recipient:read"]}`)
	query := `{ campaign(id: "` + l.sent + `") { name sender { id } template { id } funnel { audience } recipients(first: 1) { edges { node { id lead { id } } } } }
		senders { totalCount { value } } dryRunCampaign(id: "` + l.draft + `") { audience } previewTemplate(id: "` + l.text + `", lead: "` + l.leads[0] + `") { subject } }`
	for _, c := range []struct {
		m       *member
		refused string
	}{
		{boss, ""},
		{user, "campaign.recipients access.denied; dryRunCampaign access.denied"},
		{key, "campaign.recipients.edges.0.node.lead access.denied; campaign.sender access.denied; campaign.template access.denied; dryRunCampaign access.denied; previewTemplate access.denied; senders access.denied"},
	} {
		a := c.m.graph(t, query, nil)
		codes := strings.Split(a.codes(), "; ")
		slices.Sort(codes)
		if strings.Join(codes, "; ") != c.refused || !strings.Contains(string(a.Data["campaign"]), `"name":"Spring"`) || !strings.Contains(string(a.Data["campaign"]), `"funnel":{"audience":12}`) {
			t.Errorf("%s: refused %s\n%s", c.m.Role, codes, a.Data)
		}
	}
	before := boss.head(t)
	for _, mutation := range []string{
		`createSender(input: {name: "A", email: "a@mail.example"})`, `trustSender(id: "` + l.from + `", note: "x")`, `createCampaign(input: {name: "A", sender: "` + l.from + `", template: "` + l.text + `", audience: {all: true}})`,
		`launchCampaign(id: "` + l.draft + `")`, `deleteCampaign(id: "` + l.draft + `")`, `resendMail(id: "` + l.sent + `", recipient: "` + enrollment.ID(l.sent, l.leads[4]) + `")`,
	} {
		if a := user.graph(t, `mutation { done: `+mutation+` { id } }`, nil); a.codes() != "done access.denied" {
			t.Errorf("%s: %s", mutation, a.codes())
		}
	}
	// Another organization knows of none of it.
	stranger := boss.colleague(t, boss.Org[:len(boss.Org)-4]+"0000", access.Admin)
	a := stranger.graph(t, fmt.Sprintf(`{ campaign(id: %q) { id } sender(id: %q) { id } template(id: %q) { id } dryRunCampaign(id: %q) { audience } campaigns { totalCount { value } } }`, l.sent, l.from, l.text, l.draft), nil)
	if len(a.Errors) != 4 || string(a.Data["campaigns"]) != `{"totalCount":{"value":0}}` {
		t.Errorf("%s %s", a.codes(), a.Data)
	}
	if news := boss.facts(t, before); news != "" {
		t.Errorf("refused requests added facts:\n%s", news)
	}
}

// What campaigns and recipients lead to takes as many statements for many of them as for few.
func TestGraphQLStatementsOfCampaigns(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	sent, counted := counting(t, db)
	m := startOn(t, db, counted).member(t, access.Admin)
	l := m.ledger(t)
	for range 10 {
		w := m.material(t)
		id := m.ask(t, "POST", "/v1/campaigns", w.body()).wants(t, 201).receipt(t).ID
		m.ask(t, "POST", "/v1/campaigns/"+id+"/launch", "").wants(t, 202)
	}
	for name, query := range map[string]string{
		"of campaigns":  `query($n: Int) { campaigns(first: $n) { edges { node { name sender { email } template { subject } funnel { audience sent opened } } } totalCount { value } } }`,
		"of recipients": `query($n: Int) { campaign(id: "` + l.sent + `") { recipients(first: $n) { edges { node { phase lead { name company { name } notes { edges { node { text } } } } } } totalCount { value } } } }`,
	} {
		sent.steady(t, m, name, query, 12, 2)
	}
}
