package commands_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
)

type (
	keyFacts = []apikey.Event
	keyRow   = spec[apikey.Key, apikey.Event]
)

func TestKeys(t *testing.T) {
	t.Parallel()
	reads := []domain.Permission{access.ReadLeads}
	soon := noon.Add(time.Hour)
	kept := apikey.Created{Name: "Sync", Scopes: reads, ExpiresAt: &soon, Addresses: []string{"192.0.2.0/24", "2001:db8::1/128"}, Hash: "h", Hint: "abcd"}
	terms := apikey.Terms{Name: " Sync ", Scopes: []domain.Permission{access.ReadLeads, access.ReadLeads}, ExpiresAt: soon.Add(time.Millisecond), Addresses: []string{"2001:db8::1", "192.0.2.7/24", "192.0.2.0/24"}}
	create := func(t apikey.Terms) commands.CreateKey {
		return commands.CreateKey{ID: bid, Terms: t, Hash: "h", Hint: "abcd"}
	}
	expired := kept
	expired.ExpiresAt = new(noon)
	check(t, []keyRow{
		{name: "made", when: create(terms), then: keyFacts{kept}},
		{name: "for ever, from anywhere", when: create(apikey.Terms{Name: "Sync", Scopes: reads}), then: keyFacts{apikey.Created{Name: "Sync", Scopes: reads, Hash: "h", Hint: "abcd"}}},
		{
			name: "several faults: all named", when: create(apikey.Terms{ExpiresAt: noon, Addresses: []string{"here"}}),
			err: errInvalid, fields: []string{"name", "scopes", "expires_at", "addresses"},
		},
		{name: "what no key is given: refused", when: create(apikey.Terms{Name: "Sync", Scopes: []domain.Permission{access.WriteKeys}}), err: errInvalid, fields: []string{"scopes"}},
		{name: "there: refused", given: keyFacts{kept}, when: create(terms), err: apikey.ErrExists},
		{name: "rotated", given: keyFacts{kept}, when: commands.RotateKey{ID: bid, Hash: "i", Hint: "efgh"}, then: keyFacts{apikey.Rotated{Hash: "i", Hint: "efgh"}}},
		{name: "expired: not rotated", given: keyFacts{expired}, when: commands.RotateKey{ID: bid, Hash: "i"}, err: apikey.ErrEnded},
		{name: "revoked: not rotated", given: keyFacts{kept, apikey.Revoked{}}, when: commands.RotateKey{ID: bid, Hash: "i"}, err: apikey.ErrEnded},
		{name: "not there: not rotated", when: commands.RotateKey{ID: bid, Hash: "i"}, err: apikey.ErrNotFound},
		{name: "revoked", given: keyFacts{kept}, when: commands.RevokeKey{ID: bid}, then: keyFacts{apikey.Revoked{}}},
		{name: "revoked twice: nothing", given: keyFacts{kept, apikey.Revoked{}}, when: commands.RevokeKey{ID: bid}},
		{name: "not there: not revoked", when: commands.RevokeKey{ID: bid}, err: apikey.ErrNotFound},
	}...)
	for address, want := range map[string]bool{"192.0.2.200": true, "::ffff:192.0.2.200": true, "192.0.3.1": false, "2001:db8::1": true, "2001:db8::2": false} {
		if got := (apikey.Terms{Addresses: kept.Addresses}).From(netip.MustParseAddr(address)); got != want {
			t.Errorf("from %s: %v", address, got)
		}
	}
	if !(apikey.Terms{}).From(netip.Addr{}) {
		t.Error("a key for anywhere is refused")
	}
}
