package http_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// TestBulkActions: what an action would be about is counted, what cannot be done to any
// lead is refused before it begins, and a User sees and undoes their own.
func TestBulkActions(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user := a.colleague(t, boss.Org, access.User)
	ann := boss.capture(t, `{"name":"Ann","city":"Berlin","owner":"`+user.ID+`"}`).ID
	boss.capture(t, `{"name":"Bo","city":"Berlin","owner":"`+someone+`"}`)
	boss.fresh(t, "/v1/leads")
	body := func(action, selection string) string {
		return fmt.Sprintf(`{"action":{%s},"selection":{%s}}`, action, selection)
	}
	const tag = `"kind":"tag","add":["vip"]`
	for m, want := range map[*member]string{boss: `"leads":2`, user: `"leads":1`} {
		before := boss.head(t)
		for _, selection := range []string{`"all":true`, `"filter":"city eq berlin"`, `"q":"berl"`} {
			if got := m.ask(t, "POST", "/v1/bulk-actions/count", body(tag, selection)).wants(t, 200); !strings.Contains(got.body, want) {
				t.Errorf("%s with %s counts %s", m.Role, selection, got.body)
			}
		}
		if news := boss.facts(t, before); news != "" {
			t.Errorf("to count adds %s", news)
		}
	}
	if got := boss.ask(t, "POST", "/v1/bulk-actions/count", body(tag, `"leads":["`+ann+`","`+someone+`"]`)); !strings.Contains(got.body, `"leads":1`) {
		t.Errorf("of two, one that is not there, it counts %s", got.body)
	}
	for _, refused := range []struct{ action, selection, field string }{
		{tag, ``, "selection"},
		{tag, `"filter":"sity eq x"`, "filter"},
		{`"kind":"tag"`, `"all":true`, "action.add"},
		{`"kind":"edit","set":{"email":"a@b.de"}`, `"all":true`, "action.set.email"},
		{`"kind":"status","status":"disqualified"`, `"all":true`, "action.reason"},
	} {
		for _, path := range []string{"/v1/bulk-actions", "/v1/bulk-actions/count"} {
			if got := boss.ask(t, "POST", path, body(refused.action, refused.selection)).wants(t, 422); !strings.Contains(got.body, refused.field) {
				t.Errorf("%s %s: %s", refused.action, refused.selection, got.body)
			}
		}
	}
	boss.ask(t, "POST", "/v1/bulk-actions", body(tag, `"segment":"`+someone+`"`)).refuses(t, 404, "segment.not_found")
	user.ask(t, "POST", "/v1/bulk-actions", body(`"kind":"assign"`, `"all":true`)).refuses(t, 403, "access.denied")

	own := user.ask(t, "POST", "/v1/bulk-actions", body(tag, `"all":true`)).wants(t, 202)
	theirs := boss.ask(t, "POST", "/v1/bulk-actions", body(tag, `"all":true`)).wants(t, 202).receipt(t).ID
	if got := own.header.Get("Location"); got != "/v1/bulk-actions/"+own.receipt(t).ID {
		t.Errorf("it is at %q", got)
	}
	shown := into[projections.BulkAction](t, user.fresh(t, "/v1/bulk-actions/"+own.receipt(t).ID).wants(t, 200))
	if shown.Phase != "running" || shown.Actor != "user:"+user.ID || !shown.Selection.All || shown.Action.Add[0] != "vip" || shown.Correlation == "" {
		t.Errorf("it reads %+v", shown)
	}
	user.ask(t, "GET", "/v1/bulk-actions/"+theirs, "").refuses(t, 404, "bulk_action.not_found")
	user.ask(t, "POST", "/v1/bulk-actions/"+theirs+"/undo", "").refuses(t, 404, "bulk_action.not_found")
	boss.ask(t, "POST", "/v1/bulk-actions/"+theirs+"/undo", "").refuses(t, 409, "bulk_action.status_not_allowed")
	for m, want := range map[*member]int{boss: 2, user: 1} {
		if list := into[apphttp.List[projections.BulkAction]](t, m.fresh(t, "/v1/bulk-actions").wants(t, 200)); len(list.Items) != want || list.Total.Value != want {
			t.Errorf("%s lists %+v", m.Role, list)
		}
	}
	a.member(t, access.Admin).ask(t, "GET", "/v1/bulk-actions/"+theirs, "").refuses(t, 404, "bulk_action.not_found")
}
