package http_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/projections"
)

// visitor is somebody who is signed in and belongs nowhere.
func (a *app) visitor(t testing.TB, email string) *member {
	t.Helper()
	return a.as(t, access.Principal{ID: uuid.NewString(), Role: access.Visitor, Strong: true, Email: email})
}

// link is the end of the link in the mail of an invitation.
func (m *member) link(t testing.TB, id string) string {
	t.Helper()
	mac, err := m.db.Keys.Keyed(t.Context(), m.Org, organization.LinkPurpose, []byte(id))
	if err != nil {
		t.Fatal(err)
	}
	return organization.Link(m.Org, id, mac)
}

// joins lets somebody into the organization by an invitation.
func (m *member) joins(t testing.TB, invitation string) *member {
	t.Helper()
	email := uuid.NewString() + "@people.example"
	id := m.ask(t, "POST", "/v1/invitations", strings.Replace(invitation, "{", `{"email":"`+email+`",`, 1)).wants(t, 201).receipt(t).ID
	m.fresh(t, "/v1/invitations")
	guest := m.visitor(t, email)
	guest.ask(t, "POST", "/v1/invitations/accept", `{"token":"`+m.link(t, id)+`"}`).wants(t, 200)
	guest.Org = m.Org
	guest.Role = into[struct{ Role access.Role }](t, guest.ask(t, "GET", "/v1/me", "", "Canvass-Org", m.Org).wants(t, 200)).Role
	return guest
}

