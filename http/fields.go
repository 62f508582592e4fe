package http

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// fieldBody is a field of the organization's own as it is defined.
type fieldBody struct {
	Key        string   `json:"key" maxLength:"40" doc:"A letter, and then letters, digits and _, all lower case; leads hold the values as custom.KEY. It never changes" example:"deal_size"`
	Label      string   `json:"label,omitempty" doc:"Made of the key when it is absent" example:"Deal size"`
	Kind       string   `json:"kind" enum:"text,number,date,boolean,enum,url" doc:"It never changes"`
	Options    []string `json:"options,omitempty" maxItems:"100" doc:"Of the kind enum"`
	Filterable bool     `json:"filterable,omitempty" doc:"Filters may ask for it; there are 10 such fields of text, enum and url together, 10 numbers, 6 dates, 6 booleans"`
}

// fieldPatch changes what it names.
type fieldPatch struct {
	Label      *string  `json:"label,omitempty" minLength:"1" nullable:"false"`
	AddOptions []string `json:"add_options,omitempty" nullable:"false" maxItems:"100" doc:"Of the kind enum; options are never taken away, for leads hold them"`
	Filterable *bool    `json:"filterable,omitempty" nullable:"false" doc:"true lets filters ask for it, also for values that leads hold already"`
}

// FieldPath names a field; it is exported because huma fills no other.
type FieldPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The field"`
}

type (
	defineFieldInput struct {
		Conditions
		Body fieldBody
	}
	changeFieldInput struct {
		FieldPath
		Conditions
		Body fieldPatch
	}
	bareFieldInput struct {
		FieldPath
		Conditions
	}
	getFieldInput struct {
		FieldPath
		Freshness
		Held
	}
	listFieldsInput  struct{ Freshness }
	listFieldsOutput struct{ Body FieldList }
)

// FieldList is every field of an organization.
type FieldList struct {
	Items     []projections.OwnField `json:"items" nullable:"false" doc:"All of them, by their keys"`
	SlotsLeft SlotsLeft              `json:"slots_left" doc:"How many more fields of a kind can be filterable"`
}

// SlotsLeft is how many more fields of a kind can be filtered by.
type SlotsLeft struct {
	Text    int `json:"text" doc:"Text, enum and url together"`
	Number  int `json:"number"`
	Date    int `json:"date"`
	Boolean int `json:"boolean"`
}

func (s *Server) fields() {
	const one = "/v1/fields/{id}"
	handle(s, op(http.MethodPost, "/v1/fields", "defineField", "Define a field of your own for leads", creates, refuses(domain.ErrClaimed, field.ErrTooMany, field.ErrNoSlot)), access.WriteFields, s.defineField)
	handle(s, op(http.MethodGet, "/v1/fields", "listFields", "List the fields of your own"), access.ReadFields, s.listFields)
	handle(s, op(http.MethodGet, one, "getField", "Show one field", mayBeHeld, refuses(field.ErrNotFound)), access.ReadFields, s.getField)
	handle(s, op(http.MethodPatch, one, "changeField", "Call a field something else, add options, let filters ask for it", refuses(field.ErrNotFound, field.ErrNoSlot)), access.WriteFields, s.changeField)
	handle(s, op(http.MethodDelete, one, "retireField", "Take a field out of use: its key is free again, and what leads hold under it stays, as text", refuses(field.ErrNotFound)), access.WriteFields, func(ctx context.Context, in *bareFieldInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "retireField", in.ID, nil, commands.RetireField{ID: in.ID})
	})
}

func (s *Server) defineField(ctx context.Context, in *defineFieldInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	b := in.Body
	out, err := s.inSlot(ctx, in.Conditions, "defineField", "", b, func(known field.Known) commands.Slotted {
		return commands.DefineField{ID: commands.NewID(), Known: known, Definition: field.Definition{
			Key: b.Key, Label: b.Label, Kind: field.Kind(b.Kind), Options: b.Options, Filterable: b.Filterable,
		}}
	})
	return createdAt("/v1/fields/", out, err)
}

func (s *Server) changeField(ctx context.Context, in *changeFieldInput) (*receiptOutput, error) {
	b, edit := in.Body, field.Edit{Options: in.Body.AddOptions}
	if b.Label != nil {
		edit.Label = *b.Label
	}
	if b.Filterable != nil {
		if edit.Filterable = *b.Filterable; !edit.Filterable {
			return nil, domain.Refuse(values.Fault("filterable", "can only become true; a field that is retired gives its slot back"))
		}
	}
	return s.inSlot(ctx, in.Conditions, "changeField", in.ID, b, func(known field.Known) commands.Slotted {
		return commands.ChangeField{ID: in.ID, Edit: edit, Known: known}
	})
}

// inSlot gives a command that may want a slot, beside the fields that there are.
func (s *Server) inSlot(ctx context.Context, c Conditions, operation, record string, body any, cmd func(field.Known) commands.Slotted) (*receiptOutput, error) {
	call, err := s.call(ctx, c, operation, record, body)
	if err != nil {
		return nil, err
	}
	known, err := s.queries.FieldSet(ctx, call.Principal.Org)
	if err != nil {
		return nil, err
	}
	return s.receipt(call)(commands.ExecuteInSlot(ctx, s.run, call, cmd(field.Known{Fields: known})))
}

// own are the fields of the organization's own under whose keys a request brings values:
// a request without any asks nobody.
func (s *Server) own(ctx context.Context, custom map[string]string) (field.Set, error) {
	if len(custom) == 0 {
		return nil, nil //nolint:nilnil // there are none that matter
	}
	if err := s.await(ctx, Freshness{}, projections.Fields()); err != nil {
		return nil, err
	}
	// What is no text is the key of no field, and no query takes it; the rules refuse it by name.
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(custom)), func(key string) bool { return !isText(key) })
	return s.queries.FieldSet(ctx, principalOf(ctx).Org, keys...)
}

func (s *Server) getField(ctx context.Context, in *getFieldInput) (*shownOutput[projections.OwnField], error) {
	if err := s.await(ctx, in.Freshness, projections.Fields()); err != nil {
		return nil, err
	}
	f, err := s.queries.Field(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shown(in.Held, etag(f.Version), f.Position, f)
}

func (s *Server) listFields(ctx context.Context, in *listFieldsInput) (*listFieldsOutput, error) {
	if err := s.await(ctx, in.Freshness, projections.Fields()); err != nil {
		return nil, err
	}
	fields, err := s.queries.Fields(ctx, principalOf(ctx).Org)
	if err != nil {
		return nil, err
	}
	left := projections.SlotsLeft(fields)
	return &listFieldsOutput{Body: FieldList{Items: append([]projections.OwnField{}, fields...), SlotsLeft: SlotsLeft{
		Text: left[field.Text], Number: left[field.Number], Date: left[field.Date], Boolean: left[field.Boolean],
	}}}, nil
}
