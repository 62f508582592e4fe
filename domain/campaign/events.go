package campaign

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Event is a fact about one campaign, or about its audience.
//
//sumtype:decl
type Event interface{ isCampaign() }

// Created opens a campaign.
type Created struct {
	Name string `json:"name"`
	Plan Plan   `json:"plan"`
}

// Changed gives a campaign that was not launched another name or plan.
type Changed struct {
	Name string `json:"name"`
	Plan Plan   `json:"plan"`
}

// Deleted takes a campaign away that was not launched.
type Deleted struct{}

// Launched says what is sent, when it begins, and in whose name the audience is chosen.
type Launched struct {
	Revision int       `json:"revision"` // of the template
	At       time.Time `json:"at"`
	Latest   time.Time `json:"latest,omitzero"` // begun later than this, it is paused instead
	Role     string    `json:"role"`
	Teams    []string  `json:"teams,omitempty"`
}

// Frozen says that the audience is settled: so many people, in so many parts.
type Frozen struct {
	People int `json:"people"`
	Parts  int `json:"parts"`
}

// Paused stops a campaign until somebody lets it go on.
type Paused struct {
	Reason  PauseReason `json:"reason"`
	Note    string      `json:"note,omitempty"`
	Numbers *Numbers    `json:"numbers,omitempty"` // by which a guardrail has decided
}

// Resumed lets it go on.
type Resumed struct{}

// Cancelled ends it; who was not written to by then never is.
type Cancelled struct{}

// Failed says why the campaign could not begin.
type Failed struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Completed says that everybody of the audience has an outcome.
type Completed struct{}

func (Created) isCampaign()   {}
func (Changed) isCampaign()   {}
func (Deleted) isCampaign()   {}
func (Launched) isCampaign()  {}
func (Frozen) isCampaign()    {}
func (Paused) isCampaign()    {}
func (Resumed) isCampaign()   {}
func (Cancelled) isCampaign() {}
func (Failed) isCampaign()    {}
func (Completed) isCampaign() {}

// Schema lists the facts as they are stored. Names, filters and notes are written by people
// and may tell of people: they are sealed for the campaign itself.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Created]("campaign.created").Seal("name", "plan.audience.filter", "plan.audience.q").Public(),
		domain.Stored[Changed]("campaign.changed").Seal("name", "plan.audience.filter", "plan.audience.q").Public(),
		domain.Stored[Deleted]("campaign.deleted").Public(),
		domain.Stored[Launched]("campaign.launched").Public(),
		domain.Stored[Frozen]("campaign.audience_frozen").Public(),
		domain.Stored[Paused]("campaign.paused", domain.AsItWas).Seal("note").Public(),
		domain.Stored[Resumed]("campaign.resumed").Public(),
		domain.Stored[Cancelled]("campaign.cancelled").Public(),
		domain.Stored[Failed]("campaign.failed").Public(),
		domain.Stored[Completed]("campaign.completed").Public(),
		domain.Stored[Chosen]("audience.frozen"),
	}
}
