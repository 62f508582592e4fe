package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// fileOf is a file of n people in the columns of a CRM's export.
func fileOf(n int) string {
	var b strings.Builder
	b.WriteString("Index,Customer Id,First Name,Last Name,Company,City,Country,Phone 1,Phone 2,Email,Subscription Date,Website\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "%d,C%d,Ann,Number%d,\"Firm, %d\",Berlin,Germany,030 123456,call-%d,ann%d@people.example,%02d-02-2021,http://www.firm%d.com/\n", i, i, i, i/2, i, i, 1+i%28, i/2)
	}
	return b.String()
}

func (s *server) upload(t *testing.T, file string) string {
	t.Helper()
	return parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/imports?name=people.csv", file, 202, "Content-Type", "text/csv")).ID
}

// stands waits until an import stands there.
func (s *server) stands(t *testing.T, id string, at imports.Status) (i projections.Import) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("the import stands at %+v; the server says\n%s", i, s.err.String())
		}
	}()
	eventually(t, fmt.Sprintf("the import is %s", at), func() bool {
		status, body, err := s.try(t.Context(), "GET", "/v1/imports/"+id, "")
		if err != nil || status != 200 {
			return false
		}
		i = parse[projections.Import](t, body)
		if i.Status == imports.StatusFailed && at != imports.StatusFailed {
			t.Fatalf("the import failed: %+v", i.Failure)
		}
		return i.Status == at
	})
	return i
}

func (s *server) planned(t *testing.T, file, options string) projections.Import {
	t.Helper()
	id := s.upload(t, file)
	s.ask(t, "POST", "/v1/imports/"+id+"/plan", options, 202)
	return s.stands(t, id, imports.StatusPlanned)
}

func (s *server) committed(t *testing.T, id string) projections.Import {
	t.Helper()
	s.ask(t, "POST", "/v1/imports/"+id+"/commit", "", 202)
	return s.stands(t, id, imports.StatusCommitted)
}

func total(t *testing.T, s *server, path string) int {
	t.Helper()
	return parse[apphttp.List[any]](t, s.ask(t, "GET", path, "", 200)).Total.Value
}

// TestImport walks a file through its life: what is planned is what is done, what is
// done can be taken back, and what somebody has worked on since stays.
func TestImport(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	s.capture(t, `{"name":"Ann","email":"ann7@people.example"}`)
	file := fileOf(900) +
		"901,C901,Bo,Twice,,Berlin,Germany,,,ann3@people.example,01-02-2021,\n" + // the third row again
		"902,C902,Bo,=Broken(),,Berlin,Germany,,,nobody,01-02-2021,\n" +
		"903,C903,Bo,Late,,Berlin,Germany,,,bo@people.example,2021-02-01,\n" +
		"904,C904,Bo\n"
	i := s.planned(t, file, "")
	want := imports.Counts{Rows: 904, Create: 899, Skip: 2, Error: 3}
	if *i.Plan != want {
		t.Fatalf("the plan is %+v, want %+v", *i.Plan, want)
	}
	fields := map[string]imports.Field{}
	for _, c := range i.Columns {
		fields[c.Header] = c.Field
	}
	if fields["Index"] != "" || fields["Subscription Date"] != "custom:subscription_date" || fields["Customer Id"] != imports.FieldExternalID {
		t.Errorf("the columns are %v", fields)
	}
	if n := total(t, s, "/v1/leads"); n != 1 {
		t.Errorf("a plan has made leads: %d", n)
	}
	rows := all[projections.ImportRow](t, s, "/v1/imports/"+i.ID+"/rows?outcome=error")
	if len(rows) != 3 || rows[0].Line != 903 || rows[0].Reasons[0].Field != "emails[0]" && rows[0].Reasons[0].Field != "email" || rows[2].Reasons[0].Code != "row.ragged" {
		t.Errorf("the rows at fault are %+v", rows)
	}
	corrected(t, s, i.ID)

	done := s.committed(t, i.ID)
	if done.Result.Changed != 0 || done.Result.Companies != 451 || done.Result.Counts.Create != 899 {
		t.Errorf("the result is %+v", done.Result)
	}
	eventually(t, "the leads are shown", func() bool { return total(t, s, "/v1/leads") == 900 && total(t, s, "/v1/companies") == 451 })
	again := s.planned(t, file, "")
	if again.Plan.Create != 0 || again.Plan.Skip != 901 {
		t.Errorf("the same file again plans %+v", again.Plan)
	}
	s.takenBack(t, i.ID)
	if third := s.planned(t, file, ""); third.Plan.Create != 898 {
		t.Errorf("after the undo the file plans %+v", third.Plan)
	}
	byCommand(t, s, file)
	s.interrupt()
}

