package field

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one field of an organization's own.
//
//sumtype:decl
type Event interface{ isField() }

// Defined gives the organization a field.
type Defined struct {
	Key     string   `json:"key"`
	Label   string   `json:"label"`
	Kind    Kind     `json:"kind"`
	Options []string `json:"options,omitempty"`
	Slot    string   `json:"slot,omitempty"` // "" when it cannot be filtered by
}

// Changed calls the field something else and adds options.
type Changed struct {
	Label        string   `json:"label,omitempty"` // "" leaves it
	AddedOptions []string `json:"added_options,omitempty"`
}

// MadeFilterable gives the field a slot, into which the values that leads hold come too.
type MadeFilterable struct {
	Slot string `json:"slot"`
}

// Retired takes the field out of use; its key and slot are free again.
type Retired struct{}

func (Defined) isField()        {}
func (Changed) isField()        {}
func (MadeFilterable) isField() {}
func (Retired) isField()        {}

// Schema lists the facts as they are stored. A field is of an organization: nothing in it
// is anybody's personal data.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Defined]("field.defined").Public(),
		domain.Stored[Changed]("field.changed").Public(),
		domain.Stored[MadeFilterable]("field.made_filterable").Public(),
		domain.Stored[Retired]("field.retired").Public(),
	}
}
