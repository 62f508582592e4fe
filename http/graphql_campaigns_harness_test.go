package http_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/tracking"
)

// wholeOf asks for every value of a type, and of what is within it, but for what leads to records.
func wholeOf(schema *ast.Schema, name string) string {
	var out []string
	for _, f := range schema.Types[name].Fields {
		switch to := schema.Types[f.Type.Name()]; {
		case strings.HasPrefix(f.Name, "__"), neededBy(f) != "" && f.Name != "funnel" && f.Name != "health":
		case to.Kind == ast.Object:
			out = append(out, f.Name+wholeOf(schema, to.Name))
		default:
			out = append(out, f.Name)
		}
	}
	return " { " + strings.Join(out, " ") + " }"
}

// asGraph is a record of the REST API as GraphQL shows it: counts by their keys are a list, and what leads to a record
// has Id behind its name.
func asGraph(rest any) any {
	switch v := rest.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = asGraph(item)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			words := strings.Split(name, "_")
			for i, w := range words[1:] {
				words[i+1] = strings.ToUpper(w[:1]) + w[1:]
			}
			_, recipient := v["attempts"]
			switch {
			case name == "skipped_by_reason", name == "empty_values":
				counts := []any{}
				for _, key := range slices.Sorted(maps.Keys(value.(map[string]any))) {
					counts = append(counts, map[string]any{"key": key, "count": value.(map[string]any)[key]})
				}
				value = counts
			case name == "sender", name == "template", name == "lead" && (recipient || v["phase"] != nil):
				words = append(words, "Id")
			}
			out[strings.Join(words, "")] = asGraph(value)
		}
		return out
	}
	return rest
}

// bare leaves out what the REST API does not show either: nothing, none, and no.
func bare(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = bare(item)
		}
		if len(out) > 0 {
			return out
		}
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if left := bare(value); left != nil {
				out[name] = left
			}
		}
		if len(out) > 0 {
			return out
		}
	default:
		if v != nil && !reflect.ValueOf(v).IsZero() {
			return v
		}
	}
	return nil
}

// showsREST fails the test unless GraphQL shows every value that the REST API does, and no other.
func showsREST(t *testing.T, what, rest, graph string) {
	t.Helper()
	var want, have any
	if err := json.Unmarshal([]byte(rest), &want); err != nil {
		t.Fatalf("%s: %s", what, rest)
	}
	if err := json.Unmarshal([]byte(graph), &have); err != nil {
		t.Fatalf("%s: %s", what, graph)
	}
	if want, have = bare(asGraph(want)), bare(have); want == nil || !reflect.DeepEqual(want, have) {
		w, _ := json.Marshal(want)
		h, _ := json.Marshal(have)
		t.Errorf("%s is shown as\n%s\nwant\n%s", what, h, w)
	}
}

// ledger is a campaign whose mail has had every outcome, beside others.
type ledger struct {
	material

	sent, broken, draft string
	leads               []string // in the order of the audience of sent
}

