package apikey

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Event is a fact about one key.
//
//sumtype:decl
type Event interface{ isKey() }

// Created makes the key. Hash is that of its secret, under a key of the organization;
// Hint is the secret's end, by which people tell keys apart.
type Created struct {
	Name      string              `json:"name"`
	Scopes    []domain.Permission `json:"scopes"`
	ExpiresAt *time.Time          `json:"expires_at,omitempty"`
	Addresses []string            `json:"addresses,omitempty"`
	Hash      string              `json:"hash"`
	Hint      string              `json:"hint"`
}

func (c Created) terms() Terms {
	t := Terms{Name: c.Name, Scopes: c.Scopes, Addresses: c.Addresses}
	if c.ExpiresAt != nil {
		t.ExpiresAt = *c.ExpiresAt
	}
	return t
}

// Rotated gives the key another secret.
type Rotated struct {
	Hash string `json:"hash"`
	Hint string `json:"hint"`
}

// Revoked ends the key.
type Revoked struct{}

func (Created) isKey() {}
func (Rotated) isKey() {}
func (Revoked) isKey() {}

// Schema lists the facts as they are stored. What a key is called, and from where it may
// be used, may tell of people: it is sealed for the key itself.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Created]("apikey.created").Seal("name", "addresses"),
		domain.Stored[Rotated]("apikey.rotated"),
		domain.Stored[Revoked]("apikey.revoked"),
	}
}
