package http

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
	"github.com/canvass-hq/canvass/projections"
)

var (
	errKeyToken   = &domain.Error{Kind: domain.Unauthenticated, Code: "key.invalid", Message: "there is no such key, or it was revoked, rotated, or has expired"}
	errKeyAddress = &domain.Error{Kind: domain.Forbidden, Code: "key.address", Message: "the key may not be used from this address"}
)

// keyHolder is a service that asks with a key.
type keyHolder struct {
	terms apikey.Terms
	plan  access.Plan
}

// keyPurpose tells hashes of keys from other hashes of an organization.
const keyPurpose = "api key"

// keyHash is what the log keeps of a key's secret.
func keyHash(ctx context.Context, v Vault, org, id string, secret []byte) (string, error) {
	sum, err := v.Keyed(ctx, org, keyPurpose, append([]byte(id), secret...))
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// keyHolder is who asks with a key. A key belongs to one organization, so that a header
// that names another is a mistake.
func (i *identities) keyHolder(ctx context.Context, token, org string, from netip.Addr) (access.Principal, error) {
	owner, id, secret, ok := apikey.ParseToken(token)
	if !ok {
		return access.Principal{}, errKeyToken
	}
	now := i.now()
	holder, ok := i.keys.get(token, now)
	if !ok {
		var err error
		if holder, err = i.lookUp(ctx, owner, id, secret); err != nil {
			return access.Principal{}, err
		}
		i.keys.put(token, holder, now.Add(standingRemembered))
	}
	switch {
	case !holder.terms.ExpiresAt.IsZero() && !holder.terms.ExpiresAt.After(now):
		return access.Principal{}, errKeyToken
	case !holder.terms.From(from):
		return access.Principal{}, errKeyAddress
	case org != "" && org != owner:
		return access.Principal{}, errNoMember
	}
	i.uses.note(owner, id, now)
	return access.Principal{Org: owner, ID: id, Role: access.API, Scopes: holder.terms.Scopes, Plan: holder.plan}, nil
}

func (i *identities) lookUp(ctx context.Context, org, id string, secret []byte) (keyHolder, error) {
	k, plan, err := i.queries.HeldKey(ctx, org, id)
	switch {
	case errors.Is(err, apikey.ErrNotFound):
		return keyHolder{}, errKeyToken
	case err != nil:
		return keyHolder{}, err
	}
	hash, err := keyHash(ctx, i.vault, org, id, secret)
	if err != nil {
		return keyHolder{}, err
	}
	if k.Revoked || !hmac.Equal([]byte(hash), []byte(k.Hash())) {
		return keyHolder{}, errKeyToken
	}
	return keyHolder{terms: k.Terms(), plan: plan}, nil
}

// keyUses gathers when keys were used, until it is written down.
type keyUses struct {
	mu sync.Mutex
	at map[[2]string]time.Time
}

func (u *keyUses) note(org, id string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.at == nil {
		u.at = map[[2]string]time.Time{}
	}
	u.at[[2]string{org, id}] = at
}

func (u *keyUses) take() (out []projections.KeyUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for k, at := range u.at {
		out = append(out, projections.KeyUse{Org: k[0], ID: k[1], At: at})
	}
	u.at = nil
	return out
}
