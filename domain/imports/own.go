package imports

import (
	"slices"

	"github.com/canvass-hq/canvass/domain/field"
)

// OwnKeys lists the keys of the organization's own fields that the columns fill.
func OwnKeys(columns []Column) (keys []string) {
	for _, c := range columns {
		if key, own := c.Field.Custom(); own {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// WithOwn gives the columns the organization's own fields that they fill, whatever kind
// the mapping has taken them for.
func WithOwn(columns []Column, own field.Set) []Column {
	out := slices.Clone(columns)
	for i := range out {
		out[i].own = nil
		key, _ := out[i].Field.Custom()
		if f, defined := own[key]; defined {
			out[i].own = &f
		}
	}
	return out
}

// Undefined lists what the columns fill that nobody has defined yet, as fields to be
// defined.
func Undefined(columns []Column, own field.Set) (out []field.Definition) {
	for _, key := range OwnKeys(columns) {
		at := slices.IndexFunc(columns, func(c Column) bool { return c.Field == CustomField(key) })
		if _, defined := own[key]; !defined {
			out = append(out, field.Definition{Key: key, Kind: columns[at].filled().Kind, Filterable: true})
		}
	}
	return out
}

// filled is the field that the column fills; one that nobody has defined is of the kind
// that the mapping says. What the mapping takes for a choice is text until a person names
// its options: they would lie in the log in clear, and values of people may be among them.
func (c Column) filled() field.Field {
	if c.own != nil {
		return *c.own
	}
	key, _ := c.Field.Custom()
	kind := field.Kind(c.Kind)
	if kind == field.Enum {
		kind = field.Text
	}
	return field.Field{Key: key, Kind: kind}
}
