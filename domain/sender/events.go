package sender

import (
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// Event is a fact about one sender.
//
//sumtype:decl
type Event interface{ isSender() }

// Created opens a sender.
type Created struct{ Details }

// Changed gives it other details.
type Changed struct{ Details }

// Checked says what the names of the domain tell of who may send for it.
type Checked struct {
	Result Check     `json:"result"`
	At     time.Time `json:"at"`
}

// Trusted says that somebody takes it on themselves to send without the check.
type Trusted struct {
	Note string `json:"note"`
}

// Deleted takes the sender away.
type Deleted struct{}

// Restored brings it back.
type Restored struct{}

func (Created) isSender()  {}
func (Changed) isSender()  {}
func (Checked) isSender()  {}
func (Trusted) isSender()  {}
func (Deleted) isSender()  {}
func (Restored) isSender() {}

// AllowanceEvent is a fact about what a sender has sent on one day.
//
//sumtype:decl
type AllowanceEvent interface{ isAllowance() }

// Taken says that so many mails are sent in an hour of the day.
type Taken struct {
	Sender string `json:"sender"`
	Hour   int    `json:"hour"` // on the clock of the sender's zone
	N      int    `json:"n"`
}

func (Taken) isAllowance() {}

// Schema lists the facts as they are stored. An address and a name are those of a member:
// they are sealed for the sender.
func Schema() []domain.Schema {
	return []domain.Schema{
		domain.Stored[Created]("sender.created", domain.AsItWas).Seal("name", "email", "reply_to").Public(),
		domain.Stored[Changed]("sender.changed", domain.AsItWas).Seal("name", "email", "reply_to").Public(),
		domain.Stored[Checked]("sender.checked").Public(),
		domain.Stored[Trusted]("sender.trusted").Seal("note").Public(),
		domain.Stored[Deleted]("sender.deleted").Public(),
		domain.Stored[Restored]("sender.restored").Public(),
		domain.Stored[Taken]("allowance.taken"),
	}
}
