package access

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
)

// Principal is who asks.
type Principal struct {
	Org  string // the organization that the request is about
	ID   string // the user's or the key's id, or the job's name
	Role Role

	Teams    []string            // of the member
	Withheld []domain.Permission // what the member has not, though others of the role have
	Scopes   []domain.Permission // of a key: nothing else; nil for all of the role
	Strong   bool                // signed in with a second factor
	Plan     Plan                // of the organization

	Email string // where a user is reached, as their token says; "" for keys and jobs
}

// Plan is what an organization's subscription lets it do.
type Plan string

// The plans, as far as access goes: "" is everything.
const (
	Active   Plan = ""
	ReadOnly Plan = "read_only"
)

// Actor names the principal in the log.
func (p Principal) Actor() string {
	switch p.Role {
	case API:
		return "api:" + p.ID
	case System:
		return "job:" + p.ID
	case Admin, Manager, User, Visitor:
	}
	return "user:" + p.ID
}

// Belonging says whose a record is: a member's, or a team's.
type Belonging struct{ Owner, Team string }

// Owned is a state that belongs to somebody, whom the rule of Sees goes by.
type Owned interface{ Belongs() Belonging }

// Sees reports whether a principal may know of a record: a User sees what is theirs,
// what is their teams', and what is nobody's; everybody else the organization's. Lists
// apply the same rule in SQL, see Limited.
func (p Principal) Sees(b Belonging) bool {
	return !p.Limited() || b.Owner == p.ID || slices.Contains(p.Teams, b.Team) || b == Belonging{}
}

// Limited reports whether the principal sees a part of the organization's records only.
func (p Principal) Limited() bool { return p.Role == User }

// Masked reports whether addresses and phones are masked for the principal.
func (p Principal) Masked() bool { return !p.May(ReadPersonal) }
