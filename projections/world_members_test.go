package projections_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// member lets something happen to the organization, its members or teams.
func (h *history) member() {
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(h.rt, what) }
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	user := uuid.NewSHA1(uuid.MustParse(h.org), []byte(pick("user", "a", "b", "c"))).String()
	team := uuid.NewSHA1(uuid.MustParse(h.org), []byte(pick("team", "t", "u"))).String()
	id := eventstoretest.NewID()
	for _, open := range slices.Sorted(maps.Keys(h.firm.Invited)) {
		id = pick("invitation", id, open)
	}
	mail := h.word("mail") + "@people.example"
	if i, ok := h.firm.Invited[id]; ok {
		mail = i.Email
	}
	role := rapid.SampledFrom(access.Roles()).Draw(h.rt, "role")
	change := organization.Change{Role: &role, Teams: &[]string{team}, Withheld: &[]domain.Permission{access.ReadPersonal}}
	if rapid.Bool().Draw(h.rt, "in no team") {
		change.Teams = nil
	}
	facts, err := rapid.SampledFrom([]func(organization.Organization) ([]organization.Event, error){
		func(o organization.Organization) ([]organization.Event, error) { return o.Create("Acme", user, mail) },
		func(o organization.Organization) ([]organization.Event, error) { return o.Rename(h.word("firm")) },
		func(o organization.Organization) ([]organization.Event, error) {
			return o.ChangePlan(access.Plan(pick("plan", "", "read_only")))
		},
		func(o organization.Organization) ([]organization.Event, error) {
			return o.Invite(id, mail, role, nil, now)
		},
		func(o organization.Organization) ([]organization.Event, error) { return o.Accept(id, user, mail, now) },
		func(o organization.Organization) ([]organization.Event, error) {
			return o.Sent(id, pick("class", "", "refused"))
		},
		func(o organization.Organization) ([]organization.Event, error) { return o.Revoke(id) },
		func(o organization.Organization) ([]organization.Event, error) { return o.ChangeMember(user, change) },
		func(o organization.Organization) ([]organization.Event, error) { return o.RemoveMember(user) },
		func(o organization.Organization) ([]organization.Event, error) {
			return o.NameTeam(team, h.word("team"))
		},
		func(o organization.Organization) ([]organization.Event, error) { return o.RemoveTeam(team) },
	}).Draw(h.rt, "what")(h.firm)
	if err != nil || len(facts) == 0 {
		return
	}
	h.firm = domain.Fold(h.firm, facts...)
	all := make([]any, len(facts))
	for i, f := range facts {
		all[i] = f
	}
	h.Put(h.t, h.org, organization.Stream(h.org), all...)
}

// key has one be at any point of its life.
func (h *history) key() {
	facts := []any{
		apikey.Created{Name: h.word("key"), Scopes: []domain.Permission{access.ReadLeads}, Addresses: []string{"192.0.2.0/24"}, Hash: "h", Hint: "abcd"},
		apikey.Rotated{Hash: "i", Hint: "efgh"},
		apikey.Revoked{},
	}
	h.Put(h.t, h.org, apikey.Stream(eventstoretest.NewID()), facts[:rapid.IntRange(1, len(facts)).Draw(h.rt, "facts")]...)
}

// TestMembershipsAreTheRules: what a request goes by is what the rules have decided, also
// of who was removed.
func TestMembershipsAreTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{world: w, rt: rt, org: uuid.NewString()}
		ever := map[string]bool{}
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			h.member()
			for user := range h.firm.Members {
				ever[user] = true
			}
			if rapid.IntRange(0, 3).Draw(rt, "follow") == 0 {
				w.follow(projections.Organizations(), rapid.IntRange(1, 10).Draw(rt, "batch"))
			}
		}
		w.follow(projections.Organizations(), 0)
		for user := range ever {
			found, err := w.ask.Memberships(w.t.Context(), user)
			if err != nil || len(found) != 1 || found[0].Org != h.org {
				rt.Fatalf("%v, %v", found, err)
			}
			m, there := h.firm.Members[user]
			got := found[0]
			if got.Removed == there || got.Plan != h.firm.Plan || there && (got.Role != m.Role || len(got.Teams) != len(m.Teams) || len(got.Withheld) != len(m.Withheld)) {
				rt.Fatalf("%+v, the rules say %+v, %v, plan %q", got, m, there, h.firm.Plan)
			}
		}
		page, err := w.ask.MemberPage(w.t.Context(), admin(h.org), "", 0, 100)
		teams, err2 := w.ask.TeamPage(w.t.Context(), admin(h.org), 0, 100)
		open, err3 := w.ask.InvitationPage(w.t.Context(), admin(h.org), 0, 100)
		if err != nil || err2 != nil || err3 != nil || len(page.Items) != len(h.firm.Members) || page.Total.Value != len(h.firm.Members) || len(teams.Items) != len(h.firm.Teams) || len(open.Items) != len(h.firm.Invited) {
			rt.Fatalf("%d members, %d teams, %d invitations; the rules say %d, %d, %d: %v %v %v", len(page.Items), len(teams.Items), len(open.Items), len(h.firm.Members), len(h.firm.Teams), len(h.firm.Invited), err, err2, err3)
		}
	})
}
