package http

import (
	"context"
	"net/http"
	"strings"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/values"
	"github.com/canvass-hq/canvass/projections"
)

// companyBody is a company as it is brought in. Only one of a name and a website is
// needed.
type companyBody struct {
	Name     string `json:"name,omitempty" example:"Analytical Engines"`
	Website  string `json:"website,omitempty" doc:"Its registrable domain belongs to one company of the organization" example:"https://engines.example"`
	Industry string `json:"industry,omitempty"`
	Size     string `json:"size,omitempty" doc:"Employees, a number or a range" example:"51-200"`
	City     string `json:"city,omitempty"`
	State    string `json:"state,omitempty" doc:"State, province or region"`
	Country  string `json:"country,omitempty" doc:"ISO code or English name" example:"GB"`
}

// companyPatch changes what it names; an empty string takes a value away.
type companyPatch struct {
	Name     *string `json:"name,omitempty"`
	Website  *string `json:"website,omitempty"`
	Industry *string `json:"industry,omitempty"`
	Size     *string `json:"size,omitempty"`
	City     *string `json:"city,omitempty"`
	State    *string `json:"state,omitempty"`
	Country  *string `json:"country,omitempty"`
}

// CompanyPath names a company; it is exported because huma fills no other.
type CompanyPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"UUID in lower case" doc:"The company"`
}

type (
	registerInput struct {
		Conditions
		Body companyBody
	}
	editCompanyInput struct {
		CompanyPath
		Conditions
		Body companyPatch
	}
	bareCompanyInput struct {
		CompanyPath
		Conditions
	}
	getCompanyInput struct {
		CompanyPath
		Freshness
		Held
	}
	listCompaniesInput struct {
		Freshness
		Anew
		Paging
		Name     string `query:"name" maxLength:"200"`
		Domain   string `query:"domain" maxLength:"253"`
		Industry string `query:"industry" maxLength:"200"`
		Country  string `query:"country" minLength:"2" maxLength:"2" doc:"ISO 3166-1 alpha-2"`
		Filter   string `query:"filter" maxLength:"16000" doc:"Which companies, in the language of filters (docs/api.md)" example:"industry contains software and country eq DE"`
		Words    string `query:"q" maxLength:"200" doc:"Each word stands somewhere in the name, domain, industry or city"`
		Sort     string `query:"sort" enum:"-created_at,created_at,-updated_at,updated_at,name,-name" doc:"The newest first when it is absent"`
		Facets   string `query:"facets" maxLength:"500" doc:"Fields by whose values to count what is found, with commas between them" example:"industry,country"`
	}
)

func (s *Server) companies() {
	const one = "/v1/companies/{id}"
	handle(s, op(http.MethodPost, "/v1/companies", "registerCompany", "Bring a company in", creates, refuses(domain.ErrClaimed)), access.WriteCompanies, s.registerCompany)
	handle(s, op(http.MethodGet, "/v1/companies", "listCompanies", "List companies, the newest first"), access.ReadCompanies, s.listCompanies)
	handle(s, op(http.MethodGet, one, "getCompany", "Show one company", mayBeHeld, refuses(company.ErrNotFound)), access.ReadCompanies, s.getCompany)
	handle(s, op(http.MethodPatch, one, "editCompany", "Correct what is known of the company", refuses(company.ErrNotFound, domain.ErrClaimed)), access.WriteCompanies, func(ctx context.Context, in *editCompanyInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "editCompany", in.ID, in.Body, commands.EditCompany{ID: in.ID, Patch: company.Patch(in.Body)})
	})
	handle(s, op(http.MethodDelete, one, "deleteCompany", "Take the company out of every list; its domain is free again, its history stays", refuses(company.ErrNotFound)), access.DeleteCompanies, func(ctx context.Context, in *bareCompanyInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "deleteCompany", in.ID, nil, commands.DeleteCompany{ID: in.ID})
	})
	handle(s, op(http.MethodPost, one+"/restore", "restoreCompany", "Bring a deleted company back", refuses(company.ErrNotFound, domain.ErrClaimed)), access.DeleteCompanies, func(ctx context.Context, in *bareCompanyInput) (*receiptOutput, error) {
		return execute(ctx, s, in.Conditions, "restoreCompany", in.ID, nil, commands.RestoreCompany{ID: in.ID})
	})
}

func (s *Server) registerCompany(ctx context.Context, in *registerInput) (*receiptOutput, error) {
	if err := in.opens(); err != nil {
		return nil, err
	}
	b := in.Body
	out, err := execute(ctx, s, in.Conditions, "registerCompany", "", b, commands.RegisterCompany{ID: commands.NewID(), Details: company.Details{
		Name: b.Name, Website: b.Website, Industry: b.Industry, Size: b.Size, City: b.City, State: b.State, Country: b.Country,
	}})
	return createdAt("/v1/companies/", out, err)
}

func (s *Server) getCompany(ctx context.Context, in *getCompanyInput) (*shownOutput[projections.Company], error) {
	if err := s.await(ctx, in.Freshness, projections.Companies()); err != nil {
		return nil, err
	}
	c, err := s.queries.Company(ctx, principalOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return shown(in.Held, etag(c.Version), c.Position, c)
}

func (s *Server) listCompanies(ctx context.Context, in *listCompaniesInput) (*listOutput[projections.Company], error) {
	if err := s.await(ctx, in.Freshness, projections.Companies()); err != nil {
		return nil, err
	}
	if in.Cursor != "" { // pages further down are read once
		return s.readCompanies(ctx, in)
	}
	asked := *in
	asked.Freshness, asked.Anew = Freshness{}, Anew{}
	from := []projections.Projection{projections.Companies()}
	return firstPage(ctx, s, lookup{"listCompanies", asked, from, in.wanted()}, func() (*listOutput[projections.Company], error) { return s.readCompanies(ctx, in) })
}

func (s *Server) readCompanies(ctx context.Context, in *listCompaniesInput) (*listOutput[projections.Company], error) {
	p := principalOf(ctx)
	q, err := in.asked()
	if err != nil {
		return nil, err
	}
	list := listID("companies", p.Org, q.Filter.String(), q.Words, q.Sort)
	if q.After, err = parsePlace(in.Cursor, list); err != nil {
		return nil, err
	}
	if q.After != "" && !q.Fits() {
		return nil, badCursor("is not a cursor of this API")
	}
	page, err := s.queries.SearchCompanies(ctx, p, q)
	if err != nil {
		return nil, err
	}
	out := found(page, list, q.Place)
	if in.Facets != "" {
		out.Body.Facets, err = s.queries.CompanyFacets(ctx, p, q, strings.Split(in.Facets, ","))
	}
	return out, err
}

// asked reads which companies are looked for, in which order.
func (in *listCompaniesInput) asked() (q projections.CompanyQuery, err error) {
	asked, err := filter.Parse(in.Filter, projections.CompanyFields())
	if err != nil {
		return q, err
	}
	simple, err := filter.Parse(equals([][2]string{
		{"name", in.Name}, {"domain", in.Domain}, {"industry", in.Industry}, {"country", values.CountryCode(in.Country)},
	}), projections.CompanyFields())
	return projections.CompanyQuery{Filter: filter.All(simple, asked), Words: in.Words, Sort: in.Sort, Limit: in.Limit}, err
}
