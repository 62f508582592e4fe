package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/audit"
)

// RecordAudit writes down what was asked.
type RecordAudit struct {
	ID   string
	Fact audit.Event
}

// Stream implements Command.
func (c RecordAudit) Stream() domain.StreamID { return audit.Stream(c.ID) }

// Needs implements Command.
func (RecordAudit) Needs() domain.Permission { return access.RecordOutcomes }

// Opens implements Opening.
func (RecordAudit) Opens() {}

// Decide implements Command.
func (c RecordAudit) Decide(audit.Record, time.Time) ([]audit.Event, error) {
	return []audit.Event{c.Fact}, nil
}
