package lead_test

import (
	"reflect"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

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
		"an owner":                                   {[]lead.Event{made}, []lead.Event{lead.Assigned{To: "a"}, lead.Assigned{From: "a", To: "b"}}, nil, []lead.Event{lead.Assigned{From: "b"}}, false},
		"an owner that was given another since":      {[]lead.Event{made}, []lead.Event{lead.Assigned{To: "a"}}, []lead.Event{lead.Assigned{From: "a", To: "b"}}, nil, true},
		"a status, against the arrows":               {[]lead.Event{made}, []lead.Event{lead.StatusChanged{From: lead.New, To: lead.Working}}, nil, []lead.Event{lead.StatusChanged{From: lead.Working, To: lead.New}}, false},
		"a status that has moved on":                 {[]lead.Event{made}, []lead.Event{lead.StatusChanged{From: lead.New, To: lead.Working}}, []lead.Event{lead.StatusChanged{From: lead.Working, To: lead.Customer}}, nil, true},
		"archived":                                   {[]lead.Event{made}, []lead.Event{lead.Archived{}}, nil, []lead.Event{lead.Restored{}}, false},
		"archived, and restored since":               {[]lead.Event{made}, []lead.Event{lead.Archived{}}, []lead.Event{lead.Restored{}}, nil, true},
		"restored":                                   {[]lead.Event{made, lead.Archived{}}, []lead.Event{lead.Restored{}}, nil, []lead.Event{lead.Archived{}}, false},
		"an owner is kept, a value goes back":        {[]lead.Event{made}, []lead.Event{lead.Assigned{To: "a"}, edit("city", "", "Rome")}, []lead.Event{lead.Assigned{From: "a"}}, []lead.Event{edit("city", "Rome", "")}, true},
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
