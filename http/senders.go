package http

import (
	"context"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
)

// SenderPath names a sender; it is exported because huma fills no other.
type SenderPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The sender"`
}

type (
	createSenderInput struct {
		Conditions
		Body sender.Details
	}
	changeSenderInput struct {
		SenderPath
		Conditions
		Body sender.Details
	}
	bareSenderInput struct {
		SenderPath
		Conditions
	}
	trustSenderInput struct {
		SenderPath
		Conditions
		Body struct {
			Note string `json:"note" maxLength:"500" doc:"Why the check of its domain is not needed" example:"Our own relay signs for it"`
		}
	}
	getSenderInput struct {
		SenderPath
		Freshness
		Held
	}
)

func (s *Server) senders() {
	const all, one = "/v1/senders", "/v1/senders/{id}"
	handle(s, op(http.MethodPost, all, "createSender", "Make a sender: whom mail of campaigns is from, and how much of it", creates, refuses(domain.ErrClaimed)), access.WriteSenders, s.createSender)
	handle(s, op(http.MethodGet, all, "listSenders", "List senders, the newest first"), access.ReadSenders, s.listSenders)
	handle(s, op(http.MethodGet, one, "getSender", "Show one sender", mayBeHeld, refuses(sender.ErrNotFound)), access.ReadSenders, s.getSender)
	handle(s, op(http.MethodPut, one, "changeSender", "Give a sender other details; another address is checked anew", refuses(sender.ErrNotFound, domain.ErrClaimed)), access.WriteSenders, s.changeSender)
	handle(s, op(http.MethodPost, one+"/check", "checkSender", "Look up whether SPF, DKIM and DMARC of its domain let it send", refuses(sender.ErrNotFound)), access.WriteSenders, s.checkSender)
	handle(s, op(http.MethodPost, one+"/trust", "trustSender", "Take it on yourself that it sends without the check", refuses(sender.ErrNotFound)), access.TrustSenders, s.trustSender)
	handle(s, op(http.MethodDelete, one, "deleteSender", "Delete a sender: campaigns of it are paused", refuses(sender.ErrNotFound)), access.WriteSenders, s.deleteSender)
	handle(s, op(http.MethodPost, one+"/restore", "restoreSender", "Bring a deleted sender back", refuses(sender.ErrNotFound, domain.ErrClaimed)), access.WriteSenders, s.restoreSender)
}

func (s *Server) createSender(ctx context.Context, in *createSenderInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	out, err := execute(ctx, s, in.Conditions, "createSender", "", in.Body, commands.CreateSender{ID: commands.NewID(), Details: in.Body})
	return createdAt("/v1/senders/", out, err)
}

func (s *Server) listSenders(ctx context.Context, in *pageInput) (*listOutput[projections.Sender], error) {
	return pageOf(ctx, s, in, projections.Senders(), "senders", projections.Sender.Created, func(p access.Principal, before int64) (projections.Page[projections.Sender], error) {
		return s.queries.SenderPage(ctx, p, before, in.Limit)
	})
}

func (s *Server) changeSender(ctx context.Context, in *changeSenderInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "changeSender", in.ID, in.Body, commands.ChangeSender{ID: in.ID, Details: in.Body})
}

func (s *Server) trustSender(ctx context.Context, in *trustSenderInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "trustSender", in.ID, in.Body, commands.TrustSender{ID: in.ID, Note: in.Body.Note})
}

func (s *Server) deleteSender(ctx context.Context, in *bareSenderInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "deleteSender", in.ID, nil, commands.DeleteSender{ID: in.ID})
}

func (s *Server) restoreSender(ctx context.Context, in *bareSenderInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "restoreSender", in.ID, nil, commands.RestoreSender{ID: in.ID})
}

func (s *Server) getSender(ctx context.Context, in *getSenderInput) (*shownOutput[projections.Sender], error) {
	if err := s.await(ctx, in.Freshness, projections.Senders()); err != nil {
		return nil, err
	}
	got, err := s.queries.Sender(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	if got.Health, err = s.senderHealth(ctx, in.Freshness, in.ID, got.Details); err != nil {
		return nil, err
	}
	return shownNow(in.Held, got.Version, got.Position, got)
}

// senderHealth tells how the mail of a sender fares, and how much of its caps is taken.
func (s *Server) senderHealth(ctx context.Context, f Freshness, id string, d sender.Details) (*sender.Health, error) {
	for _, view := range []projections.Projection{projections.Campaigns(), projections.Enrollments()} {
		if err := s.await(ctx, f, view); err != nil {
			return nil, err
		}
	}
	org, now := principalOf(ctx).Org, s.now()
	n, err := s.queries.Recent(ctx, org, projections.Recently{Sender: id}, now)
	if err != nil {
		return nil, err
	}
	h := sender.Judge(n.Days, n.Sent, n.Bounced, n.Complained)
	if d.Limited() {
		spent, err := commands.State[sender.Allowance, sender.AllowanceEvent](ctx, s.run, org, sender.AllowanceStream(id, d.Day(now)))
		if err != nil {
			return nil, err
		}
		h = h.Spent(d, d.Day(now), spent)
	}
	return &h, nil
}

// checkSender asks the names of the sender's domain, and records what they tell.
func (s *Server) checkSender(ctx context.Context, in *bareSenderInput) (*receiptOutput, error) {
	from, err := commands.State[sender.Sender, sender.Event](ctx, s.run, principalOf(ctx).Org, sender.Stream(in.ID))
	if err != nil {
		return nil, err
	}
	result := sender.Check{}
	if from.Email != "" {
		result = s.checkDomain(ctx, from.Domain())
	}
	return execute(ctx, s, in.Conditions, "checkSender", in.ID, nil, commands.RecordSenderCheck{ID: in.ID, Domain: from.Domain(), Result: result})
}
