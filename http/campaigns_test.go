package http_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/sender"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// material is what a campaign is made of.
type material struct{ from, text, segment string }

func (m *member) material(t testing.TB) material {
	t.Helper()
	again := uuid.NewString()
	return material{
		from:    m.ask(t, "POST", "/v1/senders", `{"name":"Team","email":"team-`+again+`@mail.example"}`).wants(t, 201).receipt(t).ID,
		text:    m.ask(t, "POST", "/v1/templates", `{"name":"Hello `+again+`","subject":"Hello {{ first_name }}","html":"<p>Hello {{ custom.tier }}</p>"}`).wants(t, 201).receipt(t).ID,
		segment: m.ask(t, "POST", "/v1/segments", `{"name":"All `+again+`","filter":"status eq new"}`).wants(t, 201).receipt(t).ID,
	}
}

// body is a plan with one value set otherwise.
func (w material) body(set ...string) string {
	values := map[string]string{"name": `"Spring"`, "sender": `"` + w.from + `"`, "template": `"` + w.text + `"`, "audience": `{"segment":"` + w.segment + `"}`}
	for i := 0; i < len(set); i += 2 {
		values[set[i]] = set[i+1]
	}
	var parts []string
	for k, v := range values {
		parts = append(parts, `"`+k+`":`+v)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// TestCampaignFaults: a plan that cannot be is refused, its field is named, and nothing is done.
func TestCampaignFaults(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	w := m.material(t)
	before := m.head(t)
	for name, c := range map[string]struct {
		set   []string
		field string
	}{
		"in the past":     {[]string{"schedule", `{"at":"2020-01-01T09:00"}`}, ""},
		"no time":         {[]string{"schedule", `{"at":"soon"}`}, "schedule.at"},
		"no zone":         {[]string{"schedule", `{"at":"2099-01-01T09:00","zone":"Mars/Base"}`}, "schedule.zone"},
		"nobody":          {[]string{"audience", `{}`}, "audience"},
		"two ways":        {[]string{"audience", `{"all":true,"segment":"` + w.segment + `"}`}, "audience"},
		"no id":           {[]string{"sender", `"x"`}, "sender"},
		"no name":         {[]string{"name", `" "`}, "name"},
		"transactional":   {[]string{"purpose", `"transactional"`}, "purpose"},
		"a wrong guard":   {[]string{"guard", `{"bounces_percent":101}`}, "guard"},
		"what is unknown": {[]string{"colour", `"red"`}, "colour"},
		"a header":        {[]string{"name", `"a\r\nBcc: eve@people.example"`}, "name"},
	} {
		got := m.ask(t, "POST", "/v1/campaigns", w.body(c.set...))
		if c.field == "" {
			continue // a time may pass before the launch
		}
		if got.status != 422 || !strings.Contains(got.body, c.field) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if facts := m.facts(t, before); strings.Count(facts, "campaign.") != 1 {
		t.Errorf("recorded %s", facts)
	}
}

// TestCampaignLaunch: what cannot be sent is not launched, and what is launched is so once.
func TestCampaignLaunch(t *testing.T) {
	t.Parallel()
	a := start(t, func(c *apphttp.Config) {
		c.MailLeaves = true
		c.CheckDomain = func(_ context.Context, name string) sender.Check {
			if name == "well.example" {
				return sender.Check{SPF: sender.Pass, DKIM: sender.Pass, DMARC: sender.Pass}
			}
			return sender.Check{SPF: sender.Pass, DKIM: sender.Missing, DMARC: sender.Pass}
		}
	})
	m := a.member(t, access.Admin)
	w := m.material(t)
	m.capture(t, `{"name":"Ada","email":"ada@people.example"}`)
	launch := func(set ...string) answer {
		t.Helper()
		id := m.ask(t, "POST", "/v1/campaigns", w.body(set...)).wants(t, 201).receipt(t).ID
		return m.ask(t, "POST", "/v1/campaigns/"+id+"/launch", "")
	}
	none := `"` + uuid.NewString() + `"`
	launch().refuses(t, 409, "sender.unchecked")
	m.ask(t, "POST", "/v1/senders/"+w.from+"/check", "").wants(t, 200)
	launch().refuses(t, 409, "sender.unchecked")
	m.ask(t, "PUT", "/v1/senders/"+w.from, `{"name":"Team","email":"team@well.example"}`).wants(t, 200)
	m.ask(t, "POST", "/v1/senders/"+w.from+"/check", "").wants(t, 200)
	if s := into[projections.Sender](t, m.fresh(t, "/v1/senders/"+w.from).wants(t, 200)); !s.Ready || s.Check.DKIM != sender.Pass {
		t.Errorf("the sender is %+v", s)
	}
	launch("template", none).refuses(t, 404, "template.not_found")
	launch("sender", none).refuses(t, 404, "sender.not_found")
	launch("audience", `{"segment":`+none+`}`).refuses(t, 404, "segment.not_found")
	launch("audience", `{"import":`+none+`}`).refuses(t, 404, "import.not_found")
	launch("schedule", `{"at":"2020-01-01T09:00"}`).refuses(t, 422, "request.invalid")
	id := m.ask(t, "POST", "/v1/campaigns", w.body()).wants(t, 201).receipt(t).ID
	m.ask(t, "POST", "/v1/campaigns/"+id+"/launch", "").wants(t, 202)
	m.ask(t, "POST", "/v1/campaigns/"+id+"/launch", "").refuses(t, 409, "campaign.launched")
	m.ask(t, "PUT", "/v1/campaigns/"+id, w.body("name", `"Summer"`)).refuses(t, 409, "campaign.launched")
	m.ask(t, "DELETE", "/v1/campaigns/"+id, "").refuses(t, 409, "campaign.launched")
	m.ask(t, "POST", "/v1/campaigns/"+id+"/pause", `{"note":"wait"}`).wants(t, 200)
	m.ask(t, "POST", "/v1/campaigns/"+id+"/resume", "").wants(t, 200)
	m.ask(t, "POST", "/v1/campaigns/"+id+"/cancel", "").wants(t, 200)
	m.ask(t, "POST", "/v1/campaigns/"+id+"/resume", "").refuses(t, 409, "campaign.status_not_allowed")
	if c := into[projections.Campaign](t, m.fresh(t, "/v1/campaigns/"+id).wants(t, 200)); c.Phase != "cancelled" || c.Revision != 1 {
		t.Errorf("it is %+v", c)
	}
	// Nobody else's organization knows of it.
	other := a.member(t, access.Admin)
	for _, path := range []string{"/v1/campaigns/" + id, "/v1/senders/" + w.from, "/v1/templates/" + w.text, "/v1/campaigns/" + id + "/recipients"} {
		other.ask(t, "GET", path, "").wants(t, 404)
	}
	other.ask(t, "POST", "/v1/campaigns/"+id+"/launch", "").refuses(t, 404, "campaign.not_found")
}

// TestDryRun: what would happen is told, person by person, and nothing is done.
func TestDryRun(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	w := m.material(t)
	for _, lead := range []string{`{"name":"Ada L","email":"ada@people.example"}`, `{"name":"Bob B","email":"bob@people.example"}`, `{"name":"Cid C","email":"cid@people.example"}`, `{"name":"Nobody"}`} {
		m.capture(t, lead)
	}
	gone := m.capture(t, `{"name":"Dan D","email":"dan@people.example"}`).ID
	m.ask(t, "POST", "/v1/leads/"+gone+"/archive", `{}`).wants(t, 200)
	m.ask(t, "POST", "/v1/suppressions", `{"email":"bob@people.example","scope":"purpose:marketing"}`).wants(t, 201)
	m.ask(t, "POST", "/v1/suppressions", `{"email":"cid@people.example","scope":"purpose:news"}`).wants(t, 201)
	m.fresh(t, "/v1/suppressions").wants(t, 200)
	m.fresh(t, "/v1/leads").wants(t, 200)
	m.ask(t, "PUT", "/v1/senders/"+w.from, `{"name":"Team","email":"team-x@mail.example","limits":{"per_day":1}}`).wants(t, 200)
	id := m.ask(t, "POST", "/v1/campaigns", w.body("audience", `{"all":true}`)).wants(t, 201).receipt(t).ID
	before := m.head(t)
	got := m.ask(t, "POST", "/v1/campaigns/"+id+"/dry-run", "").wants(t, 200)
	told := into[struct {
		Audience, Mails, Days int
		Exact                 bool
		Skipped               map[string]int `json:"skipped_by_reason"`
		Empty                 map[string]int `json:"empty_values"`
		Blockers              []string
	}](t, got)
	if told.Audience != 4 || told.Mails != 2 || !told.Exact || told.Skipped["suppressed"] != 1 || told.Skipped["no_address"] != 1 || len(told.Skipped) != 2 || told.Days != 2 || told.Empty["custom.tier"] != 2 || len(told.Blockers) != 0 {
		t.Errorf("told %s", got.body)
	}
	few := m.ask(t, "POST", "/v1/campaigns", w.body("audience", `{"all":true,"at_most":1}`)).wants(t, 201).receipt(t).ID
	if got := m.ask(t, "POST", "/v1/campaigns/"+few+"/dry-run", "").wants(t, 200); !strings.Contains(got.body, `"blockers":["campaign.too_many"]`) {
		t.Errorf("too many: %s", got.body)
	}
	if facts := m.facts(t, before); strings.Contains(facts, "enrollment.") || strings.Contains(facts, "campaign.launched") {
		t.Errorf("it has done %s", facts)
	}
}

// TestTemplateFaults: what could not be sent is not saved, and the fault is named with its line.
func TestTemplateFaults(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.User)
	for name, c := range map[string]struct{ body, told string }{
		"syntax":   {`{"name":"x","subject":"Hi","html":"<p>\n{% if name %}</p>"}`, "line 2"},
		"unknown":  {`{"name":"x","subject":"Hi {{ frist_name }}","text":"x"}`, "frist_name"},
		"endless":  {`{"name":"x","subject":"Hi","text":"{% for i in (1..100000000) %}{% endfor %}"}`, "text"},
		"a script": {`{"name":"x","subject":"Hi","html":"<script>alert(1)</script>"}`, "html"},
		"nothing":  {`{"name":"x","subject":"Hi"}`, "html"},
	} {
		got := m.ask(t, "POST", "/v1/templates", c.body)
		if got.status != 422 || !strings.Contains(got.body, c.told) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := m.ask(t, "POST", "/v1/templates", `{"name":"x","subject":"Hi","html":"`+strings.Repeat("x", 10<<20)+`"}`); got.status != 413 && got.status != 422 {
		t.Errorf("10 MB: %d", got.status)
	}
	id := m.ask(t, "POST", "/v1/templates", `{"name":"x `+uuid.NewString()+`","subject":"Hi {{ name }}","html":"<p>{{ name }} {{ email }}</p>"}`).wants(t, 201).receipt(t).ID
	made := m.capture(t, `{"name":"<b>Ada</b>","email":"ada@people.example"}`)
	got := m.ask(t, "POST", "/v1/templates/"+id+"/preview", `{"lead":"`+made.ID+`"}`, "Canvass-Min-Position", strconv.FormatInt(made.Position, 10)).wants(t, 200)
	if !strings.Contains(got.body, `"subject":"Hi <b>Ada</b>"`) || !strings.Contains(got.body, `<p>&lt;b&gt;Ada&lt;/b&gt; ada@people.example</p>`) {
		t.Errorf("the mail is %s", got.body)
	}
	m.ask(t, "POST", "/v1/templates/"+id+"/preview", `{"lead":"`+uuid.NewString()+`"}`).refuses(t, 404, "lead.not_found")
}
