package imports

import (
	"slices"
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Status is where an import stands.
type Status string

// The statuses of an import, in their order.
const (
	StatusUploaded   Status = "uploaded"
	StatusPlanning   Status = "planning"
	StatusPlanned    Status = "planned"
	StatusFailed     Status = "failed"
	StatusCommitting Status = "committing"
	StatusCommitted  Status = "committed"
	StatusUndoing    Status = "undoing"
	StatusUndone     Status = "undone"
)

// The refusals of an import.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "import.not_found", Message: "there is no such import"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "import.exists", Message: "the import exists already"}
	ErrGone     = &domain.Error{Kind: domain.Conflict, Code: "import.file_gone", Message: "the file is not kept any more"}
	ErrBusy     = &domain.Error{Kind: domain.Conflict, Code: "import.status_not_allowed", Message: "the import does not allow this where it stands"}
)

// Category names the streams of imports.
const Category = "import"

// Stream names the stream of one import.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// What becomes of a row whose lead is there already.
const (
	Skip      = "skip"
	Fill      = "fill"      // take what is not known yet
	Overwrite = "overwrite" // take everything that the row holds
	Another   = "create"    // make another lead, where the key is none that belongs to one lead alone
)

// By what a row and a lead are found to be the same. An address and an id belong to one
// lead of the organization; several leads may share a phone, or a name and a company.
const (
	ByEmail       = "email"
	ByExternalID  = "external_id"
	ByPhone       = "phone"
	ByCompanyName = "company_name" // the name of the person and that of the company, together
)

// Why a file is kept no longer.
const (
	ForAge     = "age"
	ForErasure = "erasure" // of a person who may be in it
)

// KeptFor is how long a file is kept from its upload on.
const KeptFor = 30 * 24 * time.Hour

// Options say how a file is taken in.
type Options struct {
	Key         string   `json:"key"`
	OnDuplicate string   `json:"on_duplicate"`
	System      string   `json:"system"`           // whose ids a column of ids holds
	Source      string   `json:"source,omitempty"` // of rows that name none
	Owner       string   `json:"owner,omitempty"`  // of rows that name none
	Tags        []string `json:"tags,omitempty"`   // for every lead that is made
}

// Claimed tells whether the key belongs to one lead alone, who is known at once. The
// leads of another key are looked up in the list of leads.
func (o Options) Claimed() bool { return o.Key == ByEmail || o.Key == ByExternalID }

// Counts is what becomes of the rows of a file.
type Counts struct {
	Rows      int `json:"rows"`
	Create    int `json:"create"`
	Update    int `json:"update"`
	Unchanged int `json:"unchanged"`
	Skip      int `json:"skip"`
	Error     int `json:"error"`
	Refused   int `json:"refused"`
	Warnings  int `json:"warnings"`
}

// Import is what the rules need to remember of one import.
type Import struct {
	File    Uploaded
	Status  Status
	Columns []Column
	Options Options
	Counts  Counts
	Role    string
	Gone    bool // the file is destroyed
}

// Evolve folds one fact into the state.
func (i Import) Evolve(e Event) Import {
	switch e := e.(type) {
	case Uploaded:
		i.File, i.Columns, i.Status = e, e.Columns, StatusUploaded
	case PlanningStarted:
		i.Columns, i.Options, i.Status, i.Counts = e.Columns, e.Options, StatusPlanning, Counts{}
	case Planned:
		i.Counts, i.Status = e.Counts, StatusPlanned
	case CommitStarted:
		i.Role, i.Status = e.Role, StatusCommitting
	case Committed:
		i.Counts, i.Status = e.Counts, StatusCommitted
	case UndoStarted:
		i.Role, i.Status = e.Role, StatusUndoing
	case Undone:
		i.Status = StatusUndone
	case Failed:
		i.Status = StatusFailed
	case FileDestroyed:
		i.Gone = true
	}
	return i
}

// Upload records that a file lies ready.
func (i Import) Upload(u Uploaded) ([]Event, error) {
	if i.Status != "" {
		return nil, ErrExists
	}
	return []Event{u}, nil
}

// header lists the columns of the file.
func (i Import) header() []string {
	out := make([]string, len(i.File.Columns))
	for n, c := range i.File.Columns {
		out[n] = c.Header
	}
	return out
}

// Plan asks what the import would do, by a mapping and options of one's own; nil
// columns are those that were proposed.
func (i Import) Plan(columns []Column, o Options) ([]Event, error) {
	if err := i.plannable(); err != nil {
		return nil, err
	}
	if columns == nil {
		return i.plan(i.File.Columns, i.File.Mapping, o)
	}
	return i.plan(columns, "", o)
}

func (i Import) plannable() error {
	if err := i.at(StatusUploaded, StatusPlanned, StatusFailed, StatusUndone); err != nil {
		return err
	}
	if i.Gone {
		return ErrGone
	}
	return nil
}

func (i Import) plan(columns []Column, mapping string, o Options) ([]Event, error) {
	if err := Validate(i.header(), columns); err != nil {
		return nil, err
	}
	o, faults := o.Normalised()
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{PlanningStarted{Columns: columns, Options: o, Mapping: mapping}}, nil
}

// RecordPlan notes what the import would do.
func (i Import) RecordPlan(c Counts) ([]Event, error) {
	if err := i.at(StatusPlanning); err != nil {
		return nil, err
	}
	return []Event{Planned{Counts: c}}, nil
}

// Commit asks for the plan to be carried out.
func (i Import) Commit(role string) ([]Event, error) {
	if err := i.at(StatusPlanned); err != nil {
		return nil, err
	}
	if i.Gone {
		return nil, ErrGone
	}
	return []Event{CommitStarted{Role: role}}, nil
}

// RecordCommit notes what the import has done.
func (i Import) RecordCommit(c Committed) ([]Event, error) {
	if err := i.at(StatusCommitting); err != nil {
		return nil, err
	}
	return []Event{c}, nil
}

// Undo asks for everything to be taken back that nobody has touched since.
func (i Import) Undo(role string) ([]Event, error) {
	if err := i.at(StatusCommitted); err != nil {
		return nil, err
	}
	return []Event{UndoStarted{Role: role}}, nil
}

// RecordUndo notes what was taken back.
func (i Import) RecordUndo(u Undone) ([]Event, error) {
	if err := i.at(StatusUndoing); err != nil {
		return nil, err
	}
	return []Event{u}, nil
}

// Fail notes that the file cannot be read.
func (i Import) Fail(code, message string) ([]Event, error) {
	if err := i.at(StatusPlanning); err != nil {
		return nil, err
	}
	return []Event{Failed{Code: code, Message: message}}, nil
}

// DestroyFile gives the file up, unless a stage is under way: then it is asked for again
// when that has ended.
func (i Import) DestroyFile(why string) ([]Event, error) {
	if err := i.at(StatusUploaded, StatusPlanned, StatusFailed, StatusCommitted, StatusUndone); err != nil {
		return nil, err
	}
	if i.Gone {
		return nil, nil
	}
	return []Event{FileDestroyed{Why: why}}, nil
}

func (i Import) at(allowed ...Status) error {
	if i.Status == "" {
		return ErrNotFound
	}
	if !slices.Contains(allowed, i.Status) {
		return ErrBusy
	}
	return nil
}
