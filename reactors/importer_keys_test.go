package reactors_test

import (
	"context"
	"slices"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
)

// TestSharedKeys brings the same file in by a phone, by name and company, and with and
// without leads of its own for people who are there: what is planned is what is done.
func TestSharedKeys(t *testing.T) {
	t.Parallel()
	const byPhone = "name,phone,city\n" +
		"Ann,+49 30 123456,Rome\n" + // there, twice
		"Bo,+49 30 123457,Oslo\n" + // new
		"Bob,030 123457,Bonn\n" + // not read as that phone: it names no country
		"Bo again,+4930123457,Bergen\n" + // the second row's lead
		"Cy,,Cork\n" // says nothing
	const byName = "name,company,city\n" +
		"ann,ACME,Rome\n" +
		"Ann,Other,Oslo\n" +
		"ANN,Other,Bonn\n" +
		"Dee,,Cork\n"
	for _, c := range []struct {
		name, file, key, on string
		plan, leads         []string
	}{
		{
			"by phone", byPhone, imports.ByPhone, imports.Fill,
			[]string{"update lead.ambiguous", "create", "create", "update", "create"},
			[]string{"ann acme +4930123456 rome", "anna - +4930123456 -", "bo - +4930123457 oslo", "bob - 030 123457 bonn", "cy - - cork"},
		},
		{
			"by phone, overwriting", byPhone, imports.ByPhone, imports.Overwrite,
			[]string{"update lead.ambiguous", "create", "create", "update", "create"},
			[]string{"ann acme +4930123456 rome", "anna - +4930123456 -", "bo again - +4930123457 bergen", "bob - 030 123457 bonn", "cy - - cork"},
		},
		{
			"by phone, skipping", byPhone, imports.ByPhone, imports.Skip,
			[]string{"skip lead.exists", "create", "create", "skip row.duplicate", "create"},
			[]string{"ann acme +4930123456 -", "anna - +4930123456 -", "bo - +4930123457 oslo", "bob - 030 123457 bonn", "cy - - cork"},
		},
		{
			"by phone, another each", byPhone, imports.ByPhone, imports.Another,
			[]string{"create lead.exists", "create", "create", "create row.duplicate", "create"},
			[]string{"ann acme +4930123456 -", "anna - +4930123456 -", "ann - +4930123456 rome", "bo - +4930123457 oslo", "bob - 030 123457 bonn", "bo again - +4930123457 bergen", "cy - - cork"},
		},
		{
			"by name and company", byName, imports.ByCompanyName, imports.Fill,
			[]string{"update", "create", "update", "create"},
			[]string{"ann acme +4930123456 rome", "anna - +4930123456 -", "ann other - oslo", "dee - - cork"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.person(lead.Details{Name: "Ann", Company: "Acme", Phone: "+4930123456"})
			d.person(lead.Details{Name: "Anna", Phone: "+4930123456"})
			id := d.bring(c.file)
			planned := d.work(commands.PlanImport{ID: id, Options: imports.Options{Key: c.key, OnDuplicate: c.on}})
			if got := d.rows(id); !slices.Equal(got, c.plan) {
				t.Errorf("the plan is %q", got)
			}
			done := d.work(commands.CommitImport{ID: id, Role: string(access.Admin)})
			if done.Result.Counts != *planned.Plan || done.Result.Changed != 0 {
				t.Errorf("planned %+v, done %+v", *planned.Plan, done.Result)
			}
			if got := d.leads(); !slices.Equal(got, c.leads) {
				t.Errorf("the leads are %q", got)
			}
			d.work(commands.UndoImport{ID: id, Role: string(access.Admin)})
			if got := d.leads(); !slices.Equal(got, []string{"ann acme +4930123456 -", "anna - +4930123456 -"}) {
				t.Errorf("after the undo they are %q", got)
			}
		})
	}
}

