package http_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/redis"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/quota"
	apphttp "github.com/canvass-hq/canvass/http"
)

// TestRateLimitOfMutations: each command of a GraphQL mutation counts as a request that
// writes, and where that is too many nothing of it is carried out.
func TestRateLimitOfMutations(t *testing.T) {
	t.Parallel()
	m := start(t, withLimits(apphttp.Limits{Limiter: redis.NewLocalLimiter(time.Now), Quotas: quotas(map[string]quota.Quota{"write": tight(4)})})).member(t, access.Admin)
	const two = `mutation { a: captureLead(input: {name: "Ada"}) { id } ...more } fragment more on Mutation { b: captureLead(input: {name: "Bob"}) { id } }`
	for range 2 {
		if a := m.graph(t, two, nil); len(a.Errors) > 0 {
			t.Fatal(a.codes())
		}
	}
	head := m.head(t)
	m.ask(t, "POST", "/graphql", graphRequest(t, two, nil)).refuses(t, 429, "rate.limited")
	m.ask(t, "POST", "/v1/leads", `{"name":"Cid"}`).refuses(t, 429, "rate.limited")
	if m.head(t) != head {
		t.Error("a mutation beyond the limit was carried out")
	}
}

// TestRateLimitOfFields: what is dear by REST is as dear by GraphQL: a launch and a dry run are taken from the bucket
// of the same operations of the REST API, and bound as they are.
func TestRateLimitOfFields(t *testing.T) {
	t.Parallel()
	m := start(t, withLimits(apphttp.Limits{
		Limiter: redis.NewLocalLimiter(time.Now), Quotas: quotas(map[string]quota.Quota{"bulk": tight(3)}), InFlight: map[string]apphttp.Bound{"bulk": {Server: 9, Principal: 1}},
	})).member(t, access.Admin)
	w := m.material(t)
	made := func() string { return m.ask(t, "POST", "/v1/campaigns", w.body()).wants(t, 201).receipt(t).ID }
	one, other := made(), made()
	dry := func(id string) string { return graphRequest(t, `{ dryRunCampaign(id: "`+id+`") { mails } }`, nil) }
	for range 2 {
		m.ask(t, "POST", "/graphql", dry(one)).wants(t, 200)
	}
	// Two at once are more than one may have; two commands come one behind the other.
	m.ask(t, "POST", "/graphql", graphRequest(t, `{ a: dryRunCampaign(id: "`+one+`") { mails } b: dryRunCampaign(id: "`+other+`") { mails } }`, nil)).refuses(t, 429, "rate.in_flight")
	m.ask(t, "POST", "/v1/campaigns/"+one+"/dry-run", "").wants(t, 200)
	m.ask(t, "POST", "/graphql", dry(one)).refuses(t, 429, "rate.limited")
	if got := m.do(t, `deleteCampaign(id: "`+one+`")`); got.Version != 2 {
		t.Errorf("a command that is not dear: %+v", got)
	}
	m.ask(t, "POST", "/graphql", graphRequest(t, `mutation { launchCampaign(id: "`+other+`") { id } }`, nil)).refuses(t, 429, "rate.limited")
	if c := shows[struct{ Phase string }](t, m, "campaign", `{ campaign(id: "`+other+`") { phase } }`, nil); c.Phase != "draft" {
		t.Errorf("beyond the limit it is %s", c.Phase)
	}
}

// TestGraphQLBoundsOfCampaigns: what takes statements for each record costs more than what is read for all at once.
func TestGraphQLBoundsOfCampaigns(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	beside := func(field string) string {
		var out strings.Builder
		out.WriteString("{ events(first: 1000) { edges { cursor node { id type category stream version recordedAt occurredAt actor command position erased masked data } } }")
		for i := range 29 {
			fmt.Fprintf(&out, " a%d: %s", i, field)
		}
		return out.String() + " }"
	}
	for name, c := range map[string]struct{ query, code string }{
		"recipients of each": {"{ campaigns { edges { node { recipients { edges { node { id } } } } } } }", "query.too_complex"},
		"many dry runs":      {beside(`dryRunCampaign(id: "` + someone + `") { mails }`), "query.too_complex"},
		"many previews":      {beside(`previewTemplate(id: "` + someone + `", lead: "` + someone + `") { text }`), "query.too_complex"},
		"many funnels":       {"{ campaigns(first: 200) { edges { node { name sender { name } template { name } funnel { audience sent } } } } }", ""},
		"many recipients":    {`{ campaigns(first: 5) { edges { node { name recipients(first: 200) { edges { node { phase lead { name } } } } } } } }`, ""},
	} {
		if a := m.graph(t, c.query, nil); strings.TrimSpace(a.codes()) != c.code {
			t.Errorf("%s: %q, want %q", name, a.codes(), c.code)
		}
	}
}
