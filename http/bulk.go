package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/projections"
)

// BulkPath names a bulk action; it is exported because huma fills no other.
type BulkPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The bulk action"`
}

// bulkBody is one change to many leads.
type bulkBody struct {
	Action struct {
		Kind   string            `json:"kind" enum:"assign,tag,status,edit,archive,restore"`
		Owner  string            `json:"owner,omitempty" doc:"assign: id of the member; empty for nobody"`
		Add    []string          `json:"add,omitempty" maxItems:"50" doc:"tag"`
		Remove []string          `json:"remove,omitempty" maxItems:"50" doc:"tag"`
		Status string            `json:"status,omitempty" enum:"new,working,qualified,customer,disqualified" doc:"status"`
		Reason string            `json:"reason,omitempty" doc:"status, archive"`
		Set    map[string]string `json:"set,omitempty" doc:"edit: values by their fields (title, company, company_id, address, city, state, postal_code, country, timezone, source, custom.KEY); an empty one takes the value away"`
	} `json:"action"`
	Selection struct {
		Filter   string   `json:"filter,omitempty" maxLength:"16000" doc:"In the language of filters (docs/api.md)"`
		Words    string   `json:"q,omitempty" doc:"Words, as q of the list of leads"`
		Archived string   `json:"archived,omitempty" enum:"false,true,any"`
		Segment  string   `json:"segment,omitempty" doc:"Id of a segment; with a filter, the leads that are in both"`
		Leads    []string `json:"leads,omitempty" maxItems:"1000" doc:"Ids of leads, instead of everything else"`
		All      bool     `json:"all,omitempty" doc:"Every lead that you see"`
		AtMost   int      `json:"at_most,omitempty" minimum:"0" doc:"Do nothing at all when more leads are found, such as when the count was made before others came in"`
	} `json:"selection"`
}

func (b bulkBody) action() bulk.Action {
	a := b.Action
	return bulk.Action{Kind: bulk.Kind(a.Kind), Owner: a.Owner, Add: a.Add, Remove: a.Remove, Status: lead.Status(a.Status), Reason: a.Reason, Set: a.Set}
}

func (b bulkBody) selection() bulk.Selection {
	s := b.Selection
	return bulk.Selection{Rule: segment.Rule{Filter: s.Filter, Words: s.Words}, Archived: s.Archived, Segment: s.Segment, Leads: s.Leads, All: s.All, AtMost: s.AtMost}
}

type (
	startBulkInput struct {
		Conditions
		Freshness
		Body bulkBody
	}
	countBulkInput struct {
		Freshness
		Body bulkBody
	}
	countBulkOutput struct {
		Body struct {
			Leads int `json:"leads" doc:"How many leads the action would be about now; exact"`
		}
	}
	bareBulkInput struct {
		BulkPath
		Conditions
	}
	getBulkInput struct {
		BulkPath
		Freshness
		Held
	}
	listBulkInput struct {
		Freshness
		Paging
	}
	refusalsInput struct {
		BulkPath
		Freshness
		Paging
	}
)

func (s *Server) bulkActions() {
	const all, one = "/v1/bulk-actions", "/v1/bulk-actions/{id}"
	handle(s, op(http.MethodPost, all, "startBulkAction", "Make the same change to many leads", accepts, refuses(filter.ErrInvalid, segment.ErrNotFound, projections.ErrOutdated)), access.BulkLeads, s.startBulk)
	handle(s, op(http.MethodPost, all+"/count", "countBulkAction", "Count the leads that an action would be about; nothing is changed", refuses(filter.ErrInvalid, segment.ErrNotFound, projections.ErrOutdated)), access.BulkLeads, s.countBulk)
	handle(s, op(http.MethodGet, all, "listBulkActions", "List bulk actions, the newest first"), access.BulkLeads, s.listBulk)
	handle(s, op(http.MethodGet, one, "getBulkAction", "Show a bulk action: where it stands and what it has done", mayBeHeld, refuses(bulk.ErrNotFound)), access.BulkLeads, s.getBulk)
	handle(s, op(http.MethodGet, one+"/refusals", "listBulkRefusals", "List the leads that an action has left as they are, and why", refuses(bulk.ErrNotFound)), access.BulkLeads, s.listRefusals)
	handle(s, op(http.MethodPost, one+"/undo", "undoBulkAction", "Take back what an action has done, but for what somebody has touched since", accepts, refuses(bulk.ErrNotFound, bulk.ErrBusy)), access.BulkLeads, s.undoBulk)
}

