// Package access says who may do what: one table of roles and permissions, and one
// rule for which records a principal may see. Whoever is not named in the table may
// do nothing.
package access

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
)

// The permissions of commands and queries. The names are stored in API keys and
// shown in the API's documentation: they are never renamed.
const (
	ReadLeads    domain.Permission = "lead:read"
	WriteLeads   domain.Permission = "lead:write"
	AssignLeads  domain.Permission = "lead:assign"
	ArchiveLeads domain.Permission = "lead:archive"
	DeleteLeads  domain.Permission = "lead:delete"
	ImportLeads  domain.Permission = "lead:import"
	EraseLeads   domain.Permission = "lead:erase"
	ReadEvents   domain.Permission = "event:read"

	ReadCompanies   domain.Permission = "company:read"
	WriteCompanies  domain.Permission = "company:write"
	DeleteCompanies domain.Permission = "company:delete"

	ReadFields  domain.Permission = "field:read"
	WriteFields domain.Permission = "field:write"

	// RecordOutcomes is for the product's own jobs: what the world answered is a fact too.
	RecordOutcomes domain.Permission = "outcome:record"
)

// Role is a set of permissions with a name.
type Role string

// The roles of a member of an organization.
const (
	Admin   Role = "admin"
	Manager Role = "manager"
	User    Role = "user"
	API     Role = "api"
)

// System is the role of the product's own jobs. No token carries it.
const System Role = "system"

// Roles lists the roles that a token may carry, the most powerful first.
func Roles() []Role { return []Role{Admin, Manager, User, API} }

var table = map[Role][]domain.Permission{
	Admin:   {ReadLeads, WriteLeads, ImportLeads, AssignLeads, ArchiveLeads, DeleteLeads, EraseLeads, ReadEvents, ReadCompanies, WriteCompanies, DeleteCompanies, ReadFields, WriteFields},
	Manager: {ReadLeads, WriteLeads, ImportLeads, AssignLeads, ArchiveLeads, DeleteLeads, ReadEvents, ReadCompanies, WriteCompanies, DeleteCompanies, ReadFields, WriteFields},
	User:    {ReadLeads, WriteLeads, ArchiveLeads, ReadCompanies, WriteCompanies, ReadFields},
	API:     {ReadLeads, WriteLeads, ImportLeads, AssignLeads, ArchiveLeads, DeleteLeads, ReadEvents, ReadCompanies, WriteCompanies, DeleteCompanies, ReadFields, WriteFields},
	System:  {RecordOutcomes},
}

// Principal is who asks.
type Principal struct {
	Org  string // the organization that the request is about
	ID   string // the user's or the key's id, or the job's name
	Role Role
}

// Actor names the principal in the log.
func (p Principal) Actor() string {
	switch p.Role {
	case API:
		return "api:" + p.ID
	case System:
		return "job:" + p.ID
	case Admin, Manager, User:
	}
	return "user:" + p.ID
}

// May reports whether the principal's role holds the permission.
func (p Principal) May(need domain.Permission) bool {
	return slices.Contains(table[p.Role], need)
}

// Owned is a state that has an owner, whom the rule of Sees goes by.
type Owned interface{ OwnedBy() string }

// Sees reports whether a principal may know of a record that belongs to owner: a
// User sees what is theirs and what is nobody's, everybody else the organization's.
// Lists apply the same rule in SQL, see OnlyOwner.
func (p Principal) Sees(owner string) bool {
	only, limited := p.OnlyOwner()
	return !limited || owner == "" || owner == only
}

// OnlyOwner is the rule of Sees for a query: when limited, only the records of this
// owner and of nobody are to be shown.
func (p Principal) OnlyOwner() (owner string, limited bool) {
	return p.ID, p.Role == User
}
