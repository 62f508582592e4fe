package organization

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// Event is a fact about one organization, its members or its teams.
//
//sumtype:decl
type Event interface{ isOrganization() }

// Created makes the organization.
type Created struct {
	Name string `json:"name"`
}

// Renamed gives it another name.
type Renamed struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// PlanChanged says what its subscription lets it do from now on.
type PlanChanged struct {
	From access.Plan `json:"from"`
	To   access.Plan `json:"to"`
}

// MemberInvited lets in whoever shows the link that is sent to this address, until it
// expires.
type MemberInvited struct {
	Invitation string      `json:"invitation"`
	Email      string      `json:"email"`
	Role       access.Role `json:"role"`
	Teams      []string    `json:"teams,omitempty"`
	ExpiresAt  time.Time   `json:"expires_at"`
}

// InvitationSent says that a mail server has taken the link.
type InvitationSent struct {
	Invitation string `json:"invitation"`
}

// InvitationFailed says that the link could not be sent, and why: a class, never a text.
type InvitationFailed struct {
	Invitation string `json:"invitation"`
	Class      string `json:"class"`
}

// InvitationRevoked takes an invitation back.
type InvitationRevoked struct {
	Invitation string `json:"invitation"`
}

// MemberJoined lets somebody in. Email is where they are reached, as their token said.
type MemberJoined struct {
	User       string      `json:"user"`
	Role       access.Role `json:"role"`
	Teams      []string    `json:"teams,omitempty"`
	Email      string      `json:"email,omitempty"`
	Invitation string      `json:"invitation,omitempty"` // "" for who made the organization
}

// MemberRoleChanged gives a member another role.
type MemberRoleChanged struct {
	User string      `json:"user"`
	From access.Role `json:"from"`
	To   access.Role `json:"to"`
}

// MemberTeamsChanged puts a member into teams, all that are named and no other.
type MemberTeamsChanged struct {
	User string   `json:"user"`
	From []string `json:"from"`
	To   []string `json:"to"`
}

// MemberRestricted withholds permissions from a member that their role would give, all
// that are named and no other.
type MemberRestricted struct {
	User string              `json:"user"`
	From []domain.Permission `json:"from"`
	To   []domain.Permission `json:"to"`
}

// MemberRemoved ends a membership.
type MemberRemoved struct {
	User string `json:"user"`
}

// TeamNamed makes a team, or gives it another name.
type TeamNamed struct {
	Team string `json:"team"`
	Name string `json:"name"`
}

// TeamRemoved takes a team away, and its members out of it.
type TeamRemoved struct {
	Team string `json:"team"`
}

func (Created) isOrganization()            {}
func (Renamed) isOrganization()            {}
func (PlanChanged) isOrganization()        {}
func (MemberInvited) isOrganization()      {}
func (InvitationSent) isOrganization()     {}
func (InvitationFailed) isOrganization()   {}
func (InvitationRevoked) isOrganization()  {}
func (MemberJoined) isOrganization()       {}
func (MemberRoleChanged) isOrganization()  {}
func (MemberTeamsChanged) isOrganization() {}
func (MemberRestricted) isOrganization()   {}
func (MemberRemoved) isOrganization()      {}
func (TeamNamed) isOrganization()          {}
func (TeamRemoved) isOrganization()        {}

// Schema lists the facts as they are stored. Where a member is reached is their own data;
// the names of organizations and teams may tell of people, and are the organization's.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Created]("organization.created").Seal("name").Public(),
		domain.Stored[Renamed]("organization.renamed").Seal("from", "to").Public(),
		domain.Stored[PlanChanged]("organization.plan_changed").Public(),
		domain.SealFor(domain.Stored[MemberInvited]("organization.member_invited"), func(e MemberInvited) string { return e.Invitation }, "email").Public(),
		domain.Stored[InvitationSent]("organization.invitation_sent").Public(),
		domain.Stored[InvitationFailed]("organization.invitation_failed").Public(),
		domain.Stored[InvitationRevoked]("organization.invitation_revoked").Public(),
		domain.SealFor(domain.Stored[MemberJoined]("organization.member_joined"), func(e MemberJoined) string { return e.User }, "email").Public(),
		domain.Stored[MemberRoleChanged]("organization.member_role_changed").Public(),
		domain.Stored[MemberTeamsChanged]("organization.member_teams_changed").Public(),
		domain.Stored[MemberRestricted]("organization.member_restricted").Public(),
		domain.Stored[MemberRemoved]("organization.member_removed").Public(),
		domain.Stored[TeamNamed]("organization.team_named").Seal("name").Public(),
		domain.Stored[TeamRemoved]("organization.team_removed").Public(),
	}
}
