// Package field decides on the fields that an organization gives its leads beside those
// that every lead has. The rules:
//
//  1. A key belongs to one field of the organization, and neither it nor the kind of what
//     the field holds ever changes. A retired field lets go of its key.
//  2. A value is brought into the one text of its kind when it is written, or refused.
//     What nobody has defined is text.
//  3. A field that can be filtered by has a slot of its kind, of which there are so many
//     for an organization and no more. A number, a date or a yes and no without a slot is
//     shown, and cannot be filtered by.
//  4. Options of a choice are added, never taken away: leads hold them.
//  5. What a field is called, and its options, lie in the log in clear: they are words of
//     the organization, not of people.
//  6. Asking for what is already so decides nothing.
package field

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// Kind is what a field holds. The names are stored and never change.
type Kind string

// The kinds of field.
const (
	Text    Kind = "text"
	Number  Kind = "number"
	Date    Kind = "date" // a day, or a time
	Boolean Kind = "boolean"
	Enum    Kind = "enum" // one of the field's options
	URL     Kind = "url"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Text, Number, Date, Boolean, Enum, URL} }

// How large fields may be, and how many there are of them.
const (
	MaxFields  = 200 // of one organization
	MaxOptions = 100
	MaxKey     = 40 // characters, as the key of a value of a lead
	MaxLabel   = 100
)

// The refusals of a field.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "field.not_found", Message: "there is no such field"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "field.exists", Message: "the field exists already"}
	ErrTooMany  = &domain.Error{Kind: domain.Conflict, Code: "field.too_many", Message: fmt.Sprintf("an organization has at most %d fields of its own", MaxFields)}
)

// Category names the streams of fields.
const Category = "field"

// Stream names the stream of one field.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Field is what the rules need to remember of one field.
type Field struct {
	Key     string
	Label   string
	Kind    Kind
	Options []string // of an Enum, in the order in which they were given
	Slot    string   // "" when it cannot be filtered by
	Retired bool
}

// Evolve folds one fact into the state.
func (f Field) Evolve(e Event) Field {
	switch e := e.(type) {
	case Defined:
		return Field{Key: e.Key, Label: e.Label, Kind: e.Kind, Options: e.Options, Slot: e.Slot}
	case Changed:
		if e.Label != "" {
			f.Label = e.Label
		}
		f.Options = append(slices.Clip(f.Options), e.AddedOptions...)
	case MadeFilterable:
		f.Slot = e.Slot
	case Retired:
		f.Retired = true
	}
	return f
}

// The scopes in which a key and a slot belong to one field of an organization.
const (
	KeyClaim  = "field.key"
	SlotClaim = "field.slot"
)

// Claims implements domain.Claimant. A retired field holds nothing.
func (f Field) Claims() []domain.Claim {
	if f.Key == "" || f.Retired {
		return nil
	}
	out := []domain.Claim{{Scope: KeyClaim, Value: f.Key}}
	if f.Slot != "" {
		out = append(out, domain.Claim{Scope: SlotClaim, Value: f.Slot})
	}
	return out
}

// Definition is what a field is to be.
type Definition struct {
	Key        string
	Label      string // "" is made of the key
	Kind       Kind
	Options    []string
	Filterable bool
}

// Known are the fields that the organization is known to have, and how many of the slots
// that seem free have been tried in vain: the log may know better.
type Known struct {
	Fields Set
	Tried  int
}

// Define opens a field beside those that there are.
func (f Field) Define(d Definition, known Known) ([]Event, error) {
	if f.Key != "" {
		return nil, ErrExists
	}
	var faults []domain.Field
	if !IsKey(d.Key) {
		faults = values.Fault("key", fmt.Sprintf("is a letter, and then letters, digits and _, %d at most, all lower case", MaxKey))
	}
	label, wrong := values.Line("label", d.Label, MaxLabel)
	if faults = append(faults, wrong...); label == "" {
		label = LabelOf(d.Key)
	}
	if !slices.Contains(Kinds(), d.Kind) {
		faults = append(faults, values.Fault("kind", "is none of text, number, date, boolean, enum, url")...)
	}
	options, wrong := optionsOf("options", nil, d.Options)
	faults = append(faults, wrong...)
	switch {
	case d.Kind == Enum && len(options) == 0 && len(wrong) == 0:
		faults = append(faults, values.Fault("options", "a choice needs at least one option")...)
	case d.Kind != Enum && len(d.Options) > 0:
		faults = append(faults, values.Fault("options", "are for the kind enum alone")...)
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if len(known.Fields) >= MaxFields {
		return nil, ErrTooMany
	}
	out := Defined{Key: d.Key, Label: label, Kind: d.Kind, Options: options}
	if d.Filterable {
		var err error
		if out.Slot, err = known.slot(d.Kind); err != nil {
			return nil, err
		}
	}
	return []Event{out}, nil
}

// LabelOf is what a field is called that nobody has named.
func LabelOf(key string) string {
	words := strings.ReplaceAll(key, "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// Edit is what is to change of a field.
type Edit struct {
	Label      string   // "" leaves it
	Options    []string // to be added
	Filterable bool     // false leaves it as it is
}

// Change edits the field.
func (f Field) Change(c Edit, known Known) ([]Event, error) {
	if f.Key == "" || f.Retired {
		return nil, ErrNotFound
	}
	label, faults := values.Line("label", c.Label, MaxLabel)
	added, wrong := optionsOf("add_options", f.Options, c.Options)
	faults = append(faults, wrong...)
	if f.Kind != Enum && len(c.Options) > 0 {
		faults = append(faults, values.Fault("add_options", "are for the kind enum alone")...)
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	var out []Event
	if label == f.Label {
		label = ""
	}
	if label != "" || len(added) > 0 {
		out = append(out, Changed{Label: label, AddedOptions: added})
	}
	if c.Filterable && f.Slot == "" {
		slot, err := known.slot(f.Kind)
		if err != nil {
			return nil, err
		}
		out = append(out, MadeFilterable{Slot: slot})
	}
	return out, nil
}

// Retire takes the field out of use: its key and slot are free again, and what leads hold
// under the key is text.
func (f Field) Retire() ([]Event, error) {
	switch {
	case f.Key == "":
		return nil, ErrNotFound
	case f.Retired:
		return nil, nil
	}
	return []Event{Retired{}}, nil
}

// IsKey tells whether a text is the key of a field: [a-z][a-z0-9_]{0,39}.
func IsKey(v string) bool {
	if v == "" || len(v) > MaxKey || v[0] < 'a' || v[0] > 'z' {
		return false
	}
	for _, c := range []byte(v) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
