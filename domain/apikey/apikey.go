// Package apikey decides what may happen to one key by which a service asks in the name
// of an organization. The rules:
//
//  1. A key's secret is shown once, when it is made; the log holds a keyed hash of it.
//  2. A key may do what its scopes name, and nothing else; it names at least one.
//  3. A key ends at its time, if it has one, or when it is revoked, for good.
//  4. To rotate a key gives it another secret; the one before is worth nothing from then on.
package apikey

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/values"
)

// The bounds of a key.
const (
	MaxName      = 100 // characters
	MaxAddresses = 50
)

// The refusals of a key.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "key.not_found", Message: "there is no such key"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "key.exists", Message: "the key exists already"}
	ErrEnded    = &domain.Error{Kind: domain.Conflict, Code: "key.ended", Message: "the key was revoked or has expired: make another one"}
)

// Category names the streams of keys.
const Category = "apikey"

// Stream names the stream of one key.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Terms are what a key is good for.
type Terms struct {
	Name      string
	Scopes    []domain.Permission
	ExpiresAt time.Time // the zero time for never
	Addresses []string  // networks (CIDR) from which it may be used; none for anywhere
}

// Key is what the rules need to remember of one key.
type Key struct {
	Terms

	Known   bool
	Revoked bool
	Hash    string
}

// Evolve folds one fact into the state.
func (k Key) Evolve(e Event) Key {
	switch e := e.(type) {
	case Created:
		k.Terms, k.Hash, k.Known = e.terms(), e.Hash, true
	case Rotated:
		k.Hash = e.Hash
	case Revoked:
		k.Revoked = true
	}
	return k
}

// Create makes a key.
func (k Key) Create(t Terms, hash, hint string, now time.Time) ([]Event, error) {
	if k.Known {
		return nil, ErrExists
	}
	t, faults := t.normalised(now)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	created := Created{Name: t.Name, Scopes: t.Scopes, Addresses: t.Addresses, Hash: hash, Hint: hint}
	if !t.ExpiresAt.IsZero() {
		created.ExpiresAt = &t.ExpiresAt
	}
	return []Event{created}, nil
}

func (t Terms) normalised(now time.Time) (Terms, []domain.Field) {
	name, faults := values.Line("name", t.Name, MaxName)
	if name == "" && faults == nil {
		faults = values.Fault("name", "is needed")
	}
	t.Name = name
	t.Scopes = slices.Compact(slices.Sorted(slices.Values(t.Scopes)))
	if len(t.Scopes) == 0 {
		faults = append(faults, values.Fault("scopes", "name what the key may do")...)
	}
	for _, s := range t.Scopes {
		if !slices.Contains(access.Scopes(), s) {
			faults = append(faults, values.Fault("scopes", "hold "+strconv.Quote(string(s))+", which no key can be given")...)
			break
		}
	}
	if !t.ExpiresAt.IsZero() {
		t.ExpiresAt = t.ExpiresAt.UTC().Truncate(time.Second)
		if !t.ExpiresAt.After(now) {
			faults = append(faults, values.Fault("expires_at", "has passed")...)
		}
	}
	if len(t.Addresses) > MaxAddresses {
		faults = append(faults, values.Fault("addresses", "are too many")...)
	}
	networks := make([]string, 0, len(t.Addresses))
	for _, a := range t.Addresses {
		n, ok := network(a)
		if !ok {
			faults = append(faults, values.Fault("addresses", "hold what is neither an address nor a network such as 192.0.2.0/24")...)
			break
		}
		networks = append(networks, n.String())
	}
	if t.Addresses = slices.Compact(slices.Sorted(slices.Values(networks))); len(t.Addresses) == 0 {
		t.Addresses = nil
	}
	return t, faults
}

// network reads an address as the network of itself.
func network(v string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(v); err == nil {
		return p.Masked(), p.Addr().Zone() == ""
	}
	a, err := netip.ParseAddr(v)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), true
}

// From reports whether the key may be used from an address.
func (t Terms) From(a netip.Addr) bool {
	return len(t.Addresses) == 0 || slices.ContainsFunc(t.Addresses, func(v string) bool {
		n, ok := network(v)
		return ok && n.Contains(a.Unmap())
	})
}

// Rotate gives the key another secret.
func (k Key) Rotate(hash, hint string, now time.Time) ([]Event, error) {
	switch {
	case !k.Known:
		return nil, ErrNotFound
	case k.Revoked || !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(now):
		return nil, ErrEnded
	}
	return []Event{Rotated{Hash: hash, Hint: hint}}, nil
}

// Revoke ends the key.
func (k Key) Revoke() ([]Event, error) {
	switch {
	case !k.Known:
		return nil, ErrNotFound
	case k.Revoked:
		return nil, nil
	}
	return []Event{Revoked{}}, nil
}
