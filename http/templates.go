package http

import (
	"context"
	"errors"
	"net/http"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/projections"
)

// TemplatePath names a template; it is exported because huma fills no other.
type TemplatePath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The template"`
}

type (
	createTemplateInput struct {
		Conditions
		Body struct {
			Name    string `json:"name" example:"Spring greeting"`
			Subject string `json:"subject" doc:"Liquid, as the rest" example:"Hello {{ first_name | default: \"there\" }}"`
			HTML    string `json:"html,omitempty" doc:"A style element is put into the elements that it is about; links of http and https can be followed"`
			Text    string `json:"text,omitempty" doc:"Made from the HTML where it is absent"`
		}
	}
	changeTemplateInput struct {
		TemplatePath
		Conditions
		Body struct {
			Name    *string `json:"name,omitempty"`
			Subject *string `json:"subject,omitempty"`
			HTML    *string `json:"html,omitempty"`
			Text    *string `json:"text,omitempty"`
		}
	}
	bareTemplateInput struct {
		TemplatePath
		Conditions
	}
	getTemplateInput struct {
		TemplatePath
		Freshness
		Held
	}
	previewInput struct {
		TemplatePath
		Freshness
		Body struct {
			Lead   string `json:"lead" format:"uuid" doc:"Whom the mail would be to"`
			Sender string `json:"sender,omitempty" format:"uuid" doc:"Whom it would be from"`
		}
	}
	previewOutput struct {
		Body struct {
			Subject string   `json:"subject"`
			HTML    string   `json:"html,omitempty"`
			Text    string   `json:"text,omitempty"`
			Empty   []string `json:"empty,omitempty" doc:"What the template asks for and the lead has not: see whether the mail reads well without"`
		}
	}
)

func (s *Server) templates() {
	const all, one = "/v1/templates", "/v1/templates/{id}"
	handle(s, op(http.MethodPost, all, "createTemplate", "Write a template of mail", creates, refuses(domain.ErrClaimed)), access.WriteTemplates, s.createTemplate)
	handle(s, op(http.MethodGet, all, "listTemplates", "List templates, the newest first"), access.ReadTemplates, s.listTemplates)
	handle(s, op(http.MethodGet, one, "getTemplate", "Show one template", mayBeHeld, refuses(template.ErrNotFound)), access.ReadTemplates, s.getTemplate)
	handle(s, op(http.MethodPatch, one, "changeTemplate", "Change a template: campaigns that were launched go on with what it was", refuses(template.ErrNotFound, domain.ErrClaimed)), access.WriteTemplates, s.changeTemplate)
	handle(s, op(http.MethodPost, one+"/preview", "previewTemplate", "Show the mail that a lead would get; nothing is sent", refuses(template.ErrNotFound, template.ErrEmpty, template.ErrTooLarge, template.ErrFails, lead.ErrNotFound, sender.ErrNotFound)), access.ReadTemplates, s.previewTemplate)
	handle(s, op(http.MethodDelete, one, "deleteTemplate", "Delete a template", refuses(template.ErrNotFound)), access.WriteTemplates, s.deleteTemplate)
	handle(s, op(http.MethodPost, one+"/restore", "restoreTemplate", "Bring a deleted template back", refuses(template.ErrNotFound, domain.ErrClaimed)), access.WriteTemplates, s.restoreTemplate)
}

func (s *Server) createTemplate(ctx context.Context, in *createTemplateInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	b := in.Body
	out, err := execute(ctx, s, in.Conditions, "createTemplate", "", b, commands.CreateTemplate{ID: commands.NewID(), Name: b.Name, Source: template.Source{Subject: b.Subject, HTML: b.HTML, Text: b.Text}})
	return createdAt("/v1/templates/", out, err)
}

func (s *Server) listTemplates(ctx context.Context, in *pageInput) (*listOutput[projections.Template], error) {
	return pageOf(ctx, s, in, projections.Templates(), "templates", projections.Template.Created, func(p access.Principal, before int64) (projections.Page[projections.Template], error) {
		return s.queries.TemplatePage(ctx, p, before, in.Limit)
	})
}

func (s *Server) changeTemplate(ctx context.Context, in *changeTemplateInput) (*receiptOutput, error) {
	b := in.Body
	return execute(ctx, s, in.Conditions, "changeTemplate", in.ID, b, commands.ChangeTemplate{ID: in.ID, Name: b.Name, Subject: b.Subject, HTML: b.HTML, Text: b.Text})
}

func (s *Server) deleteTemplate(ctx context.Context, in *bareTemplateInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "deleteTemplate", in.ID, nil, commands.DeleteTemplate{ID: in.ID})
}

func (s *Server) restoreTemplate(ctx context.Context, in *bareTemplateInput) (*receiptOutput, error) {
	return execute(ctx, s, in.Conditions, "restoreTemplate", in.ID, nil, commands.RestoreTemplate{ID: in.ID})
}

func (s *Server) getTemplate(ctx context.Context, in *getTemplateInput) (*shownOutput[projections.Template], error) {
	if err := s.await(ctx, in.Freshness, projections.Templates()); err != nil {
		return nil, err
	}
	got, err := s.queries.Template(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shown(in.Held, etag(got.Version), got.Position, got)
}

// previewTemplate writes the mail as a campaign would, with links as they are.
func (s *Server) previewTemplate(ctx context.Context, in *previewInput) (*previewOutput, error) {
	p := principalOf(ctx)
	for _, view := range []projections.Projection{projections.Leads(), projections.Senders()} {
		if err := s.await(ctx, in.Freshness, view); err != nil {
			return nil, err
		}
	}
	made, err := commands.State[template.Template, template.Event](ctx, s.run, p.Org, template.Stream(in.ID))
	if err != nil {
		return nil, err
	}
	compiled, ok := made.At(made.Revision)
	if !ok || made.Deleted {
		return nil, template.ErrNotFound
	}
	who, err := s.queries.Lead(ctx, p, in.Body.Lead)
	if err != nil {
		return nil, err
	}
	var from sender.Details
	if in.Body.Sender != "" {
		found, err := s.queries.Sender(ctx, p, in.Body.Sender)
		if err != nil {
			return nil, err
		}
		from = found.Details
	}
	renderer, err := compiled.Parse()
	if err != nil {
		return nil, err
	}
	values := campaign.Values(compiled.Variables, who.Details, who.Owner, from, "")
	m, err := campaign.Letter{From: from, Unsubscribe: s.public + "/u/preview"}.Mail(renderer, values, nil)
	if _, known := errors.AsType[*domain.Error](err); err != nil && !known {
		err = template.ErrFails
	}
	if err != nil {
		return nil, err
	}
	out := &previewOutput{}
	out.Body.Subject, out.Body.HTML, out.Body.Text = m.Subject, m.HTML, m.Text
	for _, name := range compiled.Variables {
		if values[name] == "" && name != "unsubscribe_url" {
			out.Body.Empty = append(out.Body.Empty, name)
		}
	}
	return out, nil
}
