package lead_test

import (
	"reflect"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

// TestMerge: what another source says of a lead that is there.
func TestMerge(t *testing.T) {
	t.Parallel()
	before := lead.Details{
		Name: "Ann", Email: "a@b.de", Country: "DE", Phone: "+4930123456", PhoneStatus: lead.PhoneValid, Tags: []string{"old"},
		Custom: map[string]string{"tier": "gold"}, ExternalIDs: map[string]string{"crm": "1"},
	}
	in, faults := lead.Details{
		Name: "Anna", Email: "C@d.de", Country: "France", City: "Paris", Phone: "+33 1 42 68 53 00", Tags: []string{"new", "old"}, Custom: map[string]string{"tier": "tin", "size": "9"},
		ExternalIDs: map[string]string{"crm": "2", "erp": "3"},
	}.Normalised()
	if faults != nil {
		t.Fatal(faults)
	}
	further := lead.Details{Emails: []lead.Email{{Address: "c@d.de"}}, Phones: []lead.Phone{{Number: "+33142685300", Status: lead.PhoneValid}}}
	filled := lead.Details{
		Name: "Ann", Email: "a@b.de", Emails: further.Emails, Country: "DE", City: "Paris", Phone: "+4930123456", PhoneStatus: lead.PhoneValid, Phones: further.Phones,
		Tags: []string{"new", "old"}, Custom: map[string]string{"tier": "gold", "size": "9"}, ExternalIDs: map[string]string{"crm": "1", "erp": "3"},
	}
	overwritten := filled
	overwritten.Name, overwritten.Country = "Anna", "FR"
	overwritten.Custom, overwritten.ExternalIDs = map[string]string{"tier": "tin", "size": "9"}, map[string]string{"crm": "2", "erp": "3"}
	l := captured(t, before)
	for overwrite, want := range map[bool]lead.Details{false: filled, true: overwritten} {
		facts, err := l.Merge(in, overwrite)
		if err != nil {
			t.Fatal(err)
		}
		merged := domain.Fold(l, facts...)
		if !reflect.DeepEqual(merged.Details, want) {
			t.Errorf("overwrite %t:\ngot  %+v\nwant %+v", overwrite, merged.Details, want)
		}
		if again, err := merged.Merge(in, overwrite); err != nil || len(again) != 0 {
			t.Errorf("overwrite %t, again: %v, %v", overwrite, again, err)
		}
	}
	for name, gone := range map[string]lead.Lead{"archived": l.Evolve(lead.Archived{}), "deleted": l.Evolve(lead.Deleted{}), "erased": l.Evolve(lead.Erased{}), "nobody": {}} {
		if facts, err := gone.Merge(in, true); err == nil {
			t.Errorf("%s: %v", name, facts)
		}
	}
}

// TestTakeBack: an undo gives back what still is as it was left, and keeps the rest.
func TestTakeBack(t *testing.T) {
	t.Parallel()
	made := lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann"}}
	edit := func(field, from, to string) lead.Edited {
		return lead.Edited{Changes: []lead.Change{{Field: field, From: from, To: to}}}
	}
	tagged := lead.Tagged{Added: []string{"new"}, Removed: []string{"old"}}
	for name, c := range map[string]struct {
		before, done, since []lead.Event
		want                []lead.Event
		kept                bool
	}{
		"a lead that was made":                       {nil, []lead.Event{made}, nil, []lead.Event{lead.Deleted{}}, false},
		"made and filled by the same":                {nil, []lead.Event{made, edit("city", "", "Rome")}, nil, []lead.Event{lead.Deleted{}}, false},
		"made, and somebody has worked on it":        {nil, []lead.Event{made}, []lead.Event{edit("title", "", "CEO")}, nil, true},
		"made, and deleted since":                    {nil, []lead.Event{made}, []lead.Event{lead.Deleted{}}, nil, false},
		"a value":                                    {[]lead.Event{made}, []lead.Event{edit("city", "", "Rome")}, nil, []lead.Event{edit("city", "Rome", "")}, false},
		"a value that was changed twice":             {[]lead.Event{made}, []lead.Event{edit("city", "", "Rome"), edit("city", "Rome", "Bonn")}, nil, []lead.Event{edit("city", "Bonn", "")}, false},
		"a value that somebody has changed since":    {[]lead.Event{made}, []lead.Event{edit("city", "", "Rome")}, []lead.Event{edit("city", "Rome", "Oslo")}, nil, true},
		"another value was changed since":            {[]lead.Event{made}, []lead.Event{edit("city", "", "Rome")}, []lead.Event{edit("title", "", "CEO")}, []lead.Event{edit("city", "Rome", "")}, false},
		"a value that was taken away":                {[]lead.Event{made, edit("city", "", "Rome")}, []lead.Event{edit("city", "Rome", "")}, nil, []lead.Event{edit("city", "", "Rome")}, false},
		"taken away, and given again":                {[]lead.Event{made, edit("city", "", "Rome")}, []lead.Event{edit("city", "Rome", "")}, []lead.Event{edit("city", "", "Oslo")}, nil, true},
		"tags":                                       {[]lead.Event{made, lead.Tagged{Added: []string{"old"}}}, []lead.Event{tagged}, nil, []lead.Event{lead.Tagged{Added: []string{"old"}, Removed: []string{"new"}}}, false},
		"tags that are as they were anyway":          {[]lead.Event{made, lead.Tagged{Added: []string{"old"}}}, []lead.Event{tagged}, []lead.Event{lead.Tagged{Added: []string{"old"}, Removed: []string{"new"}}}, nil, false},
		"a lead that is erased has nothing to go to": {[]lead.Event{made}, []lead.Event{edit("city", "", "Rome")}, []lead.Event{lead.Erased{}}, nil, false},
	} {
		facts := append(append(append([]lead.Event(nil), c.before...), c.done...), c.since...)
		l := domain.Fold(lead.Lead{}, facts...)
		got, kept := l.TakeBack(c.done, len(c.before)+len(c.done))
		if kept != c.kept || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: kept %t, %+v", name, kept, got)
		}
		if again, _ := domain.Fold(l, got...).TakeBack(c.done, len(c.before)+len(c.done)); len(got) > 0 && len(again) > 0 {
			t.Errorf("%s: and again %+v", name, again)
		}
	}
}
