package lead

import (
	"slices"
	"strings"
)

// erasedWord stands in words in place of what was personal of somebody erased.
const erasedWord = "(erased)"

// Words is a fact as a person reads it in the lead's timeline.
type Words struct {
	Text    string
	Changes []WordedChange
}

// WordedChange is one value before and after a fact, readable; "" is no value.
type WordedChange struct {
	Field  string `json:"field" doc:"Its name in the API" example:"title"`
	Label  string `json:"label" doc:"What people call it" example:"Title"`
	From   string `json:"from" doc:"Before; empty for no value"`
	To     string `json:"to" doc:"After; empty for no value"`
	Erased bool   `json:"erased,omitempty" doc:"Nobody can tell the values any more"`
}

// InWords says how a fact reads. lost: personal values of it are null. forgotten: the
// person is erased, so that nothing of them is told, even while their key is there.
func InWords(e Event, lost, forgotten bool) Words {
	t := teller{lost: lost, forgotten: forgotten}
	switch e := e.(type) {
	case Captured:
		return t.captured(e)
	case Edited:
		return t.edited(e)
	case Assigned:
		return Words{"Assigned to " + orNobody(e.To), []WordedChange{worded("owner", e.From, e.To)}}
	case StatusChanged:
		return Words{
			t.because("Status changed from "+string(e.From)+" to "+string(e.To), e.Reason),
			[]WordedChange{worded("status", string(e.From), string(e.To))},
		}
	case Archived:
		return Words{Text: t.because("Archived", e.Reason)}
	case Tagged:
		return t.tagged(e)
	case Deleted:
		return Words{Text: t.because("Deleted", e.Reason)}
	case Restored:
		return Words{Text: "Restored"}
	case Noted:
		return Words{Text: t.because("Noted", e.Text)}
	case NoteRemoved:
		return Words{Text: "Took a note away"}
	case Erased:
		return Words{Text: "Erased: the person is forgotten"}
	case Shredded:
		return Words{Text: "The key of the person's data is destroyed"}
	}
	return Words{}
}

func orNobody(owner string) string {
	if owner == "" {
		return "nobody"
	}
	return owner
}

// teller knows what may be told of a person.
type teller struct{ lost, forgotten bool }

// told is a personal value as far as it may be told.
func (t teller) told(v string) string {
	if v != "" && t.forgotten || v == "" && t.lost {
		return erasedWord
	}
	return v
}

func (t teller) because(text, reason string) string {
	if reason = t.told(reason); reason == "" {
		return text
	}
	return text + ": " + reason
}

// captured tells what was known at first. Of somebody erased, only what lies in clear
// is left, and how much there was cannot be told.
func (t teller) captured(e Captured) Words {
	text := "Captured"
	if e.Source != "" {
		text += " from " + e.Source
	}
	out := []WordedChange{worded("status", "", string(e.Status))}
	if e.Owner != "" {
		out = append(out, worded("owner", "", e.Owner))
	}
	hidden := t.lost
	for _, c := range (Details{}).changes(e.Details) {
		if t.forgotten && !slices.Contains(ClearFields(), c.Field) {
			hidden = true
			continue
		}
		out = append(out, worded(c.Field, c.From, c.To))
	}
	switch {
	case t.forgotten && len(e.Tags) > 0:
		hidden = true
	case len(e.Tags) > 0:
		out = append(out, worded(tagsField, "", strings.Join(e.Tags, ", ")))
	}
	if hidden {
		text += "; personal data " + erasedWord
	}
	return Words{text, out}
}

// edited tells every value; the text names what people know by a name.
func (t teller) edited(e Edited) Words {
	var names []string
	var out []WordedChange
	for _, c := range e.Changes {
		w := worded(c.Field, c.From, c.To)
		if (t.lost || t.forgotten) && !slices.Contains(ClearFields(), c.Field) {
			w.From, w.To, w.Erased = erasedWord, erasedWord, true
		}
		out = append(out, w)
		if name := lowered(labelOf(spokenOf(c.Field))); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return Words{"Corrected " + strings.Join(names, ", "), out}
}

func (t teller) tagged(e Tagged) Words {
	if t.lost || t.forgotten {
		return Words{"Tags changed " + erasedWord, []WordedChange{{Field: tagsField, Label: labelOf(tagsField), From: erasedWord, To: erasedWord, Erased: true}}}
	}
	var parts []string
	added, removed := strings.Join(e.Added, ", "), strings.Join(e.Removed, ", ")
	if added != "" {
		parts = append(parts, "tagged "+added)
	}
	if removed != "" {
		parts = append(parts, "untagged "+removed)
	}
	text := strings.Join(parts, "; ")
	if text == "" {
		return Words{Text: "Tags changed"}
	}
	return Words{strings.ToUpper(text[:1]) + text[1:], []WordedChange{worded(tagsField, removed, added)}}
}