// askedBulk reads what is to be done to whom, and refuses what would be refused of every
// lead, and what the caller may not do to one.
func (s *Server) askedBulk(ctx context.Context, b bulkBody) (a bulk.Action, sel bulk.Selection, err error) {
	a, sel = b.action(), b.selection()
	own, err := s.own(ctx, a.Patch().Custom)
	if err != nil {
		return a, sel, err
	}
	if a, err = a.Fitting(own); err != nil {
		return a, sel, err
	}
	if _, err := (bulk.Bulk{}).Start(a, sel, "", nil); err != nil {
		return a, sel, err
	}
	if !principalOf(ctx).May(commands.ActOnLead{Action: a}.Needs()) {
		return a, sel, domain.ErrForbidden
	}
	sel.Filter, err = s.understood(ctx, sel.Filter)
	return a, sel, err
}

func (s *Server) startBulk(ctx context.Context, in *startBulkInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	a, sel, err := s.askedBulk(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	// What cannot be looked for, such as a segment that is gone, is known before anything begins.
	if err := s.await(ctx, in.Freshness, projections.Segments()); err != nil {
		return nil, err
	}
	if _, err := s.queries.Selected(ctx, principalOf(ctx), sel); err != nil {
		return nil, err
	}
	out, err := execute(ctx, s, in.Conditions, "startBulkAction", "", in.Body,
		commands.StartBulk{ID: commands.NewID(), Action: a, Selection: sel, Role: string(principalOf(ctx).Role), Teams: principalOf(ctx).Teams})
	return acceptedAt("/v1/bulk-actions/", out, err)
}

func (s *Server) countBulk(ctx context.Context, in *countBulkInput) (*countBulkOutput, error) {
	_, sel, err := s.askedBulk(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	for _, p := range []projections.Projection{projections.Leads(), projections.Segments()} {
		if err := s.await(ctx, in.Freshness, p); err != nil {
			return nil, err
		}
	}
	out := &countBulkOutput{}
	out.Body.Leads, err = s.queries.CountSelected(ctx, principalOf(ctx), sel)
	return out, err
}

// undoBulk takes an action back that the caller sees: a User their own.
func (s *Server) undoBulk(ctx context.Context, in *bareBulkInput) (*receiptOutput, error) {
	if _, err := s.queries.BulkAction(ctx, principalOf(ctx), in.ID); err != nil {
		return nil, err
	}
	out, err := execute(ctx, s, in.Conditions, "undoBulkAction", in.ID, nil, commands.UndoBulk{ID: in.ID, Role: string(principalOf(ctx).Role), Teams: principalOf(ctx).Teams})
	return acceptedAt("/v1/bulk-actions/", out, err)
}

func (s *Server) getBulk(ctx context.Context, in *getBulkInput) (*shownOutput[projections.BulkAction], error) {
	if err := s.await(ctx, in.Freshness, projections.BulkActions()); err != nil {
		return nil, err
	}
	a, err := s.queries.BulkAction(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shownNow(in.Held, a.Version, a.Position, a)
}

func (s *Server) listBulk(ctx context.Context, in *listBulkInput) (*listOutput[projections.BulkAction], error) {
	if err := s.await(ctx, in.Freshness, projections.BulkActions()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	list := listID("bulk actions", p.Org, p.Actor())
	before, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.BulkPage(ctx, p, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.BulkAction.Created), nil
}

func (s *Server) listRefusals(ctx context.Context, in *refusalsInput) (*listOutput[projections.Refusal], error) {
	if err := s.await(ctx, in.Freshness, projections.BulkActions()); err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	if _, err := s.queries.BulkAction(ctx, p, in.ID); err != nil {
		return nil, err
	}
	list := listID("bulk refusals", p.Org, in.ID)
	behind, err := parseCursor(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page, err := s.queries.BulkRefusals(ctx, p, in.ID, behind, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page, list, projections.Refusal.Place), nil
}
