package http

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// SegmentPath names a segment; it is exported because huma fills no other.
type SegmentPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The segment"`
}

type (
	createSegmentInput struct {
		Conditions
		Body struct {
			Name   string `json:"name" example:"Heads of engineering in Berlin"`
			Kind   string `json:"kind,omitempty" enum:"filter,list" doc:"filter when it is absent"`
			Filter string `json:"filter,omitempty" maxLength:"16000" doc:"In the language of filters (docs/api.md)" example:"title contains \"head of\" and city eq berlin"`
			Words  string `json:"q,omitempty" doc:"Words, as q of the list of leads"`
		}
	}
	changeSegmentInput struct {
		SegmentPath
		Conditions
		Body struct {
			Name   *string `json:"name,omitempty"`
			Filter *string `json:"filter,omitempty" maxLength:"16000"`
			Words  *string `json:"q,omitempty"`
		}
	}
	membersInput struct {
		SegmentPath
		Conditions
		Body struct {
			Add    []string `json:"add,omitempty" maxItems:"1000" doc:"Ids of leads to put on the list"`
			Remove []string `json:"remove,omitempty" maxItems:"1000" doc:"Ids of leads to take off it"`
		}
	}
	bareSegmentInput struct {
		SegmentPath
		Conditions
	}
	getSegmentInput struct {
		SegmentPath
		Freshness
		Held
	}
	listSegmentsInput struct {
		Freshness
		Paging
	}
)

func (s *Server) segments() {
	const one = "/v1/segments/{id}"
	handle(s, op(http.MethodPost, "/v1/segments", "createSegment", "Save a filter, or open a list", creates, refuses(filter.ErrInvalid, domain.ErrClaimed)), access.WriteSegments, s.createSegment)
	handle(s, op(http.MethodGet, "/v1/segments", "listSegments", "List segments, the newest first"), access.ReadSegments, s.listSegments)
	handle(s, op(http.MethodGet, one, "getSegment", "Show a segment, and how many leads are in it now", mayBeHeld, refuses(segment.ErrNotFound)), access.ReadSegments, s.getSegment)
	handle(s, op(http.MethodPatch, one, "changeSegment", "Give a segment another name or filter", refuses(segment.ErrNotFound, segment.ErrNoList, filter.ErrInvalid, domain.ErrClaimed)), access.WriteSegments, s.changeSegment)
	handle(s, op(http.MethodPost, one+"/members", "changeMembers", "Put leads on a list, or take them off it", refuses(segment.ErrNotFound, segment.ErrNoList, segment.ErrFull)), access.WriteSegments, s.changeMembers)
	handle(s, op(http.MethodDelete, one, "deleteSegment", "Take a segment out of every list; its leads stay as they are", refuses(segment.ErrNotFound)), access.WriteSegments, func(ctx context.Context, in *bareSegmentInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "deleteSegment", in.ID, nil, commands.DeleteSegment{ID: in.ID})
	})
	handle(s, op(http.MethodPost, one+"/restore", "restoreSegment", "Bring a deleted segment back", refuses(segment.ErrNotFound, domain.ErrClaimed)), access.WriteSegments, func(ctx context.Context, in *bareSegmentInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "restoreSegment", in.ID, nil, commands.RestoreSegment{ID: in.ID})
	})
}

// understood is a filter in its canonical form.
func (s *Server) understood(ctx context.Context, text string) (string, error) {
	if err := s.await(ctx, Freshness{}, projections.Leads()); err != nil { // which fields of their own there are
		return "", err
	}
	f, err := s.queries.ParseFilter(ctx, principalOf(ctx), text)
	if err != nil {
		return "", err
	}
	return f.String(), nil
}

func (s *Server) createSegment(ctx context.Context, in *createSegmentInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	b := in.Body
	text, err := s.understood(ctx, b.Filter)
	if err != nil {
		return nil, err
	}
	cmd := commands.CreateSegment{ID: commands.NewID(), Name: b.Name, Kind: segment.Kind(b.Kind), Rule: segment.Rule{Filter: text, Words: b.Words}}
	if cmd.Kind == "" {
		cmd.Kind = segment.Filter
	}
	out, err := execute(ctx, s, in.Conditions, "createSegment", "", b, cmd)
	return createdAt("/v1/segments/", out, err)
}

func (s *Server) changeSegment(ctx context.Context, in *changeSegmentInput) (*receiptOutput, error) {
	cmd := commands.ChangeSegment{ID: in.ID, Name: in.Body.Name, Words: in.Body.Words}
	if in.Body.Filter != nil {
		text, err := s.understood(ctx, *in.Body.Filter)
		if err != nil {
			return nil, err
		}
		cmd.Filter = &text
	}
	return execute(ctx, s, in.Conditions, "changeSegment", in.ID, in.Body, cmd)
}

// changeMembers puts leads on a list that the caller sees; to take one off nobody has to
// see it.
func (s *Server) changeMembers(ctx context.Context, in *membersInput) (*receiptOutput, error) {
	add, remove := in.Body.Add, in.Body.Remove
	if len(add) > 0 == (len(remove) > 0) {
		return nil, domain.Refuse(values.Fault("add", "say which leads to add, or which to remove, and not both"))
	}
	if len(remove) > 0 {
		return execute(ctx, s, in.Conditions, "changeMembers", in.ID, in.Body, commands.RemoveFromSegment{ID: in.ID, Leads: remove})
	}
	if !slices.ContainsFunc(add, func(id string) bool { return !values.IsUUID(id) }) {
		unseen, err := s.queries.Unseen(ctx, principalOf(ctx), add)
		if err != nil {
			return nil, err
		}
		if unseen != "" {
			return nil, domain.Refuse(values.Fault(fmt.Sprintf("add[%d]", slices.Index(add, unseen)), "is not there"))
		}
	}
	return execute(ctx, s, in.Conditions, "changeMembers", in.ID, in.Body, commands.AddToSegment{ID: in.ID, Leads: add})
}

func (s *Server) getSegment(ctx context.Context, in *getSegmentInput) (*shownOutput[projections.Segment], error) {
	for _, p := range []projections.Projection{projections.Segments(), projections.Leads()} {
		if err := s.await(ctx, in.Freshness, p); err != nil {
			return nil, err
		}
	}
	g, err := s.queries.Segment(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shownNow(in.Held, g.Version, g.Position, g)
}

func (s *Server) listSegments(ctx context.Context, in *listSegmentsInput) (*listOutput[projections.Segment], error) {
	if err := s.await(ctx, in.Freshness, projections.Segments()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	list := listID("segments", p.Org)
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.SegmentPage(ctx, p, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Segment.Created), nil
}
