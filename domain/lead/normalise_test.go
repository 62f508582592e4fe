package lead_test

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
)

// capture brings details into the form that a new lead keeps, and names what is at fault.
func capture(d lead.Details) (lead.Details, []string) {
	facts, err := lead.Lead{}.Capture(d, "", "")
	if refusal, ok := errors.AsType[*domain.Error](err); ok {
		var names []string
		for _, f := range refusal.Fields {
			names = append(names, f.Name)
		}
		return lead.Details{}, names
	}
	return facts[0].(lead.Captured).Details, nil
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{ // "" is refused
		"ann@example.org":                         "ann@example.org",
		"  Ann@Example.ORG ":                      "ann@example.org",
		"ann+news@example.org":                    "ann+news@example.org",
		"a.n.n@example.org":                       "a.n.n@example.org",
		"ann@bücher.example":                      "ann@xn--bcher-kva.example",
		"ann@BÜCHER.example":                      "ann@xn--bcher-kva.example",
		"ann@xn--bcher-kva.example":               "ann@xn--bcher-kva.example",
		"ann@faß.de":                              "ann@xn--fa-hia.de", // IDNA 2008: not fass.de
		"ann@例え.jp":                               "ann@xn--r8jz45g.jp",
		"jörg@example.org":                        "jörg@example.org",
		"jo\u0308rg@example.org":                  "jörg@example.org", // composed
		"ann@example.org.":                        "ann@example.org",
		"o'neil@example.org":                      "o'neil@example.org",
		"ann":                                     "",
		"@example.org":                            "",
		"ann@":                                    "",
		"ann@localhost":                           "",
		"ann@@example.org":                        "",
		"ann@bob@example.org":                     "",
		"ann bob@example.org":                     "",
		"Ann <ann@example.org>":                   "",
		"<ann@example.org>":                       "",
		`"ann bob"@example.org`:                   "",
		"ann@exa mple.org":                        "",
		"ann@-example.org":                        "",
		"ann@example..org":                        "",
		"ann@.example.org":                        "",
		"ann@example.org..":                       "",
		".ann@example.org":                        "",
		"ann.@example.org":                        "",
		"ann..b@example.org":                      "",
		"ann@exa_mple.org":                        "",
		"ann@[192.0.2.1]":                         "",
		"ann@example.org, bob@example.org":        "",
		"ann@example.org;bob@example.org":         "",
		"ann(comment)@example.org":                "",
		"ann@example.org(comment)":                "",
		"ann\u200b@example.org":                   "", // a space that nobody sees
		"ann@" + strings.Repeat("a", 64) + ".org": "", // a label is 63 at most
		strings.Repeat("a", 65) + "@example.org":  "",
		strings.Repeat("a", 64) + "@example.org":  strings.Repeat("a", 64) + "@example.org",
		"a@" + strings.Repeat("b.", 130) + "org":  "",
		"ann@" + strings.Repeat(strings.Repeat("a", 60)+".", 4) + "org":      "ann@" + strings.Repeat(strings.Repeat("a", 60)+".", 4) + "org",
		"ann@" + strings.Repeat(strings.Repeat("a", 60)+".", 4) + "informal": "",
	} {
		got, faults := capture(lead.Details{Email: in})
		if got.Email != want || (len(faults) == 1 && faults[0] == "email") != (want == "") {
			t.Errorf("%q: got %q, faults %q; want %q", in, got.Email, faults, want)
		}
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ phone, country, want, status string }{
		{"030 123456", "DE", "+4930123456", lead.PhoneValid},
		{"(030) 12 34-56", "Germany", "+4930123456", lead.PhoneValid},
		{"+49 30 123456", "", "+4930123456", lead.PhoneValid},
		{"+49 30 123456", "FR", "+4930123456", lead.PhoneValid},
		{"0049 30 123456", "DE", "+4930123456", lead.PhoneValid},
		{"tel:+49-30-123456", "", "+4930123456", lead.PhoneValid},
		{"(209)272-7124x3651", "US", "+12092727124;ext=3651", lead.PhoneValid},
		{"+1 209 272 7124 ext. 3651", "", "+12092727124;ext=3651", lead.PhoneValid},
		{"+12092727124;ext=3651", "", "+12092727124;ext=3651", lead.PhoneValid},
		{"01 42 68 53 00", "France", "+33142685300", lead.PhoneValid},
		{"06 698 83145", "Italy", "+390669883145", lead.PhoneValid}, // Italy keeps the zero
		{"030 123456", "", "030 123456", lead.PhoneInvalid},
		{"030 123456", "Atlantis", "030 123456", lead.PhoneInvalid},
		{"043-797-5229", "NO", "043-797-5229", lead.PhoneInvalid},
		{"12", "DE", "12", lead.PhoneInvalid},
		{"call me", "DE", "call me", lead.PhoneInvalid},
		{" +1 555 ", "", "+1 555", lead.PhoneInvalid},
		{"", "DE", "", ""},
		{"  ", "DE", "", ""},
	} {
		got, faults := capture(lead.Details{Name: "Ann", Phone: c.phone, Country: c.country})
		if got.Phone != c.want || got.PhoneStatus != c.status || faults != nil {
			t.Errorf("%q in %q: %q %q, faults %q; want %q %q", c.phone, c.country, got.Phone, got.PhoneStatus, faults, c.want, c.status)
		}
	}
}

