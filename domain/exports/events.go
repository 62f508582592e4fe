package exports

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one export of leads.
//
//sumtype:decl
type Event interface{ isExport() }

// Started says who takes which leads out, before the first of them is.
type Started struct {
	Format   Format   `json:"format"`
	Columns  []string `json:"columns,omitempty"`  // of a CSV file, as its header has them
	Filter   string   `json:"filter,omitempty"`   // in the one form of the language of filters
	Words    string   `json:"words,omitempty"`    // that were looked for
	Segment  string   `json:"segment,omitempty"`  // of which the leads are
	Sort     string   `json:"sort,omitempty"`     // "" for the newest first
	Archived string   `json:"archived,omitempty"` // "true" or "any" when archived leads are among them
	Role     string   `json:"role"`               // of the one who takes them out
}

// Finished says how many leads were taken out; Complete is false when the export broke
// off before its end, such as when the client went away.
type Finished struct {
	Rows     int  `json:"rows"`
	Complete bool `json:"complete"`
}

func (Started) isExport()  {}
func (Finished) isExport() {}

// Schema lists the facts as they are stored. What was looked for may name people: it
// is sealed for the export itself.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Started]("export.started").Seal("filter", "words").Public(),
		domain.Stored[Finished]("export.finished").Public(),
	}
}
