package lead_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

func captured(t *testing.T, d lead.Details) lead.Lead {
	t.Helper()
	facts, err := lead.Lead{}.Capture(d, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return domain.Fold(lead.Lead{}, facts...)
}

// TestMoreDetails: what else may be known of a person, in its one form.
func TestMoreDetails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want lead.Details }{
		"the name is made of its parts": {
			lead.Details{FirstName: " Ann ", LastName: "Lee"},
			lead.Details{Name: "Ann Lee", FirstName: "Ann", LastName: "Lee"},
		},
		"a name of its own stays": {
			lead.Details{Name: "Dr. A. Lee", FirstName: "Ann", LastName: "Lee"},
			lead.Details{Name: "Dr. A. Lee", FirstName: "Ann", LastName: "Lee"},
		},
		"the first of several addresses is the address; none stands twice": {
			lead.Details{Emails: []lead.Email{{Address: "A@B.de", Kind: "Work"}, {Address: "c@d.de"}, {Address: "a@b.de"}, {Address: "C@d.de", Kind: "personal"}}},
			lead.Details{Email: "a@b.de", Emails: []lead.Email{{Address: "c@d.de"}}},
		},
		"phones are read with the country, the first one first": {
			lead.Details{Name: "A", Country: "Germany", Phones: []lead.Phone{{Number: "030 123456", Kind: "work"}, {Number: "call me", Kind: "mobile"}}},
			lead.Details{
				Name: "A", Country: "DE", Phone: "+4930123456", PhoneStatus: lead.PhoneValid,
				Phones: []lead.Phone{{Number: "call me", Kind: "mobile", Status: lead.PhoneInvalid}},
			},
		},
		"where they are": {
			lead.Details{Name: "A", Team: "01900000-0000-7000-8000-0000000000f1", Address: " Main Street 1", City: "Kathmandu", State: "Bagmati", PostalCode: "44600", Timezone: "Asia/Kathmandu"},
			lead.Details{Name: "A", Team: "01900000-0000-7000-8000-0000000000f1", Address: "Main Street 1", City: "Kathmandu", State: "Bagmati", PostalCode: "44600", Timezone: "Asia/Kathmandu"},
		},
		"a profile without a scheme": {
			lead.Details{Name: "A", LinkedIn: "www.linkedin.com/in/ann"},
			lead.Details{Name: "A", LinkedIn: "https://www.linkedin.com/in/ann"},
		},
		"tags are sorted, each once": {
			lead.Details{Name: "A", Tags: []string{"vip", " hot ", "vip", ""}},
			lead.Details{Name: "A", Tags: []string{"hot", "vip"}},
		},
		"values that are empty are not there": {
			lead.Details{Name: "A", ExternalIDs: map[string]string{"crm": " 7 ", "erp": ""}, Custom: map[string]string{"tier": "gold", "size": " "}},
			lead.Details{Name: "A", ExternalIDs: map[string]string{"crm": "7"}, Custom: map[string]string{"tier": "gold"}},
		},
	} {
		if got := captured(t, c.in).Details; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.want)
		}
	}
}

