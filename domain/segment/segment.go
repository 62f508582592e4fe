// Package segment decides what may happen to one segment: a part of an organization's
// leads that has a name. The rules:
//
//  1. A segment is either a saved filter, whose leads are those that match it at the
//     moment, or a list, whose leads somebody has put on it. Which of the two never changes.
//  2. A name belongs to one segment of an organization, however it is written.
//  3. A saved filter asks for something; a list has no rule.
//  4. A list holds at most MaxMembers leads; a command brings at most MaxBatch.
//  5. A deleted segment is in no list and holds no name, until it is restored.
//  6. Asking for what is already so decides nothing.
package segment

import (
	"fmt"
	"maps"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// Kind is what a segment is made of.
type Kind string

// The kinds of segment.
const (
	Filter Kind = "filter"
	List   Kind = "list"
)

// How much a list may hold, and how much one command may bring.
const (
	MaxMembers = 100_000
	MaxBatch   = 1_000
	MaxName    = 200
)

// The refusals of a segment.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "segment.not_found", Message: "there is no such segment"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "segment.exists", Message: "the segment exists already"}
	ErrNoList   = &domain.Error{Kind: domain.Conflict, Code: "segment.not_a_list", Message: "the leads of a saved filter are those that match it: change the filter"}
	ErrFull     = &domain.Error{Kind: domain.Conflict, Code: "segment.full", Message: fmt.Sprintf("a list holds at most %d leads", MaxMembers)}
)

// Category names the streams of segments.
const Category = "segment"

// Stream names the stream of one segment.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Rule says which leads a saved filter shows.
type Rule struct {
	Filter string `json:"filter,omitempty"` // in the language of filters
	Words  string `json:"words,omitempty"`  // that a search looks for
}

// Segment is what the rules need to remember of one segment.
type Segment struct {
	Rule
	Name    string
	Kind    Kind
	Deleted bool
	members map[string]bool // never changed in place: states share it
}

// Evolve folds one fact into the state.
func (s Segment) Evolve(e Event) Segment {
	switch e := e.(type) {
	case Created:
		s.Name, s.Kind, s.Rule = e.Name, e.Kind, e.Rule
	case Changed:
		s.Name, s.Rule = e.Name, e.Rule
	case Added:
		s.members = with(s.members, e.Leads, true)
	case Removed:
		s.members = with(s.members, e.Leads, false)
	case Deleted:
		s.Deleted = true
	case Restored:
		s.Deleted = false
	}
	return s
}

func with(members map[string]bool, leads []string, on bool) map[string]bool {
	out := make(map[string]bool, len(members)+len(leads))
	maps.Copy(out, members)
	for _, id := range leads {
		if on {
			out[id] = true
		} else {
			delete(out, id)
		}
	}
	return out
}

// NameClaim is the scope in which a name belongs to one segment.
const NameClaim = "segment.name"

// Claims implements domain.Claimant.
func (s Segment) Claims() []domain.Claim {
	if s.Kind == "" || s.Deleted {
		return nil
	}
	return []domain.Claim{{Scope: NameClaim, Value: values.Folded(s.Name)}}
}

// Create opens a segment.
func (s Segment) Create(name string, kind Kind, rule Rule) ([]Event, error) {
	if s.Kind != "" {
		return nil, ErrExists
	}
	name, rule, faults := normalised(name, kind, rule)
	if kind != Filter && kind != List {
		faults = append(faults, values.Fault("kind", "is none of filter, list")...)
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	return []Event{Created{Name: name, Kind: kind, Rule: rule}}, nil
}

// Change gives the segment another name or rule; nil leaves what there is.
func (s Segment) Change(name, filter, words *string) ([]Event, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	next := Changed{Name: s.Name, Rule: s.Rule}
	for _, v := range []struct{ to, from *string }{{&next.Name, name}, {&next.Filter, filter}, {&next.Words, words}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	var faults []domain.Field
	next.Name, next.Rule, faults = normalised(next.Name, s.Kind, next.Rule)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if next.Name == s.Name && next.Rule == s.Rule {
		return nil, nil
	}
	return []Event{next}, nil
}

func normalised(name string, kind Kind, rule Rule) (string, Rule, []domain.Field) {
	name, faults := values.Line("name", name, MaxName)
	if name == "" && faults == nil {
		faults = values.Fault("name", "a segment needs a name")
	}
	words, wrong := values.Line("q", rule.Words, MaxName)
	faults = append(faults, wrong...)
	rule.Words = words
	switch {
	case kind == Filter && rule == Rule{} && len(faults) == 0:
		faults = values.Fault("filter", "a saved filter asks for something")
	case kind == List && rule != Rule{}:
		faults = append(faults, values.Fault("filter", "a list has no filter: put leads on it")...)
	}
	return name, rule, faults
}

// Add puts leads on a list; those that are on it stay.
func (s Segment) Add(leads []string) ([]Event, error) {
	missing, err := s.pick(leads, false)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	if len(s.members)+len(missing) > MaxMembers {
		return nil, ErrFull
	}
	return []Event{Added{Leads: missing}}, nil
}

// Remove takes leads off a list.
func (s Segment) Remove(leads []string) ([]Event, error) {
	held, err := s.pick(leads, true)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return []Event{Removed{Leads: held}}, nil
}

// pick gives those of the leads that are on the list, or that are not, each once.
func (s Segment) pick(leads []string, on bool) ([]string, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	if s.Kind != List {
		return nil, ErrNoList
	}
	var faults []domain.Field
	if len(leads) > MaxBatch {
		faults = values.Fault("leads", fmt.Sprintf("are more than %d", MaxBatch))
	}
	seen := map[string]bool{}
	var out []string
	for i, id := range leads {
		if !values.IsUUID(id) {
			faults = append(faults, values.Fault(fmt.Sprintf("leads[%d]", i), "is not the id (a UUID) of a lead")...)
		}
		if s.members[id] == on && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out, domain.Refuse(faults)
}

// Delete takes the segment out of every list; its leads stay as they are.
func (s Segment) Delete() ([]Event, error) {
	switch {
	case s.Kind == "":
		return nil, ErrNotFound
	case s.Deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}

// Restore brings a deleted segment back.
func (s Segment) Restore() ([]Event, error) {
	switch {
	case s.Kind == "":
		return nil, ErrNotFound
	case !s.Deleted:
		return nil, nil
	}
	return []Event{Restored{}}, nil
}

func (s Segment) there() error {
	if s.Kind == "" || s.Deleted {
		return ErrNotFound
	}
	return nil
}
