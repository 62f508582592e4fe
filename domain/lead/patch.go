package lead

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
)

// Patch is an edit: nil leaves a value as it is, "" takes it away. Of the maps only
// the keys that are named change.
type Patch struct {
	Name, FirstName, LastName, Email, Phone, Title, Company, CompanyID *string
	Team                                                               *string
	Address, City, State, PostalCode, Country, Timezone, LinkedIn      *string
	Source                                                             *string
	Emails                                                             *[]Email
	Phones                                                             *[]Phone
	ExternalIDs, Custom                                                map[string]string

	Own field.Set // the organization's own fields, into whose kinds Custom is brought
}

// named pairs each single value of a patch with its place.
func (p Patch) named(d *Details) []struct {
	from *string
	to   *string
} {
	return []struct {
		from *string
		to   *string
	}{
		{p.Name, &d.Name},
		{p.FirstName, &d.FirstName},
		{p.LastName, &d.LastName},
		{p.Email, &d.Email},
		{p.Phone, &d.Phone},
		{p.Title, &d.Title},
		{p.Company, &d.Company},
		{p.CompanyID, &d.CompanyID},
		{p.Team, &d.Team},
		{p.Address, &d.Address},
		{p.City, &d.City},
		{p.State, &d.State},
		{p.PostalCode, &d.PostalCode},
		{p.Country, &d.Country},
		{p.Timezone, &d.Timezone},
		{p.LinkedIn, &d.LinkedIn},
		{p.Source, &d.Source},
	}
}

// on lays the patch over what is known. Only the values that the patch names are
// normalised again, so that history never changes under an edit of something else;
// a phone is read again when it is given, with the country of after the edit.
func (p Patch) on(d Details) (Details, []domain.Field) {
	in := p.asked()
	if p.Country == nil {
		in.Country = d.Country
	}
	clean, faults := in.normalised(p.Own)
	if p.Name == nil && (p.FirstName != nil || p.LastName != nil) {
		clean.Name = fullName(given(p.FirstName, d.FirstName), given(p.LastName, d.LastName))
	}
	places, values := p.named(&d), p.named(&clean)
	for i := range places {
		if places[i].from != nil {
			*places[i].to = *values[i].to
		}
	}
	if p.Country != nil {
		d.CountryGiven = clean.CountryGiven
	}
	if p.Phone != nil {
		d.PhoneStatus = clean.PhoneStatus
	}
	if p.Name == nil && clean.Name != "" {
		d.Name = clean.Name
	}
	if p.Emails != nil {
		d.Emails = clean.Emails
	}
	if p.Phones != nil {
		d.Phones = clean.Phones
	}
	for k := range p.ExternalIDs {
		d.ExternalIDs = with(d.ExternalIDs, k, clean.ExternalIDs[k])
	}
	for k := range p.Custom {
		d.Custom = with(d.Custom, k, clean.Custom[k])
	}
	d.promote()
	return d, append(faults, d.tooMany()...)
}

// asked is the patch as details of its own.
func (p Patch) asked() Details {
	in := Details{ExternalIDs: p.ExternalIDs, Custom: p.Custom}
	for _, v := range p.named(&in) {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	if p.Emails != nil {
		in.Emails = *p.Emails
	}
	if p.Phones != nil {
		in.Phones = *p.Phones
	}
	return in
}

func given(patch *string, before string) string {
	if patch != nil {
		return *patch
	}
	return before
}

// promote sees to it that the first address and phone stand in their places, and that
// no address stands twice.
func (d *Details) promote() {
	if d.Email == "" && len(d.Emails) > 0 {
		d.Email, d.Emails = d.Emails[0].Address, d.Emails[1:]
	}
	if d.Phone == "" && len(d.Phones) > 0 {
		d.Phone, d.PhoneStatus, d.Phones = d.Phones[0].Number, d.Phones[0].Status, d.Phones[1:]
	}
	var emails []Email
	for _, e := range d.Emails {
		if e.Address != d.Email && !slices.ContainsFunc(emails, func(o Email) bool { return o.Address == e.Address }) {
			emails = append(emails, e)
		}
	}
	var phones []Phone
	for _, n := range d.Phones {
		if n.Number != d.Phone && !slices.ContainsFunc(phones, func(o Phone) bool { return o.Number == n.Number }) {
			phones = append(phones, n)
		}
	}
	d.Emails, d.Phones = emails, phones
}
