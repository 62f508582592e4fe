package schema_test

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/domain/audit"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/mapping"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/domain/tracking"
)

var noonTen = time.Date(2026, 1, 5, 12, 10, 0, 0, time.UTC)

var (
	wholeSender = sender.Details{
		Name: "Ada", Email: "ada@mail.example", ReplyTo: "team@mail.example", Provider: sender.SMTP, Zone: "Europe/Berlin",
		Limits: sender.Limits{PerDay: 500, PerHour: 100, Gap: 2, PerDomain: 60, Ramp: sender.Ramp{Start: 20, Percent: 30, From: "2026-12-01"}},
	}
	firstSender = func(d sender.Details) sender.Details {
		d.Limits.PerDomain = 0
		return d
	}
	erasedSender = sender.Details{Provider: wholeSender.Provider, Zone: wholeSender.Zone, Limits: wholeSender.Limits}

	wholeContent = template.Content{
		Source:   template.Source{Subject: "Hello {{ name }}", HTML: "<p>Hello</p>", Text: "Hello"},
		Compiled: template.Compiled{Subject: "Hello {{ name }}", HTML: "<p>Hello</p>", Text: "Hello", Links: []string{"https://example.org"}, Variables: []string{"name"}}, Revision: 2,
	}
	erasedContent = template.Content{Compiled: template.Compiled{Variables: []string{"name"}}, Revision: 2}

	wholePlan = campaign.Plan{
		Sender: "01900000-0000-7000-8000-00000000000a", Template: "01900000-0000-7000-8000-00000000000d", Purpose: "marketing",
		Audience: campaign.Audience{Segment: "01900000-0000-7000-8000-00000000000e", Import: "01900000-0000-7000-8000-00000000000f", Filter: "name = ann", Words: "ann", All: true, AtMost: 100},
		Schedule: campaign.Schedule{At: "2026-12-01T09:00", Zone: "Europe/Berlin", LateMins: 30}, PerHour: 1000,
		Tracking: campaign.Tracking{Opens: true, Clicks: true, Identity: campaign.Identified}, Guard: campaign.Guard{Bounces: 4, Complaints: 0.2, Floor: 100},
	}
	erasedPlan = func() campaign.Plan {
		p := wholePlan
		p.Audience.Filter, p.Audience.Words = "", ""
		return p
	}()

	wholeHit = tracking.Hit{Campaign: "01900000-0000-7000-8000-00000000000b", Mail: "01900000-0000-8000-8000-000000000011", Agent: tracking.Browser, Head: true, Seconds: 60, At: 1767614400}

	wholeMail = enrollment.Dispatched{
		Campaign: "01900000-0000-7000-8000-00000000000b", Lead: "01900000-0000-7000-8000-00000000000c", Batch: "01900000-0000-7000-8000-000000000010", N: 3,
		Key: "01900000-0000-8000-8000-000000000011", MessageID: "x@mail.example", Template: "01900000-0000-7000-8000-00000000000d", Revision: 2, Suppression: "01900000-0000-8000-8000-000000000012", Provider: "smtp",
		To: "ann@example.org", Values: map[string]string{"first_name": "Ann"},
	}
	erasedMail = func() enrollment.Dispatched {
		m := wholeMail
		m.To, m.Values = "", nil
		return m
	}()
)

