package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/company"
)

// RegisterCompany opens a company.
type RegisterCompany struct {
	ID string
	company.Details
}

// Stream implements Command.
func (c RegisterCompany) Stream() domain.StreamID { return company.Stream(c.ID) }

// Needs implements Command.
func (RegisterCompany) Needs() domain.Permission { return access.WriteCompanies }

// Opens implements Opening.
func (RegisterCompany) Opens() {}

// Decide implements Command.
func (c RegisterCompany) Decide(s company.Company, _ time.Time) ([]company.Event, error) {
	return s.Register(c.Details)
}

// EditCompany corrects what is known of the company.
type EditCompany struct {
	ID    string
	Patch company.Patch
}

// Stream implements Command.
func (c EditCompany) Stream() domain.StreamID { return company.Stream(c.ID) }

// Needs implements Command.
func (EditCompany) Needs() domain.Permission { return access.WriteCompanies }

// Decide implements Command.
func (c EditCompany) Decide(s company.Company, _ time.Time) ([]company.Event, error) {
	return s.Edit(c.Patch)
}

// DeleteCompany takes the company out of every list.
type DeleteCompany struct{ ID string }

// Stream implements Command.
func (c DeleteCompany) Stream() domain.StreamID { return company.Stream(c.ID) }

// Needs implements Command.
func (DeleteCompany) Needs() domain.Permission { return access.DeleteCompanies }

// Decide implements Command.
func (DeleteCompany) Decide(s company.Company, _ time.Time) ([]company.Event, error) {
	return s.Delete()
}

// RestoreCompany brings a deleted company back.
type RestoreCompany struct{ ID string }

// Stream implements Command.
func (c RestoreCompany) Stream() domain.StreamID { return company.Stream(c.ID) }

// Needs implements Command.
func (RestoreCompany) Needs() domain.Permission { return access.DeleteCompanies }

// Decide implements Command.
func (RestoreCompany) Decide(s company.Company, _ time.Time) ([]company.Event, error) {
	return s.Restore()
}
