package mapping

import (
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
)

// Event is a fact about one mapping.
//
//sumtype:decl
type Event interface{ isMapping() }

// Saved keeps what the columns of a kind of file mean, and how such a file is taken in;
// it replaces what was saved before.
type Saved struct {
	Name    string           `json:"name"`
	Columns []imports.Column `json:"columns"`
	Options imports.Options  `json:"options"`
}

// Deleted takes the mapping away; its name is free again.
type Deleted struct{}

func (Saved) isMapping()   {}
func (Deleted) isMapping() {}

// Schema lists the facts as they are stored. What somebody calls a mapping, and what
// stands in the header of a file, may tell of people: it is sealed for the mapping itself.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Saved]("mapping.saved").Seal("name", "columns").Public(),
		domain.Stored[Deleted]("mapping.deleted").Public(),
	}
}
