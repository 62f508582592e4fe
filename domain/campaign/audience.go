package campaign

import (
	"crypto/sha256"
	"strconv"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/suppression"
)

// AudienceCategory names the streams of the parts of audiences: a part has a stream of its
// own, so that a campaign can be decided about without its thousand parts.
const AudienceCategory = "audience"

// MaxPart is how many people a part of an audience has.
const MaxPart = 1_000

// PartStream names the stream of the n-th part of a campaign's audience, from 0.
func PartStream(id string, n int) domain.StreamID {
	hash := sha256.Sum256([]byte("audience|" + id + "|" + strconv.Itoa(n)))
	return domain.StreamID{Category: AudienceCategory, ID: suppression.ID(hash[:])}
}

// ChoiceEvent is the fact about one part of an audience.
//
//sumtype:decl
type ChoiceEvent interface{ isChoice() }

// Chosen says who is of a part of an audience, for good.
type Chosen struct {
	Campaign string   `json:"campaign"`
	N        int      `json:"n"`
	Leads    []string `json:"leads"`
}

func (Chosen) isChoice() {}

// Part is what the rules need to remember of one part.
type Part struct{ Leads []string }

// Evolve folds one fact into the state.
func (p Part) Evolve(e ChoiceEvent) Part {
	if c, ok := e.(Chosen); ok {
		p.Leads = c.Leads
	}
	return p
}

// Choose settles who is of the part: once.
func (p Part) Choose(c Chosen) ([]ChoiceEvent, error) {
	if p.Leads != nil {
		return nil, nil
	}
	return []ChoiceEvent{c}, nil
}
