package imports_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
)

var mapping = []imports.Column{{Header: "Mail", Field: imports.FieldEmail}, {Header: "Note", Field: ""}}

func at(facts ...imports.Event) imports.Import { return domain.Fold(imports.Import{}, facts...) }

// life is how an import comes to each of its statuses.
func life() map[imports.Status][]imports.Event {
	uploaded := imports.Uploaded{Name: "x.csv", Columns: mapping}
	planning := []imports.Event{uploaded, imports.PlanningStarted{Columns: mapping, Options: imports.Options{Key: imports.ByEmail}}}
	planned := append(planning[:2:2], imports.Planned{Counts: imports.Counts{Rows: 1, Create: 1}})
	committing := append(planned[:3:3], imports.CommitStarted{Role: "admin"})
	committed := append(committing[:4:4], imports.Committed{Counts: imports.Counts{Rows: 1, Create: 1}})
	undoing := append(committed[:5:5], imports.UndoStarted{Role: "manager"})
	return map[imports.Status][]imports.Event{
		"": nil, imports.StatusUploaded: {uploaded}, imports.StatusPlanning: planning, imports.StatusPlanned: planned, imports.StatusCommitting: committing,
		imports.StatusCommitted: committed, imports.StatusUndoing: undoing, imports.StatusUndone: append(undoing[:6:6], imports.Undone{Deleted: 1}),
		imports.StatusFailed: append(planning[:2:2], imports.Failed{Code: "import.empty"}),
	}
}

// TestStatuses: every order and every outcome is taken where it belongs, and nowhere
// else.
func TestStatuses(t *testing.T) {
	t.Parallel()
	orders := map[string]func(imports.Import) ([]imports.Event, error){
		"upload":  func(i imports.Import) ([]imports.Event, error) { return i.Upload(imports.Uploaded{Columns: mapping}) },
		"plan":    func(i imports.Import) ([]imports.Event, error) { return i.Plan(nil, imports.Options{}) },
		"planned": func(i imports.Import) ([]imports.Event, error) { return i.RecordPlan(imports.Counts{}) },
		"fail":    func(i imports.Import) ([]imports.Event, error) { return i.Fail("c", "m") },
		"commit":  func(i imports.Import) ([]imports.Event, error) { return i.Commit("admin") },
		"done":    func(i imports.Import) ([]imports.Event, error) { return i.RecordCommit(imports.Committed{}) },
		"undo":    func(i imports.Import) ([]imports.Event, error) { return i.Undo("admin") },
		"destroy": func(i imports.Import) ([]imports.Event, error) { return i.DestroyFile(imports.ForAge) },
		"undone":  func(i imports.Import) ([]imports.Event, error) { return i.RecordUndo(imports.Undone{}) },
	}
	allowed := map[imports.Status]map[string]imports.Status{ // order -> where it leads
		"":                       {"upload": imports.StatusUploaded},
		imports.StatusUploaded:   {"destroy": imports.StatusUploaded, "plan": imports.StatusPlanning},
		imports.StatusPlanning:   {"planned": imports.StatusPlanned, "fail": imports.StatusFailed},
		imports.StatusPlanned:    {"destroy": imports.StatusPlanned, "plan": imports.StatusPlanning, "commit": imports.StatusCommitting},
		imports.StatusFailed:     {"destroy": imports.StatusFailed, "plan": imports.StatusPlanning},
		imports.StatusCommitting: {"done": imports.StatusCommitted},
		imports.StatusCommitted:  {"destroy": imports.StatusCommitted, "undo": imports.StatusUndoing},
		imports.StatusUndoing:    {"undone": imports.StatusUndone},
		imports.StatusUndone:     {"destroy": imports.StatusUndone, "plan": imports.StatusPlanning},
	}
	for status, facts := range life() {
		i := at(facts...)
		if i.Status != status {
			t.Fatalf("%q folds to %q", status, i.Status)
		}
		for name, order := range orders {
			got, err := order(i)
			want, ok := allowed[status][name]
			switch {
			case ok && (err != nil || len(got) != 1 || domain.Fold(i, got...).Status != want):
				t.Errorf("%q, %s: %v, %v", status, name, got, err)
			case !ok && status == "" && !errors.Is(err, imports.ErrNotFound):
				t.Errorf("nothing, %s: %v", name, err)
			case !ok && status != "" && name == "upload" && !errors.Is(err, imports.ErrExists):
				t.Errorf("%q, %s: %v", status, name, err)
			case !ok && status != "" && name != "upload" && !errors.Is(err, imports.ErrBusy):
				t.Errorf("%q, %s: %v", status, name, err)
			}
		}
	}
}

