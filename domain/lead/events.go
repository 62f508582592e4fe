package lead

import (
	"slices"
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

// Tagged gives the lead tags and takes others away.
type Tagged struct {
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// on is the tags after the fact.
func (t Tagged) on(tags []string) []string {
	out := slices.DeleteFunc(slices.Clone(tags), func(v string) bool { return slices.Contains(t.Removed, v) })
	for _, v := range t.Added {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return nil
	}
	return out
}

// Deleted takes the lead out of every list; its addresses are free again. It can be
// restored as long as nobody else has taken them.
type Deleted struct {
	Reason string `json:"reason,omitempty"`
}

// Restored brings an archived or deleted lead back as it was.
type Restored struct{}

// Noted keeps what somebody has written down about the lead.
type Noted struct {
	Note string `json:"note"` // its id
	Text string `json:"text"`
}

// NoteRemoved takes a note away.
type NoteRemoved struct {
	Note string `json:"note"`
}

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
func (Tagged) isLead()        {}
func (Deleted) isLead()       {}
func (Restored) isLead()      {}
func (Erased) isLead()        {}
func (Shredded) isLead()      {}
func (Noted) isLead()         {}
func (NoteRemoved) isLead()   {}

// Schema lists the facts as they are stored.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Captured]("lead.captured", domain.AsItWas, domain.AsItWas).Seal("name", "first_name", "last_name", "email", "emails", "phone", "phone_status", "phones", "title", "company",
			"address", "city", "state", "postal_code", "country_given", "timezone", "linkedin", "tags", "external_ids", "custom").Public(),
		domain.SealEach(domain.Stored[Edited]("lead.edited"), personalChanges, "changes.*.from", "changes.*.to").Public(),
		domain.Stored[Assigned]("lead.assigned").Public(),
		domain.Stored[StatusChanged]("lead.status_changed").Seal("reason").Public(),
		domain.Stored[Archived]("lead.archived").Seal("reason").Public(),
		domain.Stored[Tagged]("lead.tagged").Seal("added", "removed").Public(),
		domain.Stored[Deleted]("lead.deleted").Seal("reason").Public(),
		domain.Stored[Restored]("lead.restored").Public(),
		domain.Stored[Erased]("lead.erased").Public().Erasing(),
		domain.Stored[Shredded]("lead.shredded").Public(),
		domain.Stored[Noted]("lead.noted").Seal("text").Public(),
		domain.Stored[NoteRemoved]("lead.note_removed").Public(),
	}
}

// personalChanges leaves in clear only the fields that are clear in Captured too.
func personalChanges(e Edited) []string {
	var out []string
	for i, c := range e.Changes {
		if !slices.Contains(ClearFields(), c.Field) {
			at := "changes." + strconv.Itoa(i)
			out = append(out, at+".from", at+".to")
		}
	}
	return out
}
