package imports_test

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
)

const savedID = "01900000-0000-7000-8000-0000000000a1"

// TestPlanBy: what a saved mapping makes of a file.
func TestPlanBy(t *testing.T) {
	t.Parallel()
	proposed := []imports.Column{
		{Header: "Name", Field: imports.FieldName},
		{Header: "Mail", Field: imports.FieldEmail},
		{Header: "Mail 2", Field: imports.FieldEmail},
		{Header: "Ref", Field: imports.FieldExternalID, Why: "each is its own"},
		{Header: "Town", Field: imports.FieldCity},
	}
	i := at(imports.Uploaded{Columns: proposed, Mapping: savedID})
	saved := imports.Saved{ID: savedID, Options: imports.Options{Key: imports.ByExternalID, System: "crm", Tags: []string{"fair"}}, Columns: []imports.Column{
		{Header: "Name", Field: ""},
		{Header: "Mail", Field: imports.FieldExternalID},
		{Header: "Gone", Field: imports.FieldPhone},
		{Header: "Town", Field: imports.FieldName},
	}}
	facts, err := i.PlanBy(saved, imports.Options{OnDuplicate: imports.Fill, System: "erp"})
	want := []imports.Event{imports.PlanningStarted{
		Mapping: savedID,
		Columns: []imports.Column{
			{Header: "Name", Field: ""},
			{Header: "Mail", Field: imports.FieldExternalID},
			{Header: "Mail 2", Field: imports.FieldEmail},
			{Header: "Ref", Why: `external_id is filled by "Mail"`},
			{Header: "Town", Field: imports.FieldName},
		},
		Options: imports.Options{Key: imports.ByExternalID, OnDuplicate: imports.Fill, System: "erp", Tags: []string{"fair"}},
	}}
	if err != nil || !reflect.DeepEqual(facts, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, facts, want)
	}
	saved.Columns = saved.Columns[2:3]
	var refusal *domain.Error
	if _, err := i.PlanBy(saved, imports.Options{}); !errors.As(err, &refusal) || refusal.Kind != domain.Invalid || refusal.Fields[0].Name != "mapping" {
		t.Errorf("a mapping that knows no column: %v", err)
	}
	if _, err := (imports.Import{}).PlanBy(saved, imports.Options{}); !errors.Is(err, imports.ErrNotFound) {
		t.Errorf("no import: %v", err)
	}
	if facts, err := i.Plan(nil, imports.Options{}); err != nil || facts[0].(imports.PlanningStarted).Mapping != savedID {
		t.Errorf("as it was proposed by a mapping: %+v, %v", facts, err)
	}
	if facts, err := i.Plan(proposed, imports.Options{}); err != nil || facts[0].(imports.PlanningStarted).Mapping != "" {
		t.Errorf("by columns of one's own: %+v, %v", facts, err)
	}
}

// Whatever was saved and whatever a file holds, what comes of both fits the file, as long
// as it says who the leads are.
func TestSavedFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		headers := rapid.SampledFrom([]string{"Name", "E-Mail", "Phone", "Company", "City", "Id", "Since", "x"})
		fields := rapid.SampledFrom([]imports.Field{"", imports.FieldName, imports.FieldEmail, imports.FieldPhone, imports.FieldCity, imports.FieldExternalID, "custom:x"})
		file := rapid.SliceOfNDistinct(headers, 1, 8, rapid.ID[string]).Draw(t, "file")
		var saved imports.Saved
		filled := map[imports.Field]bool{}
		for _, h := range rapid.SliceOfNDistinct(headers, 0, 8, rapid.ID[string]).Draw(t, "saved") {
			c := imports.Column{Header: h, Field: fields.Draw(t, "field")}
			if filled[c.Field] && !c.Field.Many() {
				c.Field = ""
			}
			if _, custom := c.Field.Custom(); custom {
				c.Kind = imports.KindText
			}
			filled[c.Field] = true
			saved.Columns = append(saved.Columns, c)
		}
		columns, known := saved.On(imports.Propose(file, nil))
		if known > len(saved.Columns) || len(columns) != len(file) {
			t.Fatalf("%d columns, %d known", len(columns), known)
		}
		var refusal *domain.Error
		if err := imports.Validate(file, columns); errors.As(err, &refusal) {
			for _, f := range refusal.Fields {
				if f.Message != "none says who the lead is: a name, an e-mail address or an external id" {
					t.Fatalf("%v\n%+v\n%+v", refusal.Fields, saved.Columns, columns)
				}
			}
		}
	})
}