// corrected reads the rows at fault as a person would, who sends them again.
func corrected(t *testing.T, s *server, id string) {
	t.Helper()
	text := s.ask(t, "GET", "/v1/imports/"+id+"/errors.csv", "", 200)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 4 || !strings.HasSuffix(strings.TrimSpace(lines[0]), "canvass_line,canvass_reason") || !strings.Contains(lines[1], "nobody") || !strings.Contains(lines[1], ",'=Broken(),") || !strings.Contains(lines[1], ",903,") {
		t.Errorf("the rows at fault are\n%s", text)
	}
}

// takenBack undoes an import after somebody has worked on one of its leads.
func (s *server) takenBack(t *testing.T, id string) {
	t.Helper()
	page := parse[apphttp.List[projections.Lead]](t, s.ask(t, "GET", "/v1/leads?limit=5", "", 200))
	worked := page.Items[2]
	s.ask(t, "PATCH", "/v1/leads/"+worked.ID, `{"title":"Boss"}`, 200)
	s.ask(t, "POST", "/v1/imports/"+id+"/undo", "", 202)
	done := s.stands(t, id, imports.StatusUndone)
	if done.Undo.Deleted != 898 || done.Undo.Kept != 1 || !slices.Equal(done.Undo.KeptLeads, []string{worked.ID}) || done.Undo.Companies != 450 {
		t.Errorf("the undo says %+v", done.Undo)
	}
	eventually(t, "the leads are gone", func() bool { return total(t, s, "/v1/leads") == 2 && total(t, s, "/v1/companies") == 1 })
	if kept := parse[projections.Lead](t, s.ask(t, "GET", "/v1/leads/"+worked.ID, "", 200)); kept.Title != "Boss" || kept.Email != worked.Email {
		t.Errorf("the lead that somebody worked on reads %+v", kept)
	}
}

