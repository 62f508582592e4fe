package http_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/access"
)

// The roles matrix: what each operation answers to each role on a lead that is
// nobody's. Every documented operation has its line (TestMatrixIsComplete).
var matrix = []struct {
	operation, method, path, body string
	admin, manager, user, api     int
}{
	{"captureLead", "POST", "/v1/leads", `{"name":"Persona"}`, 201, 201, 201, 201},
	{"listLeads", "GET", "/v1/leads", "", 200, 200, 200, 200},
	{"getLead", "GET", "/v1/leads/$lead", "", 200, 200, 200, 200},
	{"listLeadTimeline", "GET", "/v1/leads/$lead/timeline", "", 200, 200, 200, 200},
	{"editLead", "PATCH", "/v1/leads/$lead", `{"title":"CEO"}`, 200, 200, 200, 200},
	{"assignLead", "POST", "/v1/leads/$lead/assign", `{"owner":""}`, 200, 200, 403, 200},
	{"changeLeadStatus", "POST", "/v1/leads/$lead/status", `{"status":"working"}`, 200, 200, 200, 200},
	{"tagLead", "POST", "/v1/leads/$lead/tags", `{"add":["vip"]}`, 200, 200, 200, 200},
	{"deleteLead", "DELETE", "/v1/leads/$lead", "", 200, 200, 403, 200},
	{"archiveLead", "POST", "/v1/leads/$lead/archive", "", 200, 200, 200, 200},
	{"restoreLead", "POST", "/v1/leads/$lead/restore", "", 200, 200, 200, 200},
	{"eraseLead", "POST", "/v1/leads/$lead/erase", "", 200, 403, 403, 403},
	{"registerCompany", "POST", "/v1/companies", `{"name":"Engines"}`, 201, 201, 201, 201},
	{"listCompanies", "GET", "/v1/companies", "", 200, 200, 200, 200},
	{"getCompany", "GET", "/v1/companies/$company", "", 200, 200, 200, 200},
	{"editCompany", "PATCH", "/v1/companies/$company", `{"size":"9"}`, 200, 200, 200, 200},
	{"deleteCompany", "DELETE", "/v1/companies/$company", "", 200, 200, 403, 200},
	{"restoreCompany", "POST", "/v1/companies/$company/restore", "", 200, 200, 403, 200},
	{"defineField", "POST", "/v1/fields", `{"key":"size","kind":"number"}`, 201, 201, 403, 201},
	{"listFields", "GET", "/v1/fields", "", 200, 200, 200, 200},
	{"getField", "GET", "/v1/fields/$field", "", 200, 200, 200, 200},
	{"changeField", "PATCH", "/v1/fields/$field", `{"label":"Level"}`, 200, 200, 403, 200},
	{"retireField", "DELETE", "/v1/fields/$field", "", 200, 200, 403, 200},
	{"uploadImport", "POST", "/v1/imports", "name\nPersona\n", 202, 202, 403, 202},
	{"listImports", "GET", "/v1/imports", "", 200, 200, 403, 200},
	{"getImport", "GET", "/v1/imports/$import", "", 200, 200, 403, 200},
	{"listImportRows", "GET", "/v1/imports/$import/rows", "", 200, 200, 403, 200},
	{"downloadImportErrors", "GET", "/v1/imports/$import/errors.csv", "", 200, 200, 403, 200},
	{"streamImport", "GET", "/v1/imports/$import/stream?from=0", "", 422, 422, 403, 422},
	{"planImport", "POST", "/v1/imports/$import/plan", "", 202, 202, 403, 202},
	{"commitImport", "POST", "/v1/imports/$import/commit", "", 409, 409, 403, 409}, // 409: let in, and it is not planned
	{"undoImport", "POST", "/v1/imports/$import/undo", "", 409, 409, 403, 409},
	{"createSegment", "POST", "/v1/segments", `{"name":"New ones","filter":"status eq new"}`, 201, 201, 201, 201},
	{"listSegments", "GET", "/v1/segments", "", 200, 200, 200, 200},
	{"getSegment", "GET", "/v1/segments/$segment", "", 200, 200, 200, 200},
	{"changeSegment", "PATCH", "/v1/segments/$segment", `{"name":"Others"}`, 200, 200, 200, 200},
	{"changeMembers", "POST", "/v1/segments/$segment/members", `{"add":["$lead"]}`, 200, 200, 200, 200},
	{"deleteSegment", "DELETE", "/v1/segments/$segment", "", 200, 200, 200, 200},
	{"restoreSegment", "POST", "/v1/segments/$segment/restore", "", 200, 200, 200, 200},
	{"startBulkAction", "POST", "/v1/bulk-actions", `{"action":{"kind":"tag","add":["vip"]},"selection":{"all":true}}`, 202, 202, 202, 202},
	{"countBulkAction", "POST", "/v1/bulk-actions/count", `{"action":{"kind":"assign"},"selection":{"all":true}}`, 200, 200, 403, 200},
	{"listBulkActions", "GET", "/v1/bulk-actions", "", 200, 200, 200, 200},
	{"getBulkAction", "GET", "/v1/bulk-actions/$bulk", "", 200, 200, 404, 200}, // 404: let in, and it is another's
	{"listBulkRefusals", "GET", "/v1/bulk-actions/$bulk/refusals", "", 200, 200, 404, 200},
	{"undoBulkAction", "POST", "/v1/bulk-actions/$bulk/undo", "", 409, 409, 404, 409}, // 409: it is not finished
	{"noteLead", "POST", "/v1/leads/$lead/notes", `{"text":"Called."}`, 201, 201, 201, 201},
	{"listNotes", "GET", "/v1/leads/$lead/notes", "", 200, 200, 200, 200},
	{"removeNote", "DELETE", "/v1/leads/$lead/notes/" + someone, "", 404, 404, 404, 404}, // 404: let in, and there is no such note
	{"createTask", "POST", "/v1/tasks", `{"title":"Call"}`, 201, 201, 201, 201},
	{"createTask", "POST", "/v1/tasks", `{"title":"Call","assignee":"` + someone + `"}`, 201, 201, 403, 201},
	{"listTasks", "GET", "/v1/tasks", "", 200, 200, 200, 200},
	{"getTask", "GET", "/v1/tasks/$task", "", 200, 200, 200, 200},
	{"editTask", "PATCH", "/v1/tasks/$task", `{"title":"Write"}`, 200, 200, 200, 200},
	{"editTask", "PATCH", "/v1/tasks/$task", `{"assignee":"` + someone + `"}`, 200, 200, 403, 200},
	{"deleteTask", "DELETE", "/v1/tasks/$task", "", 200, 200, 200, 200},
	{"completeTask", "POST", "/v1/tasks/$task/complete", "", 200, 200, 200, 200},
	{"reopenTask", "POST", "/v1/tasks/$task/reopen", "", 200, 200, 200, 200},
	{"exportLeads", "GET", "/v1/leads/export", "", 200, 200, 403, 200},
	{"listExports", "GET", "/v1/exports", "", 200, 200, 403, 200},
	{"saveMapping", "POST", "/v1/mappings", `{"name":"Fairs","columns":[{"header":"Mail","field":"email"}]}`, 201, 201, 403, 201},
	{"listMappings", "GET", "/v1/mappings", "", 200, 200, 403, 200},
	{"getMapping", "GET", "/v1/mappings/$mapping", "", 200, 200, 403, 200},
	{"deleteMapping", "DELETE", "/v1/mappings/$mapping", "", 200, 200, 403, 200},
	{"listEvents", "GET", "/v1/events", "", 200, 200, 403, 200},
	{"streamEvents", "GET", "/v1/events/stream?from=0", "", 422, 422, 403, 422}, // 422: let in, and then refused for its value
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for _, c := range matrix {
		for role, want := range map[access.Role]int{access.Admin: c.admin, access.Manager: c.manager, access.User: c.user, access.API: c.api} {
			t.Run(c.operation+" "+string(role), func(t *testing.T) {
				t.Parallel()
				boss := shared(t).member(t, access.Admin)
				id := boss.capture(t, `{"name":"Persona"}`).ID
				m := boss.colleague(t, boss.Org, role)
				firm := boss.ask(t, "POST", "/v1/companies", `{"name":"Acme"}`).wants(t, 201).receipt(t).ID
				file := boss.ask(t, "POST", "/v1/imports", "name\nPersona\n").wants(t, 202).receipt(t).ID
				list := boss.ask(t, "POST", "/v1/segments", `{"name":"Friends","kind":"list"}`).wants(t, 201).receipt(t).ID
				action := boss.ask(t, "POST", "/v1/bulk-actions", `{"action":{"kind":"tag","add":["x"]},"selection":{"all":true}}`).wants(t, 202).receipt(t).ID
				todo := boss.ask(t, "POST", "/v1/tasks", `{"title":"Call","lead":"`+id+`"}`).wants(t, 201).receipt(t).ID
				own := boss.ask(t, "POST", "/v1/fields", `{"key":"tier","kind":"text"}`).wants(t, 201).receipt(t).ID
				boss.fresh(t, "/v1/fields")
				boss.fresh(t, "/v1/imports")
				boss.fresh(t, "/v1/tasks")
				kept := boss.ask(t, "POST", "/v1/mappings", `{"name":"Lists","columns":[{"header":"Name","field":"name"}]}`).wants(t, 201).receipt(t).ID
				boss.fresh(t, "/v1/mappings")
				boss.fresh(t, "/v1/leads")
				boss.fresh(t, "/v1/segments")
				boss.fresh(t, "/v1/bulk-actions")
				boss.fresh(t, "/v1/companies")
				before := m.head(t)
				names := strings.NewReplacer("$lead", id, "$company", firm, "$import", file, "$segment", list, "$bulk", action, "$task", todo, "$mapping", kept, "$field", own)
				got := m.ask(t, c.method, names.Replace(c.path), names.Replace(c.body))
				if got.status != want {
					t.Fatalf("status %d, want %d: %s", got.status, want, got.body)
				}
				if want == http.StatusForbidden {
					got.refuses(t, want, "access.denied")
					if news := m.facts(t, before); news != "" {
						t.Errorf("a refused request added facts:\n%s", news)
					}
				}
			})
		}
	}
}

