package http

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/projections"
)

// SuppressionPath names a suppression; it is exported because huma fills no other.
type SuppressionPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The suppression"`
}

type (
	suppressInput struct {
		Conditions
		Body struct {
			Email  string `json:"email" example:"ada@people.example"`
			Reason string `json:"reason,omitempty" enum:"requested,manual" default:"requested" doc:"requested: the person has asked for it, and only their new consent lifts it"`
			Scope  string `json:"scope,omitempty" default:"all" maxLength:"60" doc:"all, purpose:NAME (such as purpose:marketing) or campaign:ID"`
			Note   string `json:"note,omitempty" maxLength:"500"`
		}
	}
	suppressListInput struct {
		Conditions
		Body struct {
			Emails []string `json:"emails" minItems:"1" maxItems:"1000" doc:"A list that another system has kept; one address at fault, and nothing is done" example:"[\"ada@people.example\"]"`
			Scope  string   `json:"scope,omitempty" default:"all" maxLength:"60" doc:"all, purpose:NAME (such as purpose:marketing) or campaign:ID"`
			Note   string   `json:"note,omitempty" maxLength:"500"`
		}
	}
	suppressListOutput struct {
		Position string `header:"Canvass-Position"`
		Body     struct {
			Addresses int   `json:"addresses" doc:"How many different addresses stood in the list: all of them are suppressed now"`
			Position  int64 `json:"position" doc:"Send it as Canvass-Min-Position to read what this has written"`
		}
	}
	liftSuppressionInput struct {
		SuppressionPath
		Conditions
		Body struct {
			Scope   string `json:"scope" maxLength:"60" doc:"Which of its scopes" example:"purpose:marketing"`
			Consent struct {
				Source  string    `json:"source" maxLength:"500" doc:"Where it was given" example:"https://shop.example/newsletter"`
				GivenAt time.Time `json:"given_at" doc:"After the person ended it"`
			} `json:"consent,omitzero" doc:"The person's new consent: without one, nothing is lifted that they have ended"`
			Note string `json:"note,omitempty" maxLength:"500" doc:"Why, where there is no consent"`
		}
	}
	getSuppressionInput struct {
		SuppressionPath
		Freshness
		Held
	}
	listSuppressionsInput struct {
		Freshness
		Paging
		Email string `query:"email" maxLength:"320" doc:"Of this address alone, also when it has been forgotten"`
	}
)

func (s *Server) suppressions() {
	const all, one = "/v1/suppressions", "/v1/suppressions/{id}"
	handle(s, op(http.MethodPost, all, "suppressMail", "Write nothing more to an address, or nothing of a purpose", creates, mayReplace), access.SuppressMail, s.suppress)
	handle(s, op(http.MethodPost, all+"/list", "suppressList", "Bring in a list of addresses to which nothing is to be written"), access.LiftSuppressions, s.suppressList)
	handle(s, op(http.MethodGet, all, "listSuppressions", "List the addresses to which something may not be written, the newest first", refuses(access.ErrMasked)), access.ReadSuppressions, s.listSuppressions)
	s.suppressionFiles()
	handle(s, op(http.MethodGet, one, "getSuppression", "Show what may not be written to an address, why, and who has decided", mayBeHeld, refuses(suppression.ErrNotFound)), access.ReadSuppressions, s.getSuppression)
	handle(s, op(http.MethodPost, one+"/lift", "liftSuppression", "Let mail of a scope be written again", refuses(suppression.ErrNotFound, suppression.ErrConsent)), access.LiftSuppressions, s.liftSuppression)
}

// suppressionOf is the id of an address's suppression, whether there is one or not.
func (s *Server) suppressionOf(ctx context.Context, email string) (string, error) {
	hash, err := s.vault.Keyed(ctx, principalOf(ctx).Org, suppression.KeyPurpose, []byte(email))
	if err != nil {
		return "", err
	}
	return suppression.ID(hash), nil
}

// scopeOf is everything where nothing is said, also by GraphQL, which knows no defaults.
func scopeOf(given string) suppression.Scope {
	return cmp.Or(suppression.Scope(given), suppression.All)
}

