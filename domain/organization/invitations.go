package organization

import (
	"slices"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

// InvitationTTL is how long an invitation holds, and MaxInvitations how many may be open.
const (
	InvitationTTL  = 7 * 24 * time.Hour
	MaxInvitations = 500
)

// Invite lets in whoever shows the link that is sent to an address.
func (o Organization) Invite(id, email string, role access.Role, teams []string, now time.Time) ([]Event, error) {
	if !o.Known {
		return nil, ErrNotFound
	}
	address, faults := lead.MailAddress("email", email)
	faults = append(faults, RoleFault(role)...)
	teams, wrong := o.TeamsOf(teams)
	if err := domain.Refuse(append(faults, wrong...)); err != nil {
		return nil, err
	}
	for _, m := range o.Members {
		if strings.EqualFold(m.Email, address) {
			return nil, ErrMember
		}
	}
	open := 0
	for _, i := range o.Invited {
		if i.ExpiresAt.After(now) {
			open++
			if i.Email == address {
				return nil, ErrInvited
			}
		}
	}
	if open >= MaxInvitations || len(o.Members) >= MaxMembers {
		return nil, ErrFull
	}
	return []Event{MemberInvited{Invitation: id, Email: address, Role: role, Teams: teams, ExpiresAt: now.Add(InvitationTTL).UTC().Truncate(time.Second)}}, nil
}

// Revoke takes an invitation back.
func (o Organization) Revoke(id string) ([]Event, error) {
	if _, there := o.Invited[id]; !there {
		return nil, ErrNoInvitation
	}
	return []Event{InvitationRevoked{Invitation: id}}, nil
}

// Sent records what became of the mail with the link: class is "" when a server took it.
func (o Organization) Sent(id, class string) ([]Event, error) {
	switch _, there := o.Invited[id]; {
	case !there:
		return nil, nil // it was taken back, or taken, meanwhile
	case class != "":
		return []Event{InvitationFailed{Invitation: id, Class: class}}, nil
	}
	return []Event{InvitationSent{Invitation: id}}, nil
}

// Accept lets in who shows the link of an invitation.
func (o Organization) Accept(id, user, email string, now time.Time) ([]Event, error) {
	invited, there := o.Invited[id]
	switch _, member := o.Members[user]; {
	case !there || !invited.ExpiresAt.After(now):
		return nil, ErrNoInvitation
	case !strings.EqualFold(lead.Address(email), invited.Email):
		return nil, ErrAddress
	case member:
		return nil, ErrMember
	case len(o.Members) >= MaxMembers:
		return nil, ErrFull
	}
	// A team may have gone since the invitation was written.
	teams := slices.DeleteFunc(slices.Clone(invited.Teams), func(t string) bool { _, there := o.Teams[t]; return !there })
	return []Event{MemberJoined{User: user, Role: invited.Role, Teams: teams, Email: invited.Email, Invitation: id}}, nil
}
