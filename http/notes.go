package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// NotePath names a note of a lead; it is exported because huma fills no other.
type NotePath struct {
	LeadPath

	Note string `path:"note" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The note"`
}

type (
	noteInput struct {
		LeadPath
		Conditions
		Body struct {
			Text string `json:"text" doc:"Prose, up to 5,000 characters" example:"Called; she asks for a quote by Friday."`
		}
	}
	removeNoteInput struct {
		NotePath
		Conditions
	}
	listNotesInput struct {
		LeadPath
		Freshness
		Paging
	}
	noteOutput struct {
		Status   int
		ETag     string `header:"ETag" doc:"Of the lead"`
		Position string `header:"Canvass-Position"`
		Location string `header:"Location"`
		Body     struct {
			Receipt

			Note string `json:"note" format:"uuid" doc:"Id of the note"`
		}
	}
)

func (s *Server) notes() {
	const notes = "/v1/leads/{id}/notes"
	handle(s, op(http.MethodPost, notes, "noteLead", "Write something down about the lead", creates, refuses(lead.ErrNotFound, lead.ErrArchived, lead.ErrNotes, domain.ErrErased)), access.WriteLeads, s.noteLead)
	handle(s, op(http.MethodGet, notes, "listNotes", "List the notes of the lead, the newest first", refuses(lead.ErrNotFound)), access.ReadLeads, s.listNotes)
	handle(s, op(http.MethodDelete, notes+"/{note}", "removeNote", "Take a note away", refuses(lead.ErrNotFound, lead.ErrArchived, lead.ErrNoteNotFound)), access.WriteLeads, func(ctx context.Context, in *removeNoteInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "removeNote", in.ID, in.Note, commands.RemoveLeadNote{ID: in.ID, Note: in.Note})
	})
}

func (s *Server) noteLead(ctx context.Context, in *noteInput) (*noteOutput, error) {
	call, err := s.call(ctx, in.Conditions, "noteLead", in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	note := commands.MadeID(call.ID, "note")
	r, err := s.receipt(call)(commands.Execute(ctx, s.run, call, commands.NoteLead{ID: in.ID, Note: note, Text: in.Body.Text}))
	if err != nil {
		return nil, err
	}
	out := &noteOutput{Status: http.StatusCreated, ETag: r.ETag, Position: r.Position, Location: "/v1/leads/" + in.ID + "/notes/" + note}
	out.Body.Receipt, out.Body.Note = r.Body, note
	return out, nil
}

func (s *Server) listNotes(ctx context.Context, in *listNotesInput) (*listOutput[projections.Note], error) {
	for _, p := range []projections.Projection{projections.Leads(), projections.Notes()} {
		if err := s.await(ctx, in.Freshness, p); err != nil {
			return nil, err
		}
	}
	p := principalOf(ctx)
	list := listID("notes", p.Org, in.ID)
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.NotePage(ctx, p, in.ID, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Note.Position), nil
}
