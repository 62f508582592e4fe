package commands_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/segment"
)

func TestBulk(t *testing.T) {
	t.Parallel()
	type facts = []bulk.Event
	type row = spec[bulk.Bulk, bulk.Event]
	all := bulk.Selection{All: true}
	tag := bulk.Action{Kind: bulk.Tag, Add: []string{"vip"}}
	start := func(a bulk.Action, s bulk.Selection) commands.StartBulk {
		return commands.StartBulk{ID: friends, Action: a, Selection: s, Role: "admin"}
	}
	started := bulk.Started{Action: tag, Selection: all, Role: "admin"}
	finished := bulk.Finished{Counts: bulk.Counts{Selected: 3, Changed: 1, Unchanged: 1, Refused: 1, Reasons: map[string]int{"lead.archived": 1}}}
	undoing := bulk.UndoStarted{Role: "manager"}
	undone := bulk.Undone{Reverted: 1, Kept: 1, KeptLeads: []string{ann}}
	record := func(r commands.RecordBulk) commands.RecordBulk { r.ID = friends; return r }
	rows := []row{
		{name: "started", when: start(tag, all), then: facts{started}},
		{name: "twice: refused", given: facts{started}, when: start(tag, all), err: bulk.ErrExists},
		{name: "finished", given: facts{started}, when: record(commands.RecordBulk{Finished: &finished}), then: facts{finished}},
		{name: "failed", given: facts{started}, when: record(commands.RecordBulk{Failed: &bulk.Failed{Code: "x", Message: "y"}}), then: facts{bulk.Failed{Code: "x", Message: "y"}}},
		{name: "finished twice: refused", given: facts{started, finished}, when: record(commands.RecordBulk{Finished: &finished}), err: bulk.ErrBusy},
		{name: "undone before its end: refused", given: facts{started}, when: commands.UndoBulk{ID: friends, Role: "manager"}, err: bulk.ErrBusy},
		{name: "undo", given: facts{started, finished}, when: commands.UndoBulk{ID: friends, Role: "manager"}, then: facts{undoing}},
		{name: "undo of what failed: refused", given: facts{started, bulk.Failed{}}, when: commands.UndoBulk{ID: friends}, err: bulk.ErrBusy},
		{name: "undo twice: refused", given: facts{started, finished, undoing, undone}, when: commands.UndoBulk{ID: friends}, err: bulk.ErrBusy},
		{name: "undone", given: facts{started, finished, undoing}, when: record(commands.RecordBulk{Undone: &undone}), then: facts{undone}},
		{name: "nothing to undo", when: commands.UndoBulk{ID: friends}, err: bulk.ErrNotFound},
		{name: "nothing to finish", when: record(commands.RecordBulk{Finished: &finished}), err: bulk.ErrNotFound},
	}
	for name, c := range map[string]struct {
		a      bulk.Action
		s      bulk.Selection
		fields []string
	}{
		"no kind":              {bulk.Action{Kind: "erase"}, all, []string{"action.kind"}},
		"another kind's value": {bulk.Action{Kind: bulk.Tag, Add: []string{"x"}, Owner: me, Reason: "y"}, all, []string{"action.owner", "action.reason"}},
		"no tags":              {bulk.Action{Kind: bulk.Tag}, all, []string{"action.add"}},
		"no values":            {bulk.Action{Kind: bulk.Edit}, all, []string{"action.set"}},
		"one person's value":   {bulk.Action{Kind: bulk.Edit, Set: map[string]string{"email": "a@b.de"}}, all, []string{"action.set.email"}},
		"a value's fault":      {bulk.Action{Kind: bulk.Edit, Set: map[string]string{"title": "a\x00"}}, all, []string{"action.set.title"}},
		"no owner's id":        {bulk.Action{Kind: bulk.Assign, Owner: "me"}, all, []string{"action.owner"}},
		"no status":            {bulk.Action{Kind: bulk.Status, Status: "dead"}, all, []string{"action.status"}},
		"no reason":            {bulk.Action{Kind: bulk.Status, Status: lead.Disqualified}, all, []string{"action.reason"}},
		"no leads":             {tag, bulk.Selection{}, []string{"selection"}},
		"two ways":             {tag, bulk.Selection{Leads: []string{ann}, Segment: friends}, []string{"selection"}},
		"all of some":          {tag, bulk.Selection{All: true, Rule: segment.Rule{Words: "x"}}, []string{"selection"}},
		"too many":             {tag, bulk.Selection{Leads: slices.Repeat([]string{ann}, bulk.MaxLeads+1)}, []string{"selection.leads"}},
		"no ids":               {tag, bulk.Selection{Leads: []string{ann, "x"}}, []string{"selection.leads[1]"}},
		"no archived":          {tag, bulk.Selection{All: true, Archived: "yes"}, []string{"selection.archived"}},
		"less than nothing":    {tag, bulk.Selection{All: true, AtMost: -1}, []string{"selection.at_most"}},
	} {
		rows = append(rows, row{name: name + ": refused", when: start(c.a, c.s), err: errInvalid, fields: c.fields})
	}
	check(t, rows...)
}

