package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/sender"
)

// CreateSender opens a sender.
type CreateSender struct {
	ID string
	sender.Details
}

// Stream implements Command.
func (c CreateSender) Stream() domain.StreamID { return sender.Stream(c.ID) }

// Needs implements Command.
func (CreateSender) Needs() domain.Permission { return access.WriteSenders }

// Opens implements Opening.
func (CreateSender) Opens() {}

// Decide implements Command.
func (c CreateSender) Decide(s sender.Sender, now time.Time) ([]sender.Event, error) {
	return s.Create(c.Details, now)
}

// ChangeSender gives a sender other details.
type ChangeSender struct {
	ID string
	sender.Details
}

// Stream implements Command.
func (c ChangeSender) Stream() domain.StreamID { return sender.Stream(c.ID) }

// Needs implements Command.
func (ChangeSender) Needs() domain.Permission { return access.WriteSenders }

// Decide implements Command.
func (c ChangeSender) Decide(s sender.Sender, now time.Time) ([]sender.Event, error) {
	return s.Change(c.Details, now)
}

// RecordSenderCheck notes what the names of a sender's domain tell.
type RecordSenderCheck struct {
	ID, Domain string
	Result     sender.Check
}

// Stream implements Command.
func (c RecordSenderCheck) Stream() domain.StreamID { return sender.Stream(c.ID) }

// Needs implements Command.
func (RecordSenderCheck) Needs() domain.Permission { return access.WriteSenders }

// Decide implements Command.
func (c RecordSenderCheck) Decide(s sender.Sender, now time.Time) ([]sender.Event, error) {
	return s.RecordCheck(c.Domain, c.Result, now)
}

// TrustSender lets a sender send without the check.
type TrustSender struct{ ID, Note string }

// Stream implements Command.
func (c TrustSender) Stream() domain.StreamID { return sender.Stream(c.ID) }

// Needs implements Command.
func (TrustSender) Needs() domain.Permission { return access.TrustSenders }

// Decide implements Command.
func (c TrustSender) Decide(s sender.Sender, _ time.Time) ([]sender.Event, error) {
	return s.Trust(c.Note)
}

// DeleteSender takes a sender away.
type DeleteSender struct{ ID string }

// Stream implements Command.
func (c DeleteSender) Stream() domain.StreamID { return sender.Stream(c.ID) }

// Needs implements Command.
func (DeleteSender) Needs() domain.Permission { return access.WriteSenders }

// Decide implements Command.
func (DeleteSender) Decide(s sender.Sender, _ time.Time) ([]sender.Event, error) {
	return s.Delete()
}

// RestoreSender brings a sender back.
type RestoreSender struct{ ID string }

// Stream implements Command.
func (c RestoreSender) Stream() domain.StreamID { return sender.Stream(c.ID) }

// Needs implements Command.
func (RestoreSender) Needs() domain.Permission { return access.WriteSenders }

// Decide implements Command.
func (RestoreSender) Decide(s sender.Sender, _ time.Time) ([]sender.Event, error) {
	return s.Restore()
}

// TakeAllowance takes mails from the caps of a sender's day: all of them or none.
type TakeAllowance struct {
	Sender, Day string
	Details     sender.Details
	N           int
}

// Stream implements Command.
func (c TakeAllowance) Stream() domain.StreamID { return sender.AllowanceStream(c.Sender, c.Day) }

// Needs implements Command.
func (TakeAllowance) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c TakeAllowance) Decide(s sender.Allowance, now time.Time) ([]sender.AllowanceEvent, error) {
	return s.Take(c.Sender, c.Details, c.N, now)
}
