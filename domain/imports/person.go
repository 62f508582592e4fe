package imports

import (
	"slices"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
)

// Normalised brings options into the form in which they are kept, and names what does
// not fit.
func (o Options) Normalised() (Options, []domain.Field) {
	var faults []domain.Field
	if o.Key == "" {
		o.Key = ByEmail
	}
	if o.OnDuplicate == "" {
		o.OnDuplicate = Skip
	}
	if o.System == "" {
		o.System = "import"
	}
	if !slices.Contains([]string{ByEmail, ByExternalID, ByPhone, ByCompanyName}, o.Key) {
		faults = append(faults, values.Fault("key", "is none of email, external_id, phone, company_name")...)
	}
	if !slices.Contains([]string{Skip, Fill, Overwrite, Another}, o.OnDuplicate) {
		faults = append(faults, values.Fault("on_duplicate", "is none of skip, fill, overwrite, create")...)
	}
	if !isKey(o.System) {
		faults = append(faults, values.Fault("system", "is a name of small letters, digits and _")...)
	}
	clean, wrong := lead.Details{Source: o.Source, Tags: o.Tags}.Normalised()
	o.Source, o.Tags, faults = clean.Source, clean.Tags, append(faults, wrong...)
	if o.Owner != "" && !values.IsUUID(o.Owner) {
		faults = append(faults, values.Fault("owner", "is not the id (a UUID) of a member")...)
	}
	return o, faults
}

// Person is what a row says: a lead, and the company that it works for.
type Person struct {
	lead.Details
	Company company.Details // nothing when the row names none
	Owner   string
	Status  lead.Status
	Note    string // what the row says in prose; several columns of it as paragraphs
}

// Reason is why a row becomes what it becomes; it holds no value of the row.
type Reason struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	Lead    string `json:"lead,omitempty"` // the lead in the way
}

// Read makes a person of a row, in the one form in which leads are kept, and names the
// values that cannot be taken.
func Read(columns []Column, o Options, row []string) (Person, []Reason) {
	var p Person
	var reasons []Reason
	for i, c := range columns {
		if v := values.Undefused(strings.TrimSpace(row[i])); v != "" && c.Field != "" {
			if r := p.take(c, o, v); r != nil {
				reasons = append(reasons, *r)
			}
		}
	}
	if p.Source == "" {
		p.Source = o.Source
	}
	if p.Owner == "" {
		p.Owner = o.Owner
	}
	p.Tags = append(p.Tags, o.Tags...)
	firm := p.Company
	firm.Country = ""
	clean, faults := p.Normalised()
	p.Details = clean
	firm, wrong := firm.Normalised()
	p.Company, faults = firm, append(faults, wrong...)
	if clean.Name == "" && clean.Email == "" && len(faults) == 0 {
		faults = append(faults, values.Fault("email", "a lead needs a name or an email")...)
	}
	if p.Owner != "" && !values.IsUUID(p.Owner) {
		faults = append(faults, values.Fault("owner", "is not the id (a UUID) of a member")...)
	}
	if p.Note, wrong = lead.NoteText(p.Note); len(wrong) > 0 {
		faults = append(faults, values.Fault("note", wrong[0].Message)...)
	}
	for _, f := range faults {
		reasons = append(reasons, Reason{Code: "value.invalid", Field: f.Name, Message: f.Message})
	}
	return p, reasons
}

// take puts one value in its place.
func (p *Person) take(c Column, o Options, v string) *Reason {
	d := &p.Details
	switch c.Field {
	case FieldEmail:
		d.Emails = append(d.Emails, lead.Email{Address: v})
	case FieldPhone:
		d.Phones = append(d.Phones, lead.Phone{Number: v})
	case FieldCompany:
		d.Company, p.Company.Name = v, v
	case FieldWebsite:
		p.Company.Website = v
	case FieldIndustry:
		p.Company.Industry = v
	case FieldCompanySize:
		p.Company.Size = v
	case FieldOwner:
		p.Owner = strings.ToLower(v)
	case FieldStatus:
		p.Status = lead.Status(strings.ToLower(v))
		if !slices.Contains(lead.Statuses(), p.Status) {
			return &Reason{Code: "value.invalid", Field: "status", Message: "is none of new, working, qualified, customer, disqualified"}
		}
	case FieldTags:
		d.Tags = append(d.Tags, values.Parted(v)...)
	case FieldExternalID:
		d.ExternalIDs = map[string]string{o.System: v}
	case FieldNote:
		p.Note = strings.TrimPrefix(p.Note+"\n\n"+v, "\n\n")
	default:
		if key, custom := c.Field.Custom(); custom {
			return p.custom(c, key, v)
		}
		d.Set(string(c.Field), v)
	}
	return nil
}

// custom takes a value of one of the organization's own fields, in the text of its kind.
func (p *Person) custom(c Column, key, v string) *Reason {
	if c.Kind == KindDate && c.DateFormat != "" {
		at, err := time.Parse(c.DateFormat, v)
		if err != nil {
			return &Reason{Code: "value.invalid", Field: string(c.Field), Message: "is no date of the form " + c.DateFormat}
		}
		v = at.Format(time.DateOnly)
	}
	v, wrong := c.filled().Canonical(v)
	if wrong != "" {
		return &Reason{Code: "value.invalid", Field: string(c.Field), Message: wrong}
	}
	p.SetCustom(key, v)
	return nil
}

// Key is by what the row's lead is found; nothing when the row does not say. A phone
// that cannot be understood says nothing: "call me" is not somebody's alone.
func (p Person) Key(o Options) (domain.Claim, bool) {
	switch o.Key {
	case ByExternalID:
		id, ok := p.ExternalIDs[o.System]
		return lead.ExternalID(o.System, id), ok
	case ByPhone:
		return domain.Claim{Scope: ByPhone, Value: p.Phone}, p.PhoneStatus == lead.PhoneValid
	case ByCompanyName:
		name, firm := filter.Fold(p.Name), filter.Fold(p.Details.Company)
		return domain.Claim{Scope: ByCompanyName, Value: name + "\n" + firm}, name != "" && firm != "" // neither holds a line end
	}
	return domain.Claim{Scope: lead.EmailClaim, Value: p.Email}, p.Email != ""
}