func TestCountry(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{ // "" is kept as it was given
		"DE": "DE", "de": "DE", " de ": "DE", "DEU": "DE", "Germany": "DE", "GERMANY": "DE",
		"UK": "GB", "Great Britain": "GB", "England": "GB", "United Kingdom": "GB", "USA": "US", "United States": "US", "United States of America": "US",
		"Türkiye": "TR", "Turkey": "TR", "Côte d’Ivoire": "CI", "Cote d'Ivoire": "CI", "Czechia": "CZ", "Czech Republic": "CZ", "Holland": "", "Kosovo": "XK",
		"Trinidad and Tobago": "TT", "Trinidad & Tobago": "TT", "Saint Lucia": "LC", "St. Lucia": "LC", "South Korea": "KR",
		"Atlantis": "", "EU": "", "ZZ": "", "ZZZ": "", "XX": "", "Europe": "", "D": "", "Germany!": "", "SU": "", "YU": "",
	} {
		got, faults := capture(lead.Details{Name: "Ann", Country: in})
		given := strings.TrimSpace(in)
		if want != "" {
			given = ""
		}
		if got.Country != want || got.CountryGiven != given || faults != nil {
			t.Errorf("%q: %q, given %q, faults %q; want %q", in, got.Country, got.CountryGiven, faults, want)
		}
	}
}

// The names that the sample of ten thousand customers uses.
func TestCountriesOfSample(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/countries.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimSpace(string(raw)), "\n")
	codes := map[string]string{}
	for _, name := range names {
		got, _ := capture(lead.Details{Name: "Ann", Country: name})
		if got.Country == "" {
			t.Errorf("%q is not recognised", name)
			continue
		}
		if other := codes[got.Country]; other != "" {
			t.Errorf("%q and %q are both %s", name, other, got.Country)
		}
		codes[got.Country] = name
	}
	if len(names) < 240 {
		t.Errorf("only %d names", len(names))
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	for in, ok := range map[string]bool{
		"fair": true, "Fair 2026-05": true, "messe köln": true, "web: /pricing": true, "import (a+b) & c_d.csv": true, "": true, "batch 20260105 eu": true,
		"ann@example.org": false, "+49 30 1234567": false, "0301234567": false, "a,b": false, "<b>": false, "a\nb": false, strings.Repeat("x", 101): false, "\xff": false,
	} {
		got, faults := capture(lead.Details{Name: "Ann", Source: in})
		if (faults == nil) != ok || ok && got.Source != in || !ok && (len(faults) != 1 || faults[0] != "source") {
			t.Errorf("%q: %q, %q", in, got.Source, faults)
		}
	}
}

func TestTextFaultsByName(t *testing.T) {
	t.Parallel()
	put := map[string]func(*lead.Details, string){
		"name": func(d *lead.Details, v string) { d.Name = v }, "title": func(d *lead.Details, v string) { d.Title = v },
		"company": func(d *lead.Details, v string) { d.Company = v }, "email": func(d *lead.Details, v string) { d.Email = v },
		"source": func(d *lead.Details, v string) { d.Source = v }, "country": func(d *lead.Details, v string) { d.Country = v },
		"phone": func(d *lead.Details, v string) { d.Phone = v },
	}
	for field, set := range put {
		for _, bad := range []string{"a\x00b", "a\nb", "a\tb", "a\x7fb", "a\u0085b", "\xff\xfe", "a\xc3", strings.Repeat("x", 300)} {
			var d lead.Details
			set(&d, bad)
			if _, faults := capture(d); len(faults) != 1 || faults[0] != field {
				t.Errorf("%s %q: faults %q", field, bad, faults)
			}
		}
	}
	// The limits are of characters, not bytes.
	long := strings.Repeat("ä", lead.MaxText)
	if got, faults := capture(lead.Details{Name: long}); got.Name != long || faults != nil {
		t.Errorf("%d characters: %q", lead.MaxText, faults)
	}
	if _, faults := capture(lead.Details{Name: long + "ä"}); len(faults) != 1 {
		t.Errorf("%d characters: %q", lead.MaxText+1, faults)
	}
	if got, _ := capture(lead.Details{Name: "Jo\u0308rg"}); got.Name != "Jörg" {
		t.Errorf("not composed: %q", got.Name)
	}
}

func TestAddressAsLookedFor(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" Ann@BÜCHER.example": "ann@xn--bcher-kva.example", "no address": "no address", "": ""} {
		if got := lead.Address(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := values.CountryCode("de"); got != "DE" {
		t.Errorf("%q", got)
	}
}

// Whatever comes in, what a lead keeps is its one form: to bring it into that form
// again changes nothing, and it can be stored.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"ann@example.org", "İ@BÜCHER.example", "(209)172-7124x3651", "Côte d’Ivoire", "a\u0300\u0301", "\u212a@\u212a.org", "ǅ", "ẞ@faß.de", " \u2000x\u3000", "\u2113@\u2138.0"} {
		f.Add(s, s, s, s, "")
		f.Add("Ann", s, s, "DE", "fair 1")
		f.Add("Ann", s, s, "US", s)
	}
	f.Fuzz(func(t *testing.T, name, email, phone, country, source string) {
		once, faults := capture(lead.Details{Name: name, Email: email, Phone: phone, Country: country, Source: source, Title: name, Company: email})
		if faults != nil {
			return
		}
		for _, v := range []string{once.Name, once.Email, once.Phone, once.Title, once.Company, once.Country, once.CountryGiven, once.Source} {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || utf8.RuneCountInString(v) > lead.MaxEmail {
				t.Fatalf("%q cannot be stored", v)
			}
		}
		again := once
		if again.Country == "" {
			again.Country = again.CountryGiven
		}
		again, faults = capture(again)
		if faults != nil || !reflect.DeepEqual(again, once) {
			t.Fatalf("once %+q\nagain %+q, faults %q", once, again, faults)
		}
	})
}
