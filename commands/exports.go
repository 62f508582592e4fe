package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/exports"
)

// StartExport records that leads are about to be taken out.
type StartExport struct {
	ID string
	exports.Started
}

// Stream implements Command.
func (c StartExport) Stream() domain.StreamID { return exports.Stream(c.ID) }

// Needs implements Command.
func (StartExport) Needs() domain.Permission { return access.ExportLeads }

// Opens implements Opening.
func (StartExport) Opens() {}

// Decide implements Command.
func (c StartExport) Decide(x exports.Export, _ time.Time) ([]exports.Event, error) {
	return x.Start(c.Started)
}

// FinishExport records how many leads were taken out.
type FinishExport struct {
	ID string
	exports.Finished
}

// Stream implements Command.
func (c FinishExport) Stream() domain.StreamID { return exports.Stream(c.ID) }

// Needs implements Command.
func (FinishExport) Needs() domain.Permission { return access.ExportLeads }

// Decide implements Command.
func (c FinishExport) Decide(x exports.Export, _ time.Time) ([]exports.Event, error) {
	return x.Finish(c.Finished)
}
