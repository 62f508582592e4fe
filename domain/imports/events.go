package imports

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one import of a file.
//
//sumtype:decl
type Event interface{ isImport() }

// Uploaded says that a file lies ready, sealed, with what its columns may mean.
type Uploaded struct {
	Name     string   `json:"name,omitempty"` // of the file
	Bytes    int64    `json:"bytes"`
	Chunks   int      `json:"chunks"`
	Format   Format   `json:"format"`
	Encoding Encoding `json:"encoding"`
	Columns  []Column `json:"columns"`           // as they are proposed
	Mapping  string   `json:"mapping,omitempty"` // the saved one that the proposal is taken from
}

// PlanningStarted asks what an import would do.
type PlanningStarted struct {
	Columns []Column `json:"columns"`
	Options Options  `json:"options"`
	Mapping string   `json:"mapping,omitempty"` // the saved one that the columns are taken from
}

// Planned says what an import would do.
type Planned struct {
	Counts Counts `json:"counts"`
}

// CommitStarted asks for the plan to be carried out.
type CommitStarted struct {
	Role string `json:"role"` // of the one who asks, in whose name the leads are written
}

// Committed says what the import has done; Changed counts the rows of which something
// else became than was planned.
type Committed struct {
	Counts    Counts `json:"counts"`
	Companies int    `json:"companies"`
	Changed   int    `json:"changed"`
}

// UndoStarted asks for everything to be taken back that nobody has touched since.
type UndoStarted struct {
	Role string `json:"role"`
}

// Undone says what was taken back, and which leads were kept since somebody has worked
// on them.
type Undone struct {
	Deleted   int      `json:"deleted"`
	Reverted  int      `json:"reverted"`
	Companies int      `json:"companies"`
	Kept      int      `json:"kept"`
	KeptLeads []string `json:"kept_leads,omitempty"` // the first thousand
}

// Failed says that a file cannot be read, and why; it can be planned again.
type Failed struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// FileDestroyed says that the file is given up, and what was staged of its rows: nothing
// reads them from here on, and their key and bytes are destroyed by the very job that
// says so. What the import has done stays, and can still be taken back.
type FileDestroyed struct {
	Why string `json:"why"` // ForAge or ForErasure
}

func (Uploaded) isImport()        {}
func (PlanningStarted) isImport() {}
func (Planned) isImport()         {}
func (CommitStarted) isImport()   {}
func (Committed) isImport()       {}
func (UndoStarted) isImport()     {}
func (Undone) isImport()          {}
func (Failed) isImport()          {}
func (FileDestroyed) isImport()   {}

// Schema lists the facts as they are stored. The name of a file and those of its
// columns may tell of people: they are sealed for the import itself, and outlive the file,
// whose bytes have a key of their own.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Uploaded]("import.uploaded", domain.AsItWas).Seal("name", "columns").Public(),
		domain.Stored[PlanningStarted]("import.planning_started", domain.AsItWas).Seal("columns").Public(),
		domain.Stored[Planned]("import.planned").Public(),
		domain.Stored[CommitStarted]("import.commit_started").Public(),
		domain.Stored[Committed]("import.committed").Public(),
		domain.Stored[UndoStarted]("import.undo_started").Public(),
		domain.Stored[Undone]("import.undone").Public(),
		domain.Stored[Failed]("import.failed").Public(),
		domain.Stored[FileDestroyed]("import.file_destroyed").Public(),
	}
}
