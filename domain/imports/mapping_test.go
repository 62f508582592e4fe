package imports_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/imports"
)

// mapped writes a mapping so that a table of tests can be read: the fields, and for a
// field of a team's own its kind and layout.
func mapped(columns []imports.Column) string {
	var out []string
	for _, c := range columns {
		field := string(c.Field)
		if field == "" {
			field = "-"
		}
		out = append(out, strings.TrimSpace(field+" "+strings.TrimSpace(c.Kind+" "+c.DateFormat)))
	}
	return strings.Join(out, ", ")
}

const customers = `Index,Customer Id,First Name,Last Name,Company,City,Country,Phone 1,Phone 2,Email,Subscription Date,Website
1,AB54EF1154C3A71,Ann,Archer,"Archer, Bell and Cole",East Ann,Norway,043-797-5229,915.112.1727,ann@example.org,26-08-2020,http://www.example.org/
2,10dAcafEBbA5Fc2,Bob,Baker,Baker-Dunn,Bobville,Andorra,932-062-1802,(209)172-7124x3651,bob@example.net,27-04-2020,https://example.net/
3,67DAB15Ebe4BE43,Cat,Carter,Carter Group,Lake Cat,Nepal,8352752061,(567)135-1918,cat@example.com,02-03-2022,https://www.example.com/
4,6d350C5E5eDB4E4,Dan,Draper,Draper Ltd,Port Dan,Peru,302.398.3833,196-189-7767x770,dan@example.org,02-07-2020,https://draper.example.org/
`

func TestProposeForCustomers(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString(customers)
	for i := 5; i <= 40; i++ { // as a file does, whose every value differs
		fmt.Fprintf(&file, "%d,%015X,Eve %d,Ellis %d,Ellis %d Inc,Ellis City %d,Chile,+1-555-%03d-%04d,001-555-%03d-1234x%d,eve%d@example.com,%02d-%02d-2021,http://e%d.example.com/\n",
			i, i*7919, i, i, i, i, i, i, i, i, i, i%28+1, i%12+1, i)
	}
	header, rows, err := read(file.String())
	if err != nil {
		t.Fatal(err)
	}
	got := imports.Propose(header, values(rows))
	want := "-, external_id, first_name, last_name, company, city, country, phone, phone, email, custom:subscription_date date 02-01-2006, website"
	if mapped(got) != want || got[0].Why != "it only numbers the rows" {
		t.Errorf("%s\nwant %s", mapped(got), want)
	}
	if err := imports.Validate(header, got); err != nil {
		t.Error(err)
	}
}

func values(rows []imports.Row) (out [][]string) {
	for _, r := range rows {
		out = append(out, r.Values)
	}
	return out
}

// The headers that other products write, without a row below them.
func TestProposeByHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, header, want string }{
		{
			"Apollo", "First Name|Last Name|Title|Company Name|Company Name for Emails|Email|Email Status|Seniority|Contact Owner|Work Direct Phone|Home Phone|Mobile Phone|Corporate Phone|Stage|Lists|# Employees|Industry|Person Linkedin Url|Website|Company Linkedin Url|City|State|Country|Company Address|Company City|Apollo Contact Id|Apollo Account Id|Secondary Email",
			"first_name, last_name, title, company, custom:company_name_for_emails text, email, custom:email_status text, custom:seniority text, owner, phone, phone, phone, phone, status, tags, company_size, industry, linkedin, website, custom:company_linkedin_url text, city, state, country, address, custom:company_city text, external_id, custom:apollo_account_id text, email",
		},
		{
			"HubSpot", "Record ID|First Name|Last Name|Email|Phone Number|Mobile Phone Number|Contact owner|Lead Status|Create Date|Associated Company|Job Title|State/Region|Country/Region|Postal Code|Street Address|Website URL|Number of Employees|Original Source|Time Zone|Lifecycle Stage",
			"external_id, first_name, last_name, email, phone, phone, owner, status, custom:create_date text, company, title, state, country, postal_code, address, website, company_size, source, timezone, custom:lifecycle_stage text",
		},
		{
			"Salesforce", "Lead ID|Salutation|First Name|Last Name|Company / Account|Account Name|Title|Email|Phone|Mobile|Street|City|State/Province|Zip/Postal Code|Country|Lead Source|Lead Status|Lead Owner|No. of Employees|Description|Mailing City",
			"external_id, custom:salutation text, first_name, last_name, company, custom:account_name text, title, email, phone, phone, address, city, state, postal_code, country, source, status, owner, company_size, note, custom:mailing_city text",
		},
		{"Salesforce's own names", "Id|FirstName|LastName|NumberOfEmployees|LeadSource|MailingPostalCode", "external_id, first_name, last_name, company_size, source, postal_code"},
		{"LinkedIn", "First Name|Last Name|Email Address|Company|Position|Connected On", "first_name, last_name, email, company, title, custom:connected_on text"},
		{
			"Datablist", "Index|Account Id|Lead Owner|First Name|Last Name|Company|Phone 1|Phone 2|Email 1|Email 2|Website|Source|Deal Stage|Notes",
			"-, external_id, owner, first_name, last_name, company, phone, phone, email, email, website, source, custom:deal_stage text, note",
		},
		{"addresses", "E-mail 1|Work Email|Primary Email|EMAIL_ADDRESS|e-mail (2)|Email Opt Out", "email, email, email, email, email, custom:email_opt_out text"},
		{"ids", "Customer Id|Record ID|Lead ID", "external_id, custom:record_id text, custom:lead_id text"},
		{"a better name wins", "Company Name for Emails|Company", "custom:company_name_for_emails text, company"},
		{"a lesser name alone", "Email|Company Name for Emails|Company City|Domain", "email, company, city, website"},
		{"a name twice", "Name|Company|Company (2)", "name, company, custom:company_2 text"},
		{"no letters", "#|Email|№|%", "-, email, -, -"},
		{"slugs", "Größe|größe!|2nd Größe|名前|" + strings.Repeat("very long ", 10) + "|É.-À", "custom:grosse text, custom:grosse_2 text, custom:column_2nd_grosse text, custom:column text, custom:very_long_very_long_very_long_very_long text, custom:e_a text"},
		{"zip and zone", "Zip|Time Zone|State/Region", "postal_code, timezone, state"},
		{"columns of nothing", "Email|Column 2|Column 3", "email, -, -"},
	} {
		header := strings.Split(c.header, "|")
		got := imports.Propose(header, nil)
		if mapped(got) != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, mapped(got), c.want)
		}
		for _, col := range got {
			if col.Field == "" && col.Why == "" {
				t.Errorf("%s: %q is ignored without a reason", c.name, col.Header)
			}
		}
	}
}

func TestProposeByValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, header, values, want string }{
		{"addresses", "Kontakt", "ann@example.org|bob@example.org", "email"},
		{"addresses of another", "Account Manager", "ann@example.org|bob@example.org", "custom:account_manager text"},
		{"nine addresses in ten", "Kontakt", "a@x.org|b@x.org|c@x.org|d@x.org|e@x.org|f@x.org|g@x.org|h@x.org|i@x.org|none", "email"},
		{"eight addresses in ten", "Kontakt", "a@x.org|b@x.org|c@x.org|d@x.org|e@x.org|f@x.org|g@x.org|h@x.org|none|none at all", "custom:kontakt text"},
		{"phones", "Rufnummer", "+49 30 123456|(209) 172-7124 x3651|915.112.1727|030123456", "phone"},
		{"fax", "Fax", "+49 30 123456|+49 30 123457", "custom:fax text"},
		{"numbers are no phones", "Umsatz", "1234567|7654321|5000000", "custom:umsatz number"},
		{"negative numbers", "Saldo", "-1234567|-7654321.5|5,25", "custom:saldo number"},
		{"addresses of machines", "Host", "192.168.100.1|192.168.100.2", "custom:host text"},
		{"codes", "PIN", "0012|0034|1000", "custom:pin text"},
		{"home pages", "Netz", "https://a.example.org|http://b.example.org/|www.c.example.org", "website"},
		{"pages", "Photo", "https://a.example.org/1.jpg|https://a.example.org/2.jpg", "custom:photo url"},
		{"LinkedIn", "URL", "https://www.linkedin.com/in/ann|https://linkedin.com/in/bob", "linkedin"},
		{"dates", "Seen", "2024-05-01|2024-05-02|2024-05-03", "custom:seen date 2006-01-02"},
		{"dates with dots", "Seen", "01.05.2024|31.12.2024", "custom:seen date 02.01.2006"},
		{"dates in three styles", "Seen", "2024-05-01|01.05.2024|5/1/2024", "custom:seen text"},
		{"running", "Zähler", "1|2|3|4", "-"},
		{"running from nothing", "Unnamed: 0", "0|1|2", "-"},
		{"running with gaps", "Row", "17|19|40", "-"},
		{"an index that is none", "Index", "7|3|9", "custom:index number"},
		{"running from elsewhere", "Founded", "1999|2000|2001", "custom:founded number"},
		{"an id that runs", "ID", "1|2|3", "external_id"},
		{"an id that is shared", "Account Id", "a|b|a", "custom:account_id text"},
		{"yes and no", "Newsletter", "yes|no|YES|no", "custom:newsletter boolean"},
		{"a choice", "Plan", "free|pro|free|free|pro|team|free|pro|free", "custom:plan enum"},
		{"too few for a choice", "Plan", "free|pro|free", "custom:plan text"},
		{"nothing", "Plan", "||", "custom:plan text"},
	} {
		var samples [][]string
		for v := range strings.SplitSeq(c.values, "|") {
			samples = append(samples, []string{v})
		}
		got := imports.Propose([]string{c.header}, samples)
		if mapped(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, mapped(got), c.want)
		}
	}
}

