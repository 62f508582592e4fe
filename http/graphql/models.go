package graphql

import (
	"cmp"
	"maps"
	"slices"

	"github.com/canvass-hq/canvass/projections"
)

// Lead is a lead among those that are shown with it.
type Lead struct {
	projections.Lead

	Beside *Cohort[projections.Lead]
}

// CompanyName is the name that the lead gives of its company.
func (l *Lead) CompanyName() string { return l.Company }

// ExternalIDs are the ids in other systems.
func (l *Lead) ExternalIDs() []Entry { return entries(l.Details.ExternalIDs) }

// Custom are the values of the organization's own fields.
func (l *Lead) Custom() []Entry { return entries(l.Details.Custom) }

// Entry is a value under a key.
type Entry struct{ Key, Value string }

func entries(of map[string]string) []Entry {
	out := make([]Entry, 0, len(of))
	for key, value := range of {
		out = append(out, Entry{key, value})
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// Leads are leads side by side, in their order.
func Leads(rows []projections.Lead) []*Lead {
	out, beside := make([]*Lead, len(rows)), NewCohort(rows)
	for i, row := range rows {
		out[i] = &Lead{row, beside}
	}
	return out
}

// Company is a company among those that are shown with it.
type Company struct {
	projections.Company

	Beside *Cohort[projections.Company]
}

// Companies are companies side by side, in their order.
func Companies(rows []projections.Company) []*Company {
	out, beside := make([]*Company, len(rows)), NewCohort(rows)
	for i, row := range rows {
		out[i] = &Company{row, beside}
	}
	return out
}

// Task is a task among those that are shown with it.
type Task struct {
	projections.Task

	Beside *Cohort[projections.Task]
}

// LeadID is the lead that the task is about.
func (t *Task) LeadID() string { return t.Lead }

// Tasks are tasks side by side, in their order.
func Tasks(rows []projections.Task) []*Task {
	out, beside := make([]*Task, len(rows)), NewCohort(rows)
	for i, row := range rows {
		out[i] = &Task{row, beside}
	}
	return out
}

// BulkAction is a bulk action.
type BulkAction struct{ projections.BulkAction }

// Kind is what is done.
func (a *BulkAction) Kind() string { return string(a.Action.Kind) }

// BulkActions are bulk actions in their order.
func BulkActions(rows []projections.BulkAction) []BulkAction {
	out := make([]BulkAction, len(rows))
	for i, row := range rows {
		out[i] = BulkAction{row}
	}
	return out
}

// Facet is how often each value of a field stands.
type Facet struct {
	Field string
	projections.Facet
}

// Facets are facets by their fields, in the order in which they were asked for.
func Facets(of map[string]projections.Facet, fields []string) []Facet {
	var out []Facet
	for _, f := range slices.Compact(slices.Sorted(maps.Keys(of))) {
		out = append(out, Facet{f, of[f]})
	}
	slices.SortStableFunc(out, func(a, b Facet) int { return slices.Index(fields, a.Field) - slices.Index(fields, b.Field) })
	return out
}

// SlotsLeft is how many more fields of a kind can be filtered by.
type SlotsLeft struct{ Text, Number, Date, Boolean int }

// OwnField is a field of the organization's own.
type OwnField struct{ projections.OwnField }

// Kind is what its values are.
func (f *OwnField) Kind() string { return string(f.OwnField.Kind) }