// TestOrganizations: somebody who is signed in makes an organization and is its admin at
// once; by its id in the header, or without when it is their only one.
func TestOrganizations(t *testing.T) {
	t.Parallel()
	v := shared(t).visitor(t, "ada@people.example")
	v.ask(t, "GET", "/v1/leads", "").refuses(t, 403, "access.organization")
	made := v.ask(t, "POST", "/v1/organizations", `{"name":"Acme"}`, "Idempotency-Key", "once").wants(t, 201).receipt(t)
	if again := v.ask(t, "POST", "/v1/organizations", `{"name":"Acme"}`, "Idempotency-Key", "once").wants(t, 201).receipt(t); again != made {
		t.Errorf("made again: %+v, first %+v", again, made)
	}
	v.ask(t, "POST", "/v1/organizations", `{"name":"Ajax"}`, "Idempotency-Key", "once").refuses(t, 409, "idempotency.reused")
	me := v.ask(t, "GET", "/v1/me", "").wants(t, 200)
	if got := into[struct {
		Organization, Role, Email string
		SecondFactor              bool `json:"second_factor"`
	}](t, me); got.Organization != made.ID || got.Role != "admin" || got.Email != "ada@people.example" || !got.SecondFactor {
		t.Errorf("me: %s", me.body)
	}
	v.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`).wants(t, 201)
	second := v.ask(t, "POST", "/v1/organizations", `{"name":"Second"}`).wants(t, 201).receipt(t).ID
	v.ask(t, "GET", "/v1/leads", "").refuses(t, 403, "access.organization") // which of the two?
	if n := into[projectionList](t, v.fresh(t, "/v1/leads?").wants(t, 403)); len(n.Items) != 0 {
		t.Error("shown without a choice")
	}
	for org, want := range map[string]int{made.ID: 1, second: 0} {
		got := into[projectionList](t, v.ask(t, "GET", "/v1/leads", "", "Canvass-Org", org, "Canvass-Min-Position", strconv.FormatInt(v.head(t), 10)).wants(t, 200))
		if len(got.Items) != want {
			t.Errorf("%d leads in %s", len(got.Items), org)
		}
	}
	v.ask(t, "GET", "/v1/leads", "", "Canvass-Org", uuid.NewString()).refuses(t, 403, "access.not_a_member")
	v.ask(t, "GET", "/v1/leads", "", "Canvass-Org", "acme").refuses(t, 400, "request.malformed")
	mine := v.ask(t, "GET", "/v1/organizations", "").wants(t, 200)
	if !strings.Contains(mine.body, `"name":"Acme","role":"admin"`) || !strings.Contains(mine.body, `"name":"Second","role":"admin"`) {
		t.Errorf("mine: %s", mine.body)
	}
	v.ask(t, "POST", "/v1/organization/leave", "", "Canvass-Org", second).refuses(t, 409, "member.last_admin")
}

type projectionList struct{ Items []projections.Lead }

// TestInvitations: a link lets in whom it was sent to, once, as what the invitation says.
func TestInvitations(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	team := boss.ask(t, "POST", "/v1/teams", `{"name":"North"}`).wants(t, 201).receipt(t).ID
	id := boss.ask(t, "POST", "/v1/invitations", `{"email":"Bea@People.example","role":"manager","teams":["`+team+`"]}`).wants(t, 201).receipt(t).ID
	boss.ask(t, "POST", "/v1/invitations", `{"email":"bea@people.example"}`).refuses(t, 409, "invitation.exists")
	open := boss.fresh(t, "/v1/invitations").wants(t, 200)
	if !strings.Contains(open.body, `"email":"bea@people.example","role":"manager","teams":["`+team+`"],"sent":"waiting"`) {
		t.Errorf("open: %s", open.body)
	}
	link := boss.link(t, id)
	accept := func(m *member, token string) answer {
		return m.ask(t, "POST", "/v1/invitations/accept", `{"token":"`+token+`"}`)
	}
	bea, eve := boss.visitor(t, "bea@people.example"), boss.visitor(t, "eve@people.example")
	accept(eve, link).refuses(t, 403, "invitation.other_address")
	for _, forged := range []string{"", "x", link[:len(link)-1] + map[bool]string{true: "q", false: "a"}[link[len(link)-1] == 'a'], strings.ToUpper(link), boss.link(t, uuid.NewString()), link + link} {
		accept(bea, forged).refuses(t, 404, "invitation.not_found")
	}
	accept(bea, link).wants(t, 200)
	accept(bea, link).refuses(t, 404, "invitation.not_found")
	boss.ask(t, "POST", "/v1/invitations", `{"email":"BEA@people.example"}`).refuses(t, 409, "member.exists")
	got := into[struct {
		Items []projections.Member
	}](t, bea.ask(t, "GET", "/v1/members", "").wants(t, 200))
	if len(got.Items) != 2 || got.Items[0].ID != bea.ID || got.Items[0].Role != access.Manager || got.Items[0].Email != "bea@people.example" || len(got.Items[0].Teams) != 1 || got.Items[0].Teams[0] != team {
		t.Errorf("members: %+v", got.Items)
	}
	late := boss.ask(t, "POST", "/v1/invitations", `{"email":"eve@people.example"}`).wants(t, 201).receipt(t).ID
	boss.ask(t, "DELETE", "/v1/invitations/"+late, "").wants(t, 200)
	accept(eve, boss.link(t, late)).refuses(t, 404, "invitation.not_found")
	eve.ask(t, "GET", "/v1/me", "", "Canvass-Org", boss.Org).refuses(t, 403, "access.not_a_member")
}

// TestMembership: what a member is ends or changes for every instance within a second,
// whatever their token says.
func TestMembership(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	other := boss.again(t, "127.0.0.1:0") // another instance
	bea := boss.joins(t, `{"role":"manager"}`)
	elsewhere := &member{app: other, Principal: bea.Principal, token: bea.token}
	elsewhere.ask(t, "POST", "/v1/companies", `{"name":"Acme"}`).wants(t, 201)
	boss.ask(t, "PATCH", "/v1/members/"+bea.ID, `{"role":"user"}`).wants(t, 200)
	soon(t, time.Second, func() bool { return elsewhere.ask(t, "GET", "/v1/events", "").status == 403 })
	// A token of Supabase Auth that an administrator has written more into does not help.
	strong := boss.as(t, access.Principal{Org: boss.Org, ID: bea.ID, Role: access.Admin, Strong: true})
	strong.ask(t, "GET", "/v1/events", "").refuses(t, 403, "access.denied")
	boss.ask(t, "DELETE", "/v1/members/"+bea.ID, "").wants(t, 200)
	soon(t, time.Second, func() bool { return elsewhere.ask(t, "GET", "/v1/leads", "").status == 403 })
	strong.ask(t, "GET", "/v1/leads", "").refuses(t, 403, "access.organization")
	strong.ask(t, "GET", "/v1/leads", "", "Canvass-Org", boss.Org).refuses(t, 403, "access.not_a_member")
	boss.ask(t, "GET", "/v1/members/"+bea.ID, "").refuses(t, 404, "member.not_found")
}

// soon fails the test unless something is so before long.
func soon(t *testing.T, limit time.Duration, so func() bool) {
	t.Helper()
	for begun := time.Now(); !so(); {
		if time.Since(begun) > limit+2*time.Second { // a busy machine is not what is tested
			t.Fatalf("it took longer than %s", limit)
		}
	}
}

// TestTeams: a member of a team sees what is the team's, a member of none does not, and
// nobody hears of a lead that is not theirs to see by way of its address.
func TestTeams(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	team := boss.ask(t, "POST", "/v1/teams", `{"name":"North"}`).wants(t, 201).receipt(t).ID
	north, alone := boss.joins(t, `{"teams":["`+team+`"]}`), boss.joins(t, `{"role":"user"}`)
	id := boss.capture(t, `{"name":"Persona","email":"teamed@people.example","team":"`+team+`","owner":"`+boss.ID+`"}`).ID
	north.fresh(t, "/v1/leads/"+id).wants(t, 200)
	north.ask(t, "PATCH", "/v1/leads/"+id, `{"title":"CEO"}`).wants(t, 200)
	if got := into[projectionList](t, north.fresh(t, "/v1/leads").wants(t, 200)); len(got.Items) != 1 {
		t.Errorf("the team's member sees %d leads", len(got.Items))
	}
	alone.fresh(t, "/v1/leads/"+id).refuses(t, 404, "lead.not_found")
	alone.ask(t, "PATCH", "/v1/leads/"+id, `{"title":"CTO"}`).refuses(t, 404, "lead.not_found")
	if got := into[projectionList](t, alone.fresh(t, "/v1/leads").wants(t, 200)); len(got.Items) != 0 {
		t.Errorf("a member of no team sees %d leads", len(got.Items))
	}
	if p := north.ask(t, "POST", "/v1/leads", `{"email":"teamed@people.example"}`).refuses(t, 409, "claim.taken"); len(p.Streams) != 1 || p.Streams[0] != id {
		t.Errorf("who may see the lead is not told of it: %+v", p)
	}
	if p := alone.ask(t, "POST", "/v1/leads", `{"email":"teamed@people.example"}`).refuses(t, 409, "claim.taken"); len(p.Streams) != 0 || len(p.Fields) != 1 || strings.Contains(fmt.Sprint(p.Fields), id) {
		t.Errorf("a conflict names a lead that is not theirs to see: %+v", p)
	}
	// A bulk action is carried out in the name of who asked, in their teams.
	action := north.ask(t, "POST", "/v1/bulk-actions/count", `{"action":{"kind":"tag","add":["x"]},"selection":{"all":true}}`).wants(t, 200)
	if !strings.Contains(action.body, `1`) {
		t.Errorf("the team's member acts on %s", action.body)
	}
	boss.ask(t, "DELETE", "/v1/teams/"+team, "").wants(t, 200)
	soon(t, time.Second, func() bool { return north.ask(t, "GET", "/v1/leads/"+id, "").status == 404 })
}
