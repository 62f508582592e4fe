package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
)

// DefineField gives the organization a field of its own.
type DefineField struct {
	ID string
	field.Definition

	Known field.Known
}

// Stream implements Command.
func (c DefineField) Stream() domain.StreamID { return field.Stream(c.ID) }

// Needs implements Command.
func (DefineField) Needs() domain.Permission { return access.WriteFields }

// Opens implements Opening.
func (DefineField) Opens() {}

// Decide implements Command.
func (c DefineField) Decide(f field.Field, _ time.Time) ([]field.Event, error) {
	return f.Define(c.Definition, c.Known)
}

// Again implements Slotted.
func (c DefineField) Again(tried int) Command[field.Field, field.Event] {
	c.Known.Tried = tried
	return c
}

// ChangeField calls a field something else, adds options and lets it be filtered by.
type ChangeField struct {
	ID    string
	Edit  field.Edit
	Known field.Known
}

// Stream implements Command.
func (c ChangeField) Stream() domain.StreamID { return field.Stream(c.ID) }

// Needs implements Command.
func (ChangeField) Needs() domain.Permission { return access.WriteFields }

// Decide implements Command.
func (c ChangeField) Decide(f field.Field, _ time.Time) ([]field.Event, error) {
	return f.Change(c.Edit, c.Known)
}

// Again implements Slotted.
func (c ChangeField) Again(tried int) Command[field.Field, field.Event] {
	c.Known.Tried = tried
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

// Slotted is a command that may want a slot.
type Slotted interface {
	// Again is the command once some slots were tried in vain.
	Again(tried int) Command[field.Field, field.Event]
}

// ExecuteInSlot gives a command until it gets a slot that nobody has taken meanwhile, or
// there is none left to try.
func ExecuteInSlot(ctx context.Context, r *Runner, call Call, cmd Slotted) (domain.Receipt, error) {
	for tried := 0; ; tried++ {
		receipt, err := Execute(ctx, r, call, cmd.Again(tried))
		if !taken(err) {
			return receipt, err
		}
	}
}

// taken tells whether a slot was all that was in the way.
func taken(err error) bool {
	var conflict *domain.ConflictError
	return errors.As(err, &conflict) && len(conflict.Claims) > 0 && len(conflict.Stale) == 0 &&
		!slices.ContainsFunc(conflict.Claims, func(c domain.ClaimConflict) bool { return c.Claim.Scope != field.SlotClaim })
}
