package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/template"
)

// CreateTemplate opens a template.
type CreateTemplate struct {
	ID, Name string
	Source   template.Source
}

// Stream implements Command.
func (c CreateTemplate) Stream() domain.StreamID { return template.Stream(c.ID) }

// Needs implements Command.
func (CreateTemplate) Needs() domain.Permission { return access.WriteTemplates }

// Opens implements Opening.
func (CreateTemplate) Opens() {}

// Decide implements Command.
func (c CreateTemplate) Decide(s template.Template, _ time.Time) ([]template.Event, error) {
	return s.Create(c.Name, c.Source)
}

// ChangeTemplate gives a template another name or content; nil leaves what there is.
type ChangeTemplate struct {
	ID                        string
	Name, Subject, HTML, Text *string
}

// Stream implements Command.
func (c ChangeTemplate) Stream() domain.StreamID { return template.Stream(c.ID) }

// Needs implements Command.
func (ChangeTemplate) Needs() domain.Permission { return access.WriteTemplates }

// Decide implements Command.
func (c ChangeTemplate) Decide(s template.Template, _ time.Time) ([]template.Event, error) {
	return s.Change(c.Name, c.Subject, c.HTML, c.Text)
}

// DeleteTemplate takes a template out of every list.
type DeleteTemplate struct{ ID string }

// Stream implements Command.
func (c DeleteTemplate) Stream() domain.StreamID { return template.Stream(c.ID) }

// Needs implements Command.
func (DeleteTemplate) Needs() domain.Permission { return access.WriteTemplates }

// Decide implements Command.
func (DeleteTemplate) Decide(s template.Template, _ time.Time) ([]template.Event, error) {
	return s.Delete()
}

// RestoreTemplate brings a deleted template back.
type RestoreTemplate struct{ ID string }

// Stream implements Command.
func (c RestoreTemplate) Stream() domain.StreamID { return template.Stream(c.ID) }

// Needs implements Command.
func (RestoreTemplate) Needs() domain.Permission { return access.WriteTemplates }

// Decide implements Command.
func (RestoreTemplate) Decide(s template.Template, _ time.Time) ([]template.Event, error) {
	return s.Restore()
}
