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
	ExportLeads  domain.Permission = "lead:export"
	EraseLeads   domain.Permission = "lead:erase"
	BulkLeads    domain.Permission = "lead:bulk"
	ReadEvents   domain.Permission = "event:read"

	ReadCompanies   domain.Permission = "company:read"
	WriteCompanies  domain.Permission = "company:write"
	DeleteCompanies domain.Permission = "company:delete"

	ReadSegments  domain.Permission = "segment:read"
	WriteSegments domain.Permission = "segment:write"

	ReadTasks   domain.Permission = "task:read"
	WriteTasks  domain.Permission = "task:write"
	AssignTasks domain.Permission = "task:assign" // to somebody else

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

// table says which roles hold each permission.
var table = map[domain.Permission][]Role{
	ReadLeads:    {Admin, Manager, User, API},
	WriteLeads:   {Admin, Manager, User, API},
	BulkLeads:    {Admin, Manager, User, API},
	AssignLeads:  {Admin, Manager, API},
	ArchiveLeads: {Admin, Manager, User, API},
	DeleteLeads:  {Admin, Manager, API},
	ImportLeads:  {Admin, Manager, API},
	ExportLeads:  {Admin, Manager, API},
	EraseLeads:   {Admin},
	ReadEvents:   {Admin, Manager, API},

	ReadCompanies:   {Admin, Manager, User, API},
	WriteCompanies:  {Admin, Manager, User, API},
	DeleteCompanies: {Admin, Manager, API},

	ReadFields:  {Admin, Manager, User, API},
	WriteFields: {Admin, Manager, API},

	ReadSegments:  {Admin, Manager, User, API},
	WriteSegments: {Admin, Manager, User, API},

	ReadTasks:   {Admin, Manager, User, API},
	WriteTasks:  {Admin, Manager, User, API},
	AssignTasks: {Admin, Manager, API},

	RecordOutcomes: {System},
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
	return slices.Contains(table[need], p.Role)
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
