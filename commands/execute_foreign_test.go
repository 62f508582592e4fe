package commands_test

import (
	"errors"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/lead"
)

// The id of a company is no lead's: a command on it is refused as one on nothing, and
// in a job it stops none of the others, also when the job is run again.
func TestForeignStream(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	firm, person := commands.NewID(), commands.NewID()
	if _, err := commands.Execute(t.Context(), o.runner, o.by(access.Admin, me), commands.RegisterCompany{ID: firm, Details: company.Details{Name: "Acme"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := commands.Execute(t.Context(), o.runner, o.by(access.Admin, me), commands.CaptureLead{ID: person, Details: lead.Details{Name: "Ann"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := commands.Execute(t.Context(), o.runner, o.by(access.Admin, me), commands.AssignLead{ID: firm, Owner: you}); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("one command: %v", err)
	}
	before := o.facts()
	call := o.by(access.Admin, me)
	call.Chosen = true
	for range 2 {
		out := o.many(call, job{commands.AssignLead{ID: firm, Owner: you}, commands.AssignLead{ID: person, Owner: you}})
		if !errors.Is(out[0].Err, lead.ErrNotFound) || out[1].Err != nil {
			t.Errorf("a job: %v, %v", out[0].Err, out[1].Err)
		}
		if n := o.facts() - before; n != 1 {
			t.Errorf("%d facts", n)
		}
	}
}
