package imports

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/lead"
)

// Outcome is what becomes of a row.
type Outcome string

// The outcomes of a row. Error is the row's own fault, Refused that of the state of
// things.
const (
	Create    Outcome = "create"
	Update    Outcome = "update"
	Unchanged Outcome = "unchanged"
	Skipped   Outcome = "skip"
	Error     Outcome = "error"
	Refused   Outcome = "refused"
)

// Found is what the world holds of a row.
type Found struct {
	Holders map[domain.Claim]string // who holds what the row's lead would claim
	Lead    *lead.Lead              // the one that the row's key names
	ID      string                  // of that lead
	First   int                     // the line of the file's first row with the key; 0 when this is it
	Company *company.Details        // that the row's company is known by
}

// Plan decides what becomes of a row. Preview and commit ask the same question.
func (o Options) Plan(p Person, faults []Reason, f Found) (Outcome, []Reason) {
	if len(faults) > 0 {
		return Error, faults
	}
	var warnings []Reason
	if f.Company != nil && f.Company.Differs(p.Company.Name) {
		warnings = append(warnings, Reason{Code: "company.name_differs", Field: "company", Message: "the company of this website has another name, which is kept"})
	}
	if f.First > 0 && o.OnDuplicate == Skip {
		return Skipped, []Reason{{Code: "row.duplicate", Field: o.Key, Message: "an earlier row of the file is the same person"}}
	}
	for _, claim := range (lead.Lead{Details: p.Details}).Claims() {
		if holder := f.Holders[claim]; holder != "" && holder != f.ID {
			return Refused, []Reason{{Code: "claim.taken", Field: claim.Scope, Message: "belongs to another lead", Lead: holder}}
		}
	}
	switch {
	case f.Lead == nil && f.First > 0:
		return Update, warnings // of the lead that the earlier row makes
	case f.Lead == nil:
		return Create, warnings
	case o.OnDuplicate == Skip:
		return Skipped, []Reason{{Code: "lead.exists", Field: o.Key, Message: "the lead is there already", Lead: f.ID}}
	case f.Lead.Archived:
		return Refused, []Reason{{Code: "lead.archived", Message: "the lead is archived", Lead: f.ID}}
	}
	changes, err := f.Lead.Merge(p.Details, o.OnDuplicate == Overwrite)
	if err != nil {
		return Refused, []Reason{{Code: "lead.refused", Message: err.Error(), Lead: f.ID}}
	}
	news := f.Lead.News(p.Note)
	switch {
	case news && len(f.Lead.Notes) >= lead.MaxNotes:
		return Refused, []Reason{{Code: lead.ErrNotes.Code, Field: "note", Message: lead.ErrNotes.Message, Lead: f.ID}}
	case len(changes) == 0 && !news:
		return Unchanged, warnings
	}
	return Update, warnings
}

// Add counts n rows of one outcome; those that are taken all the same with a reason
// are warnings.
func (c *Counts) Add(o Outcome, reasoned bool, n int) {
	c.Rows += n
	switch o {
	case Create:
		c.Create += n
	case Update:
		c.Update += n
	case Unchanged:
		c.Unchanged += n
	case Skipped:
		c.Skip += n
	case Error:
		c.Error += n
	case Refused:
		c.Refused += n
	}
	if reasoned && slices.Contains([]Outcome{Create, Update, Unchanged}, o) {
		c.Warnings += n
	}
}
