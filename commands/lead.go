package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/lead"
)

// CaptureLead brings a person into the organization.
type CaptureLead struct {
	ID     string
	Owner  string
	Status lead.Status // "" is new
	lead.Details

	// Normalised says that the details have been brought into their one form.
	Normalised bool

	// Own are the organization's own fields, as far as the details hold values of them.
	Own field.Set
}

// Stream implements Command.
func (c CaptureLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (CaptureLead) Needs() domain.Permission { return access.WriteLeads }

// Opens implements Opening.
func (CaptureLead) Opens() {}

// Decide implements Command.
func (c CaptureLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	if c.Normalised {
		return l.CaptureNormalised(c.Details, c.Owner, c.Status)
	}
	return l.CaptureBy(c.Own, c.Details, c.Owner, c.Status)
}

// EditLead corrects what is known of the person.
type EditLead struct {
	ID    string
	Patch lead.Patch
}

// Stream implements Command.
func (c EditLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (EditLead) Needs() domain.Permission { return access.WriteLeads }

// Decide implements Command.
func (c EditLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) { return l.Edit(c.Patch) }

// TagLead adds and takes away tags.
type TagLead struct {
	ID          string
	Add, Remove []string
}

// Stream implements Command.
func (c TagLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (TagLead) Needs() domain.Permission { return access.WriteLeads }

// Decide implements Command.
func (c TagLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	return l.Tag(c.Add, c.Remove)
}

// DeleteLead takes the lead out of every list and frees its addresses.
type DeleteLead struct{ ID, Reason string }

// Stream implements Command.
func (c DeleteLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (DeleteLead) Needs() domain.Permission { return access.DeleteLeads }

// Decide implements Command.
func (c DeleteLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) { return l.Delete(c.Reason) }

// MergeLead takes what a file or another system says of the lead.
type MergeLead struct {
	ID        string
	Overwrite bool // also what is known already
	lead.Details
}

// Stream implements Command.
func (c MergeLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (MergeLead) Needs() domain.Permission { return access.WriteLeads }

// Decide implements Command.
func (c MergeLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	return l.Merge(c.Details, c.Overwrite)
}

// TakeBackLead undoes facts of a job as far as nobody has touched since what they did.
type TakeBackLead struct {
	ID      string
	Done    []lead.Event
	Version int // of the lead when the job was done with it
}

// Stream implements Command.
func (c TakeBackLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (TakeBackLead) Needs() domain.Permission { return access.BulkLeads }

// Decide implements Command.
func (c TakeBackLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	undo, _ := l.TakeBack(c.Done, c.Version)
	return undo, nil
}

// NoteLead writes something down about the lead.
type NoteLead struct {
	ID, Note, Text string

	News bool // only what no note says already: it comes from a file or another system
}

// Stream implements Command.
func (c NoteLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (NoteLead) Needs() domain.Permission { return access.WriteLeads }

// Decide implements Command.
func (c NoteLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	if c.News {
		return l.NoteNews(c.Note, c.Text)
	}
	return l.Note(c.Note, c.Text)
}

// RemoveLeadNote takes a note away.
type RemoveLeadNote struct{ ID, Note string }

// Stream implements Command.
func (c RemoveLeadNote) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (RemoveLeadNote) Needs() domain.Permission { return access.WriteLeads }

// Decide implements Command.
func (c RemoveLeadNote) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	return l.RemoveNote(c.Note)
}

// AssignLead gives the lead to a member; an empty owner takes it from everybody.
type AssignLead struct{ ID, Owner string }

// Stream implements Command.
func (c AssignLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (AssignLead) Needs() domain.Permission { return access.AssignLeads }

// Decide implements Command.
func (c AssignLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) { return l.Assign(c.Owner) }

// ChangeLeadStatus moves the lead along the sales process.
type ChangeLeadStatus struct {
	ID     string
	Status lead.Status
	Reason string
}

// Stream implements Command.
func (c ChangeLeadStatus) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (ChangeLeadStatus) Needs() domain.Permission { return access.WriteLeads }

// Decide implements Command.
func (c ChangeLeadStatus) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	return l.ChangeStatus(c.Status, c.Reason)
}

// ArchiveLead takes the lead out of daily work.
type ArchiveLead struct{ ID, Reason string }

// Stream implements Command.
func (c ArchiveLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (ArchiveLead) Needs() domain.Permission { return access.ArchiveLeads }

// Decide implements Command.
func (c ArchiveLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	return l.Archive(c.Reason)
}

// RestoreLead brings an archived lead back.
type RestoreLead struct{ ID string }

// Stream implements Command.
func (c RestoreLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (RestoreLead) Needs() domain.Permission { return access.ArchiveLeads }

// Decide implements Command.
func (RestoreLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) { return l.Restore() }

// EraseLead forgets the person for ever.
type EraseLead struct{ ID string }

// Stream implements Command.
func (c EraseLead) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (EraseLead) Needs() domain.Permission { return access.EraseLeads }

// Decide implements Command.
func (EraseLead) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) { return l.Erase() }

// RecordLeadShredding notes that the key of an erased person is destroyed.
type RecordLeadShredding struct{ ID string }

// Stream implements Command.
func (c RecordLeadShredding) Stream() domain.StreamID { return lead.Stream(c.ID) }

// Needs implements Command.
func (RecordLeadShredding) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (RecordLeadShredding) Decide(l lead.Lead, _ time.Time) ([]lead.Event, error) {
	return l.RecordShredding()
}
