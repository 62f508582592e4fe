package commands_test

import (
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/lead"
)

type (
	facts = []lead.Event
	row   = spec[lead.Lead, lead.Event]
)

const (
	ann = "01900000-0000-7000-8000-00000000000a"
	me  = "01900000-0000-7000-8000-0000000000e1"
	you = "01900000-0000-7000-8000-0000000000e2"
)

var (
	captured = lead.Captured{Status: lead.New, Owner: me, Details: lead.Details{Name: "Ann", Email: "ann@example.org", Country: "DE", Source: "fair"}}
	working  = lead.StatusChanged{From: lead.New, To: lead.Working}
	archived = lead.Archived{Reason: "left"}
	ours     = field.Set{"size": {Key: "size", Kind: field.Number}, "vip": {Key: "vip", Kind: field.Boolean}}
	gone     = facts{captured, lead.Erased{}}
)

// refusedWhere is how every command on a lead that is not at work is refused.
func refusedWhere(when commands.Command[lead.Lead, lead.Event], archivedToo bool) []row {
	out := []row{
		{name: "nothing: refused", when: when, err: lead.ErrNotFound},
		{name: "erased: refused", given: gone, when: when, err: lead.ErrNotFound},
	}
	if archivedToo {
		out = append(out, row{name: "archived: refused", given: facts{captured, archived}, when: when, err: lead.ErrArchived})
	}
	return out
}

