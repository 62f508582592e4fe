package access_test

import (
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// Everybody works on tasks; to give one to somebody else is for those who give leads.
func TestMayOnTasks(t *testing.T) {
	t.Parallel()
	for role, want := range map[access.Role][3]bool{
		access.Admin: {true, true, true}, access.Manager: {true, true, true}, access.API: {true, true, true}, access.User: {true, true, false}, access.System: {}, "": {},
	} {
		p := access.Principal{Role: role}
		if got := [3]bool{p.May(access.ReadTasks), p.May(access.WriteTasks), p.May(access.AssignTasks)}; got != want {
			t.Errorf("%q: %v, want %v", role, got, want)
		}
		for _, need := range []domain.Permission{access.AssignTasks, access.AssignLeads} {
			if p.May(need) != p.May(access.AssignTasks) {
				t.Errorf("%q may give leads and tasks differently", role)
			}
		}
	}
}
