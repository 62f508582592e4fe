package http

import "github.com/canvass-hq/canvass/domain/lead"

// leadBody is a person as they are brought in. Only one of a name and an address is
// needed.
type leadBody struct {
	Name        string            `json:"name,omitempty" doc:"Full name; made of its parts when it is absent" example:"Ada Lovelace"`
	FirstName   string            `json:"first_name,omitempty" example:"Ada"`
	LastName    string            `json:"last_name,omitempty" example:"Lovelace"`
	Email       string            `json:"email,omitempty" doc:"Belongs to one lead of the organization" example:"ada@example.com"`
	Emails      []emailBody       `json:"emails,omitempty" doc:"Further addresses; each belongs to one lead"`
	Phone       string            `json:"phone,omitempty" doc:"Kept as given, and marked, when it is no valid number of the country" example:"+44 20 7946 0958"`
	Phones      []phoneBody       `json:"phones,omitempty" doc:"Further phones"`
	Title       string            `json:"title,omitempty" doc:"Position in the company" example:"Head of Engineering"`
	Company     string            `json:"company,omitempty" example:"Analytical Engines"`
	CompanyID   string            `json:"company_id,omitempty" doc:"The company's own record"`
	Team        string            `json:"team,omitempty" doc:"Id of the team that works on the lead"`
	Address     string            `json:"address,omitempty" doc:"Street and number"`
	City        string            `json:"city,omitempty" example:"London"`
	State       string            `json:"state,omitempty" doc:"State, province or region"`
	PostalCode  string            `json:"postal_code,omitempty"`
	Country     string            `json:"country,omitempty" doc:"ISO code or English name" example:"GB"`
	Timezone    string            `json:"timezone,omitempty" doc:"IANA name" example:"Europe/London"`
	LinkedIn    string            `json:"linkedin,omitempty" doc:"URL of the profile"`
	Source      string            `json:"source,omitempty" doc:"A label for where the lead came from; no personal data, for it lies in the log in clear" example:"website"`
	Owner       string            `json:"owner,omitempty" doc:"Id of the member who is to work on the lead"`
	Tags        []string          `json:"tags,omitempty"`
	ExternalIDs map[string]string `json:"external_ids,omitempty" doc:"Ids in other systems by the system's name; each belongs to one lead"`
	Custom      map[string]string `json:"custom,omitempty" doc:"Values of the organization's own fields by their keys, each of the field's kind; under a key that nobody has defined it is text"`
}

type emailBody struct {
	Address string `json:"address"`
	Kind    string `json:"kind,omitempty" enum:"work,personal,other"`
}

type phoneBody struct {
	Number string `json:"number"`
	Kind   string `json:"kind,omitempty" enum:"work,mobile,home,fax,other"`
}

func (b leadBody) details() lead.Details {
	return lead.Details{
		Name: b.Name, FirstName: b.FirstName, LastName: b.LastName, Email: b.Email, Emails: emails(b.Emails), Phone: b.Phone, Phones: phones(b.Phones),
		Title: b.Title, Company: b.Company, CompanyID: b.CompanyID, Team: b.Team, Address: b.Address, City: b.City, State: b.State, PostalCode: b.PostalCode,
		Country: b.Country, Timezone: b.Timezone, LinkedIn: b.LinkedIn, Source: b.Source, Tags: b.Tags, ExternalIDs: b.ExternalIDs, Custom: b.Custom,
	}
}

func emails(bodies []emailBody) (out []lead.Email) {
	for _, b := range bodies {
		out = append(out, lead.Email{Address: b.Address, Kind: b.Kind})
	}
	return out
}

func phones(bodies []phoneBody) (out []lead.Phone) {
	for _, b := range bodies {
		out = append(out, lead.Phone{Number: b.Number, Kind: b.Kind})
	}
	return out
}

// leadPatch changes what it names; an empty string and a null take a value away. Lists
// are replaced, of maps only the keys that are named change.
type leadPatch struct {
	Name        *string           `json:"name,omitempty"`
	FirstName   *string           `json:"first_name,omitempty"`
	LastName    *string           `json:"last_name,omitempty"`
	Email       *string           `json:"email,omitempty"`
	Emails      *[]emailBody      `json:"emails,omitempty"`
	Phone       *string           `json:"phone,omitempty"`
	Phones      *[]phoneBody      `json:"phones,omitempty"`
	Title       *string           `json:"title,omitempty"`
	Company     *string           `json:"company,omitempty"`
	CompanyID   *string           `json:"company_id,omitempty"`
	Team        *string           `json:"team,omitempty"`
	Address     *string           `json:"address,omitempty"`
	City        *string           `json:"city,omitempty"`
	State       *string           `json:"state,omitempty"`
	PostalCode  *string           `json:"postal_code,omitempty"`
	Country     *string           `json:"country,omitempty"`
	Timezone    *string           `json:"timezone,omitempty"`
	LinkedIn    *string           `json:"linkedin,omitempty"`
	Source      *string           `json:"source,omitempty"`
	ExternalIDs map[string]string `json:"external_ids,omitempty"`
	Custom      map[string]string `json:"custom,omitempty"`
}

func (b leadPatch) patch() lead.Patch {
	p := lead.Patch{
		Name: b.Name, FirstName: b.FirstName, LastName: b.LastName, Email: b.Email, Phone: b.Phone, Title: b.Title, Company: b.Company, CompanyID: b.CompanyID,
		Team: b.Team, Address: b.Address, City: b.City, State: b.State, PostalCode: b.PostalCode, Country: b.Country, Timezone: b.Timezone, LinkedIn: b.LinkedIn,
		Source: b.Source, ExternalIDs: b.ExternalIDs, Custom: b.Custom,
	}
	if b.Emails != nil {
		list := emails(*b.Emails)
		p.Emails = &list
	}
	if b.Phones != nil {
		list := phones(*b.Phones)
		p.Phones = &list
	}
	return p
}
