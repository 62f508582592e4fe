package commands_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/mapping"
)

func TestMapping(t *testing.T) {
	t.Parallel()
	type row = spec[mapping.Mapping, mapping.Event]
	mail := []imports.Column{{Header: "Mail", Field: imports.FieldEmail}}
	options := imports.Options{Key: imports.ByEmail, OnDuplicate: imports.Skip, System: "import"}
	saved := mapping.Saved{Name: "Fairs", Columns: mail, Options: options}
	renamed := mapping.Saved{Name: "FAIRS", Columns: mail, Options: options}
	wider := append(mail[:1:1], imports.Column{Header: "Since", Field: "custom:since", Kind: imports.KindDate, DateFormat: "2006-01-02"})
	unfit := &domain.Error{Code: "import.mapping"}
	save := func(name string, columns []imports.Column) commands.SaveMapping {
		return commands.SaveMapping{Name: name, Columns: columns}
	}
	check(
		t,
		row{name: "saved", when: save(" Fairs ", mail), then: []mapping.Event{saved}},
		row{name: "saved with what is of no use", when: save("Fairs", []imports.Column{{Header: "Mail", Field: imports.FieldEmail, DateFormat: "x", Why: "so"}}), then: []mapping.Event{saved}},
		row{name: "saved again: nothing", given: []mapping.Event{saved}, when: save("Fairs", mail)},
		row{name: "saved under another writing", given: []mapping.Event{saved}, when: save("FAIRS", mail), then: []mapping.Event{renamed}},
		row{name: "replaced", given: []mapping.Event{saved}, when: save("Fairs", wider), then: []mapping.Event{mapping.Saved{Name: "Fairs", Columns: wider, Options: options}}},
		row{name: "saved when deleted", given: []mapping.Event{saved, mapping.Deleted{}}, when: save("Fairs", mail), err: mapping.ErrNotFound},
		row{name: "no name", when: save("  ", mail), err: errInvalid, fields: []string{"name"}},
		row{name: "a long name", when: save(strings.Repeat("x", mapping.MaxName+1), mail), err: errInvalid, fields: []string{"name"}},
		row{name: "no columns", when: save("Fairs", nil), err: unfit, fields: []string{"columns"}},
		row{name: "no header", when: save("Fairs", []imports.Column{{Field: imports.FieldEmail}}), err: errInvalid, fields: []string{"columns.0.header"}},
		row{name: "a header with a NUL", when: save("Fairs", []imports.Column{{Header: "a\x00", Field: imports.FieldEmail}}), err: errInvalid, fields: []string{"columns.0.header"}},
		row{name: "a column twice", when: save("Fairs", append(mail[:1:1], mail...)), err: unfit, fields: []string{"columns.1.header"}},
		row{name: "a field twice", when: save("Fairs", []imports.Column{{Header: "a", Field: imports.FieldCity}, {Header: "b", Field: imports.FieldCity}, mail[0]}), err: unfit, fields: []string{"columns.1.field"}},
		row{name: "no such field", when: save("Fairs", append(mail[:1:1], imports.Column{Header: "x", Field: "shoe"})), err: unfit, fields: []string{"columns.1.field"}},
		row{name: "nobody", when: save("Fairs", []imports.Column{{Header: "City", Field: imports.FieldCity}}), err: unfit, fields: []string{"columns"}},
		row{
			name: "options that do not fit", when: commands.SaveMapping{Name: "Fairs", Columns: mail, Options: imports.Options{Key: "shoe", Owner: "bob"}},
			err: errInvalid, fields: []string{"key", "owner"},
		},
		row{name: "deleted", given: []mapping.Event{saved}, when: commands.DeleteMapping{}, then: []mapping.Event{mapping.Deleted{}}},
		row{name: "deleted again: nothing", given: []mapping.Event{saved, mapping.Deleted{}}, when: commands.DeleteMapping{}},
		row{name: "nothing is deleted", when: commands.DeleteMapping{}, err: mapping.ErrNotFound},
	)
}

// TestMappingClaims: a name belongs to one mapping, until it is deleted.
func TestMappingClaims(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Fairs": "fairs", " MY  Straße ": "my strasse"} {
		m := domain.Fold(mapping.Mapping{}, mapping.Event(mapping.Saved{Name: name}))
		if got := m.Claims(); len(got) != 1 || got[0] != (domain.Claim{Scope: mapping.NameClaim, Value: want}) {
			t.Errorf("%q claims %v", name, got)
		}
		if got := m.Evolve(mapping.Deleted{}).Claims(); got != nil {
			t.Errorf("deleted, it claims %v", got)
		}
	}
}