// TestFileGone: what needs the file is refused when it is gone, and an undo needs none.
func TestFileGone(t *testing.T) {
	t.Parallel()
	for status, facts := range life() {
		if len(facts) == 0 {
			continue
		}
		i := domain.Fold(at(facts...), imports.Event(imports.FileDestroyed{Why: imports.ForErasure}))
		_, planned := i.Plan(nil, imports.Options{})
		_, committed := i.Commit("admin")
		undone, undo := i.Undo("admin")
		again, destroyed := i.DestroyFile(imports.ForAge)
		switch status {
		case imports.StatusUploaded, imports.StatusPlanned, imports.StatusFailed, imports.StatusUndone:
			if !errors.Is(planned, imports.ErrGone) || (status == imports.StatusPlanned) != errors.Is(committed, imports.ErrGone) {
				t.Errorf("%s: plan %v, commit %v", status, planned, committed)
			}
		case imports.StatusCommitted:
			if undo != nil || len(undone) != 1 || !errors.Is(planned, imports.ErrBusy) {
				t.Errorf("%s: undo %v %v, plan %v", status, undone, undo, planned)
			}
		case imports.StatusPlanning, imports.StatusCommitting, imports.StatusUndoing:
			if !errors.Is(destroyed, imports.ErrBusy) {
				t.Errorf("%s: destroyed in the middle: %v", status, destroyed)
			}
			continue
		}
		if len(again) > 0 || destroyed != nil {
			t.Errorf("%s: destroyed twice: %v %v", status, again, destroyed)
		}
	}
}

func TestPlanOptions(t *testing.T) {
	t.Parallel()
	i := at(life()[imports.StatusUploaded]...)
	facts, err := i.Plan(nil, imports.Options{Tags: []string{"b", "a", "b"}})
	want := imports.PlanningStarted{Columns: mapping, Options: imports.Options{Key: "email", OnDuplicate: "skip", System: "import", Tags: []string{"a", "b"}}}
	if err != nil || !reflect.DeepEqual(facts, []imports.Event{want}) {
		t.Errorf("by default: %+v, %v", facts, err)
	}
	for field, o := range map[string]imports.Options{
		"key": {Key: "name"}, "on_duplicate": {OnDuplicate: "replace"}, "system": {System: "My CRM"}, "source": {Source: "a@b.de"}, "owner": {Owner: "bob"}, "tags[0]": {Tags: []string{"\x00"}},
	} {
		var refusal *domain.Error
		if _, err := i.Plan(nil, o); !errors.As(err, &refusal) || refusal.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := i.Plan(mapping[:1], imports.Options{}); err == nil {
		t.Error("a column that the mapping leaves out without saying so is dropped")
	}
}

// TestRead makes people of rows.
func TestRead(t *testing.T) {
	t.Parallel()
	columns := []imports.Column{
		{Field: imports.FieldFirstName},
		{Field: imports.FieldLastName},
		{Field: imports.FieldEmail},
		{Field: imports.FieldEmail},
		{Field: imports.FieldPhone},
		{Field: imports.FieldCompany},
		{Field: imports.FieldWebsite},
		{Field: imports.FieldCountry},
		{Field: imports.FieldTags},
		{Field: imports.FieldExternalID},
		{Field: imports.CustomField("since"), Kind: imports.KindDate, DateFormat: "02-01-2006"},
		{Field: imports.FieldStatus},
		{Field: imports.FieldNote},
		{Field: ""},
	}
	o := imports.Options{System: "crm", Source: "list", Owner: "01900000-0000-7000-8000-0000000000e1", Tags: []string{"all"}}
	p, faults := imports.Read(columns, o, []string{
		"Ann", " Lee ", "A@B.de", "c@d.de", "030 123456", "Acme", "www.acme.com", "Germany", "vip; hot", "7", "31-12-2020", "Working", "met at the fair", "dropped",
	})
	want := imports.Person{
		Details: lead.Details{
			Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Email: "a@b.de", Emails: []lead.Email{{Address: "c@d.de"}}, Phone: "+4930123456", PhoneStatus: lead.PhoneValid,
			Company: "Acme", Country: "DE", Source: "list", Tags: []string{"all", "hot", "vip"}, ExternalIDs: map[string]string{"crm": "7"},
			Custom: map[string]string{"since": "2020-12-31"},
		},
		Company: company.Details{Name: "Acme", Website: "https://www.acme.com", Domain: "acme.com"}, Owner: o.Owner, Status: lead.Working, Note: "met at the fair",
	}
	if faults != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", faults, p, want)
	}
	empty := make([]string, len(columns))
	for field, change := range map[string]func([]string){
		"email":        func([]string) {},
		"emails[0]":    func(r []string) { r[2] = "nobody" },
		"custom:since": func(r []string) { r[0], r[10] = "Ann", "2020-12-31" },
		"status":       func(r []string) { r[0], r[11] = "Ann", "won" },
		"website":      func(r []string) { r[0], r[6] = "Ann", "ftp://x.com" },
	} {
		row := append([]string(nil), empty...)
		change(row)
		if _, faults := imports.Read(columns, o, row); len(faults) != 1 || faults[0].Field != field || faults[0].Code != "value.invalid" {
			t.Errorf("%s: %+v", field, faults)
		}
	}
}

