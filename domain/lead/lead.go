// Package lead decides what may happen to one lead: a person whom a sales team
// might win. The rules:
//
//  1. A lead needs a name or an address; every other value is optional.
//  2. An address belongs to one lead of an organization, archived ones included.
//  3. A value that cannot be understood (a phone, a country) is kept as it was given
//     and marked, never refused; a value that would break something (too long,
//     control characters, not an address) is refused by its name.
//  4. The status moves along the arrows of Status.Next; leaving for "disqualified"
//     needs a reason.
//  5. An archived lead changes only by being restored or erased.
//  6. An erased lead is gone: nothing can be done with it any more.
//  7. Asking for what is already so decides nothing.
package lead

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
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
	Erased   bool
	Shredded bool
}

// Evolve folds one fact into the state.
func (l Lead) Evolve(e Event) Lead {
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
	case Restored:
		l.Archived = false
	case Erased:
		l.Details, l.Erased = Details{Country: l.Country, Source: l.Source}, true
	case Shredded:
		l.Shredded = true
	}
	return l
}

// OwnedBy implements access.Owned.
func (l Lead) OwnedBy() string { return l.Owner }

// EmailClaim is the scope in which an address belongs to one lead.
const EmailClaim = "email"

// Claims implements domain.Claimant: an address belongs to one lead.
func (l Lead) Claims() []domain.Claim {
	if l.Email == "" {
		return nil
	}
	return []domain.Claim{{Scope: EmailClaim, Value: l.Email}}
}

// Capture opens a lead with what is known of the person.
func (l Lead) Capture(in Details, owner string) ([]Event, error) {
	if l.Status != "" {
		return nil, ErrExists
	}
	in, faults := in.normalised()
	if in.Name == "" && in.Email == "" && len(faults) == 0 {
		faults = append(faults, domain.Field{Name: "email", Message: "a lead needs a name or an email"})
	}
	faults = append(faults, ownerFaults(owner)...)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Captured{Details: in, Status: New, Owner: owner}}, nil
}

// Edit corrects the person's details; fields that are nil stay as they are, "" takes
// a value away.
func (l Lead) Edit(p Patch) ([]Event, error) {
	if err := l.workable(); err != nil {
		return nil, err
	}
	next, faults := p.on(l.Details)
	if next.Name == "" && next.Email == "" && len(faults) == 0 {
		faults = append(faults, domain.Field{Name: "email", Message: "a lead needs a name or an email"})
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	var changes []Change
	for _, f := range fields {
		if from, to := *f.of(&l.Details), *f.of(&next); from != to {
			changes = append(changes, Change{Field: f.name, From: from, To: to})
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return []Event{Edited{Changes: changes}}, nil
}

// Assign gives the lead to a member; "" takes it away from everybody.
func (l Lead) Assign(owner string) ([]Event, error) {
	if err := l.workable(); err != nil {
		return nil, err
	}
	if err := domain.Refuse(ownerFaults(owner)); err != nil {
		return nil, err
	}
	if owner == l.Owner {
		return nil, nil
	}
	return []Event{Assigned{From: l.Owner, To: owner}}, nil
}

// ChangeStatus moves the lead along the sales process.
func (l Lead) ChangeStatus(to Status, reason string) ([]Event, error) {
	if err := l.workable(); err != nil {
		return nil, err
	}
	reason, faults := prose("reason", reason)
	if !slices.Contains(Statuses(), to) {
		faults = append(faults, domain.Field{Name: "status", Message: "is none of new, working, qualified, customer, disqualified"})
	}
	if to == Disqualified && reason == "" && len(faults) == 0 {
		faults = append(faults, domain.Field{Name: "reason", Message: "say why the lead is disqualified"})
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if to == l.Status {
		return nil, nil
	}
	if !slices.Contains(l.Status.Next(), to) {
		return nil, ErrStatus
	}
	return []Event{StatusChanged{From: l.Status, To: to, Reason: reason}}, nil
}

// Archive takes the lead out of daily work.
func (l Lead) Archive(reason string) ([]Event, error) {
	if err := l.there(); err != nil {
		return nil, err
	}
	reason, faults := prose("reason", reason)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if l.Archived {
		return nil, nil
	}
	return []Event{Archived{Reason: reason}}, nil
}

// Restore brings an archived lead back.
func (l Lead) Restore() ([]Event, error) {
	if err := l.there(); err != nil {
		return nil, err
	}
	if !l.Archived {
		return nil, nil
	}
	return []Event{Restored{}}, nil
}

// Erase forgets the person; nothing brings them back.
func (l Lead) Erase() ([]Event, error) {
	switch {
	case l.Status == "":
		return nil, ErrNotFound
	case l.Erased:
		return nil, nil
	}
	return []Event{Erased{}}, nil
}

// RecordShredding notes that the key of the erased person is destroyed.
func (l Lead) RecordShredding() ([]Event, error) {
	switch {
	case !l.Erased:
		return nil, ErrNotFound
	case l.Shredded:
		return nil, nil
	}
	return []Event{Shredded{}}, nil
}

func (l Lead) there() error {
	if l.Status == "" || l.Erased {
		return ErrNotFound
	}
	return nil
}

func (l Lead) workable() error {
	if err := l.there(); err != nil {
		return err
	}
	if l.Archived {
		return ErrArchived
	}
	return nil
}