// ledger writes what a day of sending would, with outcomes of every kind.
func (m *member) ledger(t *testing.T) ledger {
	t.Helper()
	l := ledger{material: m.material(t)}
	m.ask(t, "PUT", "/v1/senders/"+l.from, `{"name":"Team","email":"team-x@mail.example","reply_to":"us@mail.example","provider":"smtp","zone":"Europe/Berlin","limits":{"per_day":90,"per_hour":9,"gap_seconds":3,"ramp":{"start":2,"growth_percent":25,"from":"2026-01-01"}}}`).wants(t, 200)
	m.ask(t, "POST", "/v1/senders/"+l.from+"/check", "").wants(t, 200)
	m.ask(t, "POST", "/v1/senders/"+l.from+"/trust", `{"note":"ours"}`).wants(t, 200)
	m.ask(t, "PATCH", "/v1/templates/"+l.text, `{"text":"Hello {{ first_name }} {{ custom.tier }}","html":"<p><a href=\"https://example.org/a\">{{ company }}</a></p>"}`).wants(t, 200)
	at := time.Now().UTC().AddDate(0, 1, 0).Format("2006-01-02T15:04")
	plan := []string{
		"audience", `{"segment":"` + l.segment + `","filter":"name contains o","q":"persona","at_most":40}`, "schedule", `{"at":"` + at + `","zone":"Asia/Tokyo","max_late_minutes":30}`, "per_hour", "50", "purpose", `"news"`,
		"tracking", `{"opens":true,"clicks":true,"identity":"pseudonymous"}`, "guard", `{"bounces_percent":2.5,"complaints_percent":0.25,"floor":20}`,
	}
	made := func(set ...string) string {
		return m.ask(t, "POST", "/v1/campaigns", l.body(set...)).wants(t, 201).receipt(t).ID
	}
	l.draft, l.broken, l.sent = made("audience", `{"all":true}`, "schedule", `{"at":"`+at+`"}`), made("audience", `{"import":"`+l.segment+`"}`), made(plan...)
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	launched := campaign.Launched{Revision: 2, At: now, Role: "admin"}
	m.db.Put(t, m.Org, campaign.Stream(l.broken), launched, campaign.Failed{Code: "campaign.empty", Message: "nobody is in the audience"})
	m.db.Put(t, m.Org, campaign.Stream(l.sent), launched, campaign.Frozen{People: 12, Parts: 1},
		campaign.Paused{Reason: campaign.TooBounced, Note: "look", Numbers: &campaign.Numbers{Sent: 100, Bounced: 5, Complained: 1, Limit: 2.5}})
	outcomes := outcomes(now)
	for i := range outcomes {
		l.leads = append(l.leads, m.capture(t, `{"name":"Persona No `+string(rune('A'+i))+`","email":"`+string(rune('a'+i))+`@people.example"}`).ID)
	}
	m.db.Put(t, m.Org, campaign.PartStream(l.sent, 0), campaign.Chosen{Campaign: l.sent, Leads: l.leads})
	for i, lead := range l.leads {
		id := enrollment.ID(l.sent, lead)
		facts := outcomes[i]
		for j, f := range facts {
			switch f := f.(type) {
			case enrollment.Skipped:
				f.Campaign, f.Lead = l.sent, lead
				facts[j] = f
			case enrollment.Dispatched:
				f.Campaign, f.Lead, f.MessageID = l.sent, lead, id+"@mail.example"
				facts[j] = f
			}
		}
		if len(facts) > 0 {
			m.db.Put(t, m.Org, enrollment.Stream(id), facts...)
		}
		hit := tracking.Hit{Campaign: l.sent, Mail: id, Agent: []tracking.Agent{tracking.Browser, tracking.AppleProxy}[i%2], Seconds: 100, At: now.Unix()}
		if i < 5 {
			m.db.Put(t, m.Org, tracking.Stream(id), tracking.Opened{Hit: hit}, tracking.Clicked{Hit: hit, Link: 1})
		} else if i < 8 {
			m.db.Put(t, m.Org, tracking.Stream(id), tracking.Opened{Hit: hit})
		}
	}
	return l
}

// outcomes are what becomes of mail, in every phase.
func outcomes(now time.Time) [][]any {
	sent := func(more ...any) []any {
		return append([]any{enrollment.Dispatched{Provider: "smtp", Revision: 2}, enrollment.Sent{ProviderID: "p-1"}}, more...)
	}
	begun := func(outcome any) []any { return []any{enrollment.Dispatched{Provider: "smtp", Revision: 2}, outcome} }
	return [][]any{
		sent(), sent(enrollment.Reported{Kind: enrollment.Delivered, At: now}, enrollment.Unsubscribed{Scope: suppression.Marketing}),
		sent(enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Hard, Code: "5.1.1", At: now}, enrollment.Reported{Kind: enrollment.Delayed, At: now}),
		sent(enrollment.Reported{Kind: enrollment.Spam, At: now}), begun(enrollment.Doubted{}), begun(enrollment.Failed{Class: mail.Refused, Code: 550}), begun(enrollment.Failed{Class: mail.NotConfigured}),
		begun(enrollment.Deferred{Class: mail.Unavailable, Code: 451, Until: now.Add(time.Hour)}), begun(enrollment.Doubted{})[:1],
		{enrollment.Skipped{Reason: enrollment.Suppressed, Scope: suppression.Marketing}},
		{enrollment.Skipped{Reason: enrollment.NoAddress}},
		nil,
	}
}
