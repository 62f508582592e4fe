package projections

import (
	"context"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/eventstore"
)

// Templates is the list of templates of mail.
func Templates() Projection { return templates().projection() }

// Template is one row.
type Template struct {
	Meta
	TemplateState
}

// TemplateState is what a template says now.
type TemplateState struct {
	Name      string   `json:"name"`
	Revision  int      `json:"revision" doc:"Grows with each change of what it says; mail that was begun with one is sent as that one"`
	Subject   string   `json:"subject"`
	HTML      string   `json:"html,omitempty"`
	Text      string   `json:"text,omitempty" doc:"Absent where it is made from the HTML"`
	Variables []string `json:"variables,omitempty" doc:"What it asks for of a lead"`
	Links     []string `json:"links,omitempty" doc:"Where its links lead"`
	Deleted   bool     `json:"deleted,omitempty"`
}

func templates() documents[TemplateState] {
	return documents[TemplateState]{name: "templates", version: 1, category: template.Category, missing: template.ErrNotFound, fold: func(s *TemplateState, e eventstore.Recorded) bool {
		switch f := e.Fact.(type) {
		case template.Created:
			s.holds(f.Name, f.Content)
		case template.Changed:
			s.holds(f.Name, f.Content)
		case template.Deleted:
			s.Deleted = true
		case template.Restored:
			s.Deleted = false
		}
		return s.Deleted
	}}
}

func (s *TemplateState) holds(name string, c template.Content) {
	*s = TemplateState{Name: name, Revision: c.Revision, Subject: c.Subject, HTML: c.HTML, Text: c.Text, Variables: c.Compiled.Variables, Links: c.Compiled.Links, Deleted: s.Deleted}
}

func templateOf(d document[TemplateState]) Template { return Template{d.Meta, d.State} }

// Template gives one template, or template.ErrNotFound.
func (q *Queries) Template(ctx context.Context, p access.Principal, id string) (Template, error) {
	d, err := templates().one(ctx, q, p.Org, id)
	return templateOf(d), err
}

// TemplatePage lists templates, the newest first.
func (q *Queries) TemplatePage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Template], error) {
	page, err := templates().page(ctx, q, p, before, limit)
	return shownAs(page, templateOf), err
}
