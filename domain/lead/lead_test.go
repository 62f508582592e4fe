package lead_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

func TestStatusMachine(t *testing.T) {
	t.Parallel()
	next := map[lead.Status][]lead.Status{
		lead.New:          {lead.Working, lead.Qualified, lead.Disqualified},
		lead.Working:      {lead.Qualified, lead.Customer, lead.Disqualified},
		lead.Qualified:    {lead.Working, lead.Customer, lead.Disqualified},
		lead.Customer:     {lead.Working, lead.Disqualified},
		lead.Disqualified: {lead.New, lead.Working},
		"lost":            nil,
		"":                nil,
	}
	if len(lead.Statuses())+2 != len(next) {
		t.Errorf("statuses: %v", lead.Statuses())
	}
	for from, allowed := range next {
		if got := from.Next(); !slices.Equal(got, allowed) {
			t.Errorf("from %q: %v", from, got)
		}
		l := domain.Fold(lead.Lead{}, lead.Event(lead.Captured{Status: from, Details: lead.Details{Name: "Ann"}}))
		for _, to := range lead.Statuses() {
			facts, err := l.ChangeStatus(to, "reason")
			switch {
			case from == "" && err == nil:
				t.Errorf("nothing: moves to %q", to)
			case from == "":
			case from == to && (err != nil || len(facts) != 0):
				t.Errorf("%q to itself: %v, %v", from, facts, err)
			case from != to && (err == nil) != slices.Contains(allowed, to):
				t.Errorf("%q to %q: %v", from, to, err)
			}
		}
	}
}

// Every status is left again, so that no lead is stuck where it is.
func TestEveryStatusLeadsEverywhere(t *testing.T) {
	t.Parallel()
	for _, from := range lead.Statuses() {
		reached := map[lead.Status]bool{}
		for todo := []lead.Status{from}; len(todo) > 0; todo = todo[1:] {
			for _, to := range todo[0].Next() {
				if !reached[to] {
					reached[to] = true
					todo = append(todo, to)
				}
			}
		}
		if len(reached) != len(lead.Statuses()) {
			t.Errorf("from %q only %v", from, reached)
		}
	}
}

func TestEvolve(t *testing.T) {
	t.Parallel()
	captured := lead.Captured{Status: lead.New, Owner: "o", Details: lead.Details{Name: "Ann", Email: "a@b.de", Country: "DE", Source: "fair", Phone: "1", PhoneStatus: lead.PhoneInvalid}}
	for _, c := range []struct {
		name  string
		facts []lead.Event
		want  lead.Lead
	}{
		{"nothing", nil, lead.Lead{}},
		{"captured", []lead.Event{captured}, lead.Lead{Details: captured.Details, Status: lead.New, Owner: "o"}},
		{
			"edited: every field by its name",
			[]lead.Event{captured, lead.Edited{Changes: []lead.Change{
				{Field: "name", To: "1"},
				{Field: "email", To: "2"},
				{Field: "phone", To: "3"},
				{Field: "phone_status", To: "4"},
				{Field: "title", To: "5"},
				{Field: "company", To: "6"},
				{Field: "country", To: "7"},
				{Field: "country_given", To: "8"},
				{Field: "source", To: "9"},
				{Field: "unknown", To: "10"},
			}}},
			lead.Lead{Status: lead.New, Owner: "o", Details: lead.Details{Name: "1", Email: "2", Phone: "3", PhoneStatus: "4", Title: "5", Company: "6", Country: "7", CountryGiven: "8", Source: "9"}},
		},
		{
			"moved on",
			[]lead.Event{captured, lead.Assigned{From: "o", To: "p"}, lead.StatusChanged{To: lead.Working}, lead.Archived{}},
			lead.Lead{Details: captured.Details, Status: lead.Working, Owner: "p", Archived: true},
		},
		{"restored", []lead.Event{captured, lead.Archived{}, lead.Restored{}}, lead.Lead{Details: captured.Details, Status: lead.New, Owner: "o"}},
		{
			"erased: only what is clear stays",
			[]lead.Event{captured, lead.Erased{}, lead.Shredded{}},
			lead.Lead{Details: lead.Details{Country: "DE", Source: "fair"}, Status: lead.New, Owner: "o", Erased: true, Shredded: true},
		},
	} {
		got := domain.Fold(lead.Lead{}, c.facts...)
		if got.Version != len(c.facts) {
			t.Errorf("%s: version %d after %d facts", c.name, got.Version, len(c.facts))
		}
		got.Version = 0
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// A person whose key is destroyed reads null: their facts must fold all the same, and
// to what they fold to live.
func TestErasedFoldsAsLive(t *testing.T) {
	t.Parallel()
	live := []lead.Event{
		lead.Captured{Status: lead.New, Owner: "o", Details: lead.Details{Name: "Ann", Email: "a@b.de", Country: "DE", Source: "fair", CountryGiven: "x"}},
		lead.Edited{Changes: []lead.Change{{Field: "email", From: "a@b.de", To: "c@d.de"}, {Field: "country", From: "DE", To: "FR"}}},
		lead.Archived{Reason: "r"},
		lead.Erased{},
	}
	shredded := []lead.Event{
		lead.Captured{Status: lead.New, Owner: "o", Details: lead.Details{Country: "DE", Source: "fair"}},
		lead.Edited{Changes: []lead.Change{{Field: "email"}, {Field: "country", From: "DE", To: "FR"}}},
		lead.Archived{},
		lead.Erased{},
	}
	if a, b := domain.Fold(lead.Lead{}, live...), domain.Fold(lead.Lead{}, shredded...); !reflect.DeepEqual(a, b) {
		t.Errorf("live %+v\nshredded %+v", a, b)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	l := domain.Fold(lead.Lead{}, lead.Event(lead.Captured{Status: lead.New, Details: lead.Details{Email: "a@b.de"}}))
	want := []domain.Claim{{Scope: "email", Value: "a@b.de"}}
	if got := l.Claims(); !slices.Equal(got, want) {
		t.Errorf("captured: %v", got)
	}
	if got := l.Evolve(lead.Archived{}).Claims(); !slices.Equal(got, want) {
		t.Errorf("archived: %v", got)
	}
	if got := l.Evolve(lead.Erased{}).Claims(); len(got) != 0 {
		t.Errorf("erased: %v", got)
	}
}
