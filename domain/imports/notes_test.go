package imports_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
)

// TestReadNotes: what a row says in prose is a note, and several columns of it are one.
func TestReadNotes(t *testing.T) {
	t.Parallel()
	columns := []imports.Column{{Field: imports.FieldName}, {Field: imports.FieldNote}, {Field: imports.FieldNote}}
	for _, c := range []struct{ one, two, want string }{
		{" met at\nthe fair ", "", "met at\nthe fair"}, {"", "wants a quote", "wants a quote"}, {"met", "wants", "met\n\nwants"}, {"", "", ""},
	} {
		if p, faults := imports.Read(columns, imports.Options{}, []string{"Ann", c.one, c.two}); p.Note != c.want || faults != nil || p.Custom != nil {
			t.Errorf("%q and %q: %q, %v, %v", c.one, c.two, p.Note, p.Custom, faults)
		}
	}
	for name, text := range map[string]string{"too long": strings.Repeat("x", 5001), "not for reading": "a\x00b"} {
		if _, faults := imports.Read(columns, imports.Options{}, []string{"Ann", text, ""}); len(faults) != 1 || faults[0].Field != "note" || faults[0].Code != "value.invalid" {
			t.Errorf("%s: %+v", name, faults)
		}
	}
}

// TestPlanNotes: a note that is news changes a lead, and one that is kept does not.
func TestPlanNotes(t *testing.T) {
	t.Parallel()
	row := imports.Person{Details: lead.Details{Name: "Ann"}, Note: "met"}
	plain := domain.Fold(lead.Lead{}, lead.Event(lead.Captured{Status: lead.New, Details: row.Details}))
	noted := plain.Evolve(lead.Noted{Note: "a", Text: "met"})
	full := plain
	for i := range lead.MaxNotes {
		full = full.Evolve(lead.Noted{Note: strconv.Itoa(i), Text: strconv.Itoa(i)})
	}
	for name, c := range map[string]struct {
		lead *lead.Lead
		want imports.Outcome
	}{"news": {&plain, imports.Update}, "kept": {&noted, imports.Unchanged}, "too many": {&full, imports.Refused}, "nobody": {nil, imports.Create}} {
		got, reasons := imports.Options{Key: imports.ByEmail, OnDuplicate: imports.Fill}.Plan(row, nil, imports.Found{Lead: c.lead, ID: "l"})
		if got != c.want || (got == imports.Refused) != (len(reasons) > 0 && reasons[0].Code == "note.too_many") {
			t.Errorf("%s: %s %v", name, got, reasons)
		}
	}
}
