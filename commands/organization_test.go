package commands_test

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
)

type (
	orgFacts = []organization.Event
	orgRow   = spec[organization.Organization, organization.Event]
)

const (
	acme  = "01900000-0000-7000-8000-0000000000a1"
	eve   = "01900000-0000-7000-8000-0000000000e2"
	north = "01900000-0000-7000-8000-0000000000c1"
	south = "01900000-0000-7000-8000-0000000000c2"
	bid   = "01900000-0000-7000-8000-0000000000b1"
	mail  = "eve@example.org"
)

var (
	founded = orgFacts{organization.Created{Name: "Acme"}, organization.MemberJoined{User: me, Role: access.Admin, Email: "me@example.org"}}
	invited = organization.MemberInvited{Invitation: bid, Email: mail, Role: access.User, Teams: []string{north}, ExpiresAt: noon.Add(organization.InvitationTTL)}
	joined  = organization.MemberJoined{User: eve, Role: access.User, Teams: []string{north}, Email: mail, Invitation: bid}
)

// with is the facts of an organization, and then these.
func with(facts ...organization.Event) orgFacts {
	return append(append(orgFacts{}, founded...), facts...)
}

func TestCreateOrganization(t *testing.T) {
	t.Parallel()
	create := func(name string) commands.CreateOrganization {
		return commands.CreateOrganization{ID: acme, Name: name, User: me, Email: "me@example.org"}
	}
	check(t, []orgRow{
		{name: "made, with its first admin", when: create(" Acme "), then: founded},
		{name: "no name: refused", when: create(" "), err: errInvalid, fields: []string{"name"}},
		{name: "there: refused", given: founded, when: create("Acme"), err: organization.ErrExists},
		{name: "renamed", given: founded, when: commands.RenameOrganization{ID: acme, Name: "Ajax"}, then: orgFacts{organization.Renamed{From: "Acme", To: "Ajax"}}},
		{name: "renamed to its name: nothing", given: founded, when: commands.RenameOrganization{ID: acme, Name: "Acme"}},
		{name: "not there: not renamed", when: commands.RenameOrganization{ID: acme, Name: "Ajax"}, err: organization.ErrNotFound},
		{name: "plan", given: founded, when: commands.ChangePlan{ID: acme, Plan: access.ReadOnly}, then: orgFacts{organization.PlanChanged{To: access.ReadOnly}}},
		{name: "plan as it is: nothing", given: with(organization.PlanChanged{To: access.ReadOnly}), when: commands.ChangePlan{ID: acme, Plan: access.ReadOnly}},
	}...)
}

