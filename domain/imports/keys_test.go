package imports_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
)

// TestKey: by what a row's lead is found, for every key, and when the row does not say.
func TestKey(t *testing.T) {
	t.Parallel()
	columns := []imports.Column{{Field: imports.FieldName}, {Field: imports.FieldEmail}, {Field: imports.FieldPhone}, {Field: imports.FieldCompany}, {Field: imports.FieldExternalID}}
	for _, c := range []struct{ key, row, want string }{
		{imports.ByEmail, "Ann|A@B.de|||", "a@b.de"},
		{imports.ByEmail, "Ann||||", ""},
		{imports.ByExternalID, "Ann||||7", "crm:7"},
		{imports.ByExternalID, "Ann||||", ""},
		{imports.ByPhone, "Ann||+49 30 123456||", "+4930123456"},
		{imports.ByPhone, "Ann||call me||", ""},
		{imports.ByPhone, "Ann||||", ""},
		{imports.ByCompanyName, "ANN Straße|||Acme|", "ann strasse\nacme"},
		{imports.ByCompanyName, "Ann||||", ""},
		{imports.ByCompanyName, "|a@b.de||Acme|", ""},
	} {
		o := imports.Options{Key: c.key, System: "crm"}
		p, faults := imports.Read(columns, o, strings.Split(c.row, "|"))
		if faults != nil {
			t.Fatalf("%s, %s: %v", c.key, c.row, faults)
		}
		if key, ok := p.Key(o); ok != (c.want != "") || ok && key.Value != c.want {
			t.Errorf("%s, %s: %q, %v", c.key, c.row, key, ok)
		}
	}
}

// TestPlanOfSharedKeys: what becomes of a row whose key may be that of several leads,
// and of one that makes another lead whatever there is.
func TestPlanOfSharedKeys(t *testing.T) {
	t.Parallel()
	row := imports.Person{Details: lead.Details{Name: "Ann", Email: "a@b.de", Phone: "+4930123456", PhoneStatus: lead.PhoneValid}}
	mail := domain.Claim{Scope: lead.EmailClaim, Value: "a@b.de"}
	there := domain.Fold(lead.Lead{}, lead.Event(lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann", Phone: "+4930123456", PhoneStatus: lead.PhoneValid}}))
	archived := there.Evolve(lead.Archived{})
	one, three := imports.Found{Lead: &there, ID: "l", Matches: 1}, imports.Found{Lead: &there, ID: "l", Matches: 3}
	taken := one
	taken.Holders = map[domain.Claim]string{mail: "m"}
	own := imports.Found{Lead: &there, ID: "l", Holders: map[domain.Claim]string{mail: "l"}}
	for name, c := range map[string]struct {
		key, on string
		found   imports.Found
		want    imports.Outcome
		reasons string
	}{
		"nobody has the phone":                       {imports.ByPhone, imports.Fill, imports.Found{}, imports.Create, ""},
		"one has it":                                 {imports.ByPhone, imports.Fill, one, imports.Update, ""},
		"three have it":                              {imports.ByPhone, imports.Fill, three, imports.Update, "lead.ambiguous matches 3 leads; the oldest is taken"},
		"three have it, skip":                        {imports.ByPhone, imports.Skip, three, imports.Skipped, "lead.exists the lead is there already, lead.ambiguous matches 3 leads; the oldest is taken"},
		"a switchboard":                              {imports.ByPhone, imports.Fill, imports.Found{Lead: &there, ID: "l", Matches: imports.MatchedUpTo}, imports.Update, "lead.ambiguous matches 100 or more leads; the oldest is taken"},
		"the oldest is archived":                     {imports.ByPhone, imports.Fill, imports.Found{Lead: &archived, ID: "l", Matches: 2}, imports.Refused, "lead.archived the lead is archived"},
		"the address is another's":                   {imports.ByPhone, imports.Fill, taken, imports.Refused, "claim.taken belongs to another lead"},
		"another":                                    {imports.ByPhone, imports.Another, one, imports.Create, "lead.exists the lead is there already"},
		"another beside an archived one":             {imports.ByCompanyName, imports.Another, imports.Found{Lead: &archived, ID: "l", Matches: 1}, imports.Create, "lead.exists the lead is there already"},
		"another, nobody is there":                   {imports.ByPhone, imports.Another, imports.Found{}, imports.Create, ""},
		"another, the address is taken":              {imports.ByPhone, imports.Another, own, imports.Refused, "claim.taken belongs to another lead"},
		"another by address, it is taken":            {imports.ByEmail, imports.Another, own, imports.Refused, "claim.taken belongs to another lead"},
		"another by address, nobody is there":        {imports.ByEmail, imports.Another, imports.Found{}, imports.Create, ""},
		"another, twice in the file":                 {imports.ByPhone, imports.Another, imports.Found{First: 2}, imports.Create, "row.duplicate an earlier row of the file is the same person: line 2"},
		"another, twice in the file, the first made": {imports.ByPhone, imports.Another, imports.Found{First: 2, Lead: &there, ID: "l", Matches: 1}, imports.Create, "row.duplicate an earlier row of the file is the same person: line 2"},
		"another by address, twice in the file":      {imports.ByEmail, imports.Another, imports.Found{First: 2}, imports.Refused, "row.duplicate an earlier row of the file is the same person: line 2"},
		"twice in the file, fill":                    {imports.ByPhone, imports.Fill, imports.Found{First: 2}, imports.Update, ""},
	} {
		got, reasons := imports.Options{Key: c.key, OnDuplicate: c.on, System: "crm"}.Plan(row, nil, c.found)
		var said []string
		for _, r := range reasons {
			said = append(said, r.Code+" "+r.Message)
		}
		if got != c.want || strings.Join(said, ", ") != c.reasons {
			t.Errorf("%s: %s %q", name, got, said)
		}
	}
}
