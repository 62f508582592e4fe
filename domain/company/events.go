package company

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one company.
//
//sumtype:decl
type Event interface{ isCompany() }

// Registered opens a company.
type Registered struct{ Details }

// Edited corrects what is known of the company.
type Edited struct {
	Changes []Change `json:"changes"`
}

// Change is one value before and after an edit; "" is no value.
type Change struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// Deleted takes the company out of every list; its domain and name are free again.
type Deleted struct{}

// Restored brings a deleted company back as it was.
type Restored struct{}

func (Registered) isCompany() {}
func (Edited) isCompany()     {}
func (Deleted) isCompany()    {}
func (Restored) isCompany()   {}

// Schema lists the facts as they are stored. A company is no person: its values lie in
// the log in clear.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Registered]("company.registered").Public(),
		domain.Stored[Edited]("company.edited").Public(),
		domain.Stored[Deleted]("company.deleted").Public(),
		domain.Stored[Restored]("company.restored").Public(),
	}
}
