package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/segment"
)

// CreateSegment opens a segment: a saved filter or a list.
type CreateSegment struct {
	ID, Name string
	Kind     segment.Kind
	Rule     segment.Rule
}

// Stream implements Command.
func (c CreateSegment) Stream() domain.StreamID { return segment.Stream(c.ID) }

// Needs implements Command.
func (CreateSegment) Needs() domain.Permission { return access.WriteSegments }

// Opens implements Opening.
func (CreateSegment) Opens() {}

// Decide implements Command.
func (c CreateSegment) Decide(s segment.Segment, _ time.Time) ([]segment.Event, error) {
	return s.Create(c.Name, c.Kind, c.Rule)
}

// ChangeSegment gives a segment another name or rule; nil leaves what there is.
type ChangeSegment struct {
	ID                  string
	Name, Filter, Words *string
}

// Stream implements Command.
func (c ChangeSegment) Stream() domain.StreamID { return segment.Stream(c.ID) }

// Needs implements Command.
func (ChangeSegment) Needs() domain.Permission { return access.WriteSegments }

// Decide implements Command.
func (c ChangeSegment) Decide(s segment.Segment, _ time.Time) ([]segment.Event, error) {
	return s.Change(c.Name, c.Filter, c.Words)
}

// AddToSegment puts leads on a list.
type AddToSegment struct {
	ID    string
	Leads []string
}

// Stream implements Command.
func (c AddToSegment) Stream() domain.StreamID { return segment.Stream(c.ID) }

// Needs implements Command.
func (AddToSegment) Needs() domain.Permission { return access.WriteSegments }

// Decide implements Command.
func (c AddToSegment) Decide(s segment.Segment, _ time.Time) ([]segment.Event, error) {
	return s.Add(c.Leads)
}

// RemoveFromSegment takes leads off a list.
type RemoveFromSegment struct {
	ID    string
	Leads []string
}

// Stream implements Command.
func (c RemoveFromSegment) Stream() domain.StreamID { return segment.Stream(c.ID) }

// Needs implements Command.
func (RemoveFromSegment) Needs() domain.Permission { return access.WriteSegments }

// Decide implements Command.
func (c RemoveFromSegment) Decide(s segment.Segment, _ time.Time) ([]segment.Event, error) {
	return s.Remove(c.Leads)
}

// DeleteSegment takes a segment out of every list.
type DeleteSegment struct{ ID string }

// Stream implements Command.
func (c DeleteSegment) Stream() domain.StreamID { return segment.Stream(c.ID) }

// Needs implements Command.
func (DeleteSegment) Needs() domain.Permission { return access.WriteSegments }

// Decide implements Command.
func (DeleteSegment) Decide(s segment.Segment, _ time.Time) ([]segment.Event, error) {
	return s.Delete()
}

// RestoreSegment brings a deleted segment back.
type RestoreSegment struct{ ID string }

// Stream implements Command.
func (c RestoreSegment) Stream() domain.StreamID { return segment.Stream(c.ID) }

// Needs implements Command.
func (RestoreSegment) Needs() domain.Permission { return access.WriteSegments }

// Decide implements Command.
func (RestoreSegment) Decide(s segment.Segment, _ time.Time) ([]segment.Event, error) {
	return s.Restore()
}