func TestProposeSaysWhy(t *testing.T) {
	t.Parallel()
	got := imports.Propose([]string{"Name", "Full Name", "Seen", "Kontakt", "Leer"}, [][]string{{"Ann", "Ann A", "01/02/2024", "a@x.org"}, {"Bob", "Bob B", "03/04/2024", "b@x.org", ""}})
	for i, want := range []string{"", `name is filled by "Name"`, "day and month could change places in every date of the sample", "its values look like e-mail addresses", "it is empty in the sample"} {
		if got[i].Why != want {
			t.Errorf("%s: %q, want %q", got[i].Header, got[i].Why, want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	header := []string{"a", "b"}
	for _, c := range []struct {
		name    string
		columns []imports.Column
		faults  []string
	}{
		{"fits", []imports.Column{{Header: "a", Field: "name"}, {Header: "b"}}, nil},
		{"two addresses", []imports.Column{{Header: "a", Field: "email"}, {Header: "b", Field: "email"}}, nil},
		{"a custom one", []imports.Column{{Header: "a", Field: "external_id"}, {Header: "b", Field: "custom:x_1", Kind: "enum"}}, nil},
		{"dates", []imports.Column{{Header: "a", Field: "last_name"}, {Header: "b", Field: "custom:day", Kind: "date", DateFormat: "2/1/2006"}}, nil},
		{"unknown column", []imports.Column{{Header: "a", Field: "name"}, {Header: "b"}, {Header: "c"}}, []string{"columns.2.header"}},
		{"unknown field", []imports.Column{{Header: "a", Field: "name"}, {Header: "b", Field: "shoe_size"}}, []string{"columns.1.field"}},
		{"column missing", []imports.Column{{Header: "a", Field: "name"}}, []string{"columns"}},
		{"column twice", []imports.Column{{Header: "a", Field: "name"}, {Header: "a"}, {Header: "b"}}, []string{"columns.1.header"}},
		{"field twice", []imports.Column{{Header: "a", Field: "name"}, {Header: "b", Field: "name"}}, []string{"columns.1.field"}},
		{"custom field twice", []imports.Column{{Header: "a", Field: "custom:x", Kind: "text"}, {Header: "b", Field: "custom:x", Kind: "text"}}, []string{"columns.1.field", "columns"}},
		{"nobody", []imports.Column{{Header: "a", Field: "phone"}, {Header: "b", Field: "company"}}, []string{"columns"}},
		{"nothing", nil, []string{"columns", "columns", "columns"}},
		{"no key", []imports.Column{{Header: "a", Field: "name"}, {Header: "b", Field: "custom:", Kind: "text"}}, []string{"columns.1.field"}},
		{"no such key", []imports.Column{{Header: "a", Field: "name"}, {Header: "b", Field: "custom:Ab", Kind: "text"}}, []string{"columns.1.field"}},
		{"long key", []imports.Column{{Header: "a", Field: "name"}, {Header: "b", Field: imports.CustomField(strings.Repeat("a", 41)), Kind: "text"}}, []string{"columns.1.field"}},
		{"no kind", []imports.Column{{Header: "a", Field: "name"}, {Header: "b", Field: "custom:x"}}, []string{"columns.1.kind"}},
		{"no layout", []imports.Column{{Header: "a", Field: "name"}, {Header: "b", Field: "custom:x", Kind: "date"}}, []string{"columns.1.date_format"}},
	} {
		err := imports.Validate(header, c.columns)
		var faults []string
		if refusal, ok := errors.AsType[*domain.Error](err); ok && refusal.Code == "import.mapping" {
			for _, f := range refusal.Fields {
				faults = append(faults, f.Name)
			}
		}
		if !slices.Equal(faults, c.faults) || (err == nil) != (c.faults == nil) {
			t.Errorf("%s: %q, %v", c.name, faults, err)
		}
	}
}

// Whatever the file, what is proposed is a mapping that fits and ignores with a reason:
// only that a file names nobody can be held against it.
func FuzzPropose(f *testing.F) {
	f.Add(customers)
	f.Add("Name,Name,Full Name,#,\n1,2,3,4,5\n")
	f.Add("É,e,e_2,e,column,名\n02/03/2024,x,www.x.org,y,1,2\n")
	f.Add(strings.Repeat("custom:x,", 60) + "1\n")
	f.Fuzz(func(t *testing.T, file string) {
		header, rows, err := read(file)
		if err != nil {
			return
		}
		columns := imports.Propose(header, values(rows))
		refusal, ok := errors.AsType[*domain.Error](imports.Validate(header, columns))
		if ok && (len(refusal.Fields) != 1 || !strings.HasPrefix(refusal.Fields[0].Message, "none says who")) {
			t.Fatalf("%q: %s: %+v", header, mapped(columns), refusal.Fields)
		}
		for _, c := range columns {
			if c.Field == "" && c.Why == "" {
				t.Fatalf("%q is ignored without a reason", c.Header)
			}
		}
	})
}
