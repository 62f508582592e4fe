package access_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// who says of each permission which roles hold it: Admin, Manager, User, API, System,
// Visitor; "2" is only with a second factor, "w" not where the plan only reads.
const who = `
lead:read            a m u k - -
lead:write           a m u k - - w
lead:bulk            a m u k - - w
lead:assign          a m - k - - w
lead:archive         a m u k - - w
lead:delete          a m - k - - w
lead:import          a m - k - - w
lead:export          a m - k - - 2
lead:erase           a - - - - - 2
pii:read             a m u k - -
event:read           a m - k - -
company:read         a m u k - -
company:write        a m u k - - w
company:delete       a m - k - - w
field:read           a m u k - -
field:write          a m - k - - w
segment:read         a m u k - -
segment:write        a m u k - - w
suppression:read     a m - k - -
suppression:add      a m u k - -
suppression:lift     a m - k - - w
sender:read          a m u k - -
sender:write         a m - k - - w
sender:trust         a - - - - - 2 w
template:read        a m u k - -
template:write       a m u k - - w
campaign:read        a m u k - -
campaign:write       a m - k - - w
campaign:send        a m - k - - w
mail:receive         a m - k - -
recipient:read       a m - k - -
task:read            a m u k - -
task:write           a m u k - - w
task:assign          a m - k - - w
organization:read    a m u k - -
organization:write   a - - - - -
member:read          a m u k - -
member:manage        a - - - - - 2
member:invite        a m - - - -
team:read            a m u k - -
team:write           a m - - - -
key:read             a - - - - -
key:write            a - - - - - 2
job:operate          a - - - - - 2
self                 a m u - - v
outcome:record       - - - - s -
`

var columns = []access.Role{access.Admin, access.Manager, access.User, access.API, access.System, access.Visitor}

func TestAllows(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(strings.TrimSpace(who)) {
		parts := strings.Fields(line)
		need := domain.Permission(parts[0])
		for i, role := range columns {
			var want error = domain.ErrForbidden
			switch {
			case parts[i+1] != "-":
				want = nil
			case role == access.Visitor:
				want = access.ErrOrganization
			}
			p := access.Principal{Role: role, Strong: true}
			expect(t, p, need, want)
			asks := slices.Contains(parts, "2") && role != access.API && role != access.System
			if p.Strong = false; asks && want == nil {
				expect(t, p, need, access.ErrSecondFactor)
			}
			p.Strong, p.Plan = true, access.ReadOnly
			if slices.Contains(parts, "w") && want == nil {
				want = access.ErrReadOnly
			}
			expect(t, p, need, want)
			p.Plan, p.Withheld = access.Active, []domain.Permission{need}
			if want == nil || errors.Is(want, access.ErrReadOnly) {
				expect(t, p, need, domain.ErrForbidden)
			}
		}
		for _, role := range []access.Role{"", "owner", "Admin"} {
			expect(t, access.Principal{Role: role, Strong: true}, need, domain.ErrForbidden)
		}
	}
	for _, role := range columns {
		if (access.Principal{Role: role, Strong: true}).May("") {
			t.Errorf("%q may what needs no permission", role)
		}
	}
}

func expect(t *testing.T, p access.Principal, need domain.Permission, want error) {
	t.Helper()
	if got := p.Allows(need); !errors.Is(got, want) || (got == nil) != (want == nil) {
		t.Errorf("%s by %+v: %v, want %v", need, p, got, want)
	}
}

// Nothing that the table grants to anybody is missing from the test above.
func TestTableIsListed(t *testing.T) {
	t.Parallel()
	for _, s := range access.Permissions() {
		if !strings.Contains(who, "\n"+string(s)+" ") {
			t.Errorf("%s is not listed", s)
		}
	}
}

// A key does what its scopes name, and of that only what a key can do.
func TestScopes(t *testing.T) {
	t.Parallel()
	key := access.Principal{Role: access.API, Scopes: []domain.Permission{access.ReadLeads, access.WriteKeys}}
	for _, s := range access.Permissions() {
		if key.May(s) != (s == access.ReadLeads) {
			t.Errorf("%s: %v", s, key.May(s))
		}
	}
	if slices.Contains(access.Scopes(), access.WriteKeys) || !slices.Contains(access.Scopes(), access.ReadPersonal) {
		t.Errorf("scopes %v", access.Scopes())
	}
	if none := (access.Principal{Role: access.API, Scopes: []domain.Permission{}}); none.May(access.ReadLeads) {
		t.Error("a key without scopes may something")
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	if roles := access.Roles(); slices.Contains(roles, access.System) || slices.Contains(roles, access.Visitor) {
		t.Error("a token could carry a role of the product's own")
	}
}

func TestSees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		owner, team string
		want        bool
	}{
		{"me", "", true},
		{"me", "theirs", true},
		{"", "", true},
		{"you", "", false},
		{"you", "ours", true},
		{"", "ours", true},
		{"", "theirs", false},
		{"you", "theirs", false},
	} {
		for _, role := range columns {
			p := access.Principal{ID: "me", Role: role, Teams: []string{"ours"}}
			if got := p.Sees(access.Belonging{Owner: c.owner, Team: c.team}); got != (c.want || role != access.User) {
				t.Errorf("%s, owner %q, team %q: %v", role, c.owner, c.team, got)
			}
		}
	}
	if (access.Principal{ID: "me", Role: access.User}).Sees(access.Belonging{Owner: "you"}) {
		t.Error("who is in no team sees what is in none")
	}
}

func TestActor(t *testing.T) {
	t.Parallel()
	for role, want := range map[access.Role]string{access.Admin: "user:1", access.User: "user:1", access.API: "api:1", access.System: "job:1", access.Visitor: "user:1"} {
		if got := (access.Principal{ID: "1", Role: role}).Actor(); got != want {
			t.Errorf("%s: %s", role, got)
		}
	}
}
