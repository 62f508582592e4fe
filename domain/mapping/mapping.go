// Package mapping decides what may happen to one saved mapping: what the columns of a
// kind of file mean, kept for the next file of the kind. The rules:
//
//  1. A mapping has a name, which belongs to one mapping of the organization, however it
//     is written.
//  2. It says of columns, by their headers, what becomes of them; what it says must do for
//     a file of just these columns.
//  3. What is saved again is replaced. A deleted mapping is not there any more.
//  4. Asking for what is already so decides nothing.
package mapping

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/values"
)

// ErrNotFound refuses what is asked of a mapping that is not there.
var ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "mapping.not_found", Message: "there is no such mapping"}

// Category names the streams of mappings.
const Category = "mapping"

// Stream names the stream of one mapping.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// The longest name, and the longest header of a column, in characters and in bytes.
const (
	MaxName   = 100
	MaxHeader = 1000
)

// Mapping is what the rules need to remember of one mapping.
type Mapping struct {
	Saved   Saved // last
	Known   bool
	Deleted bool
}

// Evolve folds one fact into the state.
func (m Mapping) Evolve(e Event) Mapping {
	switch e := e.(type) {
	case Saved:
		m.Saved, m.Known = e, true
	case Deleted:
		m.Deleted = true
	}
	return m
}

// NameClaim is the scope in which a name belongs to one mapping.
const NameClaim = "mapping.name"

// Claims implements domain.Claimant.
func (m Mapping) Claims() []domain.Claim {
	if m.Saved.Name == "" || m.Deleted {
		return nil
	}
	return []domain.Claim{{Scope: NameClaim, Value: values.Folded(m.Saved.Name)}}
}

// Save keeps what columns mean, or replaces what was kept.
func (m Mapping) Save(name string, columns []imports.Column, o imports.Options) ([]Event, error) {
	if m.Deleted {
		return nil, ErrNotFound
	}
	name, faults := values.Line("name", name, MaxName)
	if name == "" && faults == nil {
		faults = values.Fault("name", "give the mapping a name")
	}
	o, wrong := o.Normalised()
	faults = append(faults, wrong...)
	columns = slices.Clone(columns)
	header := make([]string, len(columns))
	for i := range columns {
		c := &columns[i]
		if header[i] = c.Header; c.Header == "" || len(c.Header) > MaxHeader || strings.ContainsRune(c.Header, 0) {
			faults = append(faults, values.Fault(fmt.Sprintf("columns.%d.header", i), fmt.Sprintf("is the header of a column, %d bytes at most", MaxHeader))...)
		}
		if c.Why = ""; c.Kind != imports.KindDate {
			c.DateFormat = ""
		}
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if err := imports.Validate(header, columns); err != nil {
		return nil, err
	}
	saved := Saved{Name: name, Columns: columns, Options: o}
	if reflect.DeepEqual(saved, m.Saved) {
		return nil, nil
	}
	return []Event{saved}, nil
}

// Delete takes the mapping away. Imports that were planned by it stay as they are.
func (m Mapping) Delete() ([]Event, error) {
	switch {
	case !m.Known:
		return nil, ErrNotFound
	case m.Deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}
