package http

import (
	"context"
	"crypto/hmac"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/projections"
)

// InvitationPath names an invitation; it is exported because huma fills no other.
type InvitationPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The invitation"`
}

type (
	inviteInput struct {
		Conditions
		Body struct {
			Email string      `json:"email" example:"ada@example.com" doc:"To which the link is sent; who takes the invitation is signed in with it"`
			Role  access.Role `json:"role,omitempty" enum:"admin,manager,user,api" default:"user" doc:"Another one than user needs the permission member:manage"`
			Teams []string    `json:"teams,omitempty" maxItems:"500"`
		}
	}
	bareInvitationInput struct {
		InvitationPath
		Conditions
	}
	acceptInput struct {
		Conditions
		Body struct {
			Token string `json:"token" maxLength:"200" doc:"The end of the link in the mail"`
		}
	}
)

func (s *Server) invitations() {
	handle(s, op(http.MethodPost, "/v1/invitations", "inviteMember", "Invite somebody by mail; the link holds for seven days", creates, refuses(organization.ErrNotFound, organization.ErrNoTeam, organization.ErrMember, organization.ErrInvited, organization.ErrFull)), access.InviteMembers, s.invite)
	handle(s, op(http.MethodGet, "/v1/invitations", "listInvitations", "List open invitations, the newest first"), access.InviteMembers, s.listInvitations)
	handle(s, op(http.MethodDelete, "/v1/invitations/{id}", "revokeInvitation", "Take an invitation back", refuses(organization.ErrNotFound, organization.ErrNoInvitation)), access.InviteMembers, func(ctx context.Context, in *bareInvitationInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "revokeInvitation", in.ID, nil, commands.RevokeInvitation{Org: principalOf(ctx).Org, ID: in.ID})
	})
	handle(s, op(http.MethodPost, "/v1/invitations/accept", "acceptInvitation", "Join the organization that has invited you", refuses(organization.ErrNotFound, organization.ErrNoInvitation, organization.ErrMember, organization.ErrAddress, organization.ErrFull)), access.SignIn, s.accept)
}

// invite answers with the id of the invitation, where other answers name the organization,
// whose log the fact is in.
func (s *Server) invite(ctx context.Context, in *inviteInput) (*receiptOutput, error) {
	p := principalOf(ctx)
	id := commands.NewID()
	if in.IdempotencyKey != "" {
		id = commands.KeyedID(p.Org, p.Actor(), "invitation "+in.IdempotencyKey)
	}
	out, err := execute(ctx, s, in.Conditions, "inviteMember", "", in.Body, commands.InviteMember{Org: p.Org, ID: id, Email: in.Body.Email, Role: in.Body.Role, Teams: in.Body.Teams})
	if err != nil {
		return nil, err
	}
	out.Status, out.Body.ID = http.StatusCreated, id
	return out, nil
}

func (s *Server) listInvitations(ctx context.Context, in *pageInput) (*listOutput[projections.Invitation], error) {
	return pageOf(ctx, s, in, projections.Organizations(), "invitations", projections.Invitation.Created, func(p access.Principal, before int64) (projections.Page[projections.Invitation], error) {
		return s.queries.InvitationPage(ctx, p, before, in.Limit)
	})
}

// accept lets in who shows the link of an invitation. What the link says is not believed
// before its signature has been checked, and no key is made for an organization that only
// a link names.
func (s *Server) accept(ctx context.Context, in *acceptInput) (*receiptOutput, error) {
	user := principalOf(ctx)
	org, id, mac, ok := organization.ParseLink(in.Body.Token)
	if !ok {
		return nil, organization.ErrNoInvitation
	}
	if _, err := s.queries.Invitation(ctx, org, id); err != nil {
		return nil, err
	}
	want, err := s.vault.Keyed(ctx, org, organization.LinkPurpose, []byte(id))
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(want[:len(mac)], mac) {
		return nil, organization.ErrNoInvitation
	}
	call, err := s.call(ctx, in.Conditions, "acceptInvitation", id, nil)
	if err != nil {
		return nil, err
	}
	call.Principal = access.Principal{Org: org, ID: user.ID, Role: access.Visitor, Strong: user.Strong, Email: user.Email}
	out, err := s.receipt(call)(commands.Execute(ctx, s.run, call, commands.AcceptInvitation{Org: org, ID: id, User: user.ID, Email: user.Email}))
	if err != nil {
		return nil, err
	}
	s.joined(user, out)
	return out, nil
}
