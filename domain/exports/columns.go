package exports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
)

// Lead is a lead as it is taken out.
type Lead struct {
	lead.Details
	ID                   string
	Status               lead.Status
	Owner                string
	Archived             bool
	CreatedAt, UpdatedAt time.Time
}

// column is one column of a file: its header, and what stands below it.
type column struct {
	header string
	of     func(*Lead) string
}

// singles are the columns of which a lead has one value. Those of our own records
// (from "id" on) are written only when they are asked for: another organization could
// make nothing of them.
var singles = []column{
	{"name", func(l *Lead) string { return l.Name }},
	{"first_name", func(l *Lead) string { return l.FirstName }},
	{"last_name", func(l *Lead) string { return l.LastName }},
	{"email", func(l *Lead) string { return l.Email }},
	{"phone", func(l *Lead) string { return l.Phone }},
	{"title", func(l *Lead) string { return l.Title }},
	{"company", func(l *Lead) string { return l.Company }},
	{"address", func(l *Lead) string { return l.Address }},
	{"city", func(l *Lead) string { return l.City }},
	{"state", func(l *Lead) string { return l.State }},
	{"postal_code", func(l *Lead) string { return l.PostalCode }},
	{"country", func(l *Lead) string { return l.Country + l.CountryGiven }}, // only one of them is known
	{"timezone", func(l *Lead) string { return l.Timezone }},
	{"linkedin", func(l *Lead) string { return l.LinkedIn }},
	{"source", func(l *Lead) string { return l.Source }},
	{"owner", func(l *Lead) string { return l.Owner }},
	{"status", func(l *Lead) string { return string(l.Status) }},
	{tags, func(l *Lead) string { return values.Joined(l.Tags) }},
	{"id", func(l *Lead) string { return l.ID }},
	{"company_id", func(l *Lead) string { return l.CompanyID }},
	{"phone_status", func(l *Lead) string { return l.PhoneStatus }},
	{"archived", func(l *Lead) string { return strconv.FormatBool(l.Archived) }},
	{"created_at", func(l *Lead) string { return l.CreatedAt.UTC().Format(time.RFC3339) }},
	{"updated_at", func(l *Lead) string { return l.UpdatedAt.UTC().Format(time.RFC3339) }},
}

// The names of what is several, which becomes as many columns as the leads need.
const (
	tags        = "tags"
	emails      = "emails" // behind the first one
	phones      = "phones" // behind the first one
	externalIDs = "external_ids"
	custom      = "custom"
)

// DefaultColumns are those that our import reads without a question.
func DefaultColumns() []string {
	var out []string
	for _, c := range singles {
		switch c.header {
		case "id":
			return append(out, externalIDs, custom)
		case "email":
			out = append(out, c.header, emails)
		case "phone":
			out = append(out, c.header, phones)
		default:
			out = append(out, c.header)
		}
	}
	return out
}

// MaxColumns is the most columns that may be asked for by name, and the most that what
// is several may become: as many as an import takes.
const MaxColumns = 500

// ParseColumns reads the names of columns, with commas between them; "" is those of
// DefaultColumns.
func ParseColumns(text string) ([]string, error) {
	if text == "" {
		return DefaultColumns(), nil
	}
	names := strings.Split(text, ",")
	seen := map[string]bool{}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		fault := ""
		switch name = names[i]; {
		case seen[name]:
			fault = fmt.Sprintf("names %q twice", shortened(name))
		case !known(name):
			fault = fmt.Sprintf("names %q, which is no column: there are %s, and custom.KEY, external_ids.SYSTEM", shortened(name), strings.Join(all(), ", "))
		case i == MaxColumns:
			fault = fmt.Sprintf("names more than %d", MaxColumns)
		}
		if fault != "" {
			return nil, domain.Refuse(values.Fault("columns", fault))
		}
		seen[name] = true
	}
	return names, nil
}

func all() []string {
	out := make([]string, 0, len(singles)+4)
	for _, c := range singles {
		out = append(out, c.header)
	}
	return append(out, emails, phones, externalIDs, custom)
}

func known(name string) bool {
	if slices.Contains(all(), name) {
		return true
	}
	within, key, ok := strings.Cut(name, ".")
	return ok && (within == custom || within == externalIDs) && key != "" && len(key) <= lead.MaxKey && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// shortened keeps a message readable whatever was asked for.
func shortened(v string) string {
	const most = 60
	if runes := []rune(v); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return v
}
