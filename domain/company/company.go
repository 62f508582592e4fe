// Package company decides what may happen to one company that leads work for. The
// rules:
//
//  1. A company needs a name or a website with a domain of its own.
//  2. A registrable domain belongs to one company of an organization. A company without
//     one is known by its name, however it is written.
//  3. Providers of mail and of pages for everybody are nobody's domain.
//  4. Another name on a known domain is a warning to whoever brings it, see Differs.
//  5. A deleted company holds nothing, until it is restored.
//  6. Asking for what is already so decides nothing.
package company

import (
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// The refusals of a company.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "company.not_found", Message: "there is no such company"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "company.exists", Message: "the company exists already"}
)

// Category names the streams of companies.
const Category = "company"

// Stream names the stream of one company.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Company is what the rules need to remember of one company.
type Company struct {
	Details
	Known   bool
	Deleted bool
}

// Evolve folds one fact into the state.
func (c Company) Evolve(e Event) Company {
	switch e := e.(type) {
	case Registered:
		c.Details, c.Known = e.Details, true
	case Edited:
		for _, v := range e.Changes {
			c.set(v.Field, v.To)
		}
	case Deleted:
		c.Deleted = true
	case Restored:
		c.Deleted = false
	}
	return c
}

// The scopes in which a domain, and the name of a company without one, belong to one
// company.
const (
	DomainClaim = "company.domain"
	NameClaim   = "company.name"
)

// Claims implements domain.Claimant.
func (c Company) Claims() []domain.Claim {
	if !c.Known || c.Deleted {
		return nil
	}
	return []domain.Claim{c.Claim()}
}

// Claim is what these details make a company known by.
func (d Details) Claim() domain.Claim {
	if d.Domain != "" {
		return domain.Claim{Scope: DomainClaim, Value: d.Domain}
	}
	return domain.Claim{Scope: NameClaim, Value: values.Folded(d.Name)}
}

// Differs reports whether a name is another than the company's own; that of a company
// without one is no other.
func (d Details) Differs(name string) bool {
	return name != "" && d.Name != "" && values.Folded(name) != values.Folded(d.Name)
}

// Register opens a company with what is known of it.
func (c Company) Register(in Details) ([]Event, error) {
	if c.Known {
		return nil, ErrExists
	}
	in, faults := in.Normalised()
	if err := domain.Refuse(append(faults, in.nameless(faults)...)); err != nil {
		return nil, err
	}
	return []Event{Registered{in}}, nil
}

func (d Details) nameless(faults []domain.Field) []domain.Field {
	if d.Name != "" || d.Domain != "" || len(faults) > 0 {
		return nil
	}
	return []domain.Field{{Name: "name", Message: "a company needs a name or a website with a domain of its own"}}
}

// Patch is an edit: nil leaves a value as it is, "" takes it away.
type Patch struct {
	Name, Website, Industry, Size, City, State, Country *string
}

// Edit corrects what is known of the company.
func (c Company) Edit(p Patch) ([]Event, error) {
	if !c.Known || c.Deleted {
		return nil, ErrNotFound
	}
	in := c.Details
	if in.Country == "" {
		in.Country = in.CountryGiven
	}
	for _, v := range []struct {
		from *string
		to   *string
	}{
		{p.Name, &in.Name},
		{p.Website, &in.Website},
		{p.Industry, &in.Industry},
		{p.Size, &in.Size},
		{p.City, &in.City},
		{p.State, &in.State},
		{p.Country, &in.Country},
	} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	next, faults := in.Normalised()
	if err := domain.Refuse(append(faults, next.nameless(faults)...)); err != nil {
		return nil, err
	}
	var changes []Change
	for _, s := range singles {
		if from, to := *s.of(&c.Details), *s.of(&next); from != to {
			changes = append(changes, Change{Field: s.name, From: from, To: to})
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return []Event{Edited{Changes: changes}}, nil
}

// Delete takes the company out of every list; leads keep its name.
func (c Company) Delete() ([]Event, error) {
	switch {
	case !c.Known:
		return nil, ErrNotFound
	case c.Deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}

// Restore brings a deleted company back.
func (c Company) Restore() ([]Event, error) {
	switch {
	case !c.Known:
		return nil, ErrNotFound
	case !c.Deleted:
		return nil, nil
	}
	return []Event{Restored{}}, nil
}
