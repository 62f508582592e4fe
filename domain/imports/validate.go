package imports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canvass-hq/canvass/domain"
)

// Validate tells whether a mapping fits a file. Every column of the file must be in
// it: one that is to be ignored says so with no field.
func Validate(header []string, columns []Column) error {
	var faults []domain.Field
	refuse := func(name, format string, args ...any) {
		faults = append(faults, domain.Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
	mapped, filled := map[string]bool{}, map[Field]bool{}
	for i, c := range columns {
		at := fmt.Sprintf("columns.%d.", i)
		switch {
		case !slices.Contains(header, c.Header):
			refuse(at+"header", "the file has no such column")
		case mapped[c.Header]:
			refuse(at+"header", "the column is mapped twice")
		}
		mapped[c.Header] = true
		if c.Field == "" {
			continue
		}
		if filled[c.Field] && !c.Field.Many() {
			refuse(at+"field", "%s is filled by another column", shortened(string(c.Field)))
		}
		filled[c.Field] = true
		if name, message := c.misfit(); message != "" {
			refuse(at+name, "%s", message)
		}
	}
	for _, h := range header {
		if !mapped[h] {
			refuse("columns", "the column %q is missing; to ignore it, give it no field", shortened(h))
		}
	}
	if !filled[FieldName] && !filled[FieldFirstName] && !filled[FieldLastName] && !filled[FieldEmail] && !filled[FieldExternalID] {
		refuse("columns", "none says who the lead is: a name, an e-mail address or an external id")
	}
	if len(faults) == 0 {
		return nil
	}
	return &domain.Error{Kind: domain.Invalid, Code: "import.mapping", Message: "the mapping does not fit the file", Fields: faults}
}

// misfit finds what is wrong with a column in itself: the name of its value, and why.
func (c Column) misfit() (name, message string) {
	key, custom := c.Field.Custom()
	switch {
	case !custom && !slices.Contains(Fields(), c.Field):
		return "field", "is not a field that can be filled"
	case !custom:
		return "", ""
	case !isKey(key):
		return "field", "the key of a field is a letter, and then letters, digits and _, 40 at most, all lower case"
	case !slices.Contains(Kinds(), c.Kind):
		return "kind", "is not one of " + strings.Join(Kinds(), ", ")
	case c.Kind == KindDate && !slices.Contains(layouts, c.DateFormat):
		return "date_format", "is not a layout of dates that is known"
	}
	return "", ""
}
