package commands_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/lead"
)

const (
	note  = "01900000-0000-7000-8000-0000000000a1"
	other = "01900000-0000-7000-8000-0000000000a2"
)

var noted = lead.Noted{Note: note, Text: "Called.\nTwice."}

// full is a lead with as many notes as one may have.
func full() facts {
	out := facts{captured, noted}
	for i := range lead.MaxNotes - 1 {
		out = append(out, lead.Noted{Note: fmt.Sprintf("01900000-0000-7000-9000-%012d", i), Text: strconv.Itoa(i)})
	}
	return out
}

func TestNoteLead(t *testing.T) {
	t.Parallel()
	write := func(text string) commands.NoteLead { return commands.NoteLead{ID: ann, Note: note, Text: text} }
	again := commands.NoteLead{ID: ann, Note: other, Text: "Called.\nTwice."}
	news := again
	news.News = true
	check(t, append([]row{
		{name: "prose: noted", given: facts{captured}, when: write(" Called.\nTwice. "), then: facts{noted}},
		{name: "as long as may be: noted", given: facts{captured}, when: write(strings.Repeat("ü", 5000)), then: facts{lead.Noted{Note: note, Text: strings.Repeat("ü", 5000)}}},
		{name: "the same note: nothing new", given: facts{captured, noted}, when: write("other words")},
		{name: "the same note, removed: nothing new", given: facts{captured, noted, lead.NoteRemoved{Note: note}}, when: write("Called.")},
		{name: "another note, the same words: noted", given: facts{captured, noted}, when: again, then: facts{lead.Noted{Note: other, Text: noted.Text}}},
		{name: "brought in, the same words: nothing new", given: facts{captured, noted}, when: news},
		{name: "brought in, no words: nothing new", given: facts{captured}, when: commands.NoteLead{ID: ann, Note: note, News: true}},
		{name: "brought in, other words: noted", given: facts{captured, lead.Noted{Note: note, Text: "x"}}, when: news, then: facts{lead.Noted{Note: other, Text: noted.Text}}},
		{name: "brought in, words that were removed: noted", given: facts{captured, noted, lead.NoteRemoved{Note: note}}, when: news, then: facts{lead.Noted{Note: other, Text: noted.Text}}},
		{name: "no words: refused", given: facts{captured}, when: write(" \n "), err: errInvalid, fields: []string{"text"}},
		{name: "too long: refused", given: facts{captured}, when: write(strings.Repeat("x", 5001)), err: errInvalid, fields: []string{"text"}},
		{name: "a bell: refused", given: facts{captured}, when: write("a\ab"), err: errInvalid, fields: []string{"text"}},
		{name: "no id: refused", given: facts{captured}, when: commands.NoteLead{ID: ann, Note: "1", Text: "x"}, err: errInvalid, fields: []string{"note"}},
		{name: "too many: refused", given: full(), when: again, err: lead.ErrNotes},
		{name: "too many, one removed: noted", given: append(full(), lead.NoteRemoved{Note: note}), when: again, then: facts{lead.Noted{Note: other, Text: noted.Text}}},
	}, refusedWhere(write("x"), true)...)...)
}

func TestRemoveLeadNote(t *testing.T) {
	t.Parallel()
	remove := commands.RemoveLeadNote{ID: ann, Note: note}
	check(t, append([]row{
		{name: "noted: removed", given: facts{captured, noted}, when: remove, then: facts{lead.NoteRemoved{Note: note}}},
		{name: "removed: nothing new", given: facts{captured, noted, lead.NoteRemoved{Note: note}}, when: remove},
		{name: "another: refused", given: facts{captured, noted}, when: commands.RemoveLeadNote{ID: ann, Note: other}, err: lead.ErrNoteNotFound},
		{name: "no note: refused", given: facts{captured}, when: remove, err: lead.ErrNoteNotFound},
	}, refusedWhere(remove, true)...)...)
}
