package company_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
)

func TestDomain(t *testing.T) {
	t.Parallel()
	for website, want := range map[string]string{
		"https://www.acme.com/about":    "acme.com",
		"http://Shop.ACME.co.uk":        "acme.co.uk",
		"https://bücher.example.de":     "example.de",
		"https://www.bücher.de.":        "xn--bcher-kva.de",
		"https://acme.github.io":        "acme.github.io",
		"https://www.gmail.com":         "",
		"https://linkedin.com/company":  "",
		"https://co.uk":                 "",
		"https://localhost.localdomain": "",
		"https://127.0.0.1":             "",
		"":                              "",
		"https://[::1]/":                "",
	} {
		if got := company.Domain(website); got != want {
			t.Errorf("%s: %q, want %q", website, got, want)
		}
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in    company.Details
		want  company.Details
		claim domain.Claim
	}{
		"by its website": {
			company.Details{Name: " Acme, Inc. ", Website: "www.acme.com/x", Country: "Germany", Size: "51-200"},
			company.Details{Name: "Acme, Inc.", Website: "https://www.acme.com/x", Domain: "acme.com", Country: "DE", Size: "51-200"},
			domain.Claim{Scope: "company.domain", Value: "acme.com"},
		},
		"by its website alone": {
			company.Details{Website: "acme.com"},
			company.Details{Website: "https://acme.com", Domain: "acme.com"},
			domain.Claim{Scope: "company.domain", Value: "acme.com"},
		},
		"by its name, however it is written": {
			company.Details{Name: "STRAßE  und Söhne", Country: "Atlantis"},
			company.Details{Name: "STRAßE  und Söhne", CountryGiven: "Atlantis"},
			domain.Claim{Scope: "company.name", Value: "strasse und söhne"},
		},
		"a page at everybody's provider is no domain": {
			company.Details{Name: "Acme", Website: "https://acme.wordpress.com"},
			company.Details{Name: "Acme", Website: "https://acme.wordpress.com"},
			domain.Claim{Scope: "company.name", Value: "acme"},
		},
	} {
		facts, err := company.Company{}.Register(c.in)
		if err != nil || len(facts) != 1 {
			t.Fatalf("%s: %v, %v", name, facts, err)
		}
		got := domain.Fold(company.Company{}, facts...)
		if got.Details != c.want || !slices.Equal(got.Claims(), []domain.Claim{c.claim}) {
			t.Errorf("%s: %+v, holds %v", name, got, got.Claims())
		}
	}
}

func TestRegisterRefused(t *testing.T) {
	t.Parallel()
	for field, in := range map[string]company.Details{
		"name":     {Website: "https://gmail.com"},
		"website":  {Name: "A", Website: "ftp://acme.com"},
		"industry": {Name: "A", Industry: "a\x00"},
	} {
		var refusal *domain.Error
		if _, err := (company.Company{}).Register(in); !errors.As(err, &refusal) || refusal.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := (company.Company{Known: true}).Register(company.Details{Name: "A"}); !errors.Is(err, company.ErrExists) {
		t.Errorf("twice: %v", err)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	c := domain.Fold(company.Company{}, company.Event(company.Registered{Details: company.Details{
		Name: "Acme", Website: "https://acme.com", Domain: "acme.com", CountryGiven: "Atlantis",
	}}))
	for name, spec := range map[string]struct {
		patch company.Patch
		want  []company.Change
	}{
		"the domain follows the website": {
			company.Patch{Website: text("www.acme.org")},
			[]company.Change{{Field: "website", From: "https://acme.com", To: "https://www.acme.org"}, {Field: "domain", From: "acme.com", To: "acme.org"}},
		},
		"a country that is known":     {company.Patch{Country: text("France")}, []company.Change{{Field: "country", To: "FR"}, {Field: "country_given", From: "Atlantis"}}},
		"what is so already":          {company.Patch{Name: text(" Acme "), Website: text("acme.com")}, nil},
		"a value is taken away":       {company.Patch{Name: text("")}, []company.Change{{Field: "name", From: "Acme"}}},
		"nothing is asked for at all": {company.Patch{}, nil},
	} {
		facts, err := c.Edit(spec.patch)
		var got []company.Change
		if len(facts) > 0 {
			got = facts[0].(company.Edited).Changes
		}
		if err != nil || !reflect.DeepEqual(got, spec.want) {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
		if next := domain.Fold(c, facts...); len(spec.want) > 0 && next == c {
			t.Errorf("%s: nothing has changed", name)
		}
	}
	var refusal *domain.Error
	if _, err := c.Edit(company.Patch{Name: text(""), Website: text("")}); !errors.As(err, &refusal) || refusal.Fields[0].Name != "name" {
		t.Errorf("neither name nor domain: %v", err)
	}
}

func TestDeleted(t *testing.T) {
	t.Parallel()
	c := domain.Fold(company.Company{}, company.Event(company.Registered{Details: company.Details{Name: "Acme"}}))
	facts, err := c.Delete()
	if err != nil || len(facts) != 1 {
		t.Fatalf("%v, %v", facts, err)
	}
	gone := domain.Fold(c, facts...)
	if gone.Claims() != nil {
		t.Errorf("holds %v", gone.Claims())
	}
	if _, err := gone.Edit(company.Patch{}); !errors.Is(err, company.ErrNotFound) {
		t.Errorf("edited: %v", err)
	}
	if again, err := gone.Delete(); len(again) != 0 || err != nil {
		t.Errorf("twice: %v, %v", again, err)
	}
	back, err := gone.Restore()
	if err != nil || domain.Fold(gone, back...) != c {
		t.Errorf("restored: %v, %v", back, err)
	}
	var nothing company.Company
	for _, do := range []func() ([]company.Event, error){nothing.Delete, nothing.Restore} {
		if _, err := do(); !errors.Is(err, company.ErrNotFound) {
			t.Errorf("nothing: %v", err)
		}
	}
}

func TestDiffers(t *testing.T) {
	t.Parallel()
	known := company.Details{Name: "Acme Inc."}
	for name, want := range map[string]bool{"ACME  inc.": false, "": false, "Acme": true} {
		if got := known.Differs(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
	if (company.Details{}).Differs("Acme") {
		t.Error("differs from a company without a name")
	}
}
