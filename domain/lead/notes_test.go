package lead_test

import (
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

// TestTakeBackNotes: an undo takes back the notes that were brought in and are still kept.
func TestTakeBackNotes(t *testing.T) {
	t.Parallel()
	made := lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann"}}
	noted := lead.Noted{Note: "b", Text: "x"}
	for name, c := range map[string]struct {
		before, done, since []lead.Event
		want                []lead.Event
		kept                bool
	}{
		"among others":              {[]lead.Event{made, lead.Noted{Note: "a", Text: "x"}}, []lead.Event{noted}, []lead.Event{lead.Noted{Note: "c", Text: "x"}}, []lead.Event{lead.NoteRemoved{Note: "b"}}, false},
		"removed since":             {[]lead.Event{made}, []lead.Event{noted}, []lead.Event{lead.NoteRemoved{Note: "b"}}, nil, false},
		"of a lead that was made":   {nil, []lead.Event{made, noted}, nil, []lead.Event{lead.Deleted{}}, false},
		"somebody has noted since":  {nil, []lead.Event{made}, []lead.Event{noted}, nil, true},
		"of a lead that was erased": {[]lead.Event{made}, []lead.Event{noted}, []lead.Event{lead.Erased{}}, nil, false},
	} {
		l := domain.Fold(lead.Lead{}, append(append(append([]lead.Event(nil), c.before...), c.done...), c.since...)...)
		got, kept := l.TakeBack(c.done, len(c.before)+len(c.done))
		if kept != c.kept || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: kept %t, %+v", name, kept, got)
		}
	}
}

// Notes come and go by themselves: what is kept is what was written and not removed, a
// fold changes no state that it began with, and what is brought in twice is noted once.
func TestNoteLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := lead.Lead{}.Evolve(lead.Captured{Status: lead.New, Details: lead.Details{Name: "Ann"}})
		model := map[string]string{} // id -> text
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			before, kept := l, len(l.Notes)
			id := "01900000-0000-7000-8000-00000000000" + strconv.Itoa(rapid.IntRange(0, 9).Draw(rt, "id"))
			text := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "text")
			switch rapid.SampledFrom([]string{"note", "news", "remove"}).Draw(rt, "what") {
			case "note":
				facts, err := l.Note(id, text)
				if l = domain.Fold(l, facts...); err != nil {
					rt.Fatal(err)
				}
				if len(facts) > 0 {
					model[id] = text
				}
			case "news":
				facts, err := l.NoteNews(id, text)
				if l = domain.Fold(l, facts...); err != nil {
					rt.Fatal(err)
				}
				for _, v := range model {
					if v == text && len(facts) > 0 {
						rt.Fatalf("%q is noted twice", text)
					}
				}
				if len(facts) > 0 {
					model[id] = text
				}
			case "remove":
				facts, err := l.RemoveNote(id)
				if _, there := model[id]; there != (len(facts) == 1) || there && err != nil {
					rt.Fatalf("removed %v, %v", facts, err)
				}
				l = domain.Fold(l, facts...)
				delete(model, id)
			}
			for _, n := range l.Notes {
				if _, there := model[n.ID]; !there {
					rt.Fatalf("%s is kept", n.ID)
				}
			}
			if len(l.Notes) != len(model) || len(before.Notes) != kept {
				rt.Fatalf("%d notes are kept, want %d; %d before", len(l.Notes), len(model), len(before.Notes))
			}
		}
	})
}
