package imports

import (
	"fmt"
	"slices"
	"strconv"

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
	Lead    *lead.Lead              // the one that the row's key names, the oldest of several
	ID      string                  // of that lead
	Matches int                     // how many leads the row's key names
	First   int                     // the line of the file's first row with the key; 0 when this is it
	Company *company.Details        // that the row's company is known by
	Renamed bool                    // an earlier row of the file has brought the company under another name
}

// Plan decides what becomes of a row. Preview and commit ask the same question.
func (o Options) Plan(p Person, faults []Reason, f Found) (Outcome, []Reason) {
	if len(faults) > 0 {
		return Error, faults
	}
	warnings := o.warnings(p, f)
	if f.First > 0 && o.OnDuplicate == Skip {
		return Skipped, []Reason{o.again(f)}
	}
	if f.First > 0 && o.OnDuplicate == Another && o.Claimed() {
		return Refused, []Reason{o.again(f)}
	}
	for _, claim := range (lead.Lead{Details: p.Details}).Claims() {
		if holder := f.Holders[claim]; holder != "" && (holder != f.ID || o.OnDuplicate == Another) {
			return Refused, []Reason{{Code: "claim.taken", Field: claim.Scope, Message: "belongs to another lead", Lead: holder}}
		}
	}
	switch {
	case o.OnDuplicate == Another:
		return Create, warnings
	case f.Lead == nil && f.First > 0:
		return Update, warnings // of the lead that the earlier row makes
	case f.Lead == nil:
		return Create, warnings
	case o.OnDuplicate == Skip:
		return Skipped, append([]Reason{o.there(f)}, several(f)...)
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

// warnings are what a person is told of a row that is taken all the same.
func (o Options) warnings(p Person, f Found) (out []Reason) {
	if f.Company != nil && f.Company.Differs(p.Company.Name) || f.Company == nil && f.Renamed {
		out = append(out, NameDiffers())
	}
	switch {
	case o.OnDuplicate != Another:
		out = append(out, several(f)...)
	case f.First > 0: // whether the lead of that row is found yet is a matter of time
		out = append(out, o.again(f))
	case f.ID != "":
		out = append(out, o.there(f))
	}
	return out
}

// NameDiffers is what is said of a row whose company has another name.
func NameDiffers() Reason {
	return Reason{Code: "company.name_differs", Field: "company", Message: "the company of this website has another name, which is kept"}
}

func (o Options) again(f Found) Reason {
	return Reason{Code: "row.duplicate", Field: o.Key, Message: fmt.Sprintf("%s: line %d", SamePerson, f.First)}
}

// SamePerson is what is said of a row whose key an earlier row of the file has.
const SamePerson = "an earlier row of the file is the same person"

func (o Options) there(f Found) Reason {
	return Reason{Code: "lead.exists", Field: o.Key, Message: "the lead is there already", Lead: f.ID}
}

// MatchedUpTo is how far the leads of one key are counted.
const MatchedUpTo = 100

// several warns of a key that more than one lead has.
func several(f Found) []Reason {
	if f.Matches < 2 {
		return nil
	}
	n := strconv.Itoa(f.Matches)
	if f.Matches >= MatchedUpTo {
		n += " or more"
	}
	return []Reason{{Code: "lead.ambiguous", Message: "matches " + n + " leads; the oldest is taken", Lead: f.ID}}
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