func TestMoreDetailsRefused(t *testing.T) {
	t.Parallel()
	many := func(n int) (tags []string) {
		for i := range n {
			tags = append(tags, strings.Repeat("t", i+1))
		}
		return tags
	}
	emails := make([]lead.Email, lead.MaxListed+2)
	for i := range emails {
		emails[i].Address = strings.Repeat("a", i+1) + "@b.de"
	}
	for field, in := range map[string]lead.Details{
		"emails[1]":    {Emails: []lead.Email{{Address: "a@b.de"}, {Address: "nobody"}}},
		"emails[0]":    {Emails: []lead.Email{{Address: "a@b.de", Kind: "secret"}}},
		"emails":       {Emails: emails},
		"phones[0]":    {Name: "A", Phones: []lead.Phone{{Number: "1\x00"}}},
		"timezone":     {Name: "A", Timezone: "Berlin"},
		"linkedin":     {Name: "A", LinkedIn: "javascript:alert(1)"},
		"company_id":   {Name: "A", CompanyID: "acme"},
		"team":         {Name: "A", Team: "sales"},
		"tags[0]":      {Name: "A", Tags: []string{strings.Repeat("x", lead.MaxSource+1)}},
		"tags":         {Name: "A", Tags: many(lead.MaxTags + 1)},
		"external_ids": {Name: "A", ExternalIDs: map[string]string{"My CRM": "1"}},
		"custom":       {Name: "A", Custom: map[string]string{"": "1"}},
		"custom.tier":  {Name: "A", Custom: map[string]string{"tier": strings.Repeat("x", lead.MaxCustom+1)}},
		"city":         {Name: "A", City: "a\nb"},
	} {
		_, err := lead.Lead{}.Capture(in, "", "")
		var refusal *domain.Error
		if !asRefusal(err, &refusal) || !slices.ContainsFunc(refusal.Fields, func(f domain.Field) bool { return f.Name == field }) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func asRefusal(err error, to **domain.Error) bool {
	e, ok := err.(*domain.Error) //nolint:errorlint // rules answer with it bare
	*to = e
	return ok
}

// TestEditMore: an edit changes what it names, and says of each value what it was.
func TestEditMore(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	before := lead.Details{
		FirstName: "Ann", LastName: "Lee", Email: "a@b.de", Emails: []lead.Email{{Address: "c@d.de"}},
		ExternalIDs: map[string]string{"crm": "1"}, Custom: map[string]string{"tier": "gold", "size": "9"},
	}
	for name, c := range map[string]struct {
		patch lead.Patch
		want  []lead.Change
	}{
		"the name follows its parts": {lead.Patch{LastName: text("Li")}, []lead.Change{{Field: "name", From: "Ann Lee", To: "Ann Li"}, {Field: "last_name", From: "Lee", To: "Li"}}},
		"who loses the address is reached under the next": {
			lead.Patch{Email: text("")},
			[]lead.Change{{Field: "email", From: "a@b.de", To: "c@d.de"}, {Field: "emails", From: `[{"address":"c@d.de"}]`}},
		},
		"keys by themselves": {
			lead.Patch{Custom: map[string]string{"tier": "", "size": "9", "color": "red"}, ExternalIDs: map[string]string{"erp": "2"}},
			[]lead.Change{{Field: "external_ids.erp", To: "2"}, {Field: "custom.color", To: "red"}, {Field: "custom.tier", From: "gold"}},
		},
		"nothing new": {lead.Patch{FirstName: text(" Ann"), Emails: &[]lead.Email{{Address: "C@D.de"}}}, nil},
	} {
		facts, err := captured(t, before).Edit(c.patch)
		var got []lead.Change
		if len(facts) > 0 {
			got = facts[0].(lead.Edited).Changes
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, c.want)
		}
	}
}

// TestEditsAreExact: the changes of an edit lead from the one state to the other, and
// turned round they lead back.
func TestEditsAreExact(t *testing.T) {
	t.Parallel()
	word := rapid.SampledFrom([]string{"", "x", "y", "Z ä"})
	address := rapid.SampledFrom([]string{"a@b.de", "c@d.de", "e@f.de"})
	patches := rapid.Custom(func(t *rapid.T) lead.Patch {
		maybe := func(label string) *string {
			v := word.Draw(t, label)
			if v == "y" {
				return nil
			}
			return &v
		}
		p := lead.Patch{
			FirstName: maybe("first"), LastName: maybe("last"), Title: maybe("title"), City: maybe("city"), Phone: maybe("phone"), Country: maybe("country"),
			Custom:      map[string]string{"a": word.Draw(t, "a"), "b": word.Draw(t, "b")},
			ExternalIDs: map[string]string{"crm": word.Draw(t, "crm")},
		}
		if rapid.Bool().Draw(t, "emails") {
			emails := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) lead.Email { return lead.Email{Address: address.Draw(t, "address")} }), 0, 3).Draw(t, "list")
			p.Emails = &emails
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		facts, err := lead.Lead{}.Capture(lead.Details{Name: "Ann", Email: "a@b.de"}, "", "")
		if err != nil {
			t.Fatal(err)
		}
		l := domain.Fold(lead.Lead{}, facts...)
		for range 4 {
			facts, err := l.Edit(patches.Draw(t, "patch"))
			if err != nil || len(facts) == 0 {
				continue
			}
			next := domain.Fold(l, facts...)
			var back lead.Edited
			for _, c := range facts[0].(lead.Edited).Changes {
				back.Changes = append(back.Changes, lead.Change{Field: c.Field, From: c.To, To: c.From})
			}
			if undone := next.Evolve(back); !reflect.DeepEqual(undone.Details, l.Details) {
				t.Fatalf("before %+v\nundone %+v", l.Details, undone.Details)
			}
			l = next
		}
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	l := captured(t, lead.Details{Name: "A", Tags: []string{"cold", "old"}})
	for name, c := range map[string]struct {
		add, remove []string
		want        []lead.Event
		tags        []string
	}{
		"both":                        {[]string{"vip", "cold"}, []string{"old", "none"}, []lead.Event{lead.Tagged{Added: []string{"vip"}, Removed: []string{"old"}}}, []string{"cold", "vip"}},
		"what is so already":          {[]string{"old"}, []string{"vip"}, nil, []string{"cold", "old"}},
		"who is in both is away":      {[]string{"vip", "old"}, []string{"vip", "old"}, []lead.Event{lead.Tagged{Removed: []string{"old"}}}, []string{"cold"}},
		"the last ones are taken off": {nil, []string{"old", "cold"}, []lead.Event{lead.Tagged{Removed: []string{"cold", "old"}}}, nil},
	} {
		facts, err := l.Tag(c.add, c.remove)
		if err != nil || !reflect.DeepEqual(facts, c.want) {
			t.Errorf("%s: %v, %v", name, facts, err)
		}
		if got := domain.Fold(l, facts...).Tags; !reflect.DeepEqual(got, c.tags) {
			t.Errorf("%s: tags %v", name, got)
		}
	}
}

// TestDeleted: a deleted lead holds nothing and knows nothing but to come back or to
// be forgotten; one that is archived holds what it held.
func TestDeleted(t *testing.T) {
	t.Parallel()
	l := captured(t, lead.Details{Email: "a@b.de", Emails: []lead.Email{{Address: "c@d.de"}}, ExternalIDs: map[string]string{"crm": "1"}})
	held := []domain.Claim{{Scope: "email", Value: "a@b.de"}, {Scope: "email", Value: "c@d.de"}, {Scope: "external_id", Value: "crm:1"}}
	if got := l.Claims(); !slices.Equal(got, held) {
		t.Errorf("holds %v", got)
	}
	facts, err := l.Delete("by mistake")
	if err != nil || !reflect.DeepEqual(facts, []lead.Event{lead.Deleted{Reason: "by mistake"}}) {
		t.Fatalf("%v, %v", facts, err)
	}
	gone := domain.Fold(l, facts...)
	if got := gone.Claims(); got != nil {
		t.Errorf("deleted: holds %v", got)
	}
	if facts, err := gone.Delete(""); len(facts) != 0 || err != nil {
		t.Errorf("deleted again: %v, %v", facts, err)
	}
	for name, refused := range map[string]func() ([]lead.Event, error){
		"edited":   func() ([]lead.Event, error) { return gone.Edit(lead.Patch{}) },
		"tagged":   func() ([]lead.Event, error) { return gone.Tag([]string{"x"}, nil) },
		"archived": func() ([]lead.Event, error) { return gone.Archive("") },
		"moved on": func() ([]lead.Event, error) { return gone.ChangeStatus(lead.Working, "") },
	} {
		if _, err := refused(); err != lead.ErrNotFound { //nolint:errorlint // rules answer with it bare
			t.Errorf("%s: %v", name, err)
		}
	}
	back, err := gone.Restore()
	if err != nil || !reflect.DeepEqual(domain.Fold(gone, back...).Claims(), held) || len(back) != 1 {
		t.Errorf("restored: %v, %+v", err, domain.Fold(gone, back...))
	}
	erase, err := gone.Erase()
	if err != nil || len(erase) != 1 {
		t.Errorf("erased: %v, %v", erase, err)
	}
	if _, err := domain.Fold(gone, erase...).Restore(); err != lead.ErrNotFound { //nolint:errorlint // rules answer with it bare
		t.Errorf("brought back from erasure: %v", err)
	}
}
