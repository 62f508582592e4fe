package access_test

import (
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

func TestMay(t *testing.T) {
	t.Parallel()
	all := []domain.Permission{
		access.ReadLeads, access.WriteLeads, access.AssignLeads, access.ArchiveLeads, access.EraseLeads, access.ReadEvents, access.RecordOutcomes, access.DeleteLeads, access.ReadCompanies, access.WriteCompanies,
		access.DeleteCompanies, access.ImportLeads, access.ExportLeads, access.ReadFields, access.WriteFields, access.BulkLeads, access.ReadSegments, access.WriteSegments, access.ReadTasks, access.WriteTasks, access.AssignTasks,
	}
	for role, allowed := range map[access.Role]string{ // one letter for each permission, in the order of all
		access.Admin: "yyyyyynyyyyyyyyyyyyyy", access.Manager: "yyyynynyyyyyyyyyyyyyy", access.User: "yynynnnnyynnnynyyyyyn", access.API: "yyyynynyyyyyyyyyyyyyy", access.System: "nnnnnnynnnnnnnnnnnnnn",
		"": "nnnnnnnnnnnnnnnnnnnnn", "owner": "nnnnnnnnnnnnnnnnnnnnn",
	} {
		for i, p := range all {
			if got := (access.Principal{Role: role}).May(p); got != (allowed[i] == 'y') {
				t.Errorf("%q, %s: %v", role, p, got)
			}
		}
		if (access.Principal{Role: role}).May("") {
			t.Errorf("%q may what needs no permission", role)
		}
	}
	for _, r := range access.Roles() {
		if r == access.System {
			t.Error("a token could carry the role of the product's own jobs")
		}
	}
}

func TestSees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role  access.Role
		owner string
		want  bool
	}{
		{access.User, "me", true},
		{access.User, "", true},
		{access.User, "you", false},
		{access.Manager, "you", true},
		{access.Admin, "you", true},
		{access.API, "you", true},
		{access.System, "you", true},
	} {
		p := access.Principal{ID: "me", Role: c.role}
		if got := p.Sees(c.owner); got != c.want {
			t.Errorf("%s, owner %q: %v", c.role, c.owner, got)
		}
		if owner, limited := p.OnlyOwner(); limited != (c.role == access.User) || owner != "me" {
			t.Errorf("%s: %q, %v", c.role, owner, limited)
		}
	}
}

func TestActor(t *testing.T) {
	t.Parallel()
	for role, want := range map[access.Role]string{access.Admin: "user:1", access.User: "user:1", access.API: "api:1", access.System: "job:1"} {
		if got := (access.Principal{ID: "1", Role: role}).Actor(); got != want {
			t.Errorf("%s: %s", role, got)
		}
	}
}
