package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/domain/mapping"
)

// SaveMapping keeps what the columns of a kind of file mean.
type SaveMapping struct {
	ID      string
	Name    string
	Columns []imports.Column
	Options imports.Options
}

// Stream implements Command.
func (c SaveMapping) Stream() domain.StreamID { return mapping.Stream(c.ID) }

// Needs implements Command.
func (SaveMapping) Needs() domain.Permission { return access.ImportLeads }

// Decide implements Command.
func (c SaveMapping) Decide(m mapping.Mapping, _ time.Time) ([]mapping.Event, error) {
	return m.Save(c.Name, c.Columns, c.Options)
}

// DeleteMapping takes a mapping away.
type DeleteMapping struct{ ID string }

// Stream implements Command.
func (c DeleteMapping) Stream() domain.StreamID { return mapping.Stream(c.ID) }

// Needs implements Command.
func (DeleteMapping) Needs() domain.Permission { return access.ImportLeads }

// Decide implements Command.
func (DeleteMapping) Decide(m mapping.Mapping, _ time.Time) ([]mapping.Event, error) {
	return m.Delete()
}
