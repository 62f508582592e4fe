package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/apikey"
)

// CreateKey makes a key; its secret comes as a hash.
type CreateKey struct {
	ID         string
	Terms      apikey.Terms
	Hash, Hint string
}

// Stream implements Command.
func (c CreateKey) Stream() domain.StreamID { return apikey.Stream(c.ID) }

// Needs implements Command.
func (CreateKey) Needs() domain.Permission { return access.WriteKeys }

// Opens implements Opening.
func (CreateKey) Opens() {}

// Decide implements Command.
func (c CreateKey) Decide(k apikey.Key, now time.Time) ([]apikey.Event, error) {
	return k.Create(c.Terms, c.Hash, c.Hint, now)
}

// RotateKey gives a key another secret.
type RotateKey struct{ ID, Hash, Hint string }

// Stream implements Command.
func (c RotateKey) Stream() domain.StreamID { return apikey.Stream(c.ID) }

// Needs implements Command.
func (RotateKey) Needs() domain.Permission { return access.WriteKeys }

// Decide implements Command.
func (c RotateKey) Decide(k apikey.Key, now time.Time) ([]apikey.Event, error) {
	return k.Rotate(c.Hash, c.Hint, now)
}

// RevokeKey ends a key.
type RevokeKey struct{ ID string }

// Stream implements Command.
func (c RevokeKey) Stream() domain.StreamID { return apikey.Stream(c.ID) }

// Needs implements Command.
func (RevokeKey) Needs() domain.Permission { return access.WriteKeys }

// Decide implements Command.
func (RevokeKey) Decide(k apikey.Key, _ time.Time) ([]apikey.Event, error) { return k.Revoke() }
