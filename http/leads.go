package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/projections"
)

// LeadPath names a lead; it is exported because huma fills no other.
type LeadPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The lead"`
}

type (
	captureInput struct {
		Conditions
		Body leadBody
	}
	editInput struct {
		LeadPath
		Conditions
		Body leadPatch
	}
	assignInput struct {
		LeadPath
		Conditions
		Body struct {
			Owner string `json:"owner" doc:"Id of the member; empty for nobody"`
		}
	}
	statusInput struct {
		LeadPath
		Conditions
		Body struct {
			Status string `json:"status" enum:"new,working,qualified,customer,disqualified"`
			Reason string `json:"reason,omitempty" doc:"Needed for disqualified"`
		}
	}
	reasonInput struct {
		LeadPath
		Conditions
		Body *struct {
			Reason string `json:"reason,omitempty"`
		} `required:"false"`
	}
	tagInput struct {
		LeadPath
		Conditions
		Body struct {
			Add    []string `json:"add,omitempty" maxItems:"50"`
			Remove []string `json:"remove,omitempty" maxItems:"50"`
		}
	}
	bareInput struct {
		LeadPath
		Conditions
	}
)

func (s *Server) leads() {
	const one = "/v1/leads/{id}"
	handle(s, op(http.MethodPost, "/v1/leads", "captureLead", "Bring a person in", creates, refuses(domain.ErrClaimed)), access.WriteLeads, s.captureLead)
	handle(s, op(http.MethodGet, "/v1/leads", "listLeads", "List leads, the newest first", refuses(segment.ErrNotFound, projections.ErrOutdated)), access.ReadLeads, s.listLeads)
	handle(s, op(http.MethodGet, one, "getLead", "Show one lead", mayBeHeld, refuses(lead.ErrNotFound)), access.ReadLeads, s.getLead)
	handle(s, op(http.MethodPatch, one, "editLead", "Correct what is known of the person", refuses(lead.ErrNotFound, lead.ErrArchived, domain.ErrClaimed, domain.ErrErased)), access.WriteLeads, s.editLead)
	handle(s, op(http.MethodPost, one+"/assign", "assignLead", "Give the lead to a member", refuses(lead.ErrNotFound, lead.ErrArchived)), access.AssignLeads, func(ctx context.Context, in *assignInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "assignLead", in.ID, in.Body, commands.AssignLead{ID: in.ID, Owner: in.Body.Owner})
	})
	handle(s, op(http.MethodPost, one+"/status", "changeLeadStatus", "Move the lead along the sales process", refuses(lead.ErrNotFound, lead.ErrArchived, lead.ErrStatus, domain.ErrErased)), access.WriteLeads, s.changeLeadStatus)
	handle(s, op(http.MethodPost, one+"/tags", "tagLead", "Add and take away tags", refuses(lead.ErrNotFound, lead.ErrArchived, domain.ErrErased)), access.WriteLeads, func(ctx context.Context, in *tagInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "tagLead", in.ID, in.Body, commands.TagLead{ID: in.ID, Add: in.Body.Add, Remove: in.Body.Remove})
	})
	handle(s, op(http.MethodDelete, one, "deleteLead", "Take the lead out of every list; its addresses are free again, its history stays", refuses(lead.ErrNotFound, domain.ErrErased)), access.DeleteLeads, s.deleteLead)
	handle(s, op(http.MethodPost, one+"/archive", "archiveLead", "Take the lead out of daily work", refuses(lead.ErrNotFound, domain.ErrErased)), access.ArchiveLeads, s.archiveLead)
	handle(s, op(http.MethodPost, one+"/restore", "restoreLead", "Bring an archived or deleted lead back", refuses(lead.ErrNotFound, domain.ErrClaimed)), access.ArchiveLeads, func(ctx context.Context, in *bareInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "restoreLead", in.ID, nil, commands.RestoreLead{ID: in.ID})
	})
	handle(s, op(http.MethodPost, one+"/erase", "eraseLead", "Forget the person for ever: the key of their data is destroyed", refuses(lead.ErrNotFound)), access.EraseLeads, func(ctx context.Context, in *bareInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "eraseLead", in.ID, nil, commands.EraseLead{ID: in.ID})
	})
}

func (s *Server) captureLead(ctx context.Context, in *captureInput) (*receiptOutput, error) {
	b := in.Body
	if err := in.opens(); err != nil {
		return nil, err
	}
	// To bring somebody in for another member is to assign them.
	if p := principalOf(ctx); b.Owner != "" && b.Owner != p.ID && !p.May(access.AssignLeads) {
		return nil, domain.ErrForbidden
	}
	own, err := s.own(ctx, b.Custom)
	if err != nil {
		return nil, err
	}
	out, err := execute(ctx, s, in.Conditions, "captureLead", "", b, commands.CaptureLead{ID: commands.NewID(), Owner: b.Owner, Details: b.details(), Own: own})
	return createdAt("/v1/leads/", out, err)
}

