package projections_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

func byPhone(number string) domain.Claim { return domain.Claim{Scope: imports.ByPhone, Value: number} }

func byName(name, firm string) domain.Claim {
	return domain.Claim{Scope: imports.ByCompanyName, Value: filter.Fold(name) + "\n" + filter.Fold(firm)}
}

// TestMatchLeads: the oldest lead with a key is found, whoever has it is counted, and
// neither a deleted, an erased nor a foreign one is there.
func TestMatchLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, other := uuid.NewString(), uuid.NewString()
	person := func(org, name, firm, phone string, more ...any) string {
		return w.capture(org, append([]any{lead.Captured{Status: lead.New, Details: lead.Details{Name: name, Company: firm, Phone: phone, PhoneStatus: lead.PhoneValid}}}, more...)...)
	}
	person(other, "Ann", "Acme", "+491")
	person(org, "Ann", "Acme", "+491", lead.Deleted{})
	person(org, "Ann", "Acme", "+491", lead.Erased{})
	oldest := person(org, "ANN", "Acme", "+491", lead.Archived{})
	person(org, "ann", "ACME", "+492")
	bo := person(org, "Bo", "Acme", "+491")
	for range imports.MatchedUpTo + 5 {
		person(org, "Switchboard", "", "+493")
	}
	w.followAll()
	got, err := w.ask.MatchLeads(t.Context(), org, []domain.Claim{
		byPhone("+491"), byPhone("+499"), byName("Ann", "acme"), byName("bo", "ACME"), byName("Bo", "Other"), byPhone("+491"), byPhone("+493"), {Scope: lead.EmailClaim, Value: "x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := got[byPhone("+493")]; m.Of != imports.MatchedUpTo {
		t.Errorf("a switchboard matches %+v", m)
	}
	delete(got, byPhone("+493"))
	want := map[domain.Claim]projections.LeadMatch{byPhone("+491"): {oldest, 2}, byName("Ann", "acme"): {oldest, 2}, byName("bo", "ACME"): {bo, 1}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if none, err := w.ask.MatchLeads(t.Context(), org, nil); err != nil || len(none) != 0 {
		t.Errorf("no keys match %v, %v", none, err)
	}
}
