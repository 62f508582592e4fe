package lead

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
)

// Details is what is known of the person, one value each; "" is unknown.
type Details struct {
	Name         string `json:"name,omitempty"`
	Email        string `json:"email,omitempty"`         // lower case, its domain in ASCII
	Phone        string `json:"phone,omitempty"`         // E.164, ";ext=" and the extension behind it; as given when it is not valid
	PhoneStatus  string `json:"phone_status,omitempty"`  // PhoneValid or PhoneInvalid
	Title        string `json:"title,omitempty"`         // position in the company
	Company      string `json:"company,omitempty"`       // name of the company
	Country      string `json:"country,omitempty"`       // ISO 3166-1 alpha-2
	CountryGiven string `json:"country_given,omitempty"` // as given, when it is no country that we know
	Source       string `json:"source,omitempty"`        // where the lead came from
}

// What PhoneStatus says.
const (
	PhoneValid   = "valid"
	PhoneInvalid = "invalid"
)

// fields is the one list of a lead's editable values: the name of a field in the
// log, and where it lies.
var fields = []struct {
	name string
	of   func(*Details) *string
}{
	{"name", func(d *Details) *string { return &d.Name }},
	{"email", func(d *Details) *string { return &d.Email }},
	{"phone", func(d *Details) *string { return &d.Phone }},
	{"phone_status", func(d *Details) *string { return &d.PhoneStatus }},
	{"title", func(d *Details) *string { return &d.Title }},
	{"company", func(d *Details) *string { return &d.Company }},
	{"country", func(d *Details) *string { return &d.Country }},
	{"country_given", func(d *Details) *string { return &d.CountryGiven }},
	{"source", func(d *Details) *string { return &d.Source }},
}

func (d *Details) set(field, value string) {
	for _, f := range fields {
		if f.name == field {
			*f.of(d) = value
		}
	}
}

// Patch is an edit: nil leaves a value as it is, "" takes it away.
type Patch struct {
	Name, Email, Phone, Title, Company, Country, Source *string
}

// on lays the patch over what is known. Only the values that the patch names are
// normalised again, so that history never changes under an edit of something else;
// a phone is read again when it is given, with the country of after the edit.
func (p Patch) on(d Details) (Details, []domain.Field) {
	var in Details
	for _, v := range []struct {
		from *string
		to   *string
	}{
		{p.Name, &in.Name},
		{p.Email, &in.Email},
		{p.Title, &in.Title},
		{p.Company, &in.Company},
		{p.Country, &in.Country},
		{p.Source, &in.Source},
		{p.Phone, &in.Phone},
	} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	if p.Country == nil {
		in.Country = d.Country
	}
	clean, faults := in.normalised()
	for _, v := range []struct {
		named bool
		set   []string
	}{
		{p.Name != nil, []string{"name"}},
		{p.Email != nil, []string{"email"}},
		{p.Title != nil, []string{"title"}},
		{p.Company != nil, []string{"company"}},
		{p.Country != nil, []string{"country", "country_given"}},
		{p.Source != nil, []string{"source"}},
		{p.Phone != nil, []string{"phone", "phone_status"}},
	} {
		if !v.named {
			continue
		}
		for _, f := range fields {
			if slices.Contains(v.set, f.name) {
				*f.of(&d) = *f.of(&clean)
			}
		}
	}
	return d, faults
}
