// Package organization decides who belongs to an organization, as what, and in which
// teams. The rules:
//
//  1. Who makes an organization is its first Admin. An organization keeps an Admin: the
//     last one can be neither removed nor given another role.
//  2. A member has one role, any number of teams of the organization, and may be denied
//     what others of the role may do.
//  3. Who was removed may be let in again, as somebody new.
//  4. A team's name belongs to one team, however it is written. A team that is removed
//     loses its members; what was in it stays there, and only who sees all sees it.
//  5. Who is invited may join until the invitation expires, under the address that it was
//     sent to, once. An address has one open invitation.
//  6. Asking for what is already so decides nothing.
package organization

import (
	"maps"
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/values"
)

// The bounds of an organization.
const (
	MaxName    = 100 // characters, also of a team
	MaxTeams   = 500
	MaxMembers = 2_000
)

// The refusals of an organization.
var (
	ErrNotFound     = &domain.Error{Kind: domain.NotFound, Code: "organization.not_found", Message: "there is no such organization"}
	ErrExists       = &domain.Error{Kind: domain.Conflict, Code: "organization.exists", Message: "the organization exists already"}
	ErrNoMember     = &domain.Error{Kind: domain.NotFound, Code: "member.not_found", Message: "there is no such member"}
	ErrMember       = &domain.Error{Kind: domain.Conflict, Code: "member.exists", Message: "this user is a member already"}
	ErrLast         = &domain.Error{Kind: domain.Conflict, Code: "member.last_admin", Message: "an organization keeps an admin: make another member one first"}
	ErrNoTeam       = &domain.Error{Kind: domain.NotFound, Code: "team.not_found", Message: "there is no such team"}
	ErrTeamName     = &domain.Error{Kind: domain.Conflict, Code: "team.name_taken", Message: "another team has this name"}
	ErrNoInvitation = &domain.Error{Kind: domain.NotFound, Code: "invitation.not_found", Message: "there is no such invitation: it was taken, taken back, or has expired"}
	ErrInvited      = &domain.Error{Kind: domain.Conflict, Code: "invitation.exists", Message: "this address has an invitation already: revoke it first"}
	ErrAddress      = &domain.Error{Kind: domain.Forbidden, Code: "invitation.other_address", Message: "the invitation was sent to another address than the one you are signed in with"}
	ErrFull         = &domain.Error{Kind: domain.Conflict, Code: "organization.full", Message: "the organization holds no more of these"}
)

// Category names the streams of organizations; the stream's id is the organization's.
const Category = "organization"

// Stream names the stream of one organization.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Member is what the rules need to remember of one member.
type Member struct {
	Email    string // as their token said when they joined
	Role     access.Role
	Teams    []string
	Withheld []domain.Permission
}

// Organization is what the rules need to remember of one organization.
type Organization struct {
	Name    string
	Known   bool
	Plan    access.Plan
	Members map[string]Member
	Teams   map[string]string        // names by id
	Invited map[string]MemberInvited // open invitations by id, also expired ones
}

// Evolve folds one fact into the state.
func (o Organization) Evolve(e Event) Organization {
	switch e := e.(type) {
	case Created:
		o.Name, o.Known = e.Name, true
	case Renamed:
		o.Name = e.To
	case PlanChanged:
		o.Plan = e.To
	case MemberInvited:
		o.Invited = cloned(o.Invited)
		o.Invited[e.Invitation] = e
	case InvitationRevoked:
		return o.without(e.Invitation)
	case InvitationSent, InvitationFailed: // the mail's business
	case MemberJoined:
		return o.without(e.Invitation).with(e.User, Member{Email: e.Email, Role: e.Role, Teams: e.Teams})
	case MemberRoleChanged:
		m := o.Members[e.User]
		m.Role = e.To
		return o.with(e.User, m)
	case MemberTeamsChanged:
		m := o.Members[e.User]
		m.Teams = e.To
		return o.with(e.User, m)
	case MemberRestricted:
		m := o.Members[e.User]
		m.Withheld = e.To
		return o.with(e.User, m)
	case MemberRemoved:
		o.Members = maps.Clone(o.Members)
		delete(o.Members, e.User)
	case TeamNamed:
		o.Teams = cloned(o.Teams)
		o.Teams[e.Team] = e.Name
	case TeamRemoved:
		return o.withoutTeam(e.Team)
	}
	return o
}

func (o Organization) with(user string, m Member) Organization {
	o.Members = cloned(o.Members)
	o.Members[user] = m
	return o
}

func (o Organization) without(invitation string) Organization {
	if _, there := o.Invited[invitation]; there {
		o.Invited = maps.Clone(o.Invited)
		delete(o.Invited, invitation)
	}
	return o
}

func (o Organization) withoutTeam(team string) Organization {
	o.Teams = maps.Clone(o.Teams)
	delete(o.Teams, team)
	o.Members = maps.Clone(o.Members)
	for user, m := range o.Members {
		if slices.Contains(m.Teams, team) {
			m.Teams = slices.DeleteFunc(slices.Clone(m.Teams), func(t string) bool { return t == team })
			o.Members[user] = m
		}
	}
	return o
}

func cloned[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// Create makes the organization, with its first Admin.
func (o Organization) Create(name, user, email string) ([]Event, error) {
	if o.Known {
		return nil, ErrExists
	}
	name, faults := nameOf(name)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Created{Name: name}, MemberJoined{User: user, Role: access.Admin, Email: email}}, nil
}

// Rename gives the organization another name.
func (o Organization) Rename(name string) ([]Event, error) {
	if !o.Known {
		return nil, ErrNotFound
	}
	name, faults := nameOf(name)
	if err := domain.Refuse(faults); err != nil || name == o.Name {
		return nil, err
	}
	return []Event{Renamed{From: o.Name, To: name}}, nil
}

// ChangePlan says what the organization's subscription lets it do.
func (o Organization) ChangePlan(to access.Plan) ([]Event, error) {
	switch {
	case !o.Known:
		return nil, ErrNotFound
	case to == o.Plan:
		return nil, nil
	}
	return []Event{PlanChanged{From: o.Plan, To: to}}, nil
}

func nameOf(name string) (string, []domain.Field) {
	name, faults := values.Line("name", name, MaxName)
	if name == "" && faults == nil {
		faults = values.Fault("name", "is needed")
	}
	return name, faults
}