func TestMatrixIsComplete(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, c := range matrix {
		have[c.operation] = true
	}
	d, _, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	for path, operations := range d.Paths {
		for _, o := range operations {
			if strings.HasPrefix(path, "/v1/") && !have[o.OperationID] {
				t.Errorf("%s has no line in the roles matrix", o.OperationID)
			}
		}
	}
}

// What a user may not see is not there for them, in every operation, and nobody sees
// another organization's.
func TestOutOfScope(t *testing.T) {
	t.Parallel()
	a := shared(t)
	boss := a.member(t, access.Admin)
	user := a.colleague(t, boss.Org, access.User)
	id := boss.capture(t, `{"name":"Persona","email":"scoped@people.example","owner":"`+someone+`"}`).ID
	boss.fresh(t, "/v1/leads")
	before := boss.head(t)
	for _, m := range []*member{user, a.member(t, access.Admin)} {
		for _, c := range matrix {
			if !strings.Contains(c.path, "$lead") || m.Role == access.User && c.user == http.StatusForbidden {
				continue
			}
			for _, header := range [][]string{nil, {"If-Match", `"1"`}, {"If-Match", `"9"`}, {"If-Match", "*"}, {"Idempotency-Key", "k " + c.operation}, {"If-None-Match", `"1"`}} {
				m.ask(t, c.method, strings.ReplaceAll(c.path, "$lead", id), c.body, header...).refuses(t, 404, "lead.not_found")
			}
		}
	}
	if news := boss.facts(t, before); news != "" {
		t.Errorf("refused requests added facts:\n%s", news)
	}

	// To bring somebody in for another member is to assign them; for oneself it is not.
	user.ask(t, "POST", "/v1/leads", `{"name":"Persona","owner":"`+someone+`"}`).wants(t, 403)
	user.ask(t, "POST", "/v1/leads", `{"name":"Persona","owner":"`+user.ID+`"}`).wants(t, 201)
	// The rule goes by the newest owner, and holds for the one who made it too.
	boss.ask(t, "POST", "/v1/leads/"+id+"/assign", `{"owner":"`+user.ID+`"}`).wants(t, 200)
	user.fresh(t, "/v1/leads/"+id).wants(t, 200)
	user.ask(t, "PATCH", "/v1/leads/"+id, `{"title":"CEO"}`).wants(t, 200)
	boss.ask(t, "POST", "/v1/leads/"+id+"/assign", `{"owner":"`+boss.ID+`"}`).wants(t, 200)
	user.fresh(t, "/v1/leads/"+id).refuses(t, 404, "lead.not_found")
	user.ask(t, "PATCH", "/v1/leads/"+id, `{"title":"CTO"}`).refuses(t, 404, "lead.not_found")
}
