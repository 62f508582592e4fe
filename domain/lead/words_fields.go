package lead

import "strings"

const tagsField = "tags"

// labels are what people call the values of a lead.
var labels = map[string]string{
	"status": "Status", "owner": "Owner", tagsField: "Tags",
	"name": "Name", "first_name": "First name", "last_name": "Last name", "email": "E-mail", emailsField: "Further e-mails",
	"phone": "Phone", "phone_status": "Phone status", phonesField: "Further phones", "title": "Title", "company": "Company", "company_id": "Company record",
	"address": "Address", "city": "City", "state": "State", "postal_code": "Postal code", "country": "Country", "country_given": "Country as given",
	"timezone": "Time zone", "linkedin": "LinkedIn", "source": "Source",
}

// labelOf is what people call a value, by its name in the log. A team's own field is
// called by its key, an id elsewhere by its system.
func labelOf(field string) string {
	if label, ok := labels[field]; ok {
		return label
	}
	if system, ok := strings.CutPrefix(field, externalPrefix); ok {
		return "Id in " + system
	}
	return strings.ReplaceAll(strings.TrimPrefix(field, customPrefix), "_", " ")
}

// spokenOf is the value that a person means where the log has two.
func spokenOf(field string) string {
	switch field {
	case "phone_status":
		return "phone"
	case "country_given":
		return "country"
	}
	return field
}

// lowered is a label within a sentence.
func lowered(label string) string {
	if label == labels["linkedin"] || strings.HasPrefix(label, "E-") {
		return label
	}
	return strings.ToLower(label[:1]) + label[1:]
}

// worded is a change with readable values.
func worded(field, from, to string) WordedChange {
	return WordedChange{Field: field, Label: labelOf(field), From: readable(field, from), To: readable(field, to)}
}

// readable is a value as a person writes it: lists, which are JSON in a change, one
// behind the other with their kinds.
func readable(field, v string) string {
	switch field {
	case emailsField:
		return inLine(listed[Email](v), func(e Email) (string, string) { return e.Address, e.Kind })
	case phonesField:
		return inLine(listed[Phone](v), func(n Phone) (string, string) { return spoken(n.Number), n.Kind })
	case "phone":
		return spoken(v)
	}
	return v
}

func inLine[T any](list []T, parts func(T) (value, kind string)) string {
	out := make([]string, len(list))
	for i, item := range list {
		value, kind := parts(item)
		if kind != "" {
			value += " (" + kind + ")"
		}
		out[i] = value
	}
	return strings.Join(out, ", ")
}

func spoken(phone string) string { return strings.Replace(phone, ";ext=", " ext. ", 1) }