func (s *Server) editLead(ctx context.Context, in *editInput) (*receiptOutput, error) {
	patch := in.Body.patch()
	var err error
	if patch.Own, err = s.own(ctx, patch.Custom); err != nil {
		return nil, err
	}
	return execute(ctx, s, in.Conditions, "editLead", in.ID, in.Body, commands.EditLead{ID: in.ID, Patch: patch})
}

func (s *Server) changeLeadStatus(ctx context.Context, in *statusInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "changeLeadStatus", in.ID, in.Body,
		commands.ChangeLeadStatus{ID: in.ID, Status: lead.Status(in.Body.Status), Reason: in.Body.Reason})
}

func (s *Server) archiveLead(ctx context.Context, in *reasonInput) (*receiptOutput, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	return execute(ctx, s, in.Conditions, "archiveLead", in.ID, reason, commands.ArchiveLead{ID: in.ID, Reason: reason})
}

func (s *Server) deleteLead(ctx context.Context, in *deleteInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "deleteLead", in.ID, in.Reason, commands.DeleteLead{ID: in.ID, Reason: in.Reason})
}

type deleteInput struct {
	LeadPath
	Conditions
	Reason string `query:"reason" maxLength:"1000"`
}

type getLeadInput struct {
	LeadPath
	Freshness
	Held
}

func (s *Server) getLead(ctx context.Context, in *getLeadInput) (*shownOutput[projections.Lead], error) {
	if err := s.await(ctx, in.Freshness, projections.Leads()); err != nil {
		return nil, err
	}
	l, err := s.queries.Lead(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	if principalOf(ctx).Masked() { // which may end, and leave the version as it is
		return shownNow(in.Held, l.Version, l.Position, l)
	}
	return shown(in.Held, etag(l.Version), l.Position, l)
}

// LeadSelection says which leads are shown, and in which order; it is exported because
// huma fills no other.
type LeadSelection struct {
	Status   string `query:"status" enum:"new,working,qualified,customer,disqualified"`
	Owner    string `query:"owner" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case"`
	Source   string `query:"source" maxLength:"100"`
	Country  string `query:"country" minLength:"2" maxLength:"2" doc:"ISO 3166-1 alpha-2"`
	Email    string `query:"email" maxLength:"254"`
	Segment  string `query:"segment" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"Only leads of this segment"`
	Archived string `query:"archived" enum:"false,true,any" doc:"false when it is absent, unless the filter itself asks about it"`
	Filter   string `query:"filter" maxLength:"16000" doc:"Which leads, in the language of filters (docs/api.md)" example:"status in (new, working) and title contains \"head of\""`
	Words    string `query:"q" maxLength:"200" doc:"Each word stands somewhere in the name, title, company, city, addresses or phones"`
	Sort     string `query:"sort" enum:"-created_at,created_at,-updated_at,updated_at,name,-name" doc:"The newest first when it is absent"`
}

type listLeadsInput struct {
	Freshness
	Anew
	Paging
	LeadSelection
	Facets string `query:"facets" maxLength:"500" doc:"Fields by whose values to count what is found, with commas between them" example:"status,country"`
}

func (s *Server) listLeads(ctx context.Context, in *listLeadsInput) (*listOutput[projections.Lead], error) {
	if err := s.await(ctx, in.Freshness, projections.Leads()); err != nil {
		return nil, err
	}
	if in.Cursor != "" { // pages further down are read once
		return s.readLeads(ctx, in)
	}
	if in.Segment != "" {
		if err := s.await(ctx, in.Freshness, projections.Segments()); err != nil {
			return nil, err
		}
	}
	asked := *in
	asked.Freshness, asked.Anew = Freshness{}, Anew{}
	// A filter may ask about the lead's company and about fields of one's own, whose facts
	// the leads follow, and a segment is a list of the segments' own.
	from := []projections.Projection{projections.Leads(), projections.Segments(), projections.Companies()}
	return firstPage(ctx, s, lookup{"listLeads", asked, from, in.wanted()}, func() (*listOutput[projections.Lead], error) { return s.readLeads(ctx, in) })
}

func (s *Server) readLeads(ctx context.Context, in *listLeadsInput) (*listOutput[projections.Lead], error) {
	p := principalOf(ctx)
	if in.LeadSelection != (LeadSelection{Archived: in.Archived}) || in.Facets != "" || p.Limited() {
		return s.searchLeads(ctx, in)
	}
	list := listID("leads", p.Org, in.Archived == "true", in.Archived == "any")
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.LeadPage(ctx, p, in.Archived, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Lead.Created), nil
}
