package http_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

func (m *member) names(t *testing.T, query string) string {
	t.Helper()
	var out []string
	for _, l := range into[apphttp.List[projections.Lead]](t, m.fresh(t, "/v1/leads"+query).wants(t, 200)).Items {
		out = append(out, l.Name)
	}
	return strings.Join(out, " ")
}

// TestSegments walks a saved filter and a list through their lives.
func TestSegments(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	ann := m.capture(t, `{"name":"Ann","city":"Berlin","tags":["vip"]}`).ID
	bo := m.capture(t, `{"name":"Bo","city":"Rome"}`).ID
	made := m.ask(t, "POST", "/v1/segments", `{"name":"Berliners","filter":"(city eq BERLIN)"}`).wants(t, 201)
	berlin := made.receipt(t).ID
	if got := made.header.Get("Location"); got != "/v1/segments/"+berlin {
		t.Errorf("it is at %q", got)
	}
	shown := func(id string) projections.Segment {
		t.Helper()
		return into[projections.Segment](t, m.fresh(t, "/v1/segments/"+id).wants(t, 200))
	}
	if s := shown(berlin); s.Filter != "city eq BERLIN" || s.Count.Value != 1 || s.Kind != "filter" {
		t.Errorf("it reads %+v", s)
	}
	if got := m.names(t, "?segment="+berlin); got != "Ann" {
		t.Errorf("in it are %q", got)
	}
	m.ask(t, "PATCH", "/v1/leads/"+bo, `{"city":"Berlin"}`).wants(t, 200)
	if got := m.names(t, "?segment="+berlin+"&filter=tags+is_empty"); got != "Bo" {
		t.Errorf("with a filter in it are %q", got)
	}
	if s := shown(berlin); s.Count.Value != 2 {
		t.Errorf("it counts %+v", s.Count)
	}
	m.ask(t, "POST", "/v1/segments", `{"name":"berliners ","kind":"list"}`).refuses(t, 409, "claim.taken")
	m.ask(t, "POST", "/v1/segments", `{"name":"x","filter":"sity eq x"}`).refuses(t, 422, "filter.invalid")
	m.ask(t, "PATCH", "/v1/segments/"+berlin, `{"filter":"city eq"}`).refuses(t, 422, "filter.invalid")
	m.ask(t, "PATCH", "/v1/segments/"+berlin, `{"filter":"city eq Rome"}`).wants(t, 200)
	if got := m.names(t, "?segment="+berlin); got != "" {
		t.Errorf("in it are %q", got)
	}
	m.ask(t, "POST", "/v1/segments/"+berlin+"/members", `{"add":["`+ann+`"]}`).refuses(t, 409, "segment.not_a_list")

	list := m.ask(t, "POST", "/v1/segments", `{"name":"Friends","kind":"list"}`).wants(t, 201).receipt(t).ID
	m.fresh(t, "/v1/leads")
	m.ask(t, "POST", "/v1/segments/"+list+"/members", fmt.Sprintf(`{"add":[%q,%q]}`, bo, ann)).wants(t, 200)
	if got := m.names(t, "?segment="+list+"&sort=name"); got != "Ann Bo" {
		t.Errorf("on it are %q", got)
	}
	m.ask(t, "POST", "/v1/segments/"+list+"/members", fmt.Sprintf(`{"remove":[%q]}`, bo)).wants(t, 200)
	if got := m.names(t, "?segment="+list); got != "Ann" {
		t.Errorf("on it are %q", got)
	}
	refused := m.ask(t, "POST", "/v1/segments/"+list+"/members", fmt.Sprintf(`{"add":[%q,%q]}`, ann, someone)).refuses(t, 422, "request.invalid")
	if len(refused.Fields) != 1 || refused.Fields[0].Name != "add[1]" {
		t.Errorf("the fault is %+v", refused.Fields)
	}
	m.ask(t, "POST", "/v1/segments/"+list+"/members", `{}`).refuses(t, 422, "request.invalid")

	m.ask(t, "DELETE", "/v1/segments/"+list, "").wants(t, 200)
	m.fresh(t, "/v1/segments/"+list).refuses(t, 404, "segment.not_found")
	m.fresh(t, "/v1/leads?segment="+list).refuses(t, 404, "segment.not_found")
	if all := into[apphttp.List[projections.Segment]](t, m.fresh(t, "/v1/segments").wants(t, 200)); len(all.Items) != 1 || all.Items[0].ID != berlin || all.Total.Value != 1 {
		t.Errorf("left are %+v", all)
	}
	m.ask(t, "POST", "/v1/segments/"+list+"/restore", "").wants(t, 200)
	if s := shown(list); s.Count.Value != 1 {
		t.Errorf("brought back, it counts %+v", s.Count)
	}
	m.ask(t, "POST", "/v1/leads/"+ann+"/archive", "").wants(t, 200)
	if s := shown(list); s.Count.Value != 0 {
		t.Errorf("of archived leads it counts %+v", s.Count)
	}

	other := shared(t).member(t, access.Admin)
	for _, path := range []string{"/v1/segments/" + berlin, "/v1/leads?segment=" + berlin} {
		other.fresh(t, path).refuses(t, 404, "segment.not_found")
	}
	other.ask(t, "POST", "/v1/segments", `{"name":"Berliners","filter":"city eq x"}`).wants(t, 201)
}

