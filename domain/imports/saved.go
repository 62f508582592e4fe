package imports

import (
	"fmt"
	"slices"

	"github.com/canvass-hq/canvass/domain"
)

// Saved is what was kept of how a kind of file is taken in.
type Saved struct {
	ID      string
	Columns []Column
	Options Options
}

// ErrUnfit refuses a saved mapping that has nothing to do with a file.
var ErrUnfit = &domain.Error{
	Kind: domain.Invalid, Code: "import.mapping", Message: "the mapping does not fit the file",
	Fields: []domain.Field{{Name: "mapping", Message: "knows no column of the file"}},
}

// On lays what was saved over what is proposed for the columns of a file, by their
// headers, and counts the columns that it knows. A column that it does not know keeps its
// proposal, unless a saved one fills that field.
func (s Saved) On(proposed []Column) (columns []Column, known int) {
	columns = slices.Clone(proposed)
	of := map[string]Column{}
	for _, c := range s.Columns {
		of[c.Header] = c
	}
	filled := map[Field]string{}
	for i := range columns {
		if c, ok := of[columns[i].Header]; ok {
			columns[i], filled[c.Field] = c, c.Header
			known++
		}
	}
	for i := range columns {
		c := &columns[i]
		if _, ok := of[c.Header]; ok || c.Field == "" || c.Field.Many() {
			continue
		}
		if by, taken := filled[c.Field]; taken {
			*c = Column{Header: c.Header, Why: fmt.Sprintf("%s is filled by %q", c.Field, shortened(by))}
		}
	}
	return columns, known
}

// Over is these options, and where they say nothing those of a saved mapping.
func (o Options) Over(saved Options) Options {
	for _, v := range []struct{ own, other *string }{
		{&o.Key, &saved.Key},
		{&o.OnDuplicate, &saved.OnDuplicate},
		{&o.System, &saved.System},
		{&o.Source, &saved.Source},
		{&o.Owner, &saved.Owner},
	} {
		if *v.own == "" {
			*v.own = *v.other
		}
	}
	if o.Tags == nil {
		o.Tags = saved.Tags
	}
	return o
}

// PlanBy asks what the import would do by a saved mapping; options that are given weigh
// more than those that were saved.
func (i Import) PlanBy(s Saved, o Options) ([]Event, error) {
	if err := i.plannable(); err != nil {
		return nil, err
	}
	columns, known := s.On(i.File.Columns)
	if known == 0 {
		return nil, ErrUnfit
	}
	return i.plan(columns, s.ID, o.Over(s.Options))
}
