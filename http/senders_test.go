package http_test

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
)

// TestSenderHealth: a sender shows how its mail of the last days has fared, and what of its caps
// is taken; whoever holds what was shown before is shown it anew.
func TestSenderHealth(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	s := m.mailed(t, "ada@people.example")
	path := "/v1/senders/" + into[projections.Campaign](t, m.fresh(t, "/v1/campaigns/"+s.campaign).wants(t, 200)).Plan.Sender
	health := func() (sender.Health, string) {
		got := m.fresh(t, path).wants(t, 200)
		shown := into[projections.Sender](t, got)
		if shown.Health == nil {
			t.Fatalf("nothing is told of its health: %s", got.body)
		}
		return *shown.Health, got.header.Get("ETag")
	}
	before, tag := health()
	if before != (sender.Health{Days: 7, Sent: 1, State: sender.Untold}) {
		t.Errorf("before: %+v", before)
	}
	system := access.Principal{Org: m.Org, ID: "campaigner", Role: access.System}
	told := commands.TellDelivery{ID: s.id, Reported: enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Hard, At: time.Now()}}
	if _, err := commands.Execute(t.Context(), &commands.Runner{Store: m.db.Store, Now: time.Now}, commands.Call{Principal: system, ID: commands.NewID()}, told); err != nil {
		t.Fatal(err)
	}
	after, next := health()
	if after != (sender.Health{Days: 7, Sent: 1, Bounced: 1, Bounces: 100, State: sender.Untold}) || next == tag {
		t.Errorf("after: %+v, held as %s and %s", after, tag, next)
	}
	name := into[projections.Sender](t, m.fresh(t, path).wants(t, 200))
	m.ask(t, "PUT", path, `{"name":"Team","email":"`+name.Email+`","limits":{"per_day":9,"per_domain_hour":60}}`).wants(t, 200)
	if capped, _ := health(); capped.Cap != 9 || capped.Today != 0 {
		t.Errorf("with a cap: %+v", capped)
	}
}
