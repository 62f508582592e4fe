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

// EndMail ends mail of a scope for an address that may be known by its hash alone: the person
// has followed a link, or what was sent has come back.
type EndMail struct {
	ID, Email string
	Scope     suppression.Scope
	Reason    suppression.Reason
	By        suppression.Decider
}

// Stream implements Command.
func (c EndMail) Stream() domain.StreamID { return suppression.Stream(c.ID) }

// Needs implements Command.
func (EndMail) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c EndMail) Decide(s suppression.Suppression, now time.Time) ([]suppression.Event, error) {
	return s.End(c.Email, c.Scope, c.Reason, c.By, now)
}

// CountBounce counts a mail that has come back softly from an address, or one that has
// arrived.
type CountBounce struct {
	ID, Email string
	Arrived   bool
}

// Stream implements Command.
func (c CountBounce) Stream() domain.StreamID { return suppression.Stream(c.ID) }

// Needs implements Command.
func (CountBounce) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c CountBounce) Decide(s suppression.Suppression, now time.Time) ([]suppression.Event, error) {
	if c.Arrived {
		return s.Recover()
	}
	return s.BounceSoftly(c.Email, now)
}
