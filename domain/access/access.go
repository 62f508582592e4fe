// Package access says who may do what: one table of roles and permissions, and one
// rule for which records a principal may see. Whoever is not named in the table may
// do nothing.
package access

import "github.com/canvass-hq/canvass/domain"

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

	ReadSuppressions domain.Permission = "suppression:read"
	SuppressMail     domain.Permission = "suppression:add"
	LiftSuppressions domain.Permission = "suppression:lift"

	ReadSenders    domain.Permission = "sender:read"
	WriteSenders   domain.Permission = "sender:write"
	TrustSenders   domain.Permission = "sender:trust" // to send without the check of its domain
	ReadTemplates  domain.Permission = "template:read"
	WriteTemplates domain.Permission = "template:write"
	ReadCampaigns  domain.Permission = "campaign:read"
	WriteCampaigns domain.Permission = "campaign:write"
	SendCampaigns  domain.Permission = "campaign:send"
	ReceiveMail    domain.Permission = "mail:receive"   // to hand on mail that has come back
	ReadRecipients domain.Permission = "recipient:read" // who of everybody's leads was written to

	ReadTasks   domain.Permission = "task:read"
	WriteTasks  domain.Permission = "task:write"
	AssignTasks domain.Permission = "task:assign" // to somebody else

	// ReadPersonal is to see the addresses and phones of leads as they are; who lacks it
	// sees them masked.
	ReadPersonal domain.Permission = "pii:read"

	ReadOrganization  domain.Permission = "organization:read"
	WriteOrganization domain.Permission = "organization:write"
	ReadMembers       domain.Permission = "member:read"
	ManageMembers     domain.Permission = "member:manage"
	InviteMembers     domain.Permission = "member:invite" // as users
	ReadTeams         domain.Permission = "team:read"
	WriteTeams        domain.Permission = "team:write"
	ReadKeys          domain.Permission = "key:read"
	WriteKeys         domain.Permission = "key:write"

	// SignIn is what everybody may do who is signed in, a member or not: to list their
	// organizations, to make one, to join one by an invitation.
	SignIn domain.Permission = "self"

	ReadFields  domain.Permission = "field:read"
	WriteFields domain.Permission = "field:write"

	// OperateJobs is to see and repeat the jobs of the whole installation. It is worth
	// something in the operators' own organization only.
	OperateJobs domain.Permission = "job:operate"

	// RecordOutcomes is for the product's own jobs: what the world answered is a fact too.
	RecordOutcomes domain.Permission = "outcome:record"
)