func (s *Server) suppress(ctx context.Context, in *suppressInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	email, faults := lead.MailAddress("email", in.Body.Email)
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	id, err := s.suppressionOf(ctx, email)
	if err != nil {
		return nil, err
	}
	b := in.Body // with what the REST API takes where nothing is said: a key means the same request on both ways
	b.Scope, b.Reason = string(scopeOf(b.Scope)), cmp.Or(b.Reason, string(suppression.Requested))
	out, err := execute(ctx, s, in.Conditions, "suppressMail", id, b, commands.Suppress{
		ID: id, Email: email, Scope: suppression.Scope(b.Scope), Reason: suppression.Reason(b.Reason), By: suppression.ByMember, Note: b.Note,
	})
	if err == nil && out.Body.Version == 1 && out.made {
		out.Status, out.Location = http.StatusCreated, "/v1/suppressions/"+id
	}
	return out, err
}

func (s *Server) suppressList(ctx context.Context, in *suppressListInput) (*suppressListOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	var faults []domain.Field
	emails := make([]string, len(in.Body.Emails))
	for i, given := range in.Body.Emails {
		email, wrong := lead.MailAddress(fmt.Sprintf("emails[%d]", i), given)
		emails[i], faults = email, append(faults, wrong...)
	}
	if err := domain.Refuse(faults); err != nil {
		return nil, err
	}
	slices.Sort(emails)
	emails = slices.Compact(emails)
	cmds := make([]commands.Command[suppression.Suppression, suppression.Event], len(emails))
	for i, email := range emails {
		id, err := s.suppressionOf(ctx, email)
		if err != nil {
			return nil, err
		}
		cmds[i] = commands.Suppress{ID: id, Email: email, Scope: scopeOf(in.Body.Scope), Reason: suppression.Listed, By: suppression.ByMember, Note: in.Body.Note}
	}
	call, err := s.call(ctx, in.Conditions, "suppressList", "", in.Body)
	if err != nil {
		return nil, err
	}
	results, err := commands.ExecuteMany(ctx, s.run, call, cmds)
	out := &suppressListOutput{}
	for _, r := range results {
		if err == nil {
			err = r.Err
		}
		out.Body.Position = max(out.Body.Position, r.Receipt.Position)
	}
	if err != nil {
		return nil, err
	}
	s.writes.note(call.Principal, out.Body.Position)
	out.Body.Addresses, out.Position = len(emails), strconv.FormatInt(out.Body.Position, 10)
	return out, nil
}

func (s *Server) liftSuppression(ctx context.Context, in *liftSuppressionInput) (*receiptOutput, error) {
	b := in.Body
	return execute(ctx, s, in.Conditions, "liftSuppression", in.ID, b, commands.LiftSuppression{
		ID: in.ID, Scope: suppression.Scope(b.Scope), Consent: suppression.Consent{Source: b.Consent.Source, GivenAt: b.Consent.GivenAt}, Note: b.Note,
	})
}

func (s *Server) getSuppression(ctx context.Context, in *getSuppressionInput) (*shownOutput[projections.Suppression], error) {
	if err := s.await(ctx, in.Freshness, projections.Suppressions()); err != nil {
		return nil, err
	}
	got, err := s.queries.Suppression(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shown(in.Held, etag(got.Version), got.Position, got)
}

func (s *Server) listSuppressions(ctx context.Context, in *listSuppressionsInput) (*listOutput[projections.Suppression], error) {
	id := ""
	if in.Email != "" {
		email, faults := lead.MailAddress("email", in.Email)
		if err := domain.Refuse(faults); err != nil {
			return nil, err
		}
		if principalOf(ctx).Masked() {
			return nil, access.ErrMasked
		}
		var err error
		if id, err = s.suppressionOf(ctx, email); err != nil {
			return nil, err
		}
	}
	page := &pageInput{Freshness: in.Freshness, Paging: in.Paging}
	return pageOf(ctx, s, page, projections.Suppressions(), "suppressions "+id, projections.Suppression.Created, func(p access.Principal, before int64) (projections.Page[projections.Suppression], error) {
		return s.queries.SuppressionPage(ctx, p, id, before, in.Limit)
	})
}
