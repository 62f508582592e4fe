package lead

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Details is what is known of the person; "" and nothing are unknown. The first
// address and the first phone stand by themselves, what else there is in the lists.
type Details struct {
	Name         string            `json:"name,omitempty"`
	FirstName    string            `json:"first_name,omitempty"`
	LastName     string            `json:"last_name,omitempty"`
	Email        string            `json:"email,omitempty"`         // lower case, its domain in ASCII
	Emails       []Email           `json:"emails,omitempty"`        // further addresses
	Phone        string            `json:"phone,omitempty"`         // E.164, ";ext=" and the extension behind it; as given when it is not valid
	PhoneStatus  string            `json:"phone_status,omitempty"`  // PhoneValid or PhoneInvalid
	Phones       []Phone           `json:"phones,omitempty"`        // further phones
	Title        string            `json:"title,omitempty"`         // position in the company
	Company      string            `json:"company,omitempty"`       // name of the company
	CompanyID    string            `json:"company_id,omitempty"`    // the company's own record
	Team         string            `json:"team,omitempty"`          // the team that works on the lead, by its id
	Address      string            `json:"address,omitempty"`       // street and number
	City         string            `json:"city,omitempty"`          //
	State        string            `json:"state,omitempty"`         // state, province or region
	PostalCode   string            `json:"postal_code,omitempty"`   //
	Country      string            `json:"country,omitempty"`       // ISO 3166-1 alpha-2
	CountryGiven string            `json:"country_given,omitempty"` // as given, when it is no country that we know
	Timezone     string            `json:"timezone,omitempty"`      // IANA name
	LinkedIn     string            `json:"linkedin,omitempty"`      // URL of the profile
	Source       string            `json:"source,omitempty"`        // where the lead came from
	Tags         []string          `json:"tags,omitempty"`          // sorted
	ExternalIDs  map[string]string `json:"external_ids,omitempty"`  // ids in other systems, by the system's name
	Custom       map[string]string `json:"custom,omitempty"`        // values of the organization's own fields, by their keys
}

// Email is a further address of the person.
type Email struct {
	Address string `json:"address"`
	Kind    string `json:"kind,omitempty"` // work, personal, other
}

// Phone is a further phone of the person.
type Phone struct {
	Number string `json:"number"`         // as Details.Phone
	Kind   string `json:"kind,omitempty"` // work, mobile, home, fax, other
	Status string `json:"status,omitempty"`
}

// What PhoneStatus says.
const (
	PhoneValid   = "valid"
	PhoneInvalid = "invalid"
)

// single is a single value of a lead: its name in the log, and where it lies.
type single struct {
	name string
	of   func(*Details) *string
}

// singles is the one list of a lead's single values.
var singles = []single{
	{"name", func(d *Details) *string { return &d.Name }},
	{"first_name", func(d *Details) *string { return &d.FirstName }},
	{"last_name", func(d *Details) *string { return &d.LastName }},
	{"email", func(d *Details) *string { return &d.Email }},
	{"phone", func(d *Details) *string { return &d.Phone }},
	{"phone_status", func(d *Details) *string { return &d.PhoneStatus }},
	{"title", func(d *Details) *string { return &d.Title }},
	{"company", func(d *Details) *string { return &d.Company }},
	{"company_id", func(d *Details) *string { return &d.CompanyID }},
	{"team", func(d *Details) *string { return &d.Team }},
	{"address", func(d *Details) *string { return &d.Address }},
	{"city", func(d *Details) *string { return &d.City }},
	{"state", func(d *Details) *string { return &d.State }},
	{"postal_code", func(d *Details) *string { return &d.PostalCode }},
	{"country", func(d *Details) *string { return &d.Country }},
	{"country_given", func(d *Details) *string { return &d.CountryGiven }},
	{"timezone", func(d *Details) *string { return &d.Timezone }},
	{"linkedin", func(d *Details) *string { return &d.LinkedIn }},
	{"source", func(d *Details) *string { return &d.Source }},
}

// ClearFields are the values that lie in the log in clear; every other one is sealed
// for the person.
func ClearFields() []string { return []string{"company_id", "team", "country", "source"} }

// The names of values that are several: a list stands in a change as JSON, and the
// values of a map each by themselves.
const (
	emailsField    = "emails"
	phonesField    = "phones"
	externalPrefix = "external_ids."
	customPrefix   = "custom."
)

// set puts a value in its place by its name in the log.
func (d *Details) set(field, value string) {
	for _, t := range singles {
		if t.name == field {
			*t.of(d) = value
			return
		}
	}
	switch {
	case field == emailsField:
		d.Emails = listed[Email](value)
	case field == phonesField:
		d.Phones = listed[Phone](value)
	case strings.HasPrefix(field, externalPrefix):
		d.ExternalIDs = with(d.ExternalIDs, strings.TrimPrefix(field, externalPrefix), value)
	case strings.HasPrefix(field, customPrefix):
		d.Custom = with(d.Custom, strings.TrimPrefix(field, customPrefix), value)
	}
}

// changes lists what is different in next, value by value.
func (d Details) changes(next Details) []Change {
	var out []Change
	note := func(field, from, to string) {
		if from != to {
			out = append(out, Change{Field: field, From: from, To: to})
		}
	}
	for _, t := range singles {
		note(t.name, *t.of(&d), *t.of(&next))
	}
	note(emailsField, listing(d.Emails), listing(next.Emails))
	note(phonesField, listing(d.Phones), listing(next.Phones))
	for _, k := range keys(d.ExternalIDs, next.ExternalIDs) {
		note(externalPrefix+k, d.ExternalIDs[k], next.ExternalIDs[k])
	}
	for _, k := range keys(d.Custom, next.Custom) {
		note(customPrefix+k, d.Custom[k], next.Custom[k])
	}
	return out
}

// listed and listing turn a list into the text of a change and back; what cannot be
// read, such as the null of somebody erased, is an empty list.
func listed[T any](text string) []T {
	var out []T
	_ = json.Unmarshal([]byte(text), &out)
	return out
}

func listing[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	text, _ := json.Marshal(list) // strings always encode
	return string(text)
}

func keys(a, b map[string]string) []string {
	all := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, both := a[k]; !both {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}

// with is the map with one value more, or less; the map itself is not changed, for
// other states share it.
func with(m map[string]string, key, value string) map[string]string {
	out := maps.Clone(m)
	if value == "" {
		delete(out, key)
		if len(out) == 0 {
			return nil
		}
		return out
	}
	if out == nil {
		out = map[string]string{}
	}
	out[key] = value
	return out
}

// addresses lists every address of the person, the first one first.
func (d Details) addresses() []string {
	var out []string
	if d.Email != "" {
		out = append(out, d.Email)
	}
	for _, e := range d.Emails {
		out = append(out, e.Address)
	}
	return out
}
