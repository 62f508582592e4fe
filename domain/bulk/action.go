package bulk

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
)

// Kind is what is done to each lead.
type Kind string

// The kinds of action.
const (
	Assign  Kind = "assign"
	Tag     Kind = "tag"
	Status  Kind = "status"
	Edit    Kind = "edit"
	Archive Kind = "archive"
	Restore Kind = "restore"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Assign, Tag, Status, Edit, Archive, Restore} }

// Action is what is done to each lead; of the values only those of its kind are set.
type Action struct {
	Kind   Kind              `json:"kind"`
	Owner  string            `json:"owner,omitempty"`  // assign; "" is nobody
	Add    []string          `json:"add,omitempty"`    // tag
	Remove []string          `json:"remove,omitempty"` // tag
	Status lead.Status       `json:"status,omitempty"` // status
	Reason string            `json:"reason,omitempty"` // status, archive
	Set    map[string]string `json:"set,omitempty"`    // edit: values by their fields; "" takes one away
}

const customPrefix = "custom."

// editable lists the fields that may be set on many leads at once, with the place of
// each in a patch: what belongs to one person alone is none of them.
func editable(p *lead.Patch) map[string]**string {
	return map[string]**string{
		"title": &p.Title, "company": &p.Company, "company_id": &p.CompanyID, "address": &p.Address, "city": &p.City, "state": &p.State,
		"postal_code": &p.PostalCode, "country": &p.Country, "timezone": &p.Timezone, "source": &p.Source,
	}
}

// Patch is what an edit makes of each lead.
func (a Action) Patch() lead.Patch {
	var p lead.Patch
	places := editable(&p)
	for field, v := range a.Set {
		if place, ok := places[field]; ok {
			*place = &v
		} else if key, ok := strings.CutPrefix(field, customPrefix); ok {
			if p.Custom == nil {
				p.Custom = map[string]string{}
			}
			p.Custom[key] = v
		}
	}
	return p
}

// Fitting brings the values of the organization's own fields into their one form, and
// refuses those that do not fit their kinds.
func (a Action) Fitting(own field.Set) (Action, error) {
	fit, faults := own.Values(a.Patch().Custom)
	for i := range faults {
		faults[i].Name = "action.set." + faults[i].Name
	}
	if len(fit) > 0 {
		a.Set = maps.Clone(a.Set)
	}
	for key, v := range fit {
		a.Set[customPrefix+key] = v
	}
	return a, domain.Refuse(faults)
}

// Decide does the action to one lead.
func (a Action) Decide(l lead.Lead) ([]lead.Event, error) {
	switch a.Kind {
	case Assign:
		return l.Assign(a.Owner)
	case Tag:
		return l.Tag(a.Add, a.Remove)
	case Status:
		return l.ChangeStatus(a.Status, a.Reason)
	case Edit:
		return l.Edit(a.Patch())
	case Archive:
		return l.Archive(a.Reason)
	case Restore:
		if l.Deleted {
			return nil, lead.ErrNotFound // to bring a deleted lead back is no bulk action
		}
		return l.Restore()
	}
	return nil, domain.Refuse(values.Fault("action.kind", "is no kind of action"))
}

// faults names the values that would be refused of any lead.
func (a Action) faults() (faults []domain.Field) {
	if !slices.Contains(Kinds(), a.Kind) {
		return values.Fault("action.kind", "is none of assign, tag, status, edit, archive, restore")
	}
	// Of the values only those of the kind may be there: what is not looked at was meant
	// for something.
	for _, v := range []struct {
		field string
		given bool
		kinds []Kind
	}{
		{"owner", a.Owner != "", []Kind{Assign}},
		{"add", len(a.Add) > 0, []Kind{Tag}},
		{"remove", len(a.Remove) > 0, []Kind{Tag}},
		{"status", a.Status != "", []Kind{Status}},
		{"reason", a.Reason != "", []Kind{Status, Archive}},
		{"set", len(a.Set) > 0, []Kind{Edit}},
	} {
		if v.given && !slices.Contains(v.kinds, a.Kind) {
			faults = append(faults, values.Fault("action."+v.field, "is nothing that the action "+string(a.Kind)+" takes")...)
		}
	}
	switch {
	case a.Kind == Tag && len(a.Add)+len(a.Remove) == 0:
		faults = append(faults, values.Fault("action.add", "say which tags to add or remove")...)
	case a.Kind == Edit && len(a.Set) == 0:
		faults = append(faults, values.Fault("action.set", "say which values to set")...)
	}
	known := editable(&lead.Patch{})
	for field := range a.Set {
		if _, ok := known[field]; !ok && !strings.HasPrefix(field, customPrefix) {
			faults = append(faults, values.Fault("action.set."+field, "is no field that can be set on many leads")...)
		}
	}
	if len(faults) > 0 {
		return faults
	}
	// What somebody who can be worked on would refuse, everybody does.
	var refusal *domain.Error
	if _, err := a.Decide(sample); errors.As(err, &refusal) && refusal.Kind == domain.Invalid {
		for _, f := range refusal.Fields {
			field := "action." + f.Name
			if a.Kind == Edit {
				field = "action.set." + f.Name
			}
			faults = append(faults, values.Fault(field, f.Message)...)
		}
	}
	return faults
}

var sample = lead.Lead{Details: lead.Details{Name: "sample"}, Status: lead.Working} //nolint:gochecknoglobals // a constant
