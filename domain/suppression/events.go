package suppression

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Event is a fact about one address to which something may not be written.
//
//sumtype:decl
type Event interface{ isSuppression() }

// Added ends mail of a scope to the address. The address stands in it to be read by
// people; the rules know it by the id of the stream alone, which outlives it.
type Added struct {
	Scope  Scope     `json:"scope"`
	Reason Reason    `json:"reason"`
	By     Decider   `json:"by"`
	At     time.Time `json:"at"`
	Email  string    `json:"email,omitempty"`
	Note   string    `json:"note,omitempty"`
}

// Lifted lets mail of a scope be written again, and says what allows that.
type Lifted struct {
	Scope   Scope   `json:"scope"`
	Consent Consent `json:"consent,omitzero"`
	Note    string  `json:"note,omitempty"`
}

// Forgotten asks for the address to be forgotten: somebody who had it was erased. What may
// not be written to it stays.
type Forgotten struct{}

// BouncedSoftly says that a mail has come back for a reason that may pass.
type BouncedSoftly struct{}

// Recovered says that a mail has arrived, after some had come back softly.
type Recovered struct{}

func (Added) isSuppression()         {}
func (Lifted) isSuppression()        {}
func (Forgotten) isSuppression()     {}
func (BouncedSoftly) isSuppression() {}
func (Recovered) isSuppression()     {}

// Schema lists the facts as they are stored. An address, and what is written down beside
// it, is sealed for the suppression itself.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Added]("suppression.added").Seal("email", "note").Public(),
		domain.Stored[Lifted]("suppression.lifted").Seal("consent.source", "note").Public(),
		domain.Stored[Forgotten]("suppression.forgotten").Public().Erasing(),
		domain.Stored[BouncedSoftly]("suppression.bounced_softly").Public(),
		domain.Stored[Recovered]("suppression.recovered").Public(),
	}
}
