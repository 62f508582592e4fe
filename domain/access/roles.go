package access

import (
	"maps"
	"slices"

	"github.com/canvass-hq/canvass/domain"
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

// Visitor is somebody who is signed in and belongs to no organization, or has not said
// which. No token carries it.
const Visitor Role = "visitor"

// Roles lists the roles that a member may have, the most powerful first.
func Roles() []Role { return []Role{Admin, Manager, User, API} }

// rule is one line of the table.
type rule struct {
	roles  []Role
	strong bool // only with a second factor (aal2); a key was made with one
	writes bool // not in an organization that may only read
}

var (
	everyone = []Role{Admin, Manager, User, API}
	leaders  = []Role{Admin, Manager, API}
	people   = []Role{Admin, Manager}
)

// table says who holds each permission.
var table = map[domain.Permission]rule{
	ReadLeads:    {roles: everyone},
	WriteLeads:   {roles: everyone, writes: true},
	BulkLeads:    {roles: everyone, writes: true},
	AssignLeads:  {roles: leaders, writes: true},
	ArchiveLeads: {roles: everyone, writes: true},
	DeleteLeads:  {roles: leaders, writes: true},
	ImportLeads:  {roles: leaders, writes: true},
	ExportLeads:  {roles: leaders, strong: true}, // never cut off: the data is the customer's
	EraseLeads:   {roles: []Role{Admin}, strong: true},
	ReadPersonal: {roles: everyone},
	ReadEvents:   {roles: leaders},

	ReadCompanies:   {roles: everyone},
	WriteCompanies:  {roles: everyone, writes: true},
	DeleteCompanies: {roles: leaders, writes: true},

	ReadFields:  {roles: everyone},
	WriteFields: {roles: leaders, writes: true},

	ReadSegments:  {roles: everyone},
	WriteSegments: {roles: everyone, writes: true},

	ReadSuppressions: {roles: leaders},  // they are of everybody's leads
	SuppressMail:     {roles: everyone}, // never cut off: somebody has asked for it
	LiftSuppressions: {roles: leaders, writes: true},

	ReadSenders:    {roles: everyone},
	WriteSenders:   {roles: leaders, writes: true},
	TrustSenders:   {roles: []Role{Admin}, strong: true, writes: true},
	ReadTemplates:  {roles: everyone},
	WriteTemplates: {roles: everyone, writes: true},
	ReadCampaigns:  {roles: everyone},
	WriteCampaigns: {roles: leaders, writes: true},
	SendCampaigns:  {roles: leaders, writes: true},
	ReceiveMail:    {roles: leaders}, // never cut off: somebody may have ended mail
	ReadRecipients: {roles: leaders}, // they are of everybody's leads

	ReadTasks:   {roles: everyone},
	WriteTasks:  {roles: everyone, writes: true},
	AssignTasks: {roles: leaders, writes: true},

	ReadOrganization:  {roles: everyone},
	WriteOrganization: {roles: []Role{Admin}},
	ReadMembers:       {roles: everyone},
	ManageMembers:     {roles: []Role{Admin}, strong: true},
	InviteMembers:     {roles: people},
	ReadTeams:         {roles: everyone},
	WriteTeams:        {roles: people},
	ReadKeys:          {roles: []Role{Admin}},
	WriteKeys:         {roles: []Role{Admin}, strong: true},

	OperateJobs: {roles: []Role{Admin}, strong: true},

	SignIn: {roles: []Role{Visitor, Admin, Manager, User}},

	RecordOutcomes: {roles: []Role{System}},
}

// Permissions lists all of the table, in order.
func Permissions() []domain.Permission { return slices.Sorted(maps.Keys(table)) }

// Scopes lists what an API key may be given, in order.
func Scopes() []domain.Permission {
	return slices.DeleteFunc(Permissions(), func(need domain.Permission) bool { return !slices.Contains(table[need].roles, API) })
}

// The refusals of the table.
var (
	ErrSecondFactor = &domain.Error{Kind: domain.Forbidden, Code: "access.second_factor", Message: "this needs a session with a second factor (aal2): sign in again with one"}
	ErrReadOnly     = &domain.Error{Kind: domain.Forbidden, Code: "access.read_only", Message: "the organization's plan lets it read and export only"}
	ErrOrganization = &domain.Error{Kind: domain.Forbidden, Code: "access.organization", Message: "say in Canvass-Org which of your organizations you mean, or make one"}
	ErrMasked       = &domain.Error{Kind: domain.Forbidden, Code: "access.masked", Message: "addresses and phones are masked for you: they can be neither searched, filtered, sorted nor counted by"}
)

// Allows refuses what the principal may not do, and says why. What the table does not
// name nobody may do.
func (p Principal) Allows(need domain.Permission) error {
	r := table[need]
	switch {
	case p.Role == Visitor && !slices.Contains(r.roles, Visitor):
		return ErrOrganization
	case !slices.Contains(r.roles, p.Role), p.Scopes != nil && !slices.Contains(p.Scopes, need), slices.Contains(p.Withheld, need):
		return domain.ErrForbidden
	case r.strong && !p.Strong && p.Role != API && p.Role != System:
		return ErrSecondFactor
	case r.writes && p.Plan == ReadOnly:
		return ErrReadOnly
	}
	return nil
}

// May reports whether the principal may do it.
func (p Principal) May(need domain.Permission) bool { return p.Allows(need) == nil }

// Refusals are those of Allows for a permission, beside ErrForbidden.
func Refusals(need domain.Permission) (out []*domain.Error) {
	r := table[need]
	if !slices.Contains(r.roles, Visitor) {
		out = append(out, ErrOrganization)
	}
	if r.strong {
		out = append(out, ErrSecondFactor)
	}
	if r.writes {
		out = append(out, ErrReadOnly)
	}
	return out
}