func TestInvite(t *testing.T) {
	t.Parallel()
	team := organization.TeamNamed{Team: north, Name: "North"}
	invite := commands.InviteMember{Org: acme, ID: bid, Email: " EVE@Example.org ", Role: access.User, Teams: []string{north, north}}
	accept := commands.AcceptInvitation{Org: acme, ID: bid, User: eve, Email: "Eve@example.org"}
	late := invited
	late.ExpiresAt = noon
	later := organization.MemberInvited{Invitation: bid, Email: mail, Role: access.User, ExpiresAt: noon.Add(organization.InvitationTTL)}
	elsewhere := accept
	elsewhere.Email = "eve@example.com"
	nameless := accept
	nameless.Email = ""
	check(t, []orgRow{
		{name: "invited", given: with(team), when: invite, then: orgFacts{invited}},
		{name: "invited twice: refused", given: with(team, invited), when: invite, err: organization.ErrInvited},
		{name: "after the first has expired: invited", given: with(team, late), when: invite, then: orgFacts{invited}},
		{name: "several faults: all named", given: founded, when: commands.InviteMember{Org: acme, ID: bid, Email: "eve", Role: "owner", Teams: []string{north}}, err: errInvalid, fields: []string{"email", "role", "teams"}},
		{name: "no address: refused", given: founded, when: commands.InviteMember{Org: acme, ID: bid, Role: access.User}, err: errInvalid, fields: []string{"email"}},
		{name: "the role of jobs: refused", given: founded, when: commands.InviteMember{Org: acme, ID: bid, Email: mail, Role: access.System}, err: errInvalid, fields: []string{"role"}},
		{name: "no organization: refused", when: invite, err: organization.ErrNotFound},

		{name: "accepted", given: with(team, invited), when: accept, then: orgFacts{joined}},
		{name: "accepted when the team is gone", given: with(team, invited, organization.TeamRemoved{Team: north}), when: accept, then: orgFacts{organization.MemberJoined{User: eve, Role: access.User, Email: mail, Invitation: bid}}},
		{name: "accepted twice: refused", given: with(team, invited, joined), when: accept, err: organization.ErrNoInvitation},
		{name: "by another address: refused", given: with(team, invited), when: elsewhere, err: organization.ErrAddress},
		{name: "by no address: refused", given: with(team, invited), when: nameless, err: organization.ErrAddress},
		{name: "by a member: refused", given: with(team, invited, joined, later), when: accept, err: organization.ErrMember},
		{name: "expired: refused", given: with(team, late), when: accept, err: organization.ErrNoInvitation},
		{name: "revoked: refused", given: with(team, invited, organization.InvitationRevoked{Invitation: bid}), when: accept, err: organization.ErrNoInvitation},
		{name: "no organization: refused", when: accept, err: organization.ErrNoInvitation},

		{name: "revoke", given: with(team, invited), when: commands.RevokeInvitation{Org: acme, ID: bid}, then: orgFacts{organization.InvitationRevoked{Invitation: bid}}},
		{name: "revoke what is taken: refused", given: with(team, invited, joined), when: commands.RevokeInvitation{Org: acme, ID: bid}, err: organization.ErrNoInvitation},
		{name: "sent", given: with(team, invited), when: commands.RecordInvitation{Org: acme, ID: bid}, then: orgFacts{organization.InvitationSent{Invitation: bid}}},
		{name: "not sent", given: with(team, invited), when: commands.RecordInvitation{Org: acme, ID: bid, Class: "refused"}, then: orgFacts{organization.InvitationFailed{Invitation: bid, Class: "refused"}}},
		{name: "sent when it was taken back: nothing", given: founded, when: commands.RecordInvitation{Org: acme, ID: bid}},
	}...)
	for role, need := range map[access.Role]domain.Permission{access.User: access.InviteMembers, access.Admin: access.ManageMembers, access.API: access.ManageMembers, "": access.ManageMembers} {
		if got := (commands.InviteMember{Role: role}).Needs(); got != need {
			t.Errorf("inviting as %q needs %s", role, got)
		}
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	team := organization.TeamNamed{Team: north, Name: "North"}
	both := with(team, organization.TeamNamed{Team: south, Name: "South"}, joined)
	change := func(user string, c organization.Change) commands.ChangeMember {
		return commands.ChangeMember{Org: acme, User: user, Change: c}
	}
	role := func(r access.Role) organization.Change { return organization.Change{Role: &r} }
	teams := func(t ...string) organization.Change { return organization.Change{Teams: &t} }
	withheld := func(p ...domain.Permission) organization.Change { return organization.Change{Withheld: &p} }
	promoted := organization.MemberRoleChanged{User: eve, From: access.User, To: access.Admin}
	check(t, []orgRow{
		{name: "role", given: both, when: change(eve, role(access.Admin)), then: orgFacts{promoted}},
		{name: "role as it is: nothing", given: both, when: change(eve, role(access.User))},
		{name: "no role: refused", given: both, when: change(eve, role("owner")), err: errInvalid, fields: []string{"role"}},
		{name: "the last admin's role: refused", given: both, when: change(me, role(access.User)), err: organization.ErrLast},
		{name: "one of two admins: changed", given: append(append(orgFacts{}, both...), promoted), when: change(me, role(access.User)), then: orgFacts{organization.MemberRoleChanged{User: me, From: access.Admin, To: access.User}}},
		{name: "teams", given: both, when: change(eve, teams(south, north)), then: orgFacts{organization.MemberTeamsChanged{User: eve, From: []string{north}, To: []string{north, south}}}},
		{name: "teams as they are: nothing", given: both, when: change(eve, teams(north, north))},
		{name: "no such team: refused", given: both, when: change(eve, teams(bid)), err: errInvalid, fields: []string{"teams"}},
		{name: "masked", given: both, when: change(eve, withheld(access.ReadPersonal)), then: orgFacts{organization.MemberRestricted{User: eve, To: []domain.Permission{access.ReadPersonal}}}},
		{name: "what a role needs: refused", given: both, when: change(eve, withheld(access.ReadLeads)), err: errInvalid, fields: []string{"withheld"}},
		{name: "nobody: refused", given: founded, when: change(eve, role(access.Admin)), err: organization.ErrNoMember},

		{name: "removed", given: both, when: commands.RemoveMember{Org: acme, User: eve}, then: orgFacts{organization.MemberRemoved{User: eve}}},
		{name: "the last admin: refused", given: both, when: commands.RemoveMember{Org: acme, User: me}, err: organization.ErrLast},
		{name: "gone: refused", given: append(append(orgFacts{}, both...), organization.MemberRemoved{User: eve}), when: commands.RemoveMember{Org: acme, User: eve}, err: organization.ErrNoMember},
		{name: "leaves", given: both, when: commands.LeaveOrganization{Org: acme, User: eve}, then: orgFacts{organization.MemberRemoved{User: eve}}},

		{name: "team", given: founded, when: commands.CreateTeam{Org: acme, Team: north, Name: "North"}, then: orgFacts{team}},
		{name: "its name in other letters: refused", given: with(team), when: commands.CreateTeam{Org: acme, Team: south, Name: "NORTH "}, err: organization.ErrTeamName},
		{name: "renamed", given: with(team), when: commands.RenameTeam{Org: acme, Team: north, Name: "Norden"}, then: orgFacts{organization.TeamNamed{Team: north, Name: "Norden"}}},
		{name: "no team: not renamed", given: founded, when: commands.RenameTeam{Org: acme, Team: north, Name: "Norden"}, err: organization.ErrNoTeam},
		{name: "team removed", given: both, when: commands.RemoveTeam{Org: acme, Team: north}, then: orgFacts{organization.TeamRemoved{Team: north}}},
		{name: "a member of the team that is gone is in none", given: append(append(orgFacts{}, both...), organization.TeamRemoved{Team: north}), when: change(eve, teams(south)), then: orgFacts{organization.MemberTeamsChanged{User: eve, From: []string{}, To: []string{south}}}},
		{name: "team removed twice: refused", given: founded, when: commands.RemoveTeam{Org: acme, Team: north}, err: organization.ErrNoTeam},
	}...)
}

// A fold never changes the state that it was begun with: commands compare the two.
func TestOrganizationFoldIsPure(t *testing.T) {
	t.Parallel()
	before := domain.Fold(organization.Organization{}, with(organization.TeamNamed{Team: north, Name: "North"}, invited)...)
	_ = domain.Fold[organization.Organization, organization.Event](before, joined, organization.TeamRemoved{Team: north}, organization.MemberRemoved{User: me}, organization.InvitationRevoked{Invitation: bid})
	if len(before.Members) != 1 || len(before.Teams) != 1 || len(before.Invited) != 1 || !before.Invited[bid].ExpiresAt.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("%+v", before)
	}
}
