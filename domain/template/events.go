package template

import "github.com/canvass-hq/canvass/domain"

// Event is a fact about one template.
//
//sumtype:decl
type Event interface{ isTemplate() }

// Content is what a template says in one of its revisions: as it was written, and as it is
// rendered. Compiled is kept so that a later release renders it as this one.
type Content struct {
	Source
	Compiled Compiled `json:"compiled"`
	Revision int      `json:"revision"`
}

// Created opens a template, with its first revision.
type Created struct {
	Name string `json:"name"`
	Content
}

// Changed gives the template another name, or the next revision, or both. It tells what
// holds from then on, whole.
type Changed struct {
	Name string `json:"name"`
	Content
}

// Deleted takes the template out of every list; its name is free again, and mail that was
// begun with it goes on.
type Deleted struct{}

// Restored brings a deleted template back as it was.
type Restored struct{}

func (Created) isTemplate()  {}
func (Changed) isTemplate()  {}
func (Deleted) isTemplate()  {}
func (Restored) isTemplate() {}

// Schema lists the facts as they are stored. What somebody has written may tell of people:
// it is sealed for the template itself. The names of its variables are clear.
func Schema() []domain.Schema {
	sealed := []string{"name", "subject", "html", "text", "compiled.subject", "compiled.html", "compiled.text", "compiled.links"}
	return []domain.Schema{
		domain.Stored[Created]("template.created").Seal(sealed...).Public(),
		domain.Stored[Changed]("template.changed").Seal(sealed...).Public(),
		domain.Stored[Deleted]("template.deleted").Public(),
		domain.Stored[Restored]("template.restored").Public(),
	}
}