// A user puts nobody on a list whom they do not see, and sees nobody on it whom they do
// not see otherwise.
func TestSegmentsOfUsers(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user := a.colleague(t, boss.Org, access.User)
	theirs := boss.capture(t, `{"name":"Theirs","owner":"`+someone+`"}`).ID
	own := boss.capture(t, `{"name":"Own","owner":"`+user.ID+`"}`).ID
	list := user.ask(t, "POST", "/v1/segments", `{"name":"Mine","kind":"list"}`).wants(t, 201).receipt(t).ID
	boss.fresh(t, "/v1/leads")
	user.ask(t, "POST", "/v1/segments/"+list+"/members", fmt.Sprintf(`{"add":[%q,%q]}`, own, theirs)).refuses(t, 422, "request.invalid")
	boss.ask(t, "POST", "/v1/segments/"+list+"/members", fmt.Sprintf(`{"add":[%q,%q]}`, own, theirs)).wants(t, 200)
	for m, want := range map[*member]string{boss: "Own Theirs", user: "Own"} {
		if got := m.names(t, "?sort=name&segment="+list); got != want {
			t.Errorf("%s sees %q", m.Role, got)
		}
		if s := into[projections.Segment](t, m.fresh(t, "/v1/segments/"+list)); s.Count.Value != len(strings.Fields(want)) {
			t.Errorf("%s counts %+v", m.Role, s.Count)
		}
	}
}

// TestFacets: the list tells how often each value stands among what is found.
func TestFacets(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	m.capture(t, `{"name":"Ann","country":"DE","tags":["vip","old"]}`)
	m.capture(t, `{"name":"Bo","country":"DE"}`)
	m.capture(t, `{"name":"Cy","country":"FR","tags":["vip"]}`)
	got := into[apphttp.List[projections.Lead]](t, m.fresh(t, "/v1/leads?facets=country,tags&limit=1&q=bo").wants(t, 200))
	if len(got.Items) != 1 || fmt.Sprint(got.Facets) != "map[country:{[{DE 1}] true} tags:{[{ 1}] true}]" {
		t.Errorf("of bo: %+v", got.Facets)
	}
	got = into[apphttp.List[projections.Lead]](t, m.fresh(t, "/v1/leads?facets=country,tags").wants(t, 200))
	if fmt.Sprint(got.Facets) != "map[country:{[{DE 2} {FR 1}] true} tags:{[{vip 2} { 1} {old 1}] true}]" {
		t.Errorf("of all: %+v", got.Facets)
	}
	m.ask(t, "GET", "/v1/leads?facets=email", "").refuses(t, 422, "request.invalid")
	m.ask(t, "GET", "/v1/leads?facets=status,,", "").refuses(t, 422, "request.invalid")
}
