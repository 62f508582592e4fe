package http

import (
	"context"
	"net/http"
	"slices"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/projections"
)

type (
	nameBody struct {
		Name string `json:"name" example:"Acme"`
	}
	createOrganizationInput struct {
		Conditions
		Body nameBody
	}
	renameOrganizationInput struct {
		Conditions
		Body nameBody
	}
	plainInput struct{ Conditions }
	freshInput struct {
		Freshness
		Held
	}

	myOrganizationsOutput struct {
		Body struct {
			Items []myOrganization `json:"items" nullable:"false" doc:"All of them"`
		}
	}
	myOrganization struct {
		ID   string      `json:"id" format:"uuid"`
		Name string      `json:"name"`
		Role access.Role `json:"role" enum:"admin,manager,user,api" doc:"What you are in it"`
	}
	meOutput struct{ Body meBody }
	meBody   struct {
		ID           string              `json:"id" format:"uuid" doc:"The user's id, or the key's"`
		Email        string              `json:"email,omitempty"`
		Organization string              `json:"organization,omitempty" format:"uuid" doc:"Which one the request is about; left out while you belong to none, or have not said which"`
		Role         access.Role         `json:"role" enum:"admin,manager,user,api,visitor" doc:"visitor: no member of an organization"`
		Teams        []string            `json:"teams" nullable:"false"`
		SecondFactor bool                `json:"second_factor" doc:"Whether the session was begun with one (aal2)"`
		Permissions  []domain.Permission `json:"permissions" nullable:"false" doc:"What you may do now"`
		Masked       bool                `json:"masked" doc:"Whether addresses and phones are masked for you"`
	}
)

func (s *Server) organizations() {
	handle(s, op(http.MethodGet, "/v1/me", "getMe", "Show who you are, and what you may do"), access.SignIn, s.me)
	handle(s, op(http.MethodPost, "/v1/organizations", "createOrganization", "Make an organization, whose admin you are", creates), access.SignIn, s.createOrganization)
	handle(s, op(http.MethodGet, "/v1/organizations", "listOrganizations", "List the organizations that you belong to"), access.SignIn, s.listOrganizations)
	handle(s, op(http.MethodGet, "/v1/organization", "getOrganization", "Show the organization", mayBeHeld, refuses(organization.ErrNotFound)), access.ReadOrganization, s.getOrganization)
	handle(s, op(http.MethodPatch, "/v1/organization", "renameOrganization", "Give the organization another name", refuses(organization.ErrNotFound)), access.WriteOrganization,
		func(ctx context.Context, in *renameOrganizationInput) (*receiptOutput, error) {
			return execute(ctx, s, in.Conditions, "renameOrganization", "", in.Body, commands.RenameOrganization{ID: principalOf(ctx).Org, Name: in.Body.Name})
		})
	handle(s, op(http.MethodPost, "/v1/organization/leave", "leaveOrganization", "End your own membership", refuses(organization.ErrNotFound, organization.ErrNoMember, organization.ErrLast)), access.SignIn, s.leaveOrganization)
}

func (s *Server) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	p := principalOf(ctx)
	return &meOutput{Body: meBody{
		ID: p.ID, Email: p.Email, Organization: p.Org, Role: p.Role, Teams: append([]string{}, p.Teams...), SecondFactor: p.Strong,
		Permissions: slices.DeleteFunc(access.Permissions(), func(need domain.Permission) bool { return !p.May(need) }), Masked: p.Masked(),
	}}, nil
}

// createOrganization makes it in a log of its own, which does not know of the caller yet.
func (s *Server) createOrganization(ctx context.Context, in *createOrganizationInput) (*receiptOutput, error) {
	call, err := s.call(ctx, in.Conditions, "createOrganization", "", in.Body)
	switch {
	case err != nil:
		return nil, err
	case call.IfMatch != nil:
		return nil, commands.ErrPrecondition // what is to be made has no version yet
	}
	user := call.Principal
	cmd := commands.CreateOrganization{ID: commands.NewID(), Name: in.Body.Name, User: user.ID, Email: user.Email}
	if call.Chosen { // the same key makes the same organization, whichever the caller is in
		cmd.ID = commands.KeyedID("", user.Actor(), in.IdempotencyKey)
		call.ID = commands.KeyedID(cmd.ID, user.Actor(), in.IdempotencyKey)
	}
	call.Principal = access.Principal{Org: cmd.ID, ID: user.ID, Role: access.Visitor, Strong: user.Strong, Email: user.Email}
	out, err := s.receipt(call)(commands.Execute(ctx, s.run, call, cmd))
	if err != nil {
		return nil, err
	}
	s.joined(user, out)
	out.Status, out.Location = http.StatusCreated, "/v1/organization"
	return out, nil
}

// joined lets the caller's next request know what they have become.
func (s *Server) joined(user access.Principal, out *receiptOutput) {
	s.writes.note(access.Principal{ID: user.ID}, out.Body.Position)
	s.who.forget()
}

func (s *Server) listOrganizations(ctx context.Context, _ *struct{}) (*myOrganizationsOutput, error) {
	p := principalOf(ctx)
	memberships, err := s.queries.Memberships(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	roles := map[string]access.Role{}
	var ids []string
	for _, m := range memberships {
		if !m.Removed {
			ids, roles[m.Org] = append(ids, m.Org), m.Role
		}
	}
	if _, there := roles[p.Org]; !there && p.Org != "" { // as the token says
		ids, roles[p.Org] = append(ids, p.Org), p.Role
	}
	found, err := s.queries.Organizations(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := &myOrganizationsOutput{}
	out.Body.Items = []myOrganization{}
	for _, o := range found {
		out.Body.Items = append(out.Body.Items, myOrganization{ID: o.ID, Name: o.Name, Role: roles[o.ID]})
	}
	return out, nil
}

func (s *Server) getOrganization(ctx context.Context, in *freshInput) (*shownOutput[projections.Organization], error) {
	if err := s.await(ctx, in.Freshness, projections.Organizations()); err != nil {
		return nil, err
	}
	o, err := s.queries.Organization(ctx, principalOf(ctx))
	if err != nil {
		return nil, err
	}
	return shownNow(in.Held, o.Version, o.Position, o)
}

func (s *Server) leaveOrganization(ctx context.Context, in *plainInput) (*receiptOutput, error) {
	p := principalOf(ctx)
	if p.Org == "" {
		return nil, organization.ErrNotFound
	}
	out, err := execute(ctx, s, in.Conditions, "leaveOrganization", p.ID, nil, commands.LeaveOrganization{Org: p.Org, User: p.ID})
	if err == nil {
		s.joined(p, out)
	}
	return out, err
}

// changes is for operations that change what somebody is, or what a key is good for: this
// process knows at once.
func changes[I, O any](s *Server, do func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		s.who.forget()
		return out, err
	}
}
