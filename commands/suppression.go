package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// Suppress ends mail of a scope to an address; ID is of the address's keyed hash.
type Suppress struct {
	ID, Email string
	Scope     suppression.Scope
	Reason    suppression.Reason
	By        suppression.Decider // who asks, never what they say of themselves
	Note      string
}

// Stream implements Command.
func (c Suppress) Stream() domain.StreamID { return suppression.Stream(c.ID) }

// Needs implements Command.
func (Suppress) Needs() domain.Permission { return access.SuppressMail }

// Decide implements Command.
func (c Suppress) Decide(s suppression.Suppression, now time.Time) ([]suppression.Event, error) {
	return s.Suppress(c.Email, c.Scope, c.Reason, c.By, c.Note, now)
}

// LiftSuppression lets mail of a scope be written again.
type LiftSuppression struct {
	ID      string
	Scope   suppression.Scope
	Consent suppression.Consent
	Note    string
}

// Stream implements Command.
func (c LiftSuppression) Stream() domain.StreamID { return suppression.Stream(c.ID) }

// Needs implements Command.
func (LiftSuppression) Needs() domain.Permission { return access.LiftSuppressions }

// Decide implements Command.
func (c LiftSuppression) Decide(s suppression.Suppression, now time.Time) ([]suppression.Event, error) {
	return s.Lift(c.Scope, c.Consent, c.Note, now)
}

// ForgetAddress forgets an address of somebody who is erased.
type ForgetAddress struct{ ID string }

// Stream implements Command.
func (c ForgetAddress) Stream() domain.StreamID { return suppression.Stream(c.ID) }

// Needs implements Command.
func (ForgetAddress) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (ForgetAddress) Decide(s suppression.Suppression, _ time.Time) ([]suppression.Event, error) {
	return s.Forget()
}