// sample is one fact of each kind with every value set, and what is left of it when
// everybody in it is erased. A key "type.vN" is what an older shape lifts to, where
// that differs.
var samples = map[string]struct{ whole, erased any }{
	"lead.captured.v1": {
		lead.Captured{Status: lead.New, Owner: "01900000-0000-7000-8000-0000000000e1", Details: lead.Details{
			Name: "Ann", Email: "ann@example.org", Phone: "+4930123456", PhoneStatus: lead.PhoneValid, Title: "CEO", Company: "Example", Country: "DE", CountryGiven: "x", Source: "fair",
		}},
		lead.Captured{Status: lead.New, Owner: "01900000-0000-7000-8000-0000000000e1", Details: lead.Details{Country: "DE", Source: "fair"}},
	},
	"lead.captured.v2": {
		lead.Captured{Status: lead.New, Owner: "01900000-0000-7000-8000-0000000000e1", Details: lead.Details{
			Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Email: "ann@example.org", Emails: []lead.Email{{Address: "lee@example.org", Kind: "personal"}},
			Phone: "+4930123456", PhoneStatus: lead.PhoneValid, Phones: []lead.Phone{{Number: "123", Kind: "mobile", Status: lead.PhoneInvalid}},
			Title: "CEO", Company: "Example", CompanyID: "01900000-0000-7000-8000-0000000000c1", Address: "Main Street 1", City: "Berlin", State: "Berlin", PostalCode: "10115",
			Country: "DE", CountryGiven: "x", Timezone: "Europe/Berlin", LinkedIn: "https://www.linkedin.com/in/ann", Source: "fair",
			Tags: []string{"vip"}, ExternalIDs: map[string]string{"crm": "1"}, Custom: map[string]string{"tier": "gold"},
		}},
		lead.Captured{Status: lead.New, Owner: "01900000-0000-7000-8000-0000000000e1", Details: lead.Details{
			Country: "DE", Source: "fair", CompanyID: "01900000-0000-7000-8000-0000000000c1",
		}},
	},
	"lead.captured": {
		lead.Captured{Status: lead.New, Owner: "01900000-0000-7000-8000-0000000000e1", Details: lead.Details{
			Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Email: "ann@example.org", Emails: []lead.Email{{Address: "lee@example.org", Kind: "personal"}},
			Phone: "+4930123456", PhoneStatus: lead.PhoneValid, Phones: []lead.Phone{{Number: "123", Kind: "mobile", Status: lead.PhoneInvalid}},
			Title: "CEO", Company: "Example", CompanyID: "01900000-0000-7000-8000-0000000000c1", Team: "01900000-0000-7000-8000-0000000000f1", Address: "Main Street 1", City: "Berlin", State: "Berlin", PostalCode: "10115",
			Country: "DE", CountryGiven: "x", Timezone: "Europe/Berlin", LinkedIn: "https://www.linkedin.com/in/ann", Source: "fair",
			Tags: []string{"vip"}, ExternalIDs: map[string]string{"crm": "1"}, Custom: map[string]string{"tier": "gold"},
		}},
		lead.Captured{Status: lead.New, Owner: "01900000-0000-7000-8000-0000000000e1", Details: lead.Details{
			Country: "DE", Source: "fair", CompanyID: "01900000-0000-7000-8000-0000000000c1", Team: "01900000-0000-7000-8000-0000000000f1",
		}},
	},
	"lead.edited": {
		lead.Edited{Changes: []lead.Change{{Field: "email", From: "a@example.org", To: "b@example.org"}, {Field: "source", From: "fair", To: "web"}, {Field: "country", From: "DE", To: "FR"}}},
		lead.Edited{Changes: []lead.Change{{Field: "email"}, {Field: "source", From: "fair", To: "web"}, {Field: "country", From: "DE", To: "FR"}}},
	},
	"lead.assigned": {
		lead.Assigned{From: "01900000-0000-7000-8000-0000000000e1", To: "01900000-0000-7000-8000-0000000000e2"},
		lead.Assigned{From: "01900000-0000-7000-8000-0000000000e1", To: "01900000-0000-7000-8000-0000000000e2"},
	},
	"lead.status_changed": {lead.StatusChanged{From: lead.New, To: lead.Disqualified, Reason: "no budget"}, lead.StatusChanged{From: lead.New, To: lead.Disqualified}},
	"lead.archived":       {lead.Archived{Reason: "left"}, lead.Archived{}},
	"lead.tagged":         {lead.Tagged{Added: []string{"vip"}, Removed: []string{"cold"}}, lead.Tagged{}},
	"lead.deleted":        {lead.Deleted{Reason: "imported by mistake"}, lead.Deleted{}},
	"lead.restored":       {lead.Restored{}, lead.Restored{}},
	"lead.erased":         {lead.Erased{}, lead.Erased{}},
	"lead.shredded":       {lead.Shredded{}, lead.Shredded{}},
	"import.uploaded.v1": {
		imports.Uploaded{Name: "leads.csv", Bytes: 9, Chunks: 1, Format: imports.CSV, Encoding: imports.UTF8, Columns: columns},
		imports.Uploaded{Bytes: 9, Chunks: 1, Format: imports.CSV, Encoding: imports.UTF8},
	},
	"import.planning_started.v1": {
		imports.PlanningStarted{Columns: columns, Options: options},
		imports.PlanningStarted{Options: options},
	},
	"segment.created": {
		segment.Created{Name: "Friends of Ann", Kind: segment.Filter, Rule: segment.Rule{Filter: `email eq "ann@example.org"`, Words: "ann"}},
		segment.Created{Kind: segment.Filter},
	},
	"segment.changed":         {segment.Changed{Name: "Friends of Ann", Rule: segment.Rule{Filter: "status eq new", Words: "ann"}}, segment.Changed{}},
	"segment.members_added":   {segment.Added{Leads: []string{"01900000-0000-7000-8000-0000000000d1"}}, segment.Added{Leads: []string{"01900000-0000-7000-8000-0000000000d1"}}},
	"segment.members_removed": {segment.Removed{Leads: []string{"01900000-0000-7000-8000-0000000000d1"}}, segment.Removed{Leads: []string{"01900000-0000-7000-8000-0000000000d1"}}},
	"segment.deleted":         {segment.Deleted{}, segment.Deleted{}},
	"segment.restored":        {segment.Restored{}, segment.Restored{}},
	"bulk_action.started.v1": {
		bulk.Started{
			Action:    bulk.Action{Kind: bulk.Edit, Owner: "01900000-0000-7000-8000-0000000000e1", Add: []string{"a"}, Remove: []string{"b"}, Status: lead.New, Reason: "left", Set: map[string]string{"title": "CEO"}},
			Selection: bulk.Selection{Rule: segment.Rule{Filter: "status eq new", Words: "ann"}, Archived: "any", Segment: "01900000-0000-7000-8000-0000000000f1", Leads: []string{"01900000-0000-7000-8000-0000000000d1"}, All: true, AtMost: 9},
			Role:      "admin",
		},
		bulk.Started{
			Action:    bulk.Action{Kind: bulk.Edit, Owner: "01900000-0000-7000-8000-0000000000e1", Status: lead.New},
			Selection: bulk.Selection{Archived: "any", Segment: "01900000-0000-7000-8000-0000000000f1", Leads: []string{"01900000-0000-7000-8000-0000000000d1"}, All: true, AtMost: 9},
			Role:      "admin",
		},
	},
	"bulk_action.started": {
		bulk.Started{
			Action:    bulk.Action{Kind: bulk.Edit, Owner: "01900000-0000-7000-8000-0000000000e1", Add: []string{"a"}, Remove: []string{"b"}, Status: lead.New, Reason: "left", Set: map[string]string{"title": "CEO"}},
			Selection: bulk.Selection{Rule: segment.Rule{Filter: "status eq new", Words: "ann"}, Archived: "any", Segment: "01900000-0000-7000-8000-0000000000f1", Leads: []string{"01900000-0000-7000-8000-0000000000d1"}, All: true, AtMost: 9},
			Role:      "admin", Teams: []string{"01900000-0000-7000-8000-0000000000f1"},
		},
		bulk.Started{
			Action:    bulk.Action{Kind: bulk.Edit, Owner: "01900000-0000-7000-8000-0000000000e1", Status: lead.New},
			Selection: bulk.Selection{Archived: "any", Segment: "01900000-0000-7000-8000-0000000000f1", Leads: []string{"01900000-0000-7000-8000-0000000000d1"}, All: true, AtMost: 9},
			Role:      "admin", Teams: []string{"01900000-0000-7000-8000-0000000000f1"},
		},
	},
	"bulk_action.finished": {
		bulk.Finished{Counts: bulk.Counts{Selected: 4, Changed: 1, Unchanged: 2, Refused: 1, Reasons: map[string]int{"lead.archived": 1}}},
		bulk.Finished{Counts: bulk.Counts{Selected: 4, Changed: 1, Unchanged: 2, Refused: 1, Reasons: map[string]int{"lead.archived": 1}}},
	},
	"bulk_action.failed":          {bulk.Failed{Code: "x", Message: "y"}, bulk.Failed{Code: "x", Message: "y"}},
	"bulk_action.undo_started.v1": {bulk.UndoStarted{Role: "admin"}, bulk.UndoStarted{Role: "admin"}},
	"bulk_action.undo_started": {
		bulk.UndoStarted{Role: "user", Teams: []string{"01900000-0000-7000-8000-0000000000f1"}}, bulk.UndoStarted{Role: "user", Teams: []string{"01900000-0000-7000-8000-0000000000f1"}},
	},
	"bulk_action.undone": {
		bulk.Undone{Reverted: 2, Kept: 1, KeptLeads: []string{"01900000-0000-7000-8000-0000000000d1"}},
		bulk.Undone{Reverted: 2, Kept: 1, KeptLeads: []string{"01900000-0000-7000-8000-0000000000d1"}},
	},
	"import.uploaded": {
		imports.Uploaded{Name: "leads.csv", Bytes: 9, Chunks: 1, Format: imports.CSV, Encoding: imports.UTF8, Columns: columns, Mapping: kept},
		imports.Uploaded{Bytes: 9, Chunks: 1, Format: imports.CSV, Encoding: imports.UTF8, Mapping: kept},
	},
	"import.planning_started": {
		imports.PlanningStarted{Columns: columns, Options: options, Mapping: kept},
		imports.PlanningStarted{Options: options, Mapping: kept},
	},
	"import.planned":        {imports.Planned{Counts: counts}, imports.Planned{Counts: counts}},
	"import.commit_started": {imports.CommitStarted{Role: "admin"}, imports.CommitStarted{Role: "admin"}},
	"import.committed": {
		imports.Committed{Counts: counts, Companies: 1, Changed: 2},
		imports.Committed{Counts: counts, Companies: 1, Changed: 2},
	},
	"import.undo_started": {imports.UndoStarted{Role: "admin"}, imports.UndoStarted{Role: "admin"}},
	"import.undone": {
		imports.Undone{Deleted: 1, Reverted: 2, Companies: 3, Kept: 1, KeptLeads: []string{"01900000-0000-7000-8000-0000000000d1"}},
		imports.Undone{Deleted: 1, Reverted: 2, Companies: 3, Kept: 1, KeptLeads: []string{"01900000-0000-7000-8000-0000000000d1"}},
	},
	"import.failed": {imports.Failed{Code: "import.empty", Message: "m"}, imports.Failed{Code: "import.empty", Message: "m"}},
	"export.started": {
		exports.Started{Format: exports.CSV, Columns: []string{"name"}, Filter: "status eq new", Words: "ann", Segment: "01900000-0000-7000-8000-0000000000f1", Sort: "name", Archived: "any", Role: "admin"},
		exports.Started{Format: exports.CSV, Columns: []string{"name"}, Segment: "01900000-0000-7000-8000-0000000000f1", Sort: "name", Archived: "any", Role: "admin"},
	},
	"export.finished":       {exports.Finished{Rows: 2, Complete: true}, exports.Finished{Rows: 2, Complete: true}},
	"company.registered":    {company.Registered{Details: acme}, company.Registered{Details: acme}},
	"import.file_destroyed": {imports.FileDestroyed{Why: imports.ForAge}, imports.FileDestroyed{Why: imports.ForAge}},
	"mapping.saved":         {mapping.Saved{Name: "Fairs", Columns: columns, Options: options}, mapping.Saved{Options: options}},
	"mapping.deleted":       {mapping.Deleted{}, mapping.Deleted{}},
	"suppression.added": {
		suppression.Added{Scope: suppression.All, Reason: suppression.Requested, By: suppression.ByMember, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Email: "ann@acme.example", Note: "by phone"},
		suppression.Added{Scope: suppression.All, Reason: suppression.Requested, By: suppression.ByMember, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	},
	"suppression.lifted": {
		suppression.Lifted{Scope: suppression.All, Consent: suppression.Consent{Source: "form", GivenAt: time.Date(2026, 2, 2, 3, 4, 5, 0, time.UTC)}, Note: "mended"},
		suppression.Lifted{Scope: suppression.All, Consent: suppression.Consent{GivenAt: time.Date(2026, 2, 2, 3, 4, 5, 0, time.UTC)}},
	},
	"suppression.forgotten":      {suppression.Forgotten{}, suppression.Forgotten{}},
	"suppression.bounced_softly": {suppression.BouncedSoftly{}, suppression.BouncedSoftly{}},
	"suppression.recovered":      {suppression.Recovered{}, suppression.Recovered{}},

	"sender.created.v1": {sender.Created{Details: firstSender(wholeSender)}, sender.Created{Details: firstSender(erasedSender)}},
	"sender.changed.v1": {sender.Changed{Details: firstSender(wholeSender)}, sender.Changed{Details: firstSender(erasedSender)}},
	"sender.created":    {sender.Created{Details: wholeSender}, sender.Created{Details: erasedSender}},
	"sender.changed":    {sender.Changed{Details: wholeSender}, sender.Changed{Details: erasedSender}},
	"sender.checked": {
		sender.Checked{Result: sender.Check{SPF: sender.Pass, DKIM: sender.Missing, DMARC: sender.Wrong}, At: noonTen},
		sender.Checked{Result: sender.Check{SPF: sender.Pass, DKIM: sender.Missing, DMARC: sender.Wrong}, At: noonTen},
	},
	"sender.trusted":  {sender.Trusted{Note: "ours"}, sender.Trusted{}},
	"sender.deleted":  {sender.Deleted{}, sender.Deleted{}},
	"sender.restored": {sender.Restored{}, sender.Restored{}},
	"allowance.taken": {
		sender.Taken{Sender: "01900000-0000-7000-8000-00000000000a", Hour: 9, N: 250}, sender.Taken{Sender: "01900000-0000-7000-8000-00000000000a", Hour: 9, N: 250},
	},

	"template.created":  {template.Created{Name: "Hello", Content: wholeContent}, template.Created{Content: erasedContent}},
	"template.changed":  {template.Changed{Name: "Hello", Content: wholeContent}, template.Changed{Content: erasedContent}},
	"template.deleted":  {template.Deleted{}, template.Deleted{}},
	"template.restored": {template.Restored{}, template.Restored{}},

	"campaign.created": {campaign.Created{Name: "Spring", Plan: wholePlan}, campaign.Created{Plan: erasedPlan}},
	"campaign.changed": {campaign.Changed{Name: "Spring", Plan: wholePlan}, campaign.Changed{Plan: erasedPlan}},
	"campaign.deleted": {campaign.Deleted{}, campaign.Deleted{}},
	"campaign.launched": {
		campaign.Launched{Revision: 2, At: noonTen, Latest: noonTen.Add(time.Hour), Role: "manager", Teams: []string{"01900000-0000-7000-8000-0000000000f1"}},
		campaign.Launched{Revision: 2, At: noonTen, Latest: noonTen.Add(time.Hour), Role: "manager", Teams: []string{"01900000-0000-7000-8000-0000000000f1"}},
	},
	"campaign.audience_frozen": {campaign.Frozen{People: 1200, Parts: 2}, campaign.Frozen{People: 1200, Parts: 2}},
	"campaign.paused.v1": {
		campaign.Paused{Reason: campaign.TooBounced, Note: "wait", Numbers: &campaign.Numbers{Sent: 100, Bounced: 5, Complained: 1, Limit: 5}},
		campaign.Paused{Reason: campaign.TooBounced, Numbers: &campaign.Numbers{Sent: 100, Bounced: 5, Complained: 1, Limit: 5}},
	},
	"campaign.paused": {
		campaign.Paused{Reason: campaign.TooBounced, Note: "wait", Numbers: &campaign.Numbers{Sent: 100, Bounced: 5, Complained: 1, Limit: 5, Days: 7, Sender: true}},
		campaign.Paused{Reason: campaign.TooBounced, Numbers: &campaign.Numbers{Sent: 100, Bounced: 5, Complained: 1, Limit: 5, Days: 7, Sender: true}},
	},
	"campaign.resumed":   {campaign.Resumed{}, campaign.Resumed{}},
	"campaign.cancelled": {campaign.Cancelled{}, campaign.Cancelled{}},
	"campaign.failed":    {campaign.Failed{Code: "segment.not_found", Message: "there is no such segment"}, campaign.Failed{Code: "segment.not_found", Message: "there is no such segment"}},
	"campaign.completed": {campaign.Completed{}, campaign.Completed{}},
	"audience.frozen": {
		campaign.Chosen{Campaign: "01900000-0000-7000-8000-00000000000b", N: 1, Leads: []string{"01900000-0000-7000-8000-00000000000c"}},
		campaign.Chosen{Campaign: "01900000-0000-7000-8000-00000000000b", N: 1, Leads: []string{"01900000-0000-7000-8000-00000000000c"}},
	},

	"enrollment.skipped": {
		enrollment.Skipped{Campaign: "01900000-0000-7000-8000-00000000000b", Lead: "01900000-0000-7000-8000-00000000000c", Reason: enrollment.Suppressed, Scope: suppression.All},
		enrollment.Skipped{Campaign: "01900000-0000-7000-8000-00000000000b", Lead: "01900000-0000-7000-8000-00000000000c", Reason: enrollment.Suppressed, Scope: suppression.All},
	},
	"enrollment.dispatched":   {wholeMail, erasedMail},
	"enrollment.sent":         {enrollment.Sent{ProviderID: "re_1"}, enrollment.Sent{ProviderID: "re_1"}},
	"enrollment.failed":       {enrollment.Failed{Class: mail.Refused, Code: 550}, enrollment.Failed{Class: mail.Refused, Code: 550}},
	"enrollment.deferred":     {enrollment.Deferred{Class: mail.Unavailable, Code: 451, Until: noonTen}, enrollment.Deferred{Class: mail.Unavailable, Code: 451, Until: noonTen}},
	"enrollment.doubted":      {enrollment.Doubted{}, enrollment.Doubted{}},
	"enrollment.requeued":     {enrollment.Requeued{}, enrollment.Requeued{}},
	"enrollment.reported":     {enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Hard, Code: "5.1.1", At: noonTen}, enrollment.Reported{Kind: enrollment.Bounced, Bounce: enrollment.Hard, Code: "5.1.1", At: noonTen}},
	"enrollment.unsubscribed": {enrollment.Unsubscribed{Scope: suppression.Marketing}, enrollment.Unsubscribed{Scope: suppression.Marketing}},

	"visit.opened":  {tracking.Opened{Hit: wholeHit}, tracking.Opened{Hit: wholeHit}},
	"visit.clicked": {tracking.Clicked{Hit: wholeHit, Link: 2}, tracking.Clicked{Hit: wholeHit, Link: 2}},

	"organization.created": {organization.Created{Name: "Acme"}, organization.Created{}},
	"organization.renamed": {organization.Renamed{From: "Acme", To: "Ajax"}, organization.Renamed{}},
	"organization.plan_changed": {
		organization.PlanChanged{From: access.Active, To: access.ReadOnly}, organization.PlanChanged{From: access.Active, To: access.ReadOnly},
	},
	"organization.member_invited": {
		organization.MemberInvited{Invitation: "01900000-0000-7000-8000-0000000000b1", Email: "ann@example.org", Role: access.User, Teams: []string{"01900000-0000-7000-8000-0000000000f1"}, ExpiresAt: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)},
		organization.MemberInvited{Invitation: "01900000-0000-7000-8000-0000000000b1", Role: access.User, Teams: []string{"01900000-0000-7000-8000-0000000000f1"}, ExpiresAt: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)},
	},
	"organization.invitation_sent": {
		organization.InvitationSent{Invitation: "01900000-0000-7000-8000-0000000000b1"}, organization.InvitationSent{Invitation: "01900000-0000-7000-8000-0000000000b1"},
	},
	"organization.invitation_failed": {
		organization.InvitationFailed{Invitation: "01900000-0000-7000-8000-0000000000b1", Class: "refused"},
		organization.InvitationFailed{Invitation: "01900000-0000-7000-8000-0000000000b1", Class: "refused"},
	},
	"organization.invitation_revoked": {
		organization.InvitationRevoked{Invitation: "01900000-0000-7000-8000-0000000000b1"}, organization.InvitationRevoked{Invitation: "01900000-0000-7000-8000-0000000000b1"},
	},
	"organization.member_joined": {
		organization.MemberJoined{User: "01900000-0000-7000-8000-0000000000e1", Role: access.User, Teams: []string{"01900000-0000-7000-8000-0000000000f1"}, Email: "ann@example.org", Invitation: "01900000-0000-7000-8000-0000000000b1"},
		organization.MemberJoined{User: "01900000-0000-7000-8000-0000000000e1", Role: access.User, Teams: []string{"01900000-0000-7000-8000-0000000000f1"}, Invitation: "01900000-0000-7000-8000-0000000000b1"},
	},
	"organization.member_role_changed": {
		organization.MemberRoleChanged{User: "01900000-0000-7000-8000-0000000000e1", From: access.User, To: access.Manager},
		organization.MemberRoleChanged{User: "01900000-0000-7000-8000-0000000000e1", From: access.User, To: access.Manager},
	},
	"organization.member_teams_changed": {
		organization.MemberTeamsChanged{User: "01900000-0000-7000-8000-0000000000e1", From: []string{"01900000-0000-7000-8000-0000000000f1"}, To: []string{"01900000-0000-7000-8000-0000000000f2"}},
		organization.MemberTeamsChanged{User: "01900000-0000-7000-8000-0000000000e1", From: []string{"01900000-0000-7000-8000-0000000000f1"}, To: []string{"01900000-0000-7000-8000-0000000000f2"}},
	},
	"organization.member_restricted": {
		organization.MemberRestricted{User: "01900000-0000-7000-8000-0000000000e1", From: []domain.Permission{access.BulkLeads}, To: []domain.Permission{access.ReadPersonal}},
		organization.MemberRestricted{User: "01900000-0000-7000-8000-0000000000e1", From: []domain.Permission{access.BulkLeads}, To: []domain.Permission{access.ReadPersonal}},
	},
	"organization.member_removed": {organization.MemberRemoved{User: "01900000-0000-7000-8000-0000000000e1"}, organization.MemberRemoved{User: "01900000-0000-7000-8000-0000000000e1"}},
	"organization.team_named":     {organization.TeamNamed{Team: "01900000-0000-7000-8000-0000000000f1", Name: "North"}, organization.TeamNamed{Team: "01900000-0000-7000-8000-0000000000f1"}},
	"organization.team_removed":   {organization.TeamRemoved{Team: "01900000-0000-7000-8000-0000000000f1"}, organization.TeamRemoved{Team: "01900000-0000-7000-8000-0000000000f1"}},

	"apikey.created": {
		apikey.Created{Name: "Sync", Scopes: []domain.Permission{access.ReadLeads}, ExpiresAt: &noonTen, Addresses: []string{"192.0.2.0/24"}, Hash: "aGFzaA", Hint: "x7Zq"},
		apikey.Created{Scopes: []domain.Permission{access.ReadLeads}, ExpiresAt: &noonTen, Hash: "aGFzaA", Hint: "x7Zq"},
	},
	"apikey.rotated": {apikey.Rotated{Hash: "aGFzaA", Hint: "x7Zq"}, apikey.Rotated{Hash: "aGFzaA", Hint: "x7Zq"}},
	"apikey.revoked": {apikey.Revoked{}, apikey.Revoked{}},

	"audit.denied": {
		audit.Denied{Principal: "user:01900000-0000-7000-8000-0000000000e1", Operation: "eraseLead", Reason: "access.denied", Minute: noonTen, Count: 3},
		audit.Denied{Principal: "user:01900000-0000-7000-8000-0000000000e1", Operation: "eraseLead", Reason: "access.denied", Minute: noonTen, Count: 3},
	},
	"audit.read_many": {
		audit.ReadMany{Principal: "user:01900000-0000-7000-8000-0000000000e1", Operation: "listLeads", Minute: noonTen, Rows: 2000},
		audit.ReadMany{Principal: "user:01900000-0000-7000-8000-0000000000e1", Operation: "listLeads", Minute: noonTen, Rows: 2000},
	},
	"company.edited": {
		company.Edited{Changes: []company.Change{{Field: "name", From: "Acme", To: "Acme Inc."}}},
		company.Edited{Changes: []company.Change{{Field: "name", From: "Acme", To: "Acme Inc."}}},
	},
	"company.deleted":   {company.Deleted{}, company.Deleted{}},
	"company.restored":  {company.Restored{}, company.Restored{}},
	"lead.noted":        {lead.Noted{Note: note, Text: "Called\ntwice."}, lead.Noted{Note: note}},
	"lead.note_removed": {lead.NoteRemoved{Note: note}, lead.NoteRemoved{Note: note}},
	"task.created": {
		task.Created{Lead: "01900000-0000-7000-8000-0000000000d1", Title: "Call Ann", Due: noon, Assignee: "01900000-0000-7000-8000-0000000000e1"},
		task.Created{Lead: "01900000-0000-7000-8000-0000000000d1", Due: noon, Assignee: "01900000-0000-7000-8000-0000000000e1"},
	},
	"task.renamed": {
		task.Renamed{Lead: "01900000-0000-7000-8000-0000000000d1", From: "Call Ann", To: "Write to Ann"},
		task.Renamed{Lead: "01900000-0000-7000-8000-0000000000d1"},
	},
	"task.rescheduled": {task.Rescheduled{From: noon, To: "2026-01-06T12:00:00Z"}, task.Rescheduled{From: noon, To: "2026-01-06T12:00:00Z"}},
	"task.assigned": {
		task.Assigned{From: "01900000-0000-7000-8000-0000000000e1", To: "01900000-0000-7000-8000-0000000000e2"},
		task.Assigned{From: "01900000-0000-7000-8000-0000000000e1", To: "01900000-0000-7000-8000-0000000000e2"},
	},
	"task.completed": {task.Completed{}, task.Completed{}},
	"task.reopened":  {task.Reopened{Due: noon}, task.Reopened{Due: noon}},
	"task.deleted":   {task.Deleted{}, task.Deleted{}},
	"task.reminded":  {task.Reminded{Due: noon}, task.Reminded{Due: noon}},
	"field.defined": {
		field.Defined{Key: "tier", Label: "Tier", Kind: field.Enum, Options: []string{"Gold", "Tin"}, Slot: "t1"},
		field.Defined{Key: "tier", Label: "Tier", Kind: field.Enum, Options: []string{"Gold", "Tin"}, Slot: "t1"},
	},
	"field.changed":         {field.Changed{Label: "Level", AddedOptions: []string{"Iron"}}, field.Changed{Label: "Level", AddedOptions: []string{"Iron"}}},
	"field.made_filterable": {field.MadeFilterable{Slot: "t2"}, field.MadeFilterable{Slot: "t2"}},
	"field.retired":         {field.Retired{}, field.Retired{}},
}