// TestAnotherOfAClaim: an address and an id belong to one lead; who asks for another one
// all the same is told of the holder.
func TestAnotherOfAClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	holder := d.person(lead.Details{Name: "Ann", Email: "ann@acme.com"})
	id := d.bring("name,email\nAnn,ann@acme.com\nBo,bo@acme.com\nBob,bo@acme.com\n")
	d.work(commands.PlanImport{ID: id, Options: imports.Options{OnDuplicate: imports.Another}})
	if got := d.rows(id); !slices.Equal(got, []string{"refused claim.taken", "create", "refused row.duplicate"}) {
		t.Errorf("the plan is %q", got)
	}
	page, err := d.ask.ImportRows(t.Context(), access.Principal{Org: d.org, Role: access.Admin}, id, "refused", 0, 10)
	if err != nil || page.Items[0].Reasons[0].Lead != holder {
		t.Errorf("the holder is told as %+v, %v", page.Items, err)
	}
	if done := d.work(commands.CommitImport{ID: id, Role: string(access.Admin)}); done.Result.Counts.Create != 1 || done.Result.Changed != 0 {
		t.Errorf("done: %+v", done.Result)
	}
}

// TestNamesakes: two names of one company in a file are told before anything is written,
// and are the same warnings afterwards.
func TestNamesakes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	known := commands.NewID()
	d.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, d.run, call, commands.RegisterCompany{ID: known, Details: company.Details{Name: "Known", Website: "known.com"}})
		return err
	})
	id := d.bring("name,company,website,email\n" +
		"Ann,Acme,acme.com,ann@acme.com\n" +
		"Bo,ACME,www.acme.com,bo@acme.com\n" + // the same name
		"Cy,Acme Inc.,acme.com,cy@acme.com\n" + // another
		"Cy,Acme Inc.,acme.com,cy@acme.com\n" + // skipped: it is the row before
		"Dee,,acme.com,dee@acme.com\n" +
		"Eve,,bare.com,eve@bare.com\n" + // brings a company without a name
		"Flo,Bare,bare.com,flo@bare.com\n" +
		"Gus,Unknown,known.com,gus@known.com\n" +
		"Hal,Known,known.com,hal@known.com\n")
	want := []string{
		"create", "create", "create company.name_differs", "skip row.duplicate", "create", "create", "create", "create company.name_differs", "create",
	}
	planned := d.work(commands.PlanImport{ID: id})
	if got := d.rows(id); !slices.Equal(got, want) || planned.Plan.Warnings != 2 {
		t.Errorf("the plan is %q, %+v", got, planned.Plan)
	}
	if err := d.staging.Namesakes(t.Context(), d.org, id); err != nil { // as a job does that died before it could say so
		t.Fatal(err)
	}
	if page, err := d.ask.ImportRows(t.Context(), access.Principal{Org: d.org, Role: access.Admin}, id, "warning", 0, 9); err != nil || len(page.Items) != 2 || len(page.Items[0].Reasons) != 1 {
		t.Errorf("the warnings are %+v, %v", page.Items, err)
	}
	done := d.work(commands.CommitImport{ID: id, Role: string(access.Admin)})
	if got := d.rows(id); !slices.Equal(got, want) || done.Result.Counts != *planned.Plan || done.Result.Changed != 0 || done.Result.Companies != 2 {
		t.Errorf("done is %q, %+v", got, done.Result)
	}
}

// TestLeadGoneMeanwhile: a lead that the plan has found and that is deleted before the
// commit is made anew.
func TestLeadGoneMeanwhile(t *testing.T) {
	t.Parallel()
	for _, o := range []imports.Options{{Key: imports.ByPhone, OnDuplicate: imports.Fill}, {Key: imports.ByEmail, OnDuplicate: imports.Fill}} {
		d := newDesk(t)
		gone := d.person(lead.Details{Name: "Ann", Email: "ann@acme.com", Phone: "+4930123456"})
		id := d.bring("name,email,phone,city\nAnn,ann@acme.com,+4930123456,Rome\n")
		d.work(commands.PlanImport{ID: id, Options: o})
		d.remove(gone)
		if done := d.work(commands.CommitImport{ID: id, Role: string(access.Admin)}); done.Result.Counts.Create != 1 || done.Result.Changed != 1 {
			t.Errorf("%s: done: %+v %v", o.Key, done.Result, d.rows(id))
		}
	}
}
