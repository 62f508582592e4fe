package projections_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/domain/tracking"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// addressed is a person of a campaign.
type addressed struct {
	campaign, lead, id string
	state              enrollment.Enrollment
}

// plan makes a sender, a template and a campaign, as far as they come, and settles a part of
// its audience.
func (h *history) plan() {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	id := eventstoretest.NewID()
	facts := func(all ...any) []any { return all[:rapid.IntRange(1, len(all)).Draw(h.rt, "facts")] }
	from := sender.Details{Name: h.word("sender"), Email: "team@mail.example", Limits: sender.Limits{PerDay: 5}}
	other := from
	other.Email = "other@mail.example"
	h.Put(h.t, h.org, sender.Stream(eventstoretest.NewID()), facts(sender.Created{Details: from}, sender.Checked{Result: sender.Check{SPF: sender.Pass, DKIM: sender.Pass, DMARC: sender.Pass}, At: now},
		sender.Changed{Details: other}, sender.Trusted{Note: h.word("note")}, sender.Deleted{}, sender.Restored{})...)
	says := template.Content{Source: template.Source{Subject: h.word("subject")}, Compiled: template.Compiled{Variables: []string{"name"}}, Revision: 1}
	h.Put(h.t, h.org, template.Stream(eventstoretest.NewID()), facts(template.Created{Name: "Hello", Content: says}, template.Changed{Name: h.word("name"), Content: says}, template.Deleted{}, template.Restored{})...)
	h.Put(h.t, h.org, campaign.Stream(id), facts(campaign.Created{Name: h.word("campaign"), Plan: campaign.Plan{Audience: campaign.Audience{Filter: h.word("filter")}}}, campaign.Changed{Name: "Spring"},
		campaign.Launched{Revision: 1, At: now, Role: "admin"}, campaign.Frozen{People: 2, Parts: 1}, campaign.Paused{Reason: campaign.ByHand, Note: h.word("note")}, campaign.Resumed{}, campaign.Completed{})...)
	var leads []string
	for range rapid.IntRange(1, 4).Draw(h.rt, "people") {
		lead := rapid.SampledFrom(h.ids).Draw(h.rt, "lead")
		if !slices.Contains(leads, lead) {
			leads = append(leads, lead)
			h.mails = append(h.mails, &addressed{campaign: id, lead: lead, id: enrollment.ID(id, lead)})
		}
	}
	h.Put(h.t, h.org, campaign.PartStream(id, 0), campaign.Chosen{Campaign: id, Leads: leads})
}

// send does something to the mail of a person.
func (h *history) send() {
	if len(h.mails) == 0 {
		return
	}
	m := rapid.SampledFrom(h.mails).Draw(h.rt, "mail")
	e, now := m.state, time.Date(2026, 1, 1, 0, rapid.IntRange(0, 59).Draw(h.rt, "minute"), 0, 0, time.UTC)
	d := enrollment.Dispatched{Campaign: m.campaign, Lead: m.lead, Batch: uuid.NewString(), Key: m.id, Suppression: m.id, Template: m.campaign, Revision: 1, Provider: "smtp", MessageID: m.id + "@mail.example"}
	if !h.leads[m.lead].Erased {
		d.To, d.Values = "ada@people.example", map[string]string{"name": h.word("value")}
	}
	record := func(f enrollment.Event) func() ([]enrollment.Event, error) {
		return func() ([]enrollment.Event, error) { return e.Record(e.Mail.Batch, f) }
	}
	tell := func(r enrollment.Reported) func() ([]enrollment.Event, error) {
		return func() ([]enrollment.Event, error) { return e.Tell(r) }
	}
	facts, err := rapid.SampledFrom([]func() ([]enrollment.Event, error){
		func() ([]enrollment.Event, error) { return e.Dispatch(d, suppression.Suppression{}, "marketing") },
		func() ([]enrollment.Event, error) { return e.Dispatch(d, suppression.Suppression{}, "marketing") },
		func() ([]enrollment.Event, error) {
			return e.Skip(enrollment.Skipped{Campaign: m.campaign, Lead: m.lead, Reason: enrollment.NoAddress})
		},
		record(enrollment.Sent{ProviderID: "p"}), record(enrollment.Doubted{}), record(enrollment.Failed{Class: mail.Refused, Code: 550}), record(enrollment.Deferred{Class: mail.Unavailable, Until: now}),
		tell(enrollment.Reported{Kind: enrollment.Delivered, At: now}), tell(enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Soft, At: now}),
		tell(enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Hard, At: now}), tell(enrollment.Reported{Kind: enrollment.Spam, At: now}),
		e.Requeue, func() ([]enrollment.Event, error) { return e.Unsubscribe(suppression.Marketing) },
	}).Draw(h.rt, "what")()
	if err != nil || len(facts) == 0 {
		return
	}
	m.state = domain.Fold(e, facts...)
	h.Put(h.t, h.org, enrollment.Stream(m.id), facts[0])
}

// visit does something with a mail.
func (h *history) visit() {
	if len(h.mails) == 0 {
		return
	}
	m := rapid.SampledFrom(h.mails).Draw(h.rt, "mail")
	hit := tracking.Hit{Campaign: m.campaign, Mail: m.id, Agent: rapid.SampledFrom([]tracking.Agent{tracking.Browser, tracking.Scanner, tracking.AppleProxy}).Draw(h.rt, "agent"), Seconds: rapid.IntRange(0, 5).Draw(h.rt, "seconds"), At: 7}
	var fact any = tracking.Opened{Hit: hit}
	if rapid.Bool().Draw(h.rt, "clicked") {
		fact = tracking.Clicked{Hit: hit, Link: rapid.IntRange(0, 3).Draw(h.rt, "link")}
	}
	h.Put(h.t, h.org, tracking.Stream(m.id), fact)
}

// sumsAgree: what is summed up is what counting gives.
func (w *world) sumsAgree(t *testing.T) {
	t.Helper()
	at := projections.Enrollments().Live()
	for key, counted := range map[string]string{
		"phase ": "phase", "reason ": "case when phase = 'skipped' then state->>'reason' end", "told ": "json_array_elements(state->'reports')->>'kind'",
		"day ": `left(state->>'dispatched_at', 10) || ' ' || unnest(case phase when 'bounced' then array['bounced', 'sent'] when 'complained' then array['complained', 'sent'] when 'sent' then array['sent'] when 'delivered' then array['sent'] end)`,
	} {
		have := w.Strings(t, fmt.Sprintf(`select tenant_id || ' ' || id || ' ' || key || ' ' || n from %s where starts_with(key, '%s') order by 1`, at.Table("funnels"), key))
		want := w.Strings(t, fmt.Sprintf(`select tenant_id || ' ' || campaign || ' %s' || k || ' ' || count(*) from (select tenant_id, campaign, %s as k from %s) r where k is not null group by tenant_id, campaign, k order by 1`, key, counted, at.Table("enrollments")))
		same(t, "sums of "+key, want, have)
	}
}
