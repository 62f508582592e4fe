package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/tracking"
)

// NoteVisit notes what was done with a mail.
type NoteVisit struct {
	Mail string
	What tracking.Event
}

// Stream implements Command.
func (c NoteVisit) Stream() domain.StreamID { return tracking.Stream(c.Mail) }

// Needs implements Command.
func (NoteVisit) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c NoteVisit) Decide(v tracking.Visit, _ time.Time) ([]tracking.Event, error) {
	return v.Note(c.What)
}
