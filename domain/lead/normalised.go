package lead

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/nyaruka/phonenumbers"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/values"
)

// The longest values, in characters. An address is limited by RFC 5321, 4.5.3.1.
const (
	MaxText   = 200
	MaxEmail  = 254
	MaxPhone  = 64
	MaxSource = 100
	MaxCustom = 2000
	MaxKey    = 40
)

// How many there may be of what is several.
const (
	MaxListed = 20
	MaxTags   = 50
	MaxValues = 100
)

// normalised brings every value into its one form and names those that cannot be. own
// are the fields that the organization has defined.
func (d Details) normalised(own field.Set) (Details, []domain.Field) {
	var out Details
	var faults []domain.Field
	take := func(v string, f []domain.Field) string {
		faults = append(faults, f...)
		return v
	}
	for _, t := range singles {
		switch t.name {
		case "email", "source", "country", "country_given", "phone", "phone_status", "timezone", "linkedin", "company_id", "team":
		default:
			*t.of(&out) = take(values.Line(t.name, *t.of(&d), MaxText))
		}
	}
	if out.Name == "" {
		out.Name = fullName(out.FirstName, out.LastName)
	}
	out.Email = take(address(d.Email))
	out.Source = take(source(d.Source))
	out.Country, out.CountryGiven = values.Country(take(values.Line("country", d.Country, MaxText)))
	out.Phone, out.PhoneStatus = phone(take(values.Line("phone", d.Phone, MaxPhone)), out.Country)
	out.Timezone = take(timezone(d.Timezone))
	out.LinkedIn = take(values.WebAddress("linkedin", d.LinkedIn))
	if out.CompanyID = d.CompanyID; d.CompanyID != "" && !values.IsUUID(d.CompanyID) {
		faults = append(faults, values.Fault("company_id", "is not the id (a UUID) of a company")...)
	}
	if out.Team = d.Team; d.Team != "" && !values.IsUUID(d.Team) {
		faults = append(faults, values.Fault("team", "is not the id (a UUID) of a team")...)
	}
	for i, e := range d.Emails {
		at := fmt.Sprintf("emails[%d]", i)
		e.Address = take(addressIn(at, e.Address))
		e.Kind = take(kind(at, e.Kind, "work", "personal", "other"))
		out.Emails = appendUnless(out.Emails, e, e.Address == "")
	}
	for i, n := range d.Phones {
		at := fmt.Sprintf("phones[%d]", i)
		n.Number, n.Status = phone(take(values.Line(at, n.Number, MaxPhone)), out.Country)
		n.Kind = take(kind(at, n.Kind, "work", "mobile", "home", "fax", "other"))
		out.Phones = appendUnless(out.Phones, n, n.Number == "")
	}
	tags, wrong := Tags(d.Tags)
	out.Tags, faults = tags, append(faults, wrong...)
	out.ExternalIDs, wrong = valuesOf("external_ids", d.ExternalIDs, MaxText)
	faults = append(faults, wrong...)
	out.Custom, wrong = valuesOf("custom", d.Custom, MaxCustom)
	faults = append(faults, wrong...)
	out.Custom, wrong = own.Values(out.Custom)
	faults = append(faults, wrong...)
	return out, faults
}

func appendUnless[T any](list []T, v T, nothing bool) []T {
	if nothing {
		return list
	}
	return append(list, v)
}

// tooMany names what there is too much of.
func (d Details) tooMany() (faults []domain.Field) {
	for _, c := range []struct {
		field      string
		have, most int
	}{
		{emailsField, len(d.Emails), MaxListed},
		{phonesField, len(d.Phones), MaxListed},
		{"tags", len(d.Tags), MaxTags},
		{"external_ids", len(d.ExternalIDs), MaxListed},
		{"custom", len(d.Custom), MaxValues},
	} {
		if c.have > c.most {
			faults = append(faults, values.Fault(c.field, fmt.Sprintf("holds more than %d", c.most))...)
		}
	}
	return faults
}

func fullName(first, last string) string { return strings.TrimSpace(first + " " + last) }

func kind(field, v string, known ...string) (string, []domain.Field) {
	v = strings.ToLower(strings.TrimSpace(v))
	if v != "" && !slices.Contains(known, v) {
		return "", values.Fault(field, "is of a kind that is none of "+strings.Join(known, ", "))
	}
	return v, nil
}

// timezone is a zone by its IANA name.
func timezone(v string) (string, []domain.Field) {
	v, faults := values.Line("timezone", v, MaxText)
	if v == "" || faults != nil {
		return "", faults
	}
	zone, err := time.LoadLocation(v)
	if err != nil || v == "Local" {
		return "", values.Fault("timezone", "is no zone of the IANA database, such as Europe/Berlin")
	}
	return zone.String(), nil
}

// Tags brings tags into their one form: sorted, each once.
func Tags(given []string) ([]string, []domain.Field) {
	var out []string
	for i, t := range given {
		t, faults := values.Line(fmt.Sprintf("tags[%d]", i), t, MaxSource)
		if faults != nil {
			return nil, faults
		}
		if t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out, nil
}

// valuesOf cleans a map of values by keys; a key is a small slug.
func valuesOf(field string, given map[string]string, limit int) (map[string]string, []domain.Field) {
	var out map[string]string
	var faults []domain.Field
	for _, k := range keys(given, nil) {
		if !isSlug(k) {
			faults = append(faults, values.Fault(field, "has a key that is not of small letters, digits and _")...)
			continue
		}
		v, wrong := values.Line(field+"."+k, given[k], limit)
		faults = append(faults, wrong...)
		if v != "" {
			out = with(out, k, v)
		}
	}
	return out, faults
}

func isSlug(k string) bool {
	for i, r := range k {
		if r != '_' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return k != "" && len(k) <= MaxKey
}

// phone reads a number as somebody in the country would; what is not a valid number
// is kept as it was given, and marked.
func phone(v, region string) (number, status string) {
	if v == "" {
		return "", ""
	}
	n, err := parsePhone(v, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return v, PhoneInvalid
	}
	number = phonenumbers.Format(n, phonenumbers.E164)
	if ext := n.GetExtension(); ext != "" {
		number += ";ext=" + ext // RFC 3966, 5.3
	}
	return number, PhoneValid
}

// parsePhone is the library's Parse, whose search for an extension takes most of its time:
// the usual way to write one is read here, and what stands between the groups of a number is
// left out. All else is left to the library.
func parsePhone(v, region string) (*phonenumbers.PhoneNumber, error) {
	number, ext, _ := strings.Cut(v, "x")
	digits, ok := digits(number)
	if !ok || len(ext) > maxExtension || strings.Trim(ext, "0123456789") != "" {
		return phonenumbers.Parse(v, region)
	}
	n, err := phonenumbers.Parse(digits, region)
	if err == nil && ext != "" {
		n.Extension = &ext
	}
	return n, err
}

// maxExtension is how long an extension is that is read here.
const maxExtension = 5

// digits leaves out what stands between the groups of a number; a text that may hold more
// than one number is none.
func digits(v string) (string, bool) {
	out := make([]byte, 0, len(v))
	for _, c := range []byte(v) {
		switch {
		case c >= '0' && c <= '9', c == '+' && len(out) == 0:
			out = append(out, c)
		case c != ' ' && c != '-' && c != '(' && c != ')' && c != '.':
			return "", false
		}
	}
	return string(out), len(out) >= 7 // some are read differently with and without a space
}
