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
