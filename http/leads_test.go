package http_test

import (
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

const (
	someone = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	missing = "/v1/leads/0190a000-0000-7000-8000-000000000000"
)

func captured() lead.Captured {
	return lead.Captured{Status: lead.New, Details: lead.Details{Name: "Persona One", Email: "one@people.example", Country: "GB", Source: "website"}}
}

var (
	archived = lead.Archived{Reason: "left"}
	erased   = lead.Erased{}
)

func receiptOf(version string) string {
	return `{"id":"$lead","version":` + version + `,"position":"$any"}`
}

func TestCapture(t *testing.T) {
	t.Parallel()
	post := func(body string) request { return request{method: "POST", path: "/v1/leads", body: body} }
	run(t, []spec{
		{
			name: "everything", status: 201,
			ask:    post(`{"name":" Persona Two ","email":"Two@People.Example","phone":"020 7946 0958","title":"CTO","company":"Analytical Engines","country":"United Kingdom","source":"fair","owner":"` + someone + `"}`),
			body:   `{"id":"$any","version":1,"position":"$any"}`,
			header: map[string]string{"ETag": `"1"`, "Location": "$any", "Canvass-Position": "$any", "Content-Type": "application/json"},
			facts:  []string{`lead.captured {"name":"Persona Two","email":"two@people.example","phone":"+442079460958","phone_status":"valid","title":"CTO","company":"Analytical Engines","country":"GB","source":"fair","status":"new","owner":"` + someone + `"}`},
		},
		{name: "a name is enough", ask: post(`{"name":"Persona"}`), status: 201, facts: []string{`lead.captured {"name":"Persona","status":"new"}`}},
		{name: "an address is enough", ask: post(`{"email":"x@people.example"}`), status: 201, facts: []string{`lead.captured {"email":"x@people.example","status":"new"}`}},
		{
			name: "what is not understood is kept and marked", ask: post(`{"name":"Persona","phone":"2079460 or so","country":"Atlantis"}`), status: 201,
			facts: []string{`lead.captured {"name":"Persona","phone":"2079460 or so","phone_status":"invalid","country_given":"Atlantis","status":"new"}`},
		},
		{name: "neither name nor address", ask: post(`{"company":"Engines"}`), status: 422, code: "request.invalid", fields: []string{"email"}},
		{name: "no address at all", ask: post(`{"email":"nobody"}`), status: 422, code: "request.invalid", fields: []string{"email"}},
		{name: "every fault is named", ask: post(`{"email":"@","source":"call +44 2079460958","owner":"me"}`), status: 422, code: "request.invalid", fields: []string{"email", "source", "owner"}},
		{
			name: "the address belongs to another lead", given: []lead.Event{captured()}, ask: post(`{"email":"ONE@people.example"}`),
			status: 409, code: "claim.taken", fields: []string{"email"},
		},
		{
			name: "also when that is archived", given: []lead.Event{captured(), archived}, ask: post(`{"email":"one@people.example"}`),
			status: 409, code: "claim.taken", fields: []string{"email"},
		},
		{
			name: "several of everything", status: 201,
			ask:   post(`{"first_name":"Ann","last_name":"Lee","emails":[{"address":"Ann@people.example","kind":"work"},{"address":"lee@people.example","kind":"personal"}],"phones":[{"number":"call","kind":"mobile"}],"city":"Berlin","timezone":"Europe/Berlin","tags":["vip","vip"],"external_ids":{"crm":"7"},"custom":{"tier":"gold"}}`),
			facts: []string{`lead.captured {"name":"Ann Lee","first_name":"Ann","last_name":"Lee","email":"ann@people.example","emails":[{"address":"lee@people.example","kind":"personal"}],"phone":"call","phone_status":"invalid","city":"Berlin","timezone":"Europe/Berlin","tags":["vip"],"external_ids":{"crm":"7"},"custom":{"tier":"gold"},"status":"new"}`},
		},
		{
			name: "a further address belongs to another lead", given: []lead.Event{captured()}, ask: post(`{"name":"B","emails":[{"address":"b@people.example"},{"address":"one@people.example"}]}`),
			status: 409, code: "claim.taken", fields: []string{"email"},
		},
		{
			name: "also an id of another system", given: []lead.Event{lead.Captured{Status: lead.New, Details: lead.Details{Name: "A", ExternalIDs: map[string]string{"crm": "7"}}}},
			ask: post(`{"name":"B","external_ids":{"crm":"7"}}`), status: 409, code: "claim.taken", fields: []string{"external_id"},
		},
		{
			name: "what a deleted lead held is free", given: []lead.Event{captured(), lead.Deleted{}}, ask: post(`{"email":"one@people.example"}`),
			status: 201, facts: []string{`lead.captured {"email":"one@people.example","status":"new"}`},
		},
		{name: "each fault of a list by its place", ask: post(`{"emails":[{"address":"a@people.example"},{"address":"b"}],"timezone":"Berlin","tags":["\u0000"]}`), status: 422, code: "request.invalid", fields: []string{"timezone", "emails[1]", "tags[0]"}},
		{name: "by a user", role: access.User, ask: post(`{"name":"Persona"}`), status: 201, facts: []string{`lead.captured {"name":"Persona","status":"new"}`}},
	})
}

func TestEdit(t *testing.T) {
	t.Parallel()
	patch := func(body string) request { return request{method: "PATCH", path: "/v1/leads/$lead", body: body} }
	run(t, []spec{
		{
			name: "one value", given: []lead.Event{captured()}, ask: patch(`{"title":"CEO"}`), status: 200, body: receiptOf("2"),
			header: map[string]string{"ETag": `"2"`, "Location": ""},
			facts:  []string{`lead.edited {"changes":[{"field":"title","from":"","to":"CEO"}]}`},
		},
		{
			name: "an empty string takes a value away", given: []lead.Event{captured()}, ask: patch(`{"name":"","source":""}`), status: 200,
			facts: []string{`lead.edited {"changes":[{"field":"name","from":"Persona One","to":""},{"field":"source","from":"website","to":""}]}`},
		},
		{
			name: "and so does a null (RFC 7396)", given: []lead.Event{captured()}, ask: patch(`{"name":null,"source":null}`), status: 200,
			facts: []string{`lead.edited {"changes":[{"field":"name","from":"Persona One","to":""},{"field":"source","from":"website","to":""}]}`},
		},
		{name: "what is so already decides nothing", given: []lead.Event{captured()}, ask: patch(`{"name":"Persona One"}`), status: 200, body: receiptOf("1"), header: map[string]string{"ETag": `"1"`}},
		{name: "nothing is named", given: []lead.Event{captured()}, ask: patch(`{}`), status: 200, body: receiptOf("1")},
		{name: "the last of name and address", given: []lead.Event{captured()}, ask: patch(`{"name":"","email":""}`), status: 422, code: "request.invalid", fields: []string{"email"}},
		{name: "an archived lead", given: []lead.Event{captured(), archived}, ask: patch(`{"title":"CEO"}`), status: 409, code: "lead.archived"},
		{name: "an erased lead", given: []lead.Event{captured(), erased}, ask: patch(`{"title":"CEO"}`), status: 404, code: "lead.not_found"},
		{name: "no lead", ask: patch(`{"title":"CEO"}`), status: 404, code: "lead.not_found"},
	})
}

func TestLeadCommands(t *testing.T) {
	t.Parallel()
	post := func(verb, body string) request {
		return request{method: "POST", path: "/v1/leads/$lead/" + verb, body: body}
	}
	run(t, []spec{
		{name: "tags", given: []lead.Event{captured(), lead.Tagged{Added: []string{"cold"}}}, ask: post("tags", `{"add":["vip"],"remove":["cold","x"]}`), status: 200, body: receiptOf("3"), facts: []string{`lead.tagged {"added":["vip"],"removed":["cold"]}`}},
		{name: "tags of a deleted lead", given: []lead.Event{captured(), lead.Deleted{}}, ask: post("tags", `{"add":["vip"]}`), status: 404, code: "lead.not_found"},
		{name: "delete", given: []lead.Event{captured()}, ask: request{method: "DELETE", path: "/v1/leads/$lead?reason=twice"}, status: 200, body: receiptOf("2"), facts: []string{`lead.deleted {"reason":"twice"}`}},
		{name: "delete what is deleted", given: []lead.Event{captured(), lead.Deleted{}}, ask: request{method: "DELETE", path: "/v1/leads/$lead"}, status: 200, body: receiptOf("2")},
		{name: "a deleted lead is not shown", given: []lead.Event{captured(), lead.Deleted{}}, ask: request{method: "GET", path: "/v1/leads/$lead"}, status: 404, code: "lead.not_found"},
		{name: "restore what is deleted", given: []lead.Event{captured(), lead.Deleted{}}, ask: post("restore", ``), status: 200, body: receiptOf("3"), facts: []string{`lead.restored {}`}},
		{name: "assign", given: []lead.Event{captured()}, ask: post("assign", `{"owner":"$me"}`), status: 200, body: receiptOf("2"), facts: []string{`lead.assigned {"from":"","to":"$me"}`}},
		{name: "assign to nobody", given: []lead.Event{captured(), lead.Assigned{To: someone}}, ask: post("assign", `{"owner":""}`), status: 200, facts: []string{`lead.assigned {"from":"` + someone + `","to":""}`}},
		{name: "assign to what is no member", given: []lead.Event{captured()}, ask: post("assign", `{"owner":"bob"}`), status: 422, code: "request.invalid", fields: []string{"owner"}},
		{name: "assign without an owner", given: []lead.Event{captured()}, ask: post("assign", `{}`), status: 422, code: "request.invalid", fields: []string{"owner"}},
		{name: "status", given: []lead.Event{captured()}, ask: post("status", `{"status":"working"}`), status: 200, body: receiptOf("2"), facts: []string{`lead.status_changed {"from":"new","to":"working"}`}},
		{name: "status with a reason", given: []lead.Event{captured()}, ask: post("status", `{"status":"disqualified","reason":"no budget"}`), status: 200, facts: []string{`lead.status_changed {"from":"new","to":"disqualified","reason":"no budget"}`}},
		{name: "disqualified without a reason", given: []lead.Event{captured()}, ask: post("status", `{"status":"disqualified"}`), status: 422, code: "request.invalid", fields: []string{"reason"}},
		{name: "no such arrow", given: []lead.Event{captured()}, ask: post("status", `{"status":"customer"}`), status: 409, code: "lead.status_not_allowed"},
		{name: "no such status", given: []lead.Event{captured()}, ask: post("status", `{"status":"won"}`), status: 422, code: "request.invalid", fields: []string{"status"}},
		{name: "archive", given: []lead.Event{captured()}, ask: post("archive", `{"reason":"left"}`), status: 200, body: receiptOf("2"), facts: []string{`lead.archived {"reason":"left"}`}},
		{name: "archive without a body", given: []lead.Event{captured()}, ask: post("archive", ""), status: 200, facts: []string{`lead.archived {}`}},
		{name: "archive twice", given: []lead.Event{captured(), archived}, ask: post("archive", ""), status: 200, body: receiptOf("2")},
		{name: "archive nothing", ask: post("archive", ""), status: 404, code: "lead.not_found"},
		{name: "restore", given: []lead.Event{captured(), archived}, ask: post("restore", ""), status: 200, body: receiptOf("3"), facts: []string{`lead.restored {}`}},
		{name: "restore what is not archived", given: []lead.Event{captured()}, ask: post("restore", ""), status: 200, body: receiptOf("1")},
		{name: "restore the erased", given: []lead.Event{captured(), erased}, ask: post("restore", ""), status: 404, code: "lead.not_found"},
		{name: "erase", given: []lead.Event{captured()}, ask: post("erase", ""), status: 200, body: receiptOf("2"), facts: []string{`lead.erased {}`}},
		{name: "erase the archived", given: []lead.Event{captured(), archived}, ask: post("erase", ""), status: 200, facts: []string{`lead.erased {}`}},
		{name: "erase twice", given: []lead.Event{captured(), erased}, ask: post("erase", ""), status: 200, body: receiptOf("2")},
		{name: "erase nothing", ask: post("erase", ""), status: 404, code: "lead.not_found"},
	})
}

func TestShowLead(t *testing.T) {
	t.Parallel()
	get := func(headers ...string) request {
		return request{method: "GET", path: "/v1/leads/$lead", headers: headers}
	}
	const shown = `{"id":"$lead","status":"new","source":"website","country":"GB","name":"Persona One","email":"one@people.example","archived":false,"erased":false,"version":1,"position":"$any","created_at":"$any","updated_at":"$any"}`
	run(t, []spec{
		{
			name: "all of it", given: []lead.Event{captured()}, ask: get(), status: 200, body: shown,
			header: map[string]string{"ETag": `"1"`, "Canvass-Position": "$any", "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff", "X-Request-Id": "$any"},
		},
		{
			name: "an erased lead is a shell", given: []lead.Event{captured(), erased}, ask: get(), status: 200,
			body: `{"id":"$lead","status":"new","source":"website","country":"GB","archived":false,"erased":true,"version":2,"position":"$any","created_at":"$any","updated_at":"$any"}`,
		},
		{name: "no lead", ask: get(), status: 404, code: "lead.not_found"},
		{name: "a version that the caller holds", given: []lead.Event{captured()}, ask: get("If-None-Match", `"1"`), status: 304, header: map[string]string{"ETag": `"1"`, "Content-Type": ""}},
		{name: "another version", given: []lead.Event{captured()}, ask: get("If-None-Match", `"2"`), status: 200, body: shown},
	})
}
