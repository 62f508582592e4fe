package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/lead"
)

// StartBulk asks for an action on every lead that a selection names.
type StartBulk struct {
	ID        string
	Action    bulk.Action
	Selection bulk.Selection
	Role      string // in whose name the leads are changed
	Teams     []string
}

// Stream implements Command.
func (c StartBulk) Stream() domain.StreamID { return bulk.Stream(c.ID) }

// Needs implements Command.
func (StartBulk) Needs() domain.Permission { return access.BulkLeads }

// Opens implements Opening.
func (StartBulk) Opens() {}

// Decide implements Command.
func (c StartBulk) Decide(b bulk.Bulk, _ time.Time) ([]bulk.Event, error) {
	return b.Start(c.Action, c.Selection, c.Role, c.Teams)
}

// UndoBulk asks for an action to be taken back.
type UndoBulk struct {
	ID, Role string
	Teams    []string
}

// Stream implements Command.
func (c UndoBulk) Stream() domain.StreamID { return bulk.Stream(c.ID) }

// Needs implements Command.
func (UndoBulk) Needs() domain.Permission { return access.BulkLeads }

// Decide implements Command.
func (c UndoBulk) Decide(b bulk.Bulk, _ time.Time) ([]bulk.Event, error) {
	return b.Undo(c.Role, c.Teams)
}

// RecordBulk notes how far a job has brought a bulk action: exactly one of its parts is
// set.
type RecordBulk struct {
	ID       string
	Finished *bulk.Finished
	Failed   *bulk.Failed
	Undone   *bulk.Undone
}

// Stream implements Command.
func (c RecordBulk) Stream() domain.StreamID { return bulk.Stream(c.ID) }

// Needs implements Command.
func (RecordBulk) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c RecordBulk) Decide(b bulk.Bulk, _ time.Time) ([]bulk.Event, error) {
	switch {
	case c.Finished != nil:
		return b.Finish(c.Finished.Counts)
	case c.Failed != nil:
		return b.Fail(c.Failed.Code, c.Failed.Message)
	}
	return b.RecordUndo(*c.Undone)
}

// ActOnLead does a bulk action to one lead.
type ActOnLead struct {
	ID     string
	Action bulk.Action
}

// Stream implements Command.
func (c ActOnLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command: what the same change to one lead needs.
func (c ActOnLead) Needs() domain.Permission {
	switch c.Action.Kind {
	case bulk.Assign:
		return access.AssignLeads
	case bulk.Archive, bulk.Restore:
		return access.ArchiveLeads
	case bulk.Tag, bulk.Status, bulk.Edit:
	}
	return access.WriteLeads
}

// Decide implements Command.
func (c ActOnLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) { return c.Action.Decide(l) }
