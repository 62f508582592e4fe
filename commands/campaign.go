package commands

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
)

// CreateCampaign opens a campaign.
type CreateCampaign struct {
	ID, Name string
	Plan     campaign.Plan
}

// Stream implements Command.
func (c CreateCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (CreateCampaign) Needs() domain.Permission { return access.WriteCampaigns }

// Opens implements Opening.
func (CreateCampaign) Opens() {}

// Decide implements Command.
func (c CreateCampaign) Decide(s campaign.Campaign, _ time.Time) ([]campaign.Event, error) {
	return s.Create(c.Name, c.Plan)
}

// ChangeCampaign gives a campaign that was not launched another name or plan.
type ChangeCampaign struct {
	ID, Name string
	Plan     campaign.Plan
}

// Stream implements Command.
func (c ChangeCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (ChangeCampaign) Needs() domain.Permission { return access.WriteCampaigns }

// Decide implements Command.
func (c ChangeCampaign) Decide(s campaign.Campaign, _ time.Time) ([]campaign.Event, error) {
	return s.Change(c.Name, c.Plan)
}

// DeleteCampaign takes a campaign away that was not launched.
type DeleteCampaign struct{ ID string }

// Stream implements Command.
func (c DeleteCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (DeleteCampaign) Needs() domain.Permission { return access.WriteCampaigns }

// Decide implements Command.
func (DeleteCampaign) Decide(s campaign.Campaign, _ time.Time) ([]campaign.Event, error) {
	return s.Delete()
}

// LaunchCampaign starts a campaign at its time.
type LaunchCampaign struct {
	ID       string
	Revision int    // of the template
	Role     string // in whose name the audience is chosen
	Teams    []string
}

// Stream implements Command.
func (c LaunchCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (LaunchCampaign) Needs() domain.Permission { return access.SendCampaigns }

// Decide implements Command.
func (c LaunchCampaign) Decide(s campaign.Campaign, now time.Time) ([]campaign.Event, error) {
	return s.LaunchAt(c.Revision, c.Role, c.Teams, now)
}

// PauseCampaign stops a campaign.
type PauseCampaign struct{ ID, Note string }

// Stream implements Command.
func (c PauseCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (PauseCampaign) Needs() domain.Permission { return access.SendCampaigns }

// Decide implements Command.
func (c PauseCampaign) Decide(s campaign.Campaign, _ time.Time) ([]campaign.Event, error) {
	return s.Pause(c.Note)
}

// ResumeCampaign lets a campaign go on.
type ResumeCampaign struct{ ID string }

// Stream implements Command.
func (c ResumeCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (ResumeCampaign) Needs() domain.Permission { return access.SendCampaigns }

// Decide implements Command.
func (ResumeCampaign) Decide(s campaign.Campaign, _ time.Time) ([]campaign.Event, error) {
	return s.Resume()
}

// CancelCampaign ends a campaign.
type CancelCampaign struct{ ID string }

// Stream implements Command.
func (c CancelCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (CancelCampaign) Needs() domain.Permission { return access.SendCampaigns }

// Decide implements Command.
func (CancelCampaign) Decide(s campaign.Campaign, _ time.Time) ([]campaign.Event, error) {
	return s.Cancel()
}

// BeginCampaign asks whether a campaign may begin now, or is too late.
type BeginCampaign struct{ ID string }

// Stream implements Command.
func (c BeginCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (BeginCampaign) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (BeginCampaign) Decide(s campaign.Campaign, now time.Time) ([]campaign.Event, error) {
	return s.Begin(now)
}

// RecordCampaign notes how a job has brought a campaign on: one of its parts is set, or none when it is
// completed.
type RecordCampaign struct {
	ID      string
	Frozen  *campaign.Frozen
	Failed  *campaign.Failed
	Numbers []campaign.Numbers   // by which a guardrail decides
	Held    campaign.PauseReason // why it may not send
}

// Stream implements Command.
func (c RecordCampaign) Stream() domain.StreamID { return campaign.Stream(c.ID) }

// Needs implements Command.
func (RecordCampaign) Needs() domain.Permission { return access.RecordOutcomes }

// Decide implements Command.
func (c RecordCampaign) Decide(s campaign.Campaign, _ time.Time) ([]campaign.Event, error) {
	switch {
	case c.Frozen != nil:
		return s.Freeze(c.Frozen.People, c.Frozen.Parts)
	case c.Failed != nil:
		return s.Fail(c.Failed.Code, c.Failed.Message)
	case c.Numbers != nil:
		return s.Guarded(c.Numbers)
	case c.Held != "":
		return s.Hold(c.Held)
	}
	return s.Complete()
}

// ChooseAudience settles who is of a part of an audience.
type ChooseAudience struct{ campaign.Chosen }

// Stream implements Command.
func (c ChooseAudience) Stream() domain.StreamID { return campaign.PartStream(c.Campaign, c.N) }

// Needs implements Command.
func (ChooseAudience) Needs() domain.Permission { return access.RecordOutcomes }

// Opens implements Opening.
func (ChooseAudience) Opens() {}

// Decide implements Command.
func (c ChooseAudience) Decide(s campaign.Part, _ time.Time) ([]campaign.ChoiceEvent, error) {
	return s.Choose(c.Chosen)
}
