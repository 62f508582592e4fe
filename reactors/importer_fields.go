package reactors

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/projections"
)

// own finds out which of the organization's own fields the columns fill. A commit defines
// those that nobody has defined: once, however often its job is run.
func (s *stage) own(ctx context.Context) error {
	keys := imports.OwnKeys(s.state.Columns)
	if len(keys) == 0 || s.state.Status == imports.StatusUndoing {
		return nil
	}
	known, err := s.definitions(ctx)
	if err != nil {
		return err
	}
	if missing := imports.Undefined(s.state.Columns, known); len(missing) > 0 && s.state.Status == imports.StatusCommitting {
		for _, d := range missing {
			if err := s.define(ctx, d, field.Known{Fields: known}); err != nil {
				return err
			}
		}
		if known, err = s.definitions(ctx); err != nil { // another may have defined it in another kind
			return err
		}
	}
	s.state.Columns = imports.WithOwn(s.state.Columns, known)
	return nil
}

// definitions are the fields that the organization has now.
func (s *stage) definitions(ctx context.Context) (field.Set, error) {
	if err := s.Await(ctx, projections.Fields()); err != nil {
		return nil, err
	}
	return s.Queries.FieldSet(ctx, s.job.Org)
}

// define gives the organization a field, which can be filtered by as long as there are
// slots. Where it has as many fields as it may have, where another was first, or where who
// imports may not define fields, the values are taken all the same.
func (s *stage) define(ctx context.Context, d field.Definition, known field.Known) error {
	part := "field|" + d.Key
	cmd := commands.DefineField{ID: uuid.NewSHA1(uuid.MustParse(s.job.Event), []byte(part)).String(), Definition: d, Known: known} // an event's id is a UUID
	_, err := commands.ExecuteInSlot(ctx, s.Run, s.call(part), cmd)
	if errors.Is(err, field.ErrNoSlot) {
		cmd.Filterable = false
		_, err = commands.Execute(ctx, s.Run, s.call(part), cmd)
	}
	if errors.Is(err, field.ErrTooMany) || errors.Is(err, domain.ErrClaimed) || errors.Is(err, domain.ErrForbidden) {
		return nil
	}
	return err
}
