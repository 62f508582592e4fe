// Package exports decides what leaves the organization, and how it is written. The
// rules:
//
//  1. That leads are taken out is a fact before the first of them is; how many they
//     were is one when they are.
//  2. A CSV file is read again by our own import without a question, and no value in
//     it is carried out by a spreadsheet as a formula (values.Defused).
//  3. NDJSON holds leads as the API shows them, unaltered.
//  4. Asking for what is already so decides nothing.
package exports

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// Format is how a file writes its leads.
type Format string

// The formats that are written.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson"
)

// The refusals of an export.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "export.not_found", Message: "there is no such export"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "export.exists", Message: "the export exists already"}
)

// Category names the streams of exports.
const Category = "export"

// Stream names the stream of one export.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Export is what the rules need to remember of one export.
type Export struct {
	Format   Format // "" for one that has not begun
	Finished bool
}

// Evolve folds one fact into the state.
func (x Export) Evolve(e Event) Export {
	switch e := e.(type) {
	case Started:
		x.Format = e.Format
	case Finished:
		x.Finished = true
	}
	return x
}

// Start records what is about to be taken out.
func (x Export) Start(s Started) ([]Event, error) {
	if x.Format != "" {
		return nil, ErrExists
	}
	if !slices.Contains([]Format{CSV, NDJSON}, s.Format) {
		return nil, domain.Refuse(values.Fault("format", "is none of csv, ndjson"))
	}
	return []Event{s}, nil
}

// Finish records what was taken out.
func (x Export) Finish(f Finished) ([]Event, error) {
	switch {
	case x.Format == "":
		return nil, ErrNotFound
	case x.Finished:
		return nil, nil
	}
	return []Event{f}, nil
}
