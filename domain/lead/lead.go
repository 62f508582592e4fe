// Package lead decides what may happen to one lead: a person whom a sales team
// might win. The rules:
//
//  1. A lead needs a name or an address; every other value is optional.
//  2. An address, and an id of another system, belongs to one lead of an organization,
//     archived ones included.
//  3. A value that cannot be understood (a phone, a country) is kept as it was given
//     and marked, never refused; a value that would break something (too long,
//     control characters, not an address) is refused by its name.
//  4. The status moves along the arrows of Status.Next; leaving for "disqualified"
//     needs a reason.
//  5. An archived lead changes only by being restored, deleted or erased. A deleted one
//     is in no list and holds no address any more, until it is restored.
//  6. An erased lead is gone: nothing can be done with it any more.
//  7. Notes are prose, MaxNotes of them at a time; what is brought in notes nothing twice.
//  8. A value of one of the organization's own fields is of that field's kind when it is
//     written, or refused by its name.
//  9. Asking for what is already so decides nothing.
package lead

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// Status is where a lead stands in the sales process.
type Status string

// The statuses of a lead.
const (
	New          Status = "new"
	Working      Status = "working"
	Qualified    Status = "qualified"
	Customer     Status = "customer"
	Disqualified Status = "disqualified"
)

// Statuses lists them in the order of the sales process.
func Statuses() []Status { return []Status{New, Working, Qualified, Customer, Disqualified} }

// Next lists the statuses that a lead may move to from s.
func (s Status) Next() []Status {
	switch s {
	case New:
		return []Status{Working, Qualified, Disqualified}
	case Working:
		return []Status{Qualified, Customer, Disqualified}
	case Qualified:
		return []Status{Working, Customer, Disqualified}
	case Customer:
		return []Status{Working, Disqualified}
	case Disqualified:
		return []Status{New, Working}
	}
	return nil
}

// The refusals of a lead.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "lead.not_found", Message: "there is no such lead"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "lead.exists", Message: "the lead exists already"}
	ErrArchived = &domain.Error{Kind: domain.Conflict, Code: "lead.archived", Message: "the lead is archived: restore it first"}
	ErrStatus   = &domain.Error{Kind: domain.Conflict, Code: "lead.status_not_allowed", Message: "the lead cannot move to that status from where it is"}
)

// Category names the streams of leads.
const Category = "lead"

// Stream names the stream of one lead.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Lead is what the rules need to remember of one lead.
type Lead struct {
	Details
	Status   Status
	Owner    string
	Archived bool
	Deleted  bool
	Erased   bool
	Shredded bool
	Version  int // how many facts there are
	Notes    []NoteMark
	Removed  []string // ids of notes that were taken away
}

// Evolve folds one fact into the state.
func (l Lead) Evolve(e Event) Lead {
	l.Version++
	switch e := e.(type) {
	case Captured:
		l.Details, l.Status, l.Owner = e.Details, e.Status, e.Owner
	case Edited:
		for _, c := range e.Changes {
			l.set(c.Field, c.To)
		}
	case Assigned:
		l.Owner = e.To
	case StatusChanged:
		l.Status = e.To
	case Archived:
		l.Archived = true
	case Tagged:
		l.Tags = e.on(l.Tags)
	case Restored:
		l.Archived, l.Deleted = false, false
	case Deleted:
		l.Deleted = true
	case Erased:
		l.Details, l.Erased = Details{Country: l.Country, Source: l.Source, CompanyID: l.CompanyID, Team: l.Team}, true
	case Shredded:
		l.Shredded = true
	case Noted:
		l.Notes = append(slices.Clip(l.Notes), NoteMark{ID: e.Note, Text: markOf(e.Text)})
	case NoteRemoved:
		l = l.without(e.Note)
	}
	return l
}

// Belongs implements access.Owned.
func (l Lead) Belongs() access.Belonging {
	return access.Belonging{Owner: l.Owner, Team: l.Team}
}

// The scopes in which an address, and an id of another system, belong to one lead.
const (
	EmailClaim    = "email"
	ExternalClaim = "external_id"
)

// ExternalID is the claim of an id of another system.
func ExternalID(system, id string) domain.Claim {
	return domain.Claim{Scope: ExternalClaim, Value: system + ":" + id}
}

// AddressesEver lists every mail address that a lead has had, of its facts.
func AddressesEver(facts []any) []string {
	var l Lead
	var out []string
	for _, f := range facts {
		e, ok := f.(Event)
		if !ok {
			continue
		}
		l = l.Evolve(e)
		out = append(out, l.addresses()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Claims implements domain.Claimant. A deleted lead lets go of what it held.
func (l Lead) Claims() []domain.Claim {
	if l.Deleted {
		return nil
	}
	var out []domain.Claim
	for _, a := range l.addresses() {
		out = append(out, domain.Claim{Scope: EmailClaim, Value: a})
	}
	for _, system := range keys(l.ExternalIDs, nil) {
		out = append(out, ExternalID(system, l.ExternalIDs[system]))
	}
	return out
}
