package commands

import (
	"context"
	"errors"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
)

// DefineField gives the organization a field of its own.
type DefineField struct {
	ID string
	field.Definition

	Others int // fields that the organization has already
}

// Stream implements Command.
func (c DefineField) Stream() domain.StreamID { return field.Stream(c.ID) }

// Needs implements Command.
func (DefineField) Needs() domain.Permission { return access.WriteFields }

// Opens implements Opening.
func (DefineField) Opens() {}

// Decide implements Command.
func (c DefineField) Decide(f field.Field, _ time.Time) ([]field.Event, error) {
	return f.Define(c.Definition, c.Others)
}

// In implements Slotted.
func (c DefineField) In(slot string) Command[field.Field, field.Event] {
	c.Slot = slot
	return c
}

// ChangeField calls a field something else, adds options and lets it be filtered by.
type ChangeField struct {
	ID      string
	Label   string
	Options []string // to be added
	Slot    string
}

// Stream implements Command.
func (c ChangeField) Stream() domain.StreamID { return field.Stream(c.ID) }

// Needs implements Command.
func (ChangeField) Needs() domain.Permission { return access.WriteFields }

// Decide implements Command.
func (c ChangeField) Decide(f field.Field, _ time.Time) ([]field.Event, error) {
	return f.Change(c.Label, c.Options, c.Slot)
}

// In implements Slotted.
func (c ChangeField) In(slot string) Command[field.Field, field.Event] {
	c.Slot = slot
	return c
}

// RetireField takes a field out of use.
type RetireField struct{ ID string }

// Stream implements Command.
func (c RetireField) Stream() domain.StreamID { return field.Stream(c.ID) }

// Needs implements Command.
func (RetireField) Needs() domain.Permission { return access.WriteFields }

// Decide implements Command.
func (RetireField) Decide(f field.Field, _ time.Time) ([]field.Event, error) { return f.Retire() }

// Slotted is a command that wants one of several slots.
type Slotted interface {
	In(slot string) Command[field.Field, field.Event]
}

// ExecuteInSlot gives the command with the first slot of the kind that is free: the log
// knows, and known are the fields of which somebody has heard. When none is, it answers as
// the kind does that has none left.
func ExecuteInSlot(ctx context.Context, r *Runner, call Call, cmd Slotted, kind field.Kind, known field.Set) (domain.Receipt, error) {
	for _, slot := range known.Offer(kind) {
		receipt, err := Execute(ctx, r, call, cmd.In(slot))
		if !taken(err, slot) {
			return receipt, err
		}
	}
	return domain.Receipt{}, kind.ErrNoSlot()
}

// taken tells whether a slot was all that was in the way.
func taken(err error, slot string) bool {
	var conflict *domain.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Claims) == 0 || len(conflict.Stale) > 0 {
		return false
	}
	for _, c := range conflict.Claims {
		if c.Claim != (domain.Claim{Scope: field.SlotClaim, Value: slot}) {
			return false
		}
	}
	return true
}
