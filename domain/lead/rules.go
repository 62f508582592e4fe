package lead

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/values"
)

// Capture opens a lead with what is known of the person.
func (l Lead) Capture(in Details, owner string, status Status) ([]Event, error) {
	return l.CaptureBy(nil, in, owner, status)
}

// CaptureBy is Capture where the organization has fields of its own.
func (l Lead) CaptureBy(own field.Set, in Details, owner string, status Status) ([]Event, error) {
	if l.Status != "" {
		return nil, ErrExists
	}
	in, faults := in.NormalisedBy(own)
	return l.capture(in, faults, owner, status)
}

// CaptureNormalised is Capture of details that Normalised has brought into their one
// form without a fault.
func (l Lead) CaptureNormalised(in Details, owner string, status Status) ([]Event, error) {
	if l.Status != "" {
		return nil, ErrExists
	}
	return l.capture(in, nil, owner, status)
}

func (l Lead) capture(in Details, faults []domain.Field, owner string, status Status) ([]Event, error) {
	if in.Name == "" && in.Email == "" && len(faults) == 0 {
		faults = append(faults, domain.Field{Name: "email", Message: "a lead needs a name or an email"})
	}
	if status == "" {
		status = New
	}
	if !slices.Contains(Statuses(), status) {
		faults = append(faults, statusFault())
	}
	faults = append(faults, ownerFaults(owner)...)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Captured{Details: in, Status: status, Owner: owner}}, nil
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
	changes := l.changes(next)
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
	reason, faults := values.Prose("reason", reason)
	if !slices.Contains(Statuses(), to) {
		faults = append(faults, statusFault())
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
		refusal := *ErrStatus
		refusal.Message = "the lead cannot move from " + string(l.Status) + " to " + string(to)
		return nil, &refusal
	}
	return []Event{StatusChanged{From: l.Status, To: to, Reason: reason}}, nil
}

func statusFault() domain.Field {
	return domain.Field{Name: "status", Message: "is none of new, working, qualified, customer, disqualified"}
}

// Archive takes the lead out of daily work.
func (l Lead) Archive(reason string) ([]Event, error) {
	if err := l.there(); err != nil {
		return nil, err
	}
	reason, faults := values.Prose("reason", reason)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if l.Archived {
		return nil, nil
	}
	return []Event{Archived{Reason: reason}}, nil
}

// Restore brings an archived or deleted lead back. What a deleted one held may belong
// to another by now: then the log refuses.
func (l Lead) Restore() ([]Event, error) {
	switch {
	case l.Status == "" || l.Erased:
		return nil, ErrNotFound
	case !l.Archived && !l.Deleted:
		return nil, nil
	}
	return []Event{Restored{}}, nil
}

// Delete takes the lead out of every list and lets go of its addresses; its history
// stays, and it can be restored.
func (l Lead) Delete(reason string) ([]Event, error) {
	if l.Deleted && !l.Erased {
		return nil, nil
	}
	if err := l.there(); err != nil {
		return nil, err
	}
	reason, faults := values.Prose("reason", reason)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Deleted{Reason: reason}}, nil
}

// Tag adds and takes away tags; one that is in both stays away.
func (l Lead) Tag(add, remove []string) ([]Event, error) {
	if err := l.workable(); err != nil {
		return nil, err
	}
	add, faults := Tags(add)
	remove, wrong := Tags(remove)
	var e Tagged
	for _, t := range add {
		if !slices.Contains(l.Tags, t) && !slices.Contains(remove, t) {
			e.Added = append(e.Added, t)
		}
	}
	for _, t := range remove {
		if slices.Contains(l.Tags, t) {
			e.Removed = append(e.Removed, t)
		}
	}
	next := Details{Tags: e.on(l.Tags)}
	if err := domain.Refuse(append(append(faults, wrong...), next.tooMany()...)); err != nil {
		return nil, err
	}
	if len(e.Added)+len(e.Removed) == 0 {
		return nil, nil
	}
	return []Event{e}, nil
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
	if l.Status == "" || l.Erased || l.Deleted {
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
