package lead

import (
	"strconv"

	"github.com/canvass-hq/canvass/domain"
)

// Event is a fact about one lead.
//
//sumtype:decl
type Event interface{ isLead() }

// Captured opens a lead.
type Captured struct {
	Details
	Status Status `json:"status"`
	Owner  string `json:"owner,omitempty"`
}

// Edited corrects what is known of the person.
type Edited struct {
	Changes []Change `json:"changes"`
}

// Change is one value before and after an edit; "" is no value.
type Change struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// Assigned gives the lead to a member of the organization; "" is nobody.
type Assigned struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// StatusChanged moves the lead along the sales process.
type StatusChanged struct {
	From   Status `json:"from"`
	To     Status `json:"to"`
	Reason string `json:"reason,omitempty"`
}

// Archived takes the lead out of daily work; it can be restored.
type Archived struct {
	Reason string `json:"reason,omitempty"`
}

// Restored brings an archived lead back as it was.
type Restored struct{}

// Erased asks for the person to be forgotten, for ever: the key of their data is
// destroyed and every copy of it goes.
type Erased struct{}

// Shredded says that the key of the erased person's data is destroyed: what the log
// holds of them can be opened by nobody any more.
type Shredded struct{}

func (Captured) isLead()      {}
func (Edited) isLead()        {}
func (Assigned) isLead()      {}
func (StatusChanged) isLead() {}
func (Archived) isLead()      {}
func (Restored) isLead()      {}
func (Erased) isLead()        {}
func (Shredded) isLead()      {}

// Schema lists the facts as they are stored.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Captured]("lead.captured").Seal("name", "email", "phone", "phone_status", "title", "company", "country_given").Public(),
		domain.SealEach(domain.Stored[Edited]("lead.edited"), personalChanges, "changes.*.from", "changes.*.to").Public(),
		domain.Stored[Assigned]("lead.assigned").Public(),
		domain.Stored[StatusChanged]("lead.status_changed").Seal("reason").Public(),
		domain.Stored[Archived]("lead.archived").Seal("reason").Public(),
		domain.Stored[Restored]("lead.restored").Public(),
		domain.Stored[Erased]("lead.erased").Public().Erasing(),
		domain.Stored[Shredded]("lead.shredded").Public(),
	}
}

// personalChanges leaves in clear only the fields that are clear in Captured too.
func personalChanges(e Edited) []string {
	var out []string
	for i, c := range e.Changes {
		if c.Field != "country" && c.Field != "source" {
			at := "changes." + strconv.Itoa(i)
			out = append(out, at+".from", at+".to")
		}
	}
	return out
}