// TestImportMerges takes what a file says of leads that are there, and gives it back.
func TestImportMerges(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	known := s.capture(t, `{"name":"Ann","email":"ann@people.example","city":"Rome","tags":["old"]}`).ID
	other := s.capture(t, `{"name":"Cy","external_ids":{"crm":"7"}}`).ID
	file := "Email,Name,City,Title,ID\nann@people.example,Anna,Berlin,CEO,5\nbo@people.example,Bo,,,7\nann@people.example,,,CTO,\n"
	options := `{"columns":[{"header":"Email","field":"email"},{"header":"Name","field":"name"},{"header":"City","field":"city"},{"header":"Title","field":"title"},{"header":"ID","field":"external_id"}],` +
		`"options":{"on_duplicate":"%s","system":"crm","source":"fair","tags":["new"]}}`
	for mode, want := range map[string]string{"fill": "Ann/Rome/CEO", "overwrite": "Anna/Berlin/CTO"} {
		i := s.planned(t, file, fmt.Sprintf(options, mode))
		if c := *i.Plan; c.Update != 2 || c.Refused != 1 {
			t.Fatalf("%s: the plan is %+v", mode, c)
		}
		refused := all[projections.ImportRow](t, s, "/v1/imports/"+i.ID+"/rows?outcome=refused")
		if len(refused) != 1 || refused[0].Line != 3 || refused[0].Reasons[0].Lead != other {
			t.Errorf("%s: refused are %+v", mode, refused)
		}
		s.committed(t, i.ID)
		shown := func() projections.Lead {
			return parse[projections.Lead](t, s.ask(t, "GET", "/v1/leads/"+known, "", 200))
		}
		eventually(t, "the lead is merged", func() bool { return len(shown().Tags) == 2 })
		if l := shown(); l.Name+"/"+l.City+"/"+l.Title != want || l.ExternalIDs["crm"] != "5" || l.Source != "fair" {
			t.Errorf("%s: the lead reads %+v", mode, l)
		}
		s.ask(t, "POST", "/v1/imports/"+i.ID+"/undo", "", 202)
		if u := s.stands(t, i.ID, imports.StatusUndone).Undo; u.Reverted != 1 || u.Deleted != 0 || u.Kept != 0 {
			t.Errorf("%s: the undo says %+v", mode, u)
		}
		eventually(t, "the lead is as it was", func() bool { return len(shown().Tags) == 1 })
		if l := shown(); l.Name+"/"+l.City+"/"+l.Title != "Ann/Rome/" || l.ExternalIDs != nil || l.Source != "" {
			t.Errorf("%s: after the undo the lead reads %+v", mode, l)
		}
	}
	s.erasedFrom(t, known)
	s.interrupt()
}

// erasedFrom erases somebody who is in files that are still kept.
func (s *server) erasedFrom(t *testing.T, lead string) {
	t.Helper()
	s.ask(t, "POST", "/v1/leads/"+lead+"/erase", "", 200)
	eventually(t, "the files are destroyed", func() bool {
		gone := all[projections.Import](t, s, "/v1/imports")
		return len(gone) == 2 && gone[0].Destroyed == imports.ForErasure && gone[1].Destroyed == imports.ForErasure
	})
	id := all[projections.Import](t, s, "/v1/imports")[0].ID
	for method, path := range map[string]string{"POST": "/plan", "GET": "/rows", "get": "/errors.csv"} {
		if got := s.ask(t, strings.ToUpper(method), "/v1/imports/"+id+path, "", 409); !strings.Contains(got, imports.ErrGone.Code) {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// TestImportRefused: what cannot be read is refused by name, and nothing is done.
func TestImportRefused(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	for body, code := range map[string]string{"": "import.empty", " , \n": "import.no_header", "\xef\xbb\xbf": "import.empty"} {
		if got := s.ask(t, "POST", "/v1/imports", body, 422, "Content-Type", "text/csv"); !strings.Contains(got, code) {
			t.Errorf("%q: %s, want %s", body, got, code)
		}
	}
	s.ask(t, "POST", "/v1/imports?surprise=1", "a\nb\n", 422, "Content-Type", "text/csv")
	s.ask(t, "POST", "/v1/imports", "a\nb\n", 422, "Content-Type", "multipart/form-data; boundary=x")
	id := s.upload(t, "email\nann@people.example\n\"never closed\nbo@people.example\n")
	s.ask(t, "POST", "/v1/imports/"+id+"/plan", "", 202)
	if i := s.stands(t, id, imports.StatusFailed); i.Failure.Code != "import.unclosed_quote" || !strings.Contains(i.Failure.Message, "3") {
		t.Errorf("the failure is %+v", i.Failure)
	}
	s.ask(t, "POST", "/v1/imports/"+id+"/commit", "", 409)
	s.ask(t, "POST", "/v1/imports/"+id+"/plan", `{"columns":[{"header":"mail","field":"email"}]}`, 422)
	s.ask(t, "POST", "/v1/imports/"+id+"/plan", `{"options":{"owner":"bob"}}`, 422)
	s.ask(t, "GET", "/v1/imports/01900000-0000-7000-8000-000000000000", "", 404)
	if n := total(t, s, "/v1/leads"); n != 0 {
		t.Errorf("%d leads", n)
	}
	s.interrupt()
}
