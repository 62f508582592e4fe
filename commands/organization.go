package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
)

// CreateOrganization makes an organization, whose first Admin is whoever asks.
type CreateOrganization struct{ ID, Name, User, Email string }

// Stream implements Command.
func (c CreateOrganization) Stream() domain.StreamID { return organization.Stream(c.ID) }

// Needs implements Command.
func (CreateOrganization) Needs() domain.Permission { return access.SignIn }

// Opens implements Opening.
func (CreateOrganization) Opens() {}

// Decide implements Command.
func (c CreateOrganization) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.Create(c.Name, c.User, c.Email)
}

// RenameOrganization gives an organization another name.
type RenameOrganization struct{ ID, Name string }

// Stream implements Command.
func (c RenameOrganization) Stream() domain.StreamID { return organization.Stream(c.ID) }

// Needs implements Command.
func (RenameOrganization) Needs() domain.Permission { return access.WriteOrganization }

// Decide implements Command.
func (c RenameOrganization) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.Rename(c.Name)
}

// ChangePlan says what an organization's subscription lets it do. It is for the product's
// own jobs, which hear it from whoever bills.
type ChangePlan struct {
	ID   string
	Plan access.Plan
}

// Stream implements Command.
func (c ChangePlan) Stream() domain.StreamID { return organization.Stream(c.ID) }

// Needs implements Command.
func (ChangePlan) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c ChangePlan) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.ChangePlan(c.Plan)
}

// ChangeMember changes a member's role, teams, or what is withheld from them.
type ChangeMember struct {
	Org, User string
	Change    organization.Change
}

// Stream implements Command.
func (c ChangeMember) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (ChangeMember) Needs() domain.Permission { return access.ManageMembers }

// Decide implements Command.
func (c ChangeMember) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.ChangeMember(c.User, c.Change)
}

// RemoveMember ends a membership.
type RemoveMember struct{ Org, User string }

// Stream implements Command.
func (c RemoveMember) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (RemoveMember) Needs() domain.Permission { return access.ManageMembers }

// Decide implements Command.
func (c RemoveMember) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.RemoveMember(c.User)
}

// LeaveOrganization ends the membership of whoever asks.
type LeaveOrganization struct{ Org, User string }

// Stream implements Command.
func (c LeaveOrganization) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (LeaveOrganization) Needs() domain.Permission { return access.SignIn }

// Decide implements Command.
func (c LeaveOrganization) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.RemoveMember(c.User)
}

// CreateTeam makes a team.
type CreateTeam struct{ Org, Team, Name string }

// Stream implements Command.
func (c CreateTeam) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (CreateTeam) Needs() domain.Permission { return access.WriteTeams }

// Decide implements Command.
func (c CreateTeam) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.NameTeam(c.Team, c.Name)
}

// RenameTeam gives a team another name.
type RenameTeam struct{ Org, Team, Name string }

// Stream implements Command.
func (c RenameTeam) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (RenameTeam) Needs() domain.Permission { return access.WriteTeams }

// Decide implements Command.
func (c RenameTeam) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.RenameTeam(c.Team, c.Name)
}

// RemoveTeam takes a team away.
type RemoveTeam struct{ Org, Team string }

// Stream implements Command.
func (c RemoveTeam) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (RemoveTeam) Needs() domain.Permission { return access.WriteTeams }

// Decide implements Command.
func (c RemoveTeam) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.RemoveTeam(c.Team)
}