func TestActOnLead(t *testing.T) {
	t.Parallel()
	do := func(a bulk.Action) commands.ActOnLead { return commands.ActOnLead{ID: ann, Action: a} }
	edit := func(field, value string) bulk.Action {
		return bulk.Action{Kind: bulk.Edit, Set: map[string]string{field: value}}
	}
	changed := func(c ...lead.Change) facts { return facts{lead.Edited{Changes: c}} }
	check(t, []row{
		{name: "assign", given: facts{captured}, when: do(bulk.Action{Kind: bulk.Assign, Owner: you}), then: facts{lead.Assigned{From: me, To: you}}},
		{name: "tag", given: facts{captured}, when: do(bulk.Action{Kind: bulk.Tag, Add: []string{"VIP"}}), then: facts{lead.Tagged{Added: []string{"VIP"}}}},
		{name: "status", given: facts{captured}, when: do(bulk.Action{Kind: bulk.Status, Status: lead.Working}), then: facts{working}},
		{name: "status that cannot be: refused", given: facts{captured}, when: do(bulk.Action{Kind: bulk.Status, Status: lead.Customer}), err: lead.ErrStatus},
		{name: "a field", given: facts{captured}, when: do(edit("country", "France")), then: changed(lead.Change{Field: "country", From: "DE", To: "FR"})},
		{name: "a field of one's own", given: facts{captured}, when: do(edit("custom.tier", "gold")), then: changed(lead.Change{Field: "custom.tier", To: "gold"})},
		{name: "taken away", given: facts{captured}, when: do(edit("source", "")), then: changed(lead.Change{Field: "source", From: "fair"})},
		{name: "so already: nothing new", given: facts{captured}, when: do(edit("country", "Germany"))},
		{name: "archive", given: facts{captured}, when: do(bulk.Action{Kind: bulk.Archive, Reason: "left"}), then: facts{archived}},
		{name: "restore", given: facts{captured, archived}, when: do(bulk.Action{Kind: bulk.Restore}), then: facts{lead.Restored{}}},
		{name: "restore does not bring deleted ones back", given: facts{captured, lead.Deleted{}}, when: do(bulk.Action{Kind: bulk.Restore}), err: lead.ErrNotFound},
		{name: "archived: refused", given: facts{captured, archived}, when: do(edit("title", "x")), err: lead.ErrArchived},
	}...)
	for kind, want := range map[bulk.Kind]any{bulk.Assign: access.AssignLeads, bulk.Archive: access.ArchiveLeads, bulk.Restore: access.ArchiveLeads, bulk.Tag: access.WriteLeads, bulk.Status: access.WriteLeads, bulk.Edit: access.WriteLeads} {
		if got := (commands.ActOnLead{Action: bulk.Action{Kind: kind}}).Needs(); got != want {
			t.Errorf("%s needs %s", kind, got)
		}
	}
}

// Values of the organization's own fields are brought into their kinds before anything
// begins, or refused by their names.
func TestFittingAction(t *testing.T) {
	t.Parallel()
	own := field.Set{"size": {Key: "size", Kind: field.Number}}
	given := bulk.Action{Kind: bulk.Edit, Set: map[string]string{"custom.size": " 1,234.5 ", "custom.note": "x", "title": "CEO"}}
	got, err := given.Fitting(own)
	if want := map[string]string{"custom.size": "1234.5", "custom.note": "x", "title": "CEO"}; err != nil || !maps.Equal(got.Set, want) {
		t.Errorf("%v, %v", got.Set, err)
	}
	if given.Set["custom.size"] != " 1,234.5 " {
		t.Error("what was given has changed")
	}
	given.Set["custom.size"] = "many"
	if _, err := given.Fitting(own); !slices.Equal(faulty(err), []string{"action.set.custom.size"}) {
		t.Errorf("refused is %v", err)
	}
}
