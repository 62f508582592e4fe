package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
)

// InviteMember lets in whoever shows the link that is sent to an address. To let somebody
// in as more than a user is to give a role, and needs what that needs.
type InviteMember struct {
	Org, ID, Email string
	Role           access.Role
	Teams          []string
}

// Stream implements Command.
func (c InviteMember) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (c InviteMember) Needs() domain.Permission {
	if c.Role == access.User {
		return access.InviteMembers
	}
	return access.ManageMembers
}

// Decide implements Command.
func (c InviteMember) Decide(o organization.Organization, now time.Time) ([]organization.Event, error) {
	return o.Invite(c.ID, c.Email, c.Role, c.Teams, now)
}

// RevokeInvitation takes an invitation back.
type RevokeInvitation struct{ Org, ID string }

// Stream implements Command.
func (c RevokeInvitation) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (RevokeInvitation) Needs() domain.Permission { return access.InviteMembers }

// Decide implements Command.
func (c RevokeInvitation) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.Revoke(c.ID)
}

// AcceptInvitation lets in whoever shows the link of an invitation.
type AcceptInvitation struct{ Org, ID, User, Email string }

// Stream implements Command.
func (c AcceptInvitation) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (AcceptInvitation) Needs() domain.Permission { return access.SignIn }

// Decide implements Command.
func (c AcceptInvitation) Decide(o organization.Organization, now time.Time) ([]organization.Event, error) {
	return o.Accept(c.ID, c.User, c.Email, now)
}

// RecordInvitation records what became of the mail with an invitation's link.
type RecordInvitation struct {
	Org, ID string
	Class   string // why it could not be sent; "" when a server took it
}

// Stream implements Command.
func (c RecordInvitation) Stream() domain.StreamID { return organization.Stream(c.Org) }

// Needs implements Command.
func (RecordInvitation) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c RecordInvitation) Decide(o organization.Organization, _ time.Time) ([]organization.Event, error) {
	return o.Sent(c.ID, c.Class)
}
