package lead

import (
	"hash/fnv"
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// The bounds of notes.
const (
	MaxNote  = 5000 // characters of one
	MaxNotes = 1000 // kept on one lead at a time
)

// The refusals of a note.
var (
	ErrNoteNotFound = &domain.Error{Kind: domain.NotFound, Code: "note.not_found", Message: "there is no such note on the lead"}
	ErrNotes        = &domain.Error{Kind: domain.Conflict, Code: "note.too_many", Message: "the lead has as many notes as one may have: remove some first"}
)

// NoteMark is what the rules remember of a note that is kept: which one it is, and enough
// to know its text again. The mark of a text lives in memory only.
type NoteMark struct {
	ID   string
	Text uint64
}

func markOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// Note writes something down about the lead, under an id that is made for it. The same
// note is taken once.
func (l Lead) Note(id, text string) ([]Event, error) {
	if err := l.workable(); err != nil {
		return nil, err
	}
	text, faults := NoteText(text)
	if text == "" && len(faults) == 0 {
		faults = values.Fault("text", "a note needs a text")
	}
	if !values.IsUUID(id) {
		faults = append(faults, values.Fault("note", "is not the id (a UUID) of a note")...)
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	switch {
	case l.kept(id) >= 0 || slices.Contains(l.Removed, id):
		return nil, nil
	case len(l.Notes) >= MaxNotes:
		return nil, ErrNotes
	}
	return []Event{Noted{Note: id, Text: text}}, nil
}

// NoteNews is Note of what a file or another system says: nothing when a note that is
// kept says the same, so that what is brought in again is not noted again.
func (l Lead) NoteNews(id, text string) ([]Event, error) {
	if err := l.workable(); err != nil || !l.News(text) {
		return nil, err
	}
	return l.Note(id, text)
}

// News reports whether no note that is kept says this; nothing is no news.
func (l Lead) News(text string) bool {
	text, _ = NoteText(text)
	mark := markOf(text)
	return text != "" && !slices.ContainsFunc(l.Notes, func(n NoteMark) bool { return n.Text == mark })
}

// NoteText brings the text of a note into the one form in which it is kept.
func NoteText(text string) (string, []domain.Field) {
	return values.ProseUpTo("text", text, MaxNote)
}

// RemoveNote takes a note away; the log keeps what it said until the lead is erased.
func (l Lead) RemoveNote(id string) ([]Event, error) {
	if err := l.workable(); err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(l.Removed, id):
		return nil, nil
	case l.kept(id) < 0:
		return nil, ErrNoteNotFound
	}
	return []Event{NoteRemoved{Note: id}}, nil
}

func (l Lead) kept(id string) int {
	return slices.IndexFunc(l.Notes, func(n NoteMark) bool { return n.ID == id })
}

// without is the lead after a note of it is removed.
func (l Lead) without(id string) Lead {
	l.Notes = slices.DeleteFunc(slices.Clone(l.Notes), func(n NoteMark) bool { return n.ID == id })
	l.Removed = append(slices.Clip(l.Removed), id)
	return l
}
