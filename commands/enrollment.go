package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// DispatchMail takes a mail to hand it over, unless its address is not to be written to.
type DispatchMail struct {
	ID, Purpose string
	enrollment.Dispatched
	Free bool // nothing is known that holds mail to the address back

	address suppression.Suppression
}

// Stream implements Command.
func (c DispatchMail) Stream() domain.StreamID { return enrollment.Stream(c.ID) }

// Needs implements Command.
func (DispatchMail) Needs() domain.Permission { return access.RecordOutcomes }

// Other implements Beside.
func (c DispatchMail) Other() domain.StreamID { return suppression.Stream(c.Suppression) }

// Unwritten implements Beside.
func (c DispatchMail) Unwritten() bool { return c.Free }

// Knowing implements Beside.
func (c DispatchMail) Knowing(facts []any) Command[enrollment.Enrollment, enrollment.Event] {
	c.address, _ = fold[suppression.Suppression, suppression.Event](facts)
	return c
}

// Decide implements Command.
func (c DispatchMail) Decide(s enrollment.Enrollment, _ time.Time) ([]enrollment.Event, error) {
	return s.Dispatch(c.Dispatched, c.address, c.Purpose)
}

// DispatchFirst is DispatchMail of somebody about whom nothing was decided yet.
type DispatchFirst struct{ DispatchMail }

// Opens implements Opening.
func (DispatchFirst) Opens() {}

// Knowing implements Beside.
func (c DispatchFirst) Knowing(facts []any) Command[enrollment.Enrollment, enrollment.Event] {
	c.address, _ = fold[suppression.Suppression, suppression.Event](facts)
	return c
}

// SkipPerson leaves somebody out of a campaign.
type SkipPerson struct {
	ID string
	enrollment.Skipped
}

// Stream implements Command.
func (c SkipPerson) Stream() domain.StreamID { return enrollment.Stream(c.ID) }

// Needs implements Command.
func (SkipPerson) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c SkipPerson) Decide(s enrollment.Enrollment, _ time.Time) ([]enrollment.Event, error) {
	return s.Skip(c.Skipped)
}

// RecordDelivery notes what became of a mail of a batch.
type RecordDelivery struct {
	ID, Batch string
	Outcome   enrollment.Event
	// Known and Version are how whoever has dispatched the mail has left the enrollment; Version
	// is 0 where they do not know.
	Known   enrollment.Enrollment
	Version int
}

// Recalled implements Recalling.
func (c RecordDelivery) Recalled() (enrollment.Enrollment, int) { return c.Known, c.Version }

// Stream implements Command.
func (c RecordDelivery) Stream() domain.StreamID { return enrollment.Stream(c.ID) }

// Needs implements Command.
func (RecordDelivery) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c RecordDelivery) Decide(s enrollment.Enrollment, _ time.Time) ([]enrollment.Event, error) {
	return s.Record(c.Batch, c.Outcome)
}

// TellDelivery notes what is told of a mail.
type TellDelivery struct {
	ID string
	enrollment.Reported

	// Known and Version are how whoever tells it has found the enrollment; Version is 0 where
	// they have not looked.
	Known   enrollment.Enrollment
	Version int
}

// Recalled implements Recalling.
func (c TellDelivery) Recalled() (enrollment.Enrollment, int) { return c.Known, c.Version }

// Stream implements Command.
func (c TellDelivery) Stream() domain.StreamID { return enrollment.Stream(c.ID) }

// Needs implements Command.
func (TellDelivery) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c TellDelivery) Decide(s enrollment.Enrollment, _ time.Time) ([]enrollment.Event, error) {
	return s.Tell(c.Reported)
}

// RequeueMail sends a mail again that is in doubt.
type RequeueMail struct{ ID, Campaign string }

// Stream implements Command.
func (c RequeueMail) Stream() domain.StreamID { return enrollment.Stream(c.ID) }

// Needs implements Command.
func (RequeueMail) Needs() domain.Permission { return access.SendCampaigns }

// Decide implements Command.
func (c RequeueMail) Decide(s enrollment.Enrollment, _ time.Time) ([]enrollment.Event, error) {
	if s.Mail.Campaign != c.Campaign {
		return nil, enrollment.ErrNotFound
	}
	return s.Requeue()
}

// NoteUnsubscribed notes that somebody has ended mail by a link.
type NoteUnsubscribed struct {
	ID    string
	Scope suppression.Scope
}

// Stream implements Command.
func (c NoteUnsubscribed) Stream() domain.StreamID { return enrollment.Stream(c.ID) }

// Needs implements Command.
func (NoteUnsubscribed) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c NoteUnsubscribed) Decide(s enrollment.Enrollment, _ time.Time) ([]enrollment.Event, error) {
	return s.Unsubscribe(c.Scope)
}
