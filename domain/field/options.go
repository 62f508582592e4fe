package field

import (
	"fmt"
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/values"
)

// optionsOf brings the options that a request adds to others into their form. Two that
// read the same are one.
func optionsOf(name string, before, added []string) (out []string, faults []domain.Field) {
	for i, o := range added {
		at := fmt.Sprintf("%s[%d]", name, i)
		o, wrong := values.Line(at, o, MaxLabel)
		if o == "" && wrong == nil {
			wrong = values.Fault(at, "is empty")
		}
		if wrong != nil {
			faults = append(faults, wrong...)
			continue
		}
		if _, known := choose(append(slices.Clip(before), out...), o); !known {
			out = append(out, o)
		}
	}
	if len(before)+len(out) > MaxOptions {
		faults = append(faults, values.Fault(name, fmt.Sprintf("are more than %d", MaxOptions))...)
	}
	return out, faults
}

// choose finds the option that reads as a text does.
func choose(options []string, text string) (string, bool) {
	i := slices.IndexFunc(options, func(o string) bool { return o == text || filter.Fold(o) == filter.Fold(text) })
	if i < 0 {
		return "", false
	}
	return options[i], true
}
