package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/projections"
)

// MemberPath names a member; it is exported because huma fills no other.
type MemberPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The user"`
}

// TeamPath names a team; it is exported because huma fills no other.
type TeamPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The team"`
}

type (
	pageInput struct {
		Freshness
		Paging
	}
	getMemberInput struct {
		MemberPath
		Freshness
	}
	memberOutput      struct{ Body projections.Member }
	changeMemberInput struct {
		MemberPath
		Conditions
		Body struct {
			Role     *access.Role         `json:"role,omitempty" enum:"admin,manager,user,api"`
			Teams    *[]string            `json:"teams,omitempty" maxItems:"500" doc:"All teams of the member, and no other"`
			Withheld *[]domain.Permission `json:"withheld,omitempty" maxItems:"10" doc:"What is withheld from the member, and nothing else: pii:read masks addresses and phones, lead:bulk forbids to act on many leads at once"`
		}
	}
	bareMemberInput struct {
		MemberPath
		Conditions
	}
	createTeamInput struct {
		Conditions
		Body nameBody
	}
	renameTeamInput struct {
		TeamPath
		Conditions
		Body nameBody
	}
	bareTeamInput struct {
		TeamPath
		Conditions
	}
)

func (s *Server) members() {
	const one, team = "/v1/members/{id}", "/v1/teams/{id}"
	handle(s, op(http.MethodGet, "/v1/members", "listMembers", "List the organization's members, the newest first"), access.ReadMembers, s.listMembers)
	handle(s, op(http.MethodGet, one, "getMember", "Show one member", mayBeHeld, refuses(organization.ErrNoMember)), access.ReadMembers, s.getMember)
	handle(s, op(http.MethodPatch, one, "changeMember", "Change a member's role, teams, or what is withheld from them", refuses(organization.ErrNotFound, organization.ErrNoMember, organization.ErrNoTeam, organization.ErrLast)), access.ManageMembers, changes(s, s.changeMember))
	handle(s, op(http.MethodDelete, one, "removeMember", "End a membership", refuses(organization.ErrNotFound, organization.ErrNoMember, organization.ErrLast)), access.ManageMembers, changes(s, func(ctx context.Context, in *bareMemberInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "removeMember", in.ID, nil, commands.RemoveMember{Org: principalOf(ctx).Org, User: in.ID})
	}))
	handle(s, op(http.MethodGet, "/v1/teams", "listTeams", "List the organization's teams, the newest first"), access.ReadTeams, s.listTeams)
	handle(s, op(http.MethodPost, "/v1/teams", "createTeam", "Make a team", creates, refuses(organization.ErrNotFound, organization.ErrTeamName, organization.ErrFull)), access.WriteTeams, s.createTeam)
	handle(s, op(http.MethodPatch, team, "renameTeam", "Give a team another name", refuses(organization.ErrNotFound, organization.ErrNoTeam, organization.ErrTeamName)), access.WriteTeams, func(ctx context.Context, in *renameTeamInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "renameTeam", in.ID, in.Body, commands.RenameTeam{Org: principalOf(ctx).Org, Team: in.ID, Name: in.Body.Name})
	})
	handle(s, op(http.MethodDelete, team, "removeTeam", "Take a team away; what was in it stays there, and only who sees all leads sees it", refuses(organization.ErrNotFound, organization.ErrNoTeam)), access.WriteTeams, changes(s, func(ctx context.Context, in *bareTeamInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "removeTeam", in.ID, nil, commands.RemoveTeam{Org: principalOf(ctx).Org, Team: in.ID})
	}))
}

func (s *Server) listMembers(ctx context.Context, in *pageInput) (*listOutput[projections.Member], error) {
	return pageOf(ctx, s, in, projections.Organizations(), "members", projections.Member.Joined, func(p access.Principal, before int64) (projections.Page[projections.Member], error) {
		return s.queries.MemberPage(ctx, p, "", before, in.Limit)
	})
}

func (s *Server) listTeams(ctx context.Context, in *pageInput) (*listOutput[projections.Team], error) {
	return pageOf(ctx, s, in, projections.Organizations(), "teams", projections.Team.Created, func(p access.Principal, before int64) (projections.Page[projections.Team], error) {
		return s.queries.TeamPage(ctx, p, before, in.Limit)
	})
}

// pageOf answers with a page of a list that nothing but its cursor is asked of.
func pageOf[T any](ctx context.Context, s *Server, in *pageInput, of projections.Projection, name string, place func(T) int64, page func(access.Principal, int64) (projections.Page[T], error)) (*listOutput[T], error) {
	if err := s.await(ctx, in.Freshness, of); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	list := listID(name, p.Org)
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	found, err := page(p, before)
	if err != nil {
		return nil, err
	}
	return listed(found, list, place), nil
}

func (s *Server) getMember(ctx context.Context, in *getMemberInput) (*memberOutput, error) {
	if err := s.await(ctx, in.Freshness, projections.Organizations()); err != nil {
		return nil, err
	}
	found, err := s.queries.MemberPage(ctx, principalOf(ctx), in.ID, 0, 1)
	switch {
	case err != nil:
		return nil, err
	case len(found.Items) == 0:
		return nil, organization.ErrNoMember
	}
	return &memberOutput{Body: found.Items[0]}, nil
}

func (s *Server) changeMember(ctx context.Context, in *changeMemberInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "changeMember", in.ID, in.Body, commands.ChangeMember{
		Org: principalOf(ctx).Org, User: in.ID, Change: organization.Change{Role: in.Body.Role, Teams: in.Body.Teams, Withheld: in.Body.Withheld},
	})
}

// createTeam answers with the id of the team, where other answers name the organization,
// whose log the fact is in.
func (s *Server) createTeam(ctx context.Context, in *createTeamInput) (*receiptOutput, error) {
	p := principalOf(ctx)
	id := commands.NewID()
	if in.IdempotencyKey != "" {
		id = commands.KeyedID(p.Org, p.Actor(), "team "+in.IdempotencyKey)
	}
	out, err := execute(ctx, s, in.Conditions, "createTeam", "", in.Body, commands.CreateTeam{Org: p.Org, Team: id, Name: in.Body.Name})
	if err != nil {
		return nil, err
	}
	out.Status, out.Body.ID = http.StatusCreated, id
	return out, nil
}
