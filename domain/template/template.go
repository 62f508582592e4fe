// Package template decides what may happen to one template of mail, checks what it says,
// and writes mails of it. The rules:
//
//  1. A template has a subject, and HTML, text or both, in Liquid. What cannot be written,
//     or would run away, is refused when it is saved, with its line.
//  2. Every change of what it says makes the next revision; another name makes none. A mail
//     that was begun with one revision is written with that one.
//  3. A name belongs to one template of an organization, however it is written.
//  4. A deleted template is in no list and holds no name, until it is restored. Its
//     revisions stay.
//  5. Asking for what is already so decides nothing.
package template

import (
	"maps"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/values"
)

// MaxName is the longest name, in characters.
const MaxName = 200

// The refusals of a template.
var (
	ErrNotFound = &domain.Error{Kind: domain.NotFound, Code: "template.not_found", Message: "there is no such template"}
	ErrExists   = &domain.Error{Kind: domain.Conflict, Code: "template.exists", Message: "the template exists already"}
)

// Category names the streams of templates.
const Category = "template"

// Stream names the stream of one template.
func Stream(id string) domain.StreamID { return domain.StreamID{Category: Category, ID: id} }

// Template is what the rules need to remember of one template.
type Template struct {
	Name      string
	Revision  int // the newest; 0 where there is no template
	Source    Source
	Compiled  Compiled
	Deleted   bool
	Revisions map[int]Compiled // never changed in place: states share it
}

// Evolve folds one fact into the state.
func (t Template) Evolve(e Event) Template {
	switch e := e.(type) {
	case Created:
		t.Name = e.Name
		return t.with(e.Content)
	case Changed:
		t.Name = e.Name
		return t.with(e.Content)
	case Deleted:
		t.Deleted = true
	case Restored:
		t.Deleted = false
	}
	return t
}

func (t Template) with(c Content) Template {
	revisions := make(map[int]Compiled, len(t.Revisions)+1)
	maps.Copy(revisions, t.Revisions)
	revisions[c.Revision] = c.Compiled
	t.Revision, t.Source, t.Compiled, t.Revisions = c.Revision, c.Source, c.Compiled, revisions
	return t
}

// At gives what the template said in a revision, to be rendered.
func (t Template) At(revision int) (Compiled, bool) {
	c, there := t.Revisions[revision]
	return c, there
}

// NameClaim is the scope in which a name belongs to one template.
const NameClaim = "template.name"

// Claims implements domain.Claimant.
func (t Template) Claims() []domain.Claim {
	if t.Revision == 0 || t.Deleted {
		return nil
	}
	return []domain.Claim{{Scope: NameClaim, Value: values.Folded(t.Name)}}
}

// Create opens a template.
func (t Template) Create(name string, src Source) ([]Event, error) {
	if t.Revision != 0 {
		return nil, ErrExists
	}
	name, faults := named(name)
	compiled, wrong := Compile(src)
	if err := domain.Refuse(append(faults, wrong...)); err != nil {
		return nil, err
	}
	return []Event{Created{Name: name, Content: Content{Source: src, Compiled: compiled, Revision: 1}}}, nil
}

// Change gives the template another name, or lets it say something else; nil leaves what
// there is.
func (t Template) Change(name, subject, html, text *string) ([]Event, error) {
	if t.Revision == 0 || t.Deleted {
		return nil, ErrNotFound
	}
	next := Changed{Name: t.Name, Content: Content{Source: t.Source, Compiled: t.Compiled, Revision: t.Revision}}
	for _, v := range []struct{ to, from *string }{{&next.Name, name}, {&next.Subject, subject}, {&next.HTML, html}, {&next.Text, text}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	var faults []domain.Field
	next.Name, faults = named(next.Name)
	if next.Source != t.Source {
		var wrong []domain.Field
		next.Compiled, wrong = Compile(next.Source)
		faults = append(faults, wrong...)
		next.Revision++
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	if next.Name == t.Name && next.Revision == t.Revision {
		return nil, nil
	}
	return []Event{next}, nil
}

func named(name string) (string, []domain.Field) {
	name, faults := values.Line("name", name, MaxName)
	if name == "" && faults == nil {
		faults = values.Fault("name", "a template needs a name")
	}
	return name, faults
}

// Delete takes the template out of every list.
func (t Template) Delete() ([]Event, error) {
	switch {
	case t.Revision == 0:
		return nil, ErrNotFound
	case t.Deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}

// Restore brings a deleted template back.
func (t Template) Restore() ([]Event, error) {
	switch {
	case t.Revision == 0:
		return nil, ErrNotFound
	case !t.Deleted:
		return nil, nil
	}
	return []Event{Restored{}}, nil
}
