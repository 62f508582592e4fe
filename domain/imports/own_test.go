package imports_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/imports"
)

// TestOwnFields: a value is taken in the text of its field's kind, whoever has defined the
// field, and a row whose value does not fit comes back to be corrected.
func TestOwnFields(t *testing.T) {
	t.Parallel()
	columns := []imports.Column{
		{Header: "Name", Field: imports.FieldName},
		{Header: "Size", Field: "custom:size", Kind: imports.KindNumber},
		{Header: "Tier", Field: "custom:tier", Kind: imports.KindEnum},
		{Header: "Since", Field: "custom:since", Kind: imports.KindDate, DateFormat: "02.01.2006"},
	}
	own := field.Set{"tier": {Key: "tier", Kind: field.Enum, Options: []string{"Gold"}}}
	if got := fmt.Sprint(imports.OwnKeys(columns)); got != "[since size tier]" {
		t.Errorf("the keys are %s", got)
	}
	if got, want := imports.Undefined(columns, own), []field.Definition{{Key: "since", Kind: field.Date, Filterable: true}, {Key: "size", Kind: field.Number, Filterable: true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("to be defined are %+v", got)
	}
	if got := imports.Undefined(columns, nil)[2]; got.Kind != field.Text || got.Options != nil {
		t.Errorf("a choice of which nobody has named the options is %+v", got)
	}
	for name, c := range map[string]struct {
		own    field.Set
		row    []string
		want   map[string]string
		faulty string
	}{
		"nobody's":             {nil, []string{"Ann", "1,50", "any", "31.01.2026"}, map[string]string{"size": "1.5", "tier": "any", "since": "2026-01-31"}, ""},
		"nobody's, no number":  {nil, []string{"Ann", "large", "", ""}, nil, "custom:size"},
		"an option":            {own, []string{"Ann", "", "GOLD", ""}, map[string]string{"tier": "Gold"}, ""},
		"no option":            {own, []string{"Ann", "", "tin", ""}, nil, "custom:tier"},
		"another kind by then": {field.Set{"size": {Key: "size", Kind: field.Text}}, []string{"Ann", "large", "", ""}, map[string]string{"size": "large"}, ""},
	} {
		p, faults := imports.Read(imports.WithOwn(columns, c.own), imports.Options{}, c.row)
		switch {
		case c.faulty != "":
			if len(faults) != 1 || faults[0].Field != c.faulty || faults[0].Code != "value.invalid" {
				t.Errorf("%s: %+v", name, faults)
			}
		case faults != nil || !reflect.DeepEqual(p.Custom, c.want):
			t.Errorf("%s: %v, %+v", name, p.Custom, faults)
		}
	}
}
