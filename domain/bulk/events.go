package bulk

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one bulk action.
//
//sumtype:decl
type Event interface{ isBulk() }

// Started asks for an action on every lead that a selection names.
type Started struct {
	Action    Action    `json:"action"`
	Selection Selection `json:"selection"`
	Role      string    `json:"role"` // of the one who asks, in whose name the leads are changed
	Teams     []string  `json:"teams,omitempty"`
}

// Finished says what the action has done.
type Finished struct {
	Counts Counts `json:"counts"`
}

// Failed says why the action could not begin; nothing was changed.
type Failed struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// UndoStarted asks for everything to be taken back that nobody has touched since.
type UndoStarted struct {
	Role  string   `json:"role"`
	Teams []string `json:"teams,omitempty"`
}

// Undone says how many leads were taken back, and which were kept since somebody has
// worked on them.
type Undone struct {
	Reverted  int      `json:"reverted"`
	Kept      int      `json:"kept"`
	KeptLeads []string `json:"kept_leads,omitempty"` // the first thousand
}

func (Started) isBulk()     {}
func (Finished) isBulk()    {}
func (Failed) isBulk()      {}
func (UndoStarted) isBulk() {}
func (Undone) isBulk()      {}

// Schema lists the facts as they are stored. What is looked for and what is written may
// tell of people: it is sealed for the action itself.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Started]("bulk_action.started", domain.AsItWas).
			Seal("action.add", "action.remove", "action.reason", "action.set", "selection.filter", "selection.words").Public(),
		domain.Stored[Finished]("bulk_action.finished").Public(),
		domain.Stored[Failed]("bulk_action.failed").Public(),
		domain.Stored[UndoStarted]("bulk_action.undo_started", domain.AsItWas).Public(),
		domain.Stored[Undone]("bulk_action.undone").Public(),
	}
}
