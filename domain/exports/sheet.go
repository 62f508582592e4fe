package exports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// Extent is how much there is of what is several among the leads of an export.
type Extent struct {
	Emails, Phones  int // of the lead that has the most, the first one counted
	Systems, Custom []string
}

// Several tells whether the columns depend on the leads, so that an Extent is needed.
func Several(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return slices.Contains([]string{emails, phones, externalIDs, custom}, c) })
}

// ownSystem is whose ids an import takes a column of ids for, unless it is told.
const ownSystem = "import"

// Sheet lays leads out in columns.
type Sheet struct{ columns []column }

// NewSheet lays out the columns of ParseColumns.
func NewSheet(names []string, e Extent) (Sheet, error) {
	var s Sheet
	for _, name := range names {
		switch name {
		case emails:
			s.further("email", e.Emails, func(l *Lead) (out []string) {
				for _, m := range l.Emails {
					out = append(out, m.Address)
				}
				return out
			})
		case phones:
			s.further("phone", e.Phones, func(l *Lead) (out []string) {
				for _, n := range l.Phones {
					out = append(out, n.Number)
				}
				return out
			})
		case externalIDs:
			for _, system := range sorted(e.Systems) {
				s.one(externalIDs + "." + system)
			}
		case custom:
			for _, key := range sorted(e.Custom) {
				s.one(custom + "." + key)
			}
		default:
			s.one(name)
		}
	}
	if len(s.columns) > MaxColumns {
		return s, domain.Refuse(values.Fault("columns", fmt.Sprintf("become more than %d with all the leads' own fields: name those that you need", MaxColumns)))
	}
	return s, nil
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// one adds a column of its own, unless it is there.
func (s *Sheet) one(name string) {
	c := column{header: name}
	within, key, nested := strings.Cut(name, ".")
	switch {
	case !nested:
		c = singles[slices.IndexFunc(singles, func(c column) bool { return c.header == name })]
	case within == custom:
		c.of = func(l *Lead) string { return l.Custom[key] }
	default:
		if key == ownSystem {
			c.header = "external_id"
		}
		c.of = func(l *Lead) string { return l.ExternalIDs[key] }
	}
	if !slices.ContainsFunc(s.columns, func(o column) bool { return o.header == c.header }) {
		s.columns = append(s.columns, c)
	}
}

// further adds the columns of what a lead has several of. Should a lead have come to
// more since they were counted, the last one holds them all: nothing is dropped.
func (s *Sheet) further(name string, most int, of func(*Lead) []string) {
	last := max(most, 2)
	for n := 2; n <= last; n++ {
		s.columns = append(s.columns, column{fmt.Sprintf("%s_%d", name, n), func(l *Lead) string {
			list := of(l)
			switch {
			case len(list) < n-1:
				return ""
			case n == last:
				return strings.Join(list[n-2:], "; ")
			}
			return list[n-2]
		}})
	}
}

// Header names the columns.
func (s Sheet) Header() []string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = c.header
	}
	return out
}

// Row is a lead as it stands in the file; no value of it is a formula.
func (s Sheet) Row(l *Lead) []string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = values.Defused(c.of(l))
	}
	return out
}
