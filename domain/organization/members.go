package organization

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/values"
)

// Withholdable lists what a member may be denied: today to see addresses and phones, and
// to act on many leads at once.
func Withholdable() []domain.Permission {
	return []domain.Permission{access.BulkLeads, access.ReadPersonal}
}

// Change is what may be changed of a member; nil is no change.
type Change struct {
	Role     *access.Role
	Teams    *[]string
	Withheld *[]domain.Permission
}

// ChangeMember changes a member's role, teams, or what is withheld from them.
func (o Organization) ChangeMember(user string, c Change) ([]Event, error) {
	m, there := o.Members[user]
	if !there {
		return nil, ErrNoMember
	}
	var out []Event
	if c.Role != nil && *c.Role != m.Role {
		if err := domain.Refuse(RoleFault(*c.Role)); err != nil {
			return nil, err
		}
		if m.Role == access.Admin && o.admins() == 1 {
			return nil, ErrLast
		}
		out = append(out, MemberRoleChanged{User: user, From: m.Role, To: *c.Role})
	}
	if c.Teams != nil {
		teams, faults := o.TeamsOf(*c.Teams)
		if err := domain.Refuse(faults); err != nil {
			return nil, err
		}
		if !slices.Equal(teams, m.Teams) {
			out = append(out, MemberTeamsChanged{User: user, From: m.Teams, To: teams})
		}
	}
	if c.Withheld != nil {
		withheld, faults := withholdable(*c.Withheld)
		if err := domain.Refuse(faults); err != nil {
			return nil, err
		}
		if !slices.Equal(withheld, m.Withheld) {
			out = append(out, MemberRestricted{User: user, From: m.Withheld, To: withheld})
		}
	}
	return out, nil
}

// withholdable puts permissions in order, each once, and says which cannot be withheld.
func withholdable(list []domain.Permission) ([]domain.Permission, []domain.Field) {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	for _, p := range list {
		if !slices.Contains(Withholdable(), p) {
			return nil, values.Fault("withheld", string(p)+" cannot be withheld: a role has it or has it not")
		}
	}
	return list, nil
}

// RemoveMember ends a membership.
func (o Organization) RemoveMember(user string) ([]Event, error) {
	m, there := o.Members[user]
	switch {
	case !there:
		return nil, ErrNoMember
	case m.Role == access.Admin && o.admins() == 1:
		return nil, ErrLast
	}
	return []Event{MemberRemoved{User: user}}, nil
}

// NameTeam makes a team, or gives it another name.
func (o Organization) NameTeam(team, name string) ([]Event, error) {
	if !o.Known {
		return nil, ErrNotFound
	}
	name, faults := nameOf(name)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if o.Teams[team] == name {
		return nil, nil
	}
	if _, there := o.Teams[team]; !there && len(o.Teams) >= MaxTeams {
		return nil, ErrFull
	}
	for id, other := range o.Teams {
		if id != team && values.Folded(other) == values.Folded(name) {
			return nil, ErrTeamName
		}
	}
	return []Event{TeamNamed{Team: team, Name: name}}, nil
}

// RenameTeam gives a team that is there another name.
func (o Organization) RenameTeam(team, name string) ([]Event, error) {
	if _, there := o.Teams[team]; !there {
		return nil, ErrNoTeam
	}
	return o.NameTeam(team, name)
}

// RemoveTeam takes a team away.
func (o Organization) RemoveTeam(team string) ([]Event, error) {
	if _, there := o.Teams[team]; !there {
		return nil, ErrNoTeam
	}
	return []Event{TeamRemoved{Team: team}}, nil
}

// TeamsOf puts teams in order, each once, and says which are none of the organization's.
func (o Organization) TeamsOf(teams []string) ([]string, []domain.Field) {
	teams = slices.Compact(slices.Sorted(slices.Values(teams)))
	for _, t := range teams {
		if _, there := o.Teams[t]; !there {
			return nil, values.Fault("teams", "holds a team that is not there")
		}
	}
	return teams, nil
}

// RoleFault refuses what is no role of a member.
func RoleFault(r access.Role) []domain.Field {
	if !slices.Contains(access.Roles(), r) {
		return values.Fault("role", "is none of admin, manager, user, api")
	}
	return nil
}

func (o Organization) admins() (n int) {
	for _, m := range o.Members {
		if m.Role == access.Admin {
			n++
		}
	}
	return n
}
