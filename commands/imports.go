package commands

import (
	"context"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
)

// UploadImport records that a file lies ready.
type UploadImport struct {
	ID string
	imports.Uploaded
}

// Stream implements Command.
func (c UploadImport) Stream() domain.StreamID { return imports.Stream(c.ID) }

// Needs implements Command.
func (UploadImport) Needs() domain.Permission { return access.ImportLeads }

// Opens implements Opening.
func (UploadImport) Opens() {}

// Decide implements Command.
func (c UploadImport) Decide(i imports.Import, _ time.Time) ([]imports.Event, error) {
	return i.Upload(c.Uploaded)
}

// PlanImport asks what an import would do.
type PlanImport struct {
	ID      string
	Columns []imports.Column // nil for those that are proposed
	Saved   *imports.Saved   // the mapping that is to be taken; nil for none
	Options imports.Options
}

// Stream implements Command.
func (c PlanImport) Stream() domain.StreamID { return imports.Stream(c.ID) }

// Needs implements Command.
func (PlanImport) Needs() domain.Permission { return access.ImportLeads }

// Decide implements Command.
func (c PlanImport) Decide(i imports.Import, _ time.Time) ([]imports.Event, error) {
	if c.Saved != nil {
		return i.PlanBy(*c.Saved, c.Options)
	}
	return i.Plan(c.Columns, c.Options)
}

// CommitImport asks for the plan to be carried out, in the name of a role.
type CommitImport struct{ ID, Role string }

// Stream implements Command.
func (c CommitImport) Stream() domain.StreamID { return imports.Stream(c.ID) }

// Needs implements Command.
func (CommitImport) Needs() domain.Permission { return access.ImportLeads }

// Decide implements Command.
func (c CommitImport) Decide(i imports.Import, _ time.Time) ([]imports.Event, error) {
	return i.Commit(c.Role)
}

// UndoImport asks for an import to be taken back.
type UndoImport struct{ ID, Role string }

// Stream implements Command.
func (c UndoImport) Stream() domain.StreamID { return imports.Stream(c.ID) }

// Needs implements Command.
func (UndoImport) Needs() domain.Permission { return access.ImportLeads }

// Decide implements Command.
func (c UndoImport) Decide(i imports.Import, _ time.Time) ([]imports.Event, error) {
	return i.Undo(c.Role)
}

// DestroyImportFile gives the file of an import up.
type DestroyImportFile struct{ ID, Why string }

// Stream implements Command.
func (c DestroyImportFile) Stream() domain.StreamID { return imports.Stream(c.ID) }

// Needs implements Command.
func (DestroyImportFile) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c DestroyImportFile) Decide(i imports.Import, _ time.Time) ([]imports.Event, error) {
	return i.DestroyFile(c.Why)
}

// RecordImport notes how far a job has brought an import: exactly one of its parts is
// set.
type RecordImport struct {
	ID        string
	Planned   *imports.Planned
	Failed    *imports.Failed
	Committed *imports.Committed
	Undone    *imports.Undone
}

// Stream implements Command.
func (c RecordImport) Stream() domain.StreamID { return imports.Stream(c.ID) }

// Needs implements Command.
func (RecordImport) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c RecordImport) Decide(i imports.Import, _ time.Time) ([]imports.Event, error) {
	switch {
	case c.Planned != nil:
		return i.RecordPlan(c.Planned.Counts)
	case c.Failed != nil:
		return i.Fail(c.Failed.Code, c.Failed.Message)
	case c.Committed != nil:
		return i.RecordCommit(*c.Committed)
	}
	return i.RecordUndo(*c.Undone)
}

// ImportChain is the chain of causes by which the leads are known that an import has brought or
// changed, or imports.ErrNotFound where none was committed.
func ImportChain(ctx context.Context, r *Runner, org, id string) (string, error) {
	found, _, err := r.Store.LoadMany(ctx, org, []domain.StreamID{imports.Stream(id)}, nil)
	if err != nil {
		return "", err
	}
	h := found[id]
	for n, f := range h.Facts {
		if _, ok := f.(imports.CommitStarted); ok {
			return h.Marks[n].Correlation, nil
		}
	}
	return "", imports.ErrNotFound
}
