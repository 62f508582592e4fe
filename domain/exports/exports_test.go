package exports_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
)

func TestParseColumns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": strings.Join(exports.DefaultColumns(), ","), "name, email": "name,email", "id,custom.tier,external_ids.crm,emails": "id,custom.tier,external_ids.crm,emails",
	} {
		if got, err := exports.ParseColumns(text); err != nil || strings.Join(got, ",") != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"nothing", "name,,email", "name,name", "custom.", "custom.A", "other.x", "custom.x.y", "Name", "custom." + strings.Repeat("x", 41), ","} {
		var refusal *domain.Error
		if _, err := exports.ParseColumns(text); !errors.As(err, &refusal) || refusal.Kind != domain.Invalid || refusal.Fields[0].Name != "columns" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestSheet: what is several stands in as many columns as it needs, and what has come
// since they were counted is not dropped.
func TestSheet(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := &exports.Lead{ID: "1", Status: lead.New, CreatedAt: at, UpdatedAt: at, Archived: true, Details: lead.Details{
		Email: "a@x.de", Emails: []lead.Email{{Address: "b@x.de"}, {Address: "c@x.de"}, {Address: "d@x.de"}}, Phone: "+49301234567", CountryGiven: "Atlantis",
		Tags: []string{"a", "b"}, Custom: map[string]string{"tier": "=1"}, ExternalIDs: map[string]string{"import": "7", "crm": "8"}, Title: "@CEO", Company: "x;=y",
	}}
	names := []string{"id", "title", "company", "email", "emails", "phones", "country", "tags", "custom", "external_ids", "archived", "created_at", "custom.tier"}
	s, err := exports.NewSheet(names, exports.Extent{Emails: 3, Phones: 1, Systems: []string{"import", "crm"}, Custom: []string{"tier"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Header(), " "); got != "id title company email email_2 email_3 phone_2 country tags custom.tier external_ids.crm external_id archived created_at" {
		t.Errorf("the header is %s", got)
	}
	if got := strings.Join(s.Row(l), "|"); got != "1|'@CEO|x;'=y|a@x.de|b@x.de|c@x.de; d@x.de||Atlantis|a,b|'=1|8|7|true|2026-01-02T03:04:05Z" {
		t.Errorf("the row is %s", got)
	}
	if exports.Several([]string{"name", "email"}) || !exports.Several(exports.DefaultColumns()) {
		t.Error("it is not told whether columns depend on the leads")
	}
	var keys []string
	for i := range 501 {
		keys = append(keys, fmt.Sprint("k", i))
	}
	if _, err := exports.NewSheet([]string{"custom"}, exports.Extent{Custom: keys}); err == nil {
		t.Error("more columns than an import takes")
	}
}

// file is a CSV file of leads in the default columns.
func file(t rapid.TB, leads []exports.Lead) []byte {
	t.Helper()
	var e exports.Extent
	for _, l := range leads {
		e.Emails, e.Phones = max(e.Emails, 1+len(l.Emails)), max(e.Phones, 1+len(l.Phones))
		for k := range l.Custom {
			if !slices.Contains(e.Custom, k) {
				e.Custom = append(e.Custom, k)
			}
		}
		for k := range l.ExternalIDs {
			if !slices.Contains(e.Systems, k) {
				e.Systems = append(e.Systems, k)
			}
		}
	}
	s, err := exports.NewSheet(exports.DefaultColumns(), e)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(s.Header())
	for i := range leads {
		_ = w.Write(s.Row(&leads[i]))
	}
	w.Flush()
	return out.Bytes()
}

// anyLead is a lead as the rules have brought it into its form.
func anyLead(t *rapid.T, n int) exports.Lead {
	text := func(what string) string {
		return rapid.StringOfN(rapid.SampledFrom([]rune(`ab1 ,;|"'=+-@[]{}äß例.`)), 0, 8, -1).Draw(t, what)
	}
	word := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(t, what) }
	d := lead.Details{
		Name: text("name"), FirstName: text("first"), LastName: text("last"), Email: fmt.Sprintf("p%d@people.example", n), Title: text("title"), Company: text("company"),
		Address: text("address"), City: text("city"), State: text("state"), PostalCode: text("postal code"), Country: word("country", "", "DE", "France", "Atlantis", "=cmd"),
		Phone: word("phone", "", "030 123456", "+44 20 7946 0958", "+49 30 123456 ext. 7", "call me", "=1+1", "+1"), Timezone: word("zone", "", "Europe/Berlin"),
		LinkedIn: word("linkedin", "", "https://linkedin.com/in/ann"), Source: word("source", "", "web", "fair 2026", "-fair", "+x"),
		Tags: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return rapid.StringOfN(rapid.SampledFrom([]rune(`ab,;|"[]=+`)), 1, 4, -1).Draw(t, "tag")
		}), 0, 3).Draw(t, "tags"),
		Custom:      map[string]string{"tier": text("tier"), "seq": strconv.Itoa(n), "site": word("site", "", "https://x.example"), "since": word("since", "", "01/02/2026", "soon"), "er_id": text("id"), "note": text("note")},
		ExternalIDs: map[string]string{"import": word("an id", "", strconv.Itoa(n), fmt.Sprint("=", n))},
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "more") {
		d.Emails = append(d.Emails, lead.Email{Address: fmt.Sprintf("p%d-%d@people.example", n, i)})
		d.Phones = append(d.Phones, lead.Phone{Number: fmt.Sprintf("+4930123456%d", i)})
	}
	facts, err := lead.Lead{}.Capture(d, word("owner", "", "01900000-0000-7000-8000-0000000000e1"), "")
	if err != nil {
		t.Fatal(err)
	}
	l := domain.Fold(lead.Lead{}, facts...)
	return exports.Lead{Details: l.Details, Status: lead.Status(word("status", "new", "working", "customer")), Owner: l.Owner}
}

// TestRoundTrip: whatever the leads hold, our own import reads the file without a
// question, makes exactly those leads anew, and no cell of it is a formula.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		leads := make([]exports.Lead, rapid.IntRange(1, 6).Draw(t, "leads"))
		for i := range leads {
			leads[i] = anyLead(t, i)
		}
		raw := file(t, leads)
		r, err := imports.Open(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		for {
			row, err := r.Next()
			if err != nil {
				break
			}
			if row.Fault != nil {
				t.Fatalf("a row is at fault: %+v", row)
			}
			rows = append(rows, row.Values)
		}
		if len(rows) != len(leads) {
			t.Fatalf("%d rows of %d leads:\n%s", len(rows), len(leads), raw)
		}
		columns := imports.Propose(r.Header(), rows)
		if err := imports.Validate(r.Header(), columns); err != nil {
			t.Fatal(err)
		}
		o := imports.Options{Key: imports.ByEmail, OnDuplicate: imports.Skip, System: "import"}
		for i, row := range rows {
			for n, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=-@") || strings.HasPrefix(cell, "+") && strings.Trim(cell, "+0123456789 ().-/;ext=") != "" { // a phone is none
					t.Fatalf("%s holds %q", columns[n].Header, cell)
				}
			}
			p, faults := imports.Read(columns, o, row)
			if !reflect.DeepEqual(p.Details, leads[i].Details) || p.Owner != leads[i].Owner || p.Status != leads[i].Status {
				t.Fatalf("%s\nread %+v\nof   %+v", raw, p, leads[i])
			}
			if outcome, why := o.Plan(p, faults, imports.Found{}); outcome != imports.Create {
				t.Fatalf("a row becomes %s: %v", outcome, why)
			}
		}
	})
}