func TestCaptureLead(t *testing.T) {
	t.Parallel()
	capture := func(d lead.Details) commands.CaptureLead { return commands.CaptureLead{ID: ann, Owner: me, Details: d} }
	opened := func(d lead.Details) facts { return facts{lead.Captured{Status: lead.New, Owner: me, Details: d}} }
	check(t, []row{
		{name: "name alone: captured", when: capture(lead.Details{Name: " Ann "}), then: opened(lead.Details{Name: "Ann"})},
		{name: "address alone: captured", when: capture(lead.Details{Email: "Ann@Example.ORG"}), then: opened(lead.Details{Email: "ann@example.org"})},
		{
			name: "everything: normalised",
			when: capture(lead.Details{Name: "Ann", Email: "a@b.de", Phone: "030 123456", Title: "CEO", Company: "X", Country: "germany", Source: "fair 2026", PhoneStatus: "made up", CountryGiven: "made up"}),
			then: opened(lead.Details{Name: "Ann", Email: "a@b.de", Phone: "+4930123456", PhoneStatus: lead.PhoneValid, Title: "CEO", Company: "X", Country: "DE", Source: "fair 2026"}),
		},
		{
			name: "what is not understood: kept and marked", when: capture(lead.Details{Name: "Ann", Phone: "call me", Country: "Atlantis"}),
			then: opened(lead.Details{Name: "Ann", Phone: "call me", PhoneStatus: lead.PhoneInvalid, CountryGiven: "Atlantis"}),
		},
		{
			name: "own fields: in the text of their kind", when: commands.CaptureLead{ID: ann, Owner: me, Own: ours, Details: lead.Details{Name: "Ann", Custom: map[string]string{"size": " 1,50", "vip": "Yes", "note": "1,50"}}},
			then: opened(lead.Details{Name: "Ann", Custom: map[string]string{"size": "1.5", "vip": "true", "note": "1,50"}}),
		},
		{
			name: "own fields that do not fit: refused with all else", when: commands.CaptureLead{ID: ann, Own: ours, Details: lead.Details{Email: "ann", Custom: map[string]string{"size": "big", "vip": "perhaps"}}},
			err: errInvalid, fields: []string{"email", "custom.size", "custom.vip"},
		},
		{name: "nobody: refused", when: capture(lead.Details{Company: "X"}), err: errInvalid, fields: []string{"email"}},
		{name: "spaces alone: refused", when: capture(lead.Details{Name: "  ", Email: " "}), err: errInvalid, fields: []string{"email"}},
		{
			name: "several faults: all named", when: capture(lead.Details{Name: "a\x00b", Email: "ann", Source: "a@b.de", Title: strings.Repeat("x", 201)}),
			err: errInvalid, fields: []string{"name", "title", "email", "source"},
		},
		{name: "owner is no id: refused", when: commands.CaptureLead{ID: ann, Owner: "me", Details: lead.Details{Name: "Ann"}}, err: errInvalid, fields: []string{"owner"}},
		{name: "nobody's: captured", when: commands.CaptureLead{ID: ann, Details: lead.Details{Name: "Ann"}}, then: facts{lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann"}}}},
		{name: "captured: refused", given: facts{captured}, when: capture(lead.Details{Name: "Bob"}), err: lead.ErrExists},
		{name: "archived: refused", given: facts{captured, archived}, when: capture(lead.Details{Name: "Bob"}), err: lead.ErrExists},
		{name: "erased: refused", given: gone, when: capture(lead.Details{Name: "Bob"}), err: lead.ErrExists},
	}...)
}

func TestEditLead(t *testing.T) {
	t.Parallel()
	edit := func(p lead.Patch) commands.EditLead { return commands.EditLead{ID: ann, Patch: p} }
	changed := func(c ...lead.Change) facts { return facts{lead.Edited{Changes: c}} }
	check(t, append([]row{
		{name: "nothing named: nothing new", given: facts{captured}, when: edit(lead.Patch{})},
		{name: "the same: nothing new", given: facts{captured}, when: edit(lead.Patch{Email: new(" ANN@example.org "), Country: new("Germany")})},
		{name: "name: changed", given: facts{captured}, when: edit(lead.Patch{Name: new("Anna")}), then: changed(lead.Change{Field: "name", From: "Ann", To: "Anna"})},
		{name: "taken away: empty", given: facts{captured}, when: edit(lead.Patch{Name: new("")}), then: changed(lead.Change{Field: "name", From: "Ann"})},
		{
			name: "several: in the order of the fields", given: facts{captured}, when: edit(lead.Patch{Source: new("web"), Title: new("CTO")}),
			then: changed(lead.Change{Field: "title", To: "CTO"}, lead.Change{Field: "source", From: "fair", To: "web"}),
		},
		{
			name: "phone: read in the lead's country", given: facts{captured}, when: edit(lead.Patch{Phone: new("030 123456")}),
			then: changed(lead.Change{Field: "phone", To: "+4930123456"}, lead.Change{Field: "phone_status", To: lead.PhoneValid}),
		},
		{
			name: "phone and country: read in the new country", given: facts{captured}, when: edit(lead.Patch{Phone: new("01 42 68 53 00"), Country: new("FR")}),
			then: changed(lead.Change{Field: "phone", To: "+33142685300"}, lead.Change{Field: "phone_status", To: lead.PhoneValid}, lead.Change{Field: "country", From: "DE", To: "FR"}),
		},
		{
			name: "country that nobody knows: kept as given", given: facts{captured}, when: edit(lead.Patch{Country: new("Atlantis")}),
			then: changed(lead.Change{Field: "country", From: "DE"}, lead.Change{Field: "country_given", To: "Atlantis"}),
		},
		{
			name:  "country after one that nobody knows: what was given goes",
			given: facts{captured, lead.Edited{Changes: []lead.Change{{Field: "country", From: "DE"}, {Field: "country_given", To: "Atlantis"}}}},
			when:  edit(lead.Patch{Country: new("fr")}),
			then:  changed(lead.Change{Field: "country", To: "FR"}, lead.Change{Field: "country_given", From: "Atlantis"}),
		},
		{
			name:  "country alone: the phone stays as it was",
			given: facts{captured, lead.Edited{Changes: []lead.Change{{Field: "phone", To: "123"}, {Field: "phone_status", To: lead.PhoneInvalid}}}},
			when:  edit(lead.Patch{Country: new("FR")}), then: changed(lead.Change{Field: "country", From: "DE", To: "FR"}),
		},
		{
			name: "own field: in the text of its kind", given: facts{captured}, when: edit(lead.Patch{Custom: map[string]string{"vip": "n"}, Own: ours}),
			then: changed(lead.Change{Field: "custom.vip", To: "false"}),
		},
		{
			name:  "own field taken away: whatever it was",
			given: facts{lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann", Custom: map[string]string{"vip": "perhaps"}}}},
			when:  edit(lead.Patch{Custom: map[string]string{"vip": ""}, Own: ours}), then: changed(lead.Change{Field: "custom.vip", From: "perhaps"}),
		},
		{name: "own field that does not fit: refused", given: facts{captured}, when: edit(lead.Patch{Custom: map[string]string{"size": "big"}, Own: ours}), err: errInvalid, fields: []string{"custom.size"}},
		{name: "nobody left: refused", given: facts{captured}, when: edit(lead.Patch{Name: new(""), Email: new(" ")}), err: errInvalid, fields: []string{"email"}},
		{name: "address that is none: refused", given: facts{captured}, when: edit(lead.Patch{Email: new("ann")}), err: errInvalid, fields: []string{"email"}},
		{name: "no UTF-8: refused by name", given: facts{captured}, when: edit(lead.Patch{Company: new("\xff")}), err: errInvalid, fields: []string{"company"}},
		{name: "restored: changed", given: facts{captured, archived, lead.Restored{}}, when: edit(lead.Patch{Name: new("Anna")}), then: changed(lead.Change{Field: "name", From: "Ann", To: "Anna"})},
	}, refusedWhere(edit(lead.Patch{Name: new("x")}), true)...)...)
}

func TestAssignLead(t *testing.T) {
	t.Parallel()
	check(t, append([]row{
		{name: "another member: assigned", given: facts{captured}, when: commands.AssignLead{ID: ann, Owner: you}, then: facts{lead.Assigned{From: me, To: you}}},
		{name: "nobody: taken away", given: facts{captured}, when: commands.AssignLead{ID: ann}, then: facts{lead.Assigned{From: me}}},
		{name: "the same member: nothing new", given: facts{captured, lead.Assigned{From: me, To: you}}, when: commands.AssignLead{ID: ann, Owner: you}},
		{name: "no id: refused", given: facts{captured}, when: commands.AssignLead{ID: ann, Owner: "Bob"}, err: errInvalid, fields: []string{"owner"}},
		{name: "id in capitals: refused", given: facts{captured}, when: commands.AssignLead{ID: ann, Owner: strings.ToUpper(you)}, err: errInvalid, fields: []string{"owner"}},
	}, refusedWhere(commands.AssignLead{ID: ann, Owner: you}, true)...)...)
}

func TestChangeLeadStatus(t *testing.T) {
	t.Parallel()
	to := func(s lead.Status, reason string) commands.ChangeLeadStatus {
		return commands.ChangeLeadStatus{ID: ann, Status: s, Reason: reason}
	}
	check(t, append([]row{
		{name: "new: works", given: facts{captured}, when: to(lead.Working, ""), then: facts{working}},
		{name: "new: no customer yet", given: facts{captured}, when: to(lead.Customer, ""), err: lead.ErrStatus},
		{name: "working: customer", given: facts{captured, working}, when: to(lead.Customer, " won\nat last "), then: facts{lead.StatusChanged{From: lead.Working, To: lead.Customer, Reason: "won\nat last"}}},
		{name: "working: not new again", given: facts{captured, working}, when: to(lead.New, ""), err: lead.ErrStatus},
		{name: "asked twice: nothing new", given: facts{captured, working}, when: to(lead.Working, "again")},
		{name: "disqualified without a reason: refused", given: facts{captured}, when: to(lead.Disqualified, " "), err: errInvalid, fields: []string{"reason"}},
		{name: "disqualified: with its reason", given: facts{captured}, when: to(lead.Disqualified, "no budget"), then: facts{lead.StatusChanged{From: lead.New, To: lead.Disqualified, Reason: "no budget"}}},
		{name: "no status: refused", given: facts{captured}, when: to("lost", ""), err: errInvalid, fields: []string{"status"}},
		{name: "empty status: refused", given: facts{captured}, when: to("", ""), err: errInvalid, fields: []string{"status"}},
		{name: "reason too long: refused", given: facts{captured}, when: to(lead.Working, strings.Repeat("x", 1001)), err: errInvalid, fields: []string{"reason"}},
		{name: "reason with a bell: refused", given: facts{captured}, when: to(lead.Working, "a\ab"), err: errInvalid, fields: []string{"reason"}},
	}, refusedWhere(to(lead.Working, ""), true)...)...)
}

func TestArchiveLead(t *testing.T) {
	t.Parallel()
	check(t, append([]row{
		{name: "at work: archived", given: facts{captured}, when: commands.ArchiveLead{ID: ann, Reason: " left "}, then: facts{archived}},
		{name: "no reason: archived", given: facts{captured}, when: commands.ArchiveLead{ID: ann}, then: facts{lead.Archived{}}},
		{name: "archived: nothing new", given: facts{captured, archived}, when: commands.ArchiveLead{ID: ann, Reason: "other"}},
		{name: "reason with a zero: refused", given: facts{captured}, when: commands.ArchiveLead{ID: ann, Reason: "\x00"}, err: errInvalid, fields: []string{"reason"}},
	}, refusedWhere(commands.ArchiveLead{ID: ann}, false)...)...)
}

func TestRestoreLead(t *testing.T) {
	t.Parallel()
	check(t, append([]row{
		{name: "archived: restored", given: facts{captured, archived}, when: commands.RestoreLead{ID: ann}, then: facts{lead.Restored{}}},
		{name: "at work: nothing new", given: facts{captured}, when: commands.RestoreLead{ID: ann}},
	}, refusedWhere(commands.RestoreLead{ID: ann}, false)...)...)
}

func TestEraseLead(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{name: "at work: erased", given: facts{captured}, when: commands.EraseLead{ID: ann}, then: facts{lead.Erased{}}},
		{name: "archived: erased", given: facts{captured, archived}, when: commands.EraseLead{ID: ann}, then: facts{lead.Erased{}}},
		{name: "erased: nothing new", given: gone, when: commands.EraseLead{ID: ann}},
		{name: "nothing: refused", when: commands.EraseLead{ID: ann}, err: lead.ErrNotFound},
	}...)
}

func TestRecordLeadShredding(t *testing.T) {
	t.Parallel()
	record := commands.RecordLeadShredding{ID: ann}
	check(t, []row{
		{name: "erased: recorded", given: gone, when: record, then: facts{lead.Shredded{}}},
		{name: "recorded: nothing new", given: append(gone[:2:2], lead.Shredded{}), when: record},
		{name: "not erased: refused", given: facts{captured}, when: record, err: lead.ErrNotFound},
		{name: "nothing: refused", when: record, err: lead.ErrNotFound},
	}...)
}
