package http_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/audit"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestAudit: what is refused and how much is read is a fact of the organization, one for
// each principal, route and minute.
func TestAudit(t *testing.T) {
	t.Parallel()
	noon := time.Now().UTC().Truncate(time.Hour).Add(30 * time.Minute) // no minute ends meanwhile
	a := start(t, func(c *apphttp.Config) { c.Now = func() time.Time { return noon } })
	boss := a.member(t, access.Admin)
	user := a.colleague(t, boss.Org, access.User)
	id := boss.capture(t, `{"name":"Persona"}`).ID
	for range 3 {
		user.ask(t, "POST", "/v1/leads/"+id+"/erase", "").refuses(t, 403, "access.denied")
	}
	user.ask(t, "GET", "/v1/events", "").refuses(t, 403, "access.denied")
	user.ask(t, "GET", "/v1/events/stream", "").refuses(t, 403, "access.denied")
	for i := range 5 {
		for n := range 60 {
			boss.capture(t, fmt.Sprintf(`{"name":"Persona %d %d"}`, i, n))
		}
	}
	boss.fresh(t, "/v1/leads")
	for range 6 { // of 200, twice what is many
		user.ask(t, "GET", "/v1/leads?limit=200", "").wants(t, 200)
	}
	a.close() // what was gathered is written down at the end, if not before
	ask := projections.NewQueries(a.db.Pools.App, a.db.Store)
	of := func(kind string, want int) []projections.Event {
		t.Helper()
		page, err := ask.Events(t.Context(), boss.Principal, projections.EventFilter{Type: kind}, 0, 100)
		for deadline := time.Now().Add(20 * time.Second); err == nil && len(page.Items) < want && time.Now().Before(deadline); {
			page, err = ask.Events(t.Context(), boss.Principal, projections.EventFilter{Type: kind}, 0, 100)
		}
		if err != nil || len(page.Items) != want {
			t.Fatalf("%d facts of %s, %v", len(page.Items), kind, err)
		}
		return page.Items
	}
	counts := map[string]int{}
	for _, e := range of("audit.denied", 3) {
		var d audit.Denied
		if err := json.Unmarshal(e.Data, &d); err != nil || d.Principal != user.Actor() || !d.Minute.Equal(noon) || d.Reason != "access.denied" {
			t.Errorf("%s: %v", e.Data, err)
		}
		counts[d.Operation] = d.Count
	}
	if fmt.Sprint(counts) != "map[GET /v1/events:1 GET /v1/events/stream:1 POST /v1/leads/{id}/erase:3]" {
		t.Errorf("counted %v", counts)
	}
	var r audit.ReadMany
	if e := of("audit.read_many", 1)[0]; json.Unmarshal(e.Data, &r) != nil || r.Principal != user.Actor() || r.Operation != "GET /v1/leads" || r.Rows != 200 {
		t.Errorf("%s", e.Data)
	}
}
