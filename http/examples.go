package http

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// The examples of the description are made of the schemas: a value's own example, its
// first choice, or what stands here for values of its name.

const (
	exampleID   = "01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c"
	exampleTime = "2031-01-31T09:00:00Z"
	exampleDeep = 8 // levels of an example
)

// exampleValues are examples of values by their names.
func exampleValues() map[string]any {
	return map[string]any{
		"actor": "user:" + exampleID, "author": "user:" + exampleID, "address": "12 Example Street", "emails.address": "ada@home.example", "emails.kind": "personal", "phones.kind": "mobile", "phones.number": "+44 7911 123456", "phones.status": "valid", "status": "new", "city": "London", "company": "Analytical Engines", "country": "GB", "country_given": "United Kingdom",
		"detail": "14 ms", "domain": "engines.example", "due": exampleTime, "email": "ada@example.com", "encoding": "utf-8", "field": "email", "file_destroyed": "age", "first_name": "Ada", "last_name": "Lovelace",
		"from": "new", "to": "working", "header": "Mail", "import": "", "industry": "Software", "key": "deal_size", "label": "Deal size", "linkedin": "https://www.linkedin.com/in/ada", "message": "is not an address",
		"name": "Ada Lovelace", "next_cursor": "AQAAAAAAAAAqAAAAAAAAEmc", "number": "+44 20 7946 0958", "phase": "finished", "phone": "+44 20 7946 0958", "phone_status": "valid", "position": 4711,
		"postal_code": "W1A 1AA", "q": "ada", "reason": "has left the company", "role": "manager", "size": "51-200", "source": "website", "state": "England", "system": "crm",
		"timezone": "Europe/London", "title": "Head of Engineering", "type": "lead.captured", "version": 3, "website": "https://engines.example", "words": "ada", "text": "Called; she asks for a quote by Friday.",
		"filter": "status eq new", "sort": "-created_at", "stage": "planning", "outcome": "create", "code": "claim.taken", "why": "claim.taken", "value": "London", "line": 2, "date_format": "02-01-2006",
	}
}

// exampleBodies are examples where not every value that may stand in a body may stand
// beside every other.
func exampleBodies() map[string]any {
	tag := map[string]any{
		"action":    map[string]any{"kind": "tag", "add": []any{"vip"}},
		"selection": map[string]any{"filter": "country eq GB", "at_most": 500},
	}
	columns := []any{map[string]any{"header": "Mail", "field": "email"}, map[string]any{"header": "Tier", "field": "custom:tier", "kind": "text"}}
	options := map[string]any{"key": "email", "on_duplicate": "fill", "tags": []any{"fair"}}
	from := map[string]any{
		"name": "Ada of Canvass", "email": "ada@mail.canvass.example", "reply_to": "ada@canvass.example", "zone": "Europe/Berlin",
		"limits": map[string]any{"per_day": 2000, "gap_seconds": 2, "ramp": map[string]any{"start": 50, "from": "2026-12-01"}},
	}
	campaign := map[string]any{
		"name": "Spring greeting", "sender": exampleID, "template": exampleID,
		"audience": map[string]any{"filter": "country eq GB", "at_most": 5000},
		"schedule": map[string]any{"at": "2031-03-20T09:00", "zone": "Europe/Berlin"},
		"tracking": map[string]any{"clicks": true, "identity": "pseudonymous"},
	}
	return map[string]any{
		"startBulkAction": tag, "countBulkAction": tag,
		"defineField":   map[string]any{"key": "deal_size", "label": "Deal size", "kind": "number", "filterable": true},
		"changeField":   map[string]any{"label": "Deal size", "filterable": true},
		"changeSegment": map[string]any{"name": "Heads of engineering in Berlin"},
		"changeMembers": map[string]any{"remove": []any{exampleID}},
		"inviteMember":  map[string]any{"email": "grace@example.com", "role": "user"},
		"changeMember":  map[string]any{"role": "manager", "withheld": []any{"pii:read"}},
		"createSender":  from, "changeSender": from, "createCampaign": campaign, "changeCampaign": campaign,
		"createTemplate": map[string]any{"name": "Spring greeting", "subject": "Hello {{ first_name | default: \"there\" }}", "html": "<p>Spring is here. <a href=\"{{ unsubscribe_url }}\">No more</a></p>"},
		"changeTemplate": map[string]any{"subject": "Hello {{ first_name }}"},
		"planImport":     map[string]any{"options": options},
		"saveMapping":    map[string]any{"name": "Fairs", "columns": columns, "options": options},
	}
}