// TestPlan: what becomes of a row, for everything that may be in the world.
func TestPlan(t *testing.T) {
	t.Parallel()
	row := imports.Person{Details: lead.Details{Name: "Ann", Email: "a@b.de", City: "Rome", ExternalIDs: map[string]string{"crm": "7"}}, Company: company.Details{Name: "Acme", Domain: "acme.com"}}
	mail, id := domain.Claim{Scope: "email", Value: "a@b.de"}, lead.ExternalID("crm", "7")
	known := func(d lead.Details) *lead.Lead {
		l := domain.Fold(lead.Lead{}, lead.Event(lead.Captured{Status: lead.New, Details: d}))
		return &l
	}
	same := known(row.Details)
	archived := same.Evolve(lead.Archived{})
	for name, c := range map[string]struct {
		on     string
		faults []imports.Reason
		found  imports.Found
		want   imports.Outcome
		code   string // of the first reason
	}{
		"nobody is there":                            {imports.Skip, nil, imports.Found{}, imports.Create, ""},
		"the row is at fault":                        {imports.Skip, []imports.Reason{{Code: "row.quote"}}, imports.Found{}, imports.Error, "row.quote"},
		"the lead is there, skip":                    {imports.Skip, nil, imports.Found{Holders: map[domain.Claim]string{mail: "l"}, Lead: same, ID: "l"}, imports.Skipped, "lead.exists"},
		"the lead is as the row says":                {imports.Fill, nil, imports.Found{Holders: map[domain.Claim]string{mail: "l", id: "l"}, Lead: same, ID: "l"}, imports.Unchanged, ""},
		"the row knows more":                         {imports.Fill, nil, imports.Found{Lead: known(lead.Details{Name: "Ann", Email: "a@b.de"}), ID: "l"}, imports.Update, ""},
		"the row says otherwise, fill":               {imports.Fill, nil, imports.Found{Lead: known(lead.Details{Name: "Anna", Email: "a@b.de", City: "Bonn", ExternalIDs: row.ExternalIDs}), ID: "l"}, imports.Unchanged, ""},
		"the row says otherwise, overwrite":          {imports.Overwrite, nil, imports.Found{Lead: known(lead.Details{Name: "Anna", Email: "a@b.de"}), ID: "l"}, imports.Update, ""},
		"archived":                                   {imports.Fill, nil, imports.Found{Lead: &archived, ID: "l"}, imports.Refused, "lead.archived"},
		"another lead holds the id":                  {imports.Fill, nil, imports.Found{Holders: map[domain.Claim]string{mail: "l", id: "m"}, Lead: same, ID: "l"}, imports.Refused, "claim.taken"},
		"another lead holds it, nobody is found":     {imports.Skip, nil, imports.Found{Holders: map[domain.Claim]string{id: "m"}}, imports.Refused, "claim.taken"},
		"an earlier row is the same, skip":           {imports.Skip, nil, imports.Found{First: 2}, imports.Skipped, "row.duplicate"},
		"an earlier row is the same, fill":           {imports.Fill, nil, imports.Found{First: 2}, imports.Update, ""},
		"the company has another name":               {imports.Skip, nil, imports.Found{Company: &company.Details{Name: "Acme Inc."}}, imports.Create, "company.name_differs"},
		"an earlier row names the company otherwise": {imports.Skip, nil, imports.Found{Renamed: true}, imports.Create, "company.name_differs"},
		"the company has the same name":              {imports.Skip, nil, imports.Found{Company: &company.Details{Name: "ACME"}}, imports.Create, ""},
	} {
		got, reasons := imports.Options{Key: imports.ByEmail, OnDuplicate: c.on, System: "crm"}.Plan(row, c.faults, c.found)
		code := ""
		if len(reasons) > 0 {
			code = reasons[0].Code
		}
		if got != c.want || code != c.code {
			t.Errorf("%s: %s %v", name, got, reasons)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	var c imports.Counts
	for _, o := range []imports.Outcome{imports.Create, imports.Update, imports.Unchanged, imports.Skipped, imports.Error, imports.Refused} {
		c.Add(o, true, 2)
	}
	if want := (imports.Counts{Rows: 12, Create: 2, Update: 2, Unchanged: 2, Skip: 2, Error: 2, Refused: 2, Warnings: 6}); c != want {
		t.Errorf("%+v", c)
	}
}