// exampler makes examples. A value is known by its name, and before that by that of the
// list that it is in.
type exampler struct {
	s     *Server
	named map[string]any
}

// exemplify gives an operation an example of each parameter of its path, of its body and
// of each of its answers.
func (s *Server) exemplify(o *huma.Operation) {
	e := exampler{s, exampleValues()}
	for _, p := range o.Parameters {
		if p.In == "path" {
			p.Example = e.of(p.Schema, p.Name, 0)
		}
	}
	bodies := []map[string]*huma.MediaType{}
	if o.RequestBody != nil {
		if own := exampleBodies()[o.OperationID]; own != nil {
			o.RequestBody.Content["application/json"].Example = own
		}
		bodies = append(bodies, o.RequestBody.Content)
	}
	for _, r := range o.Responses {
		bodies = append(bodies, r.Content)
	}
	for _, content := range bodies {
		for _, m := range content {
			if m.Example == nil && m.Examples == nil && m.Schema != nil {
				m.Example = e.of(m.Schema, "", 0)
			}
		}
	}
}

// of is an example of a value.
func (e exampler) of(schema *huma.Schema, name string, depth int) any {
	schema = e.s.deref(schema)
	switch {
	case len(schema.Examples) > 0:
		return schema.Examples[0]
	case schema.Default != nil:
		return schema.Default
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	}
	switch schema.Type {
	case huma.TypeObject:
		return e.object(schema, name, depth)
	case huma.TypeArray:
		if depth >= exampleDeep {
			return []any{}
		}
		return []any{e.of(schema.Items, name+".", depth+1)}
	case huma.TypeInteger, huma.TypeNumber:
		return e.number(schema, name)
	case huma.TypeBoolean:
		return false
	case huma.TypeString:
		return e.text(schema, name)
	}
	return map[string]any{"status": "new"} // of any kind, such as the data of a fact
}

func (e exampler) object(schema *huma.Schema, of string, depth int) any {
	out := map[string]any{}
	if depth >= exampleDeep {
		return out
	}
	for name, p := range schema.Properties {
		known := name
		if _, ok := e.named[of+name]; ok {
			known = of + name
		}
		out[name] = e.of(p, known, depth+1)
	}
	if each, ok := schema.AdditionalProperties.(*huma.Schema); ok {
		out["tier"] = e.of(each, "tier", depth+1)
	}
	return out
}

func (e exampler) number(schema *huma.Schema, name string) any {
	if n, ok := e.named[name].(int); ok {
		return n
	}
	if schema.Minimum != nil && *schema.Minimum > 1 {
		return *schema.Minimum
	}
	return 1
}

func (e exampler) text(schema *huma.Schema, name string) any {
	switch {
	case schema.Format == "date-time":
		return exampleTime
	case schema.Format == "uuid", strings.HasPrefix(schema.Pattern, "^[0-9a-f]{8}("), strings.Contains(schema.Description, "Id of"):
		return exampleID
	}
	if text, ok := e.named[name].(string); ok {
		return text
	}
	if strings.HasSuffix(name, "_at") || name == "at" {
		return exampleTime
	}
	switch name {
	case "id", "lead", "owner", "assignee", "team", "company_id", "segment", "mapping", "correlation", "causation", "command", "stream", "request_id", "leads.", "kept_leads.", "streams.":
		return exampleID
	}
	return "vip"
}
