package http_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
)

// operation is one line of the roles matrix.
type operation struct {
	operation, method, path, body string
	admin, manager, user, api     int
}

// The roles matrix: what each operation answers to each role on a lead that is
// nobody's. Every documented operation has its line (TestMatrixIsComplete).
var matrix = []operation{
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
	{"suppressMail", "POST", "/v1/suppressions", `{"email":"never@people.example"}`, 201, 201, 201, 201},
	{"suppressList", "POST", "/v1/suppressions/list", `{"emails":["never@people.example"]}`, 200, 200, 403, 200},
	{"importSuppressions", "POST", "/v1/suppressions/import", "never@people.example\n", 415, 415, 403, 415}, // 415: let in, and it is not called CSV
	{"exportSuppressions", "GET", "/v1/suppressions/export", "", 200, 200, 403, 200},
	{"listSuppressions", "GET", "/v1/suppressions", "", 200, 200, 403, 200},
	{"getSuppression", "GET", "/v1/suppressions/$suppression", "", 200, 200, 403, 200},
	{"liftSuppression", "POST", "/v1/suppressions/$suppression/lift", `{"scope":"all","note":"a mistake"}`, 200, 200, 403, 200},
	{"createSender", "POST", "/v1/senders", `{"name":"Ada","email":"ada@mail.example"}`, 201, 201, 403, 201},
	{"listSenders", "GET", "/v1/senders", "", 200, 200, 200, 200},
	{"getSender", "GET", "/v1/senders/$sender", "", 200, 200, 200, 200},
	{"changeSender", "PUT", "/v1/senders/$sender", `{"name":"Bob","email":"sender@mail.example"}`, 200, 200, 403, 200},
	{"checkSender", "POST", "/v1/senders/$sender/check", "", 200, 200, 403, 200},
	{"trustSender", "POST", "/v1/senders/$sender/trust", `{"note":"our own relay"}`, 200, 403, 403, 403},
	{"deleteSender", "DELETE", "/v1/senders/$sender", "", 200, 200, 403, 200},
	{"restoreSender", "POST", "/v1/senders/$sender/restore", "", 200, 200, 403, 200},
	{"createTemplate", "POST", "/v1/templates", `{"name":"Spring","subject":"Hello","text":"Hello"}`, 201, 201, 201, 201},
	{"listTemplates", "GET", "/v1/templates", "", 200, 200, 200, 200},
	{"getTemplate", "GET", "/v1/templates/$template", "", 200, 200, 200, 200},
	{"changeTemplate", "PATCH", "/v1/templates/$template", `{"subject":"Hi"}`, 200, 200, 200, 200},
	{"previewTemplate", "POST", "/v1/templates/$template/preview", `{"lead":"$lead"}`, 200, 200, 200, 200},
	{"deleteTemplate", "DELETE", "/v1/templates/$template", "", 200, 200, 200, 200},
	{"restoreTemplate", "POST", "/v1/templates/$template/restore", "", 200, 200, 200, 200},
	{"createCampaign", "POST", "/v1/campaigns", `{"name":"Spring","sender":"$sender","template":"$template","audience":{"all":true}}`, 201, 201, 403, 201},
	{"listCampaigns", "GET", "/v1/campaigns", "", 200, 200, 200, 200},
	{"getCampaign", "GET", "/v1/campaigns/$campaign", "", 200, 200, 200, 200},
	{"changeCampaign", "PUT", "/v1/campaigns/$campaign", `{"name":"Summer","sender":"$sender","template":"$template","audience":{"all":true}}`, 200, 200, 403, 200},
	{"dryRunCampaign", "POST", "/v1/campaigns/$campaign/dry-run", "", 200, 200, 403, 200},
	{"launchCampaign", "POST", "/v1/campaigns/$campaign/launch", "", 202, 202, 403, 202},
	{"pauseCampaign", "POST", "/v1/campaigns/$campaign/pause", `{}`, 409, 409, 403, 409}, // 409: let in, and it was not launched
	{"resumeCampaign", "POST", "/v1/campaigns/$campaign/resume", "", 409, 409, 403, 409},
	{"cancelCampaign", "POST", "/v1/campaigns/$campaign/cancel", "", 409, 409, 403, 409},
	{"deleteCampaign", "DELETE", "/v1/campaigns/$campaign", "", 200, 200, 403, 200},
	{"streamCampaign", "GET", "/v1/campaigns/" + someone + "/stream", "", 404, 404, 404, 404}, // 404: let in, and there is no such campaign
	{"listRecipients", "GET", "/v1/campaigns/$campaign/recipients", "", 200, 200, 403, 200},
	{"resendMail", "POST", "/v1/campaigns/$campaign/recipients/" + someone + "/resend", "", 404, 404, 403, 404}, // 404: let in, and there is no such recipient
	{"exportRecipients", "GET", "/v1/campaigns/$campaign/recipients/export", "", 200, 200, 403, 200},
	{"receiveMail", "POST", "/v1/inbound", "Subject: Re: Hello\r\n\r\nNo.", 204, 204, 403, 204},

	{"saveMapping", "POST", "/v1/mappings", `{"name":"Fairs","columns":[{"header":"Mail","field":"email"}]}`, 201, 201, 403, 201},
	{"listMappings", "GET", "/v1/mappings", "", 200, 200, 403, 200},
	{"getMapping", "GET", "/v1/mappings/$mapping", "", 200, 200, 403, 200},
	{"deleteMapping", "DELETE", "/v1/mappings/$mapping", "", 200, 200, 403, 200},
	{"getMe", "GET", "/v1/me", "", 200, 200, 200, 403},
	{"createOrganization", "POST", "/v1/organizations", `{"name":"Ajax"}`, 201, 201, 201, 403},
	{"listOrganizations", "GET", "/v1/organizations", "", 200, 200, 200, 403},
	{"getOrganization", "GET", "/v1/organization", "", 200, 200, 200, 200},
	{"renameOrganization", "PATCH", "/v1/organization", `{"name":"Ajax"}`, 200, 403, 403, 403},
	{"leaveOrganization", "POST", "/v1/organization/leave", "", 404, 404, 404, 403}, // 404: let in, and known by their token only
	{"listMembers", "GET", "/v1/members", "", 200, 200, 200, 200},
	{"getMember", "GET", "/v1/members/$boss", "", 200, 200, 200, 200},
	{"changeMember", "PATCH", "/v1/members/$boss", `{"withheld":["pii:read"]}`, 200, 403, 403, 403},
	{"removeMember", "DELETE", "/v1/members/$boss", "", 409, 403, 403, 403}, // 409: let in, and it is the last admin
	{"listTeams", "GET", "/v1/teams", "", 200, 200, 200, 200},
	{"createTeam", "POST", "/v1/teams", `{"name":"South"}`, 201, 201, 403, 403},
	{"renameTeam", "PATCH", "/v1/teams/$team", `{"name":"South"}`, 200, 200, 403, 403},
	{"removeTeam", "DELETE", "/v1/teams/$team", "", 200, 200, 403, 403},
	{"inviteMember", "POST", "/v1/invitations", `{"email":"eve@people.example"}`, 201, 201, 403, 403},
	{"inviteMember", "POST", "/v1/invitations", `{"email":"eve@people.example","role":"manager"}`, 201, 403, 403, 403},
	{"listInvitations", "GET", "/v1/invitations", "", 200, 200, 403, 403},
	{"revokeInvitation", "DELETE", "/v1/invitations/$invitation", "", 200, 200, 403, 403},
	{"acceptInvitation", "POST", "/v1/invitations/accept", `{"token":"x"}`, 404, 404, 404, 403}, // 404: let in, and it is no token
	{"createKey", "POST", "/v1/api-keys", `{"name":"Sync","scopes":["lead:read"]}`, 201, 403, 403, 403},
	{"listKeys", "GET", "/v1/api-keys", "", 200, 403, 403, 403},
	{"getKey", "GET", "/v1/api-keys/$key", "", 200, 403, 403, 403},
	{"rotateKey", "POST", "/v1/api-keys/$key/rotate", "", 200, 403, 403, 403},
	{"revokeKey", "DELETE", "/v1/api-keys/$key", "", 200, 403, 403, 403},
	{"listEvents", "GET", "/v1/events", "", 200, 200, 403, 200},
	{"openOpsSession", "POST", "/v1/ops/session", "", 404, 403, 403, 403},       // 404: let in, and it is not the operators' organization
	{"streamEvents", "GET", "/v1/events/stream?from=0", "", 422, 422, 403, 422}, // 422: let in, and then refused for its value
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for _, c := range matrix {
		for role, want := range map[access.Role]int{access.Admin: c.admin, access.Manager: c.manager, access.User: c.user, access.API: c.api} {
			t.Run(c.operation+" "+string(role), func(t *testing.T) {
				t.Parallel()
				boss := shared(t).founder(t)
				m := boss.colleague(t, boss.Org, role)
				names := boss.props(t, c.path+c.body)
				before := m.head(t)
				c.weakly(t, m, names)
				c.abroad(t, m, names, want)
				if news := m.facts(t, before); news != "" {
					t.Fatalf("refused requests added facts:\n%s", news)
				}
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

// props makes the records that a line of the matrix names.
func (m *member) props(t *testing.T, line string) *strings.Replacer {
	t.Helper()
	names := []string{"$boss", m.ID}
	if strings.Contains(line, "$campaign") {
		line += "$sender$template"
	}
	for _, p := range []struct{ name, path, body string }{
		{"$lead", "/v1/leads", `{"name":"Persona"}`},
		{"$company", "/v1/companies", `{"name":"Acme"}`},
		{"$import", "/v1/imports", "name\nPersona\n"},
		{"$segment", "/v1/segments", `{"name":"Friends","kind":"list"}`},
		{"$bulk", "/v1/bulk-actions", `{"action":{"kind":"tag","add":["x"]},"selection":{"all":true}}`},
		{"$task", "/v1/tasks", `{"title":"Call"}`},
		{"$field", "/v1/fields", `{"key":"tier","kind":"text"}`},
		{"$mapping", "/v1/mappings", `{"name":"Lists","columns":[{"header":"Name","field":"name"}]}`},
		{"$suppression", "/v1/suppressions", `{"email":"guest@people.example","reason":"manual"}`},
		{"$sender", "/v1/senders", `{"name":"Persona","email":"sender@mail.example"}`},
		{"$template", "/v1/templates", `{"name":"Winter","subject":"Hello","text":"Hello"}`},
		{"$campaign", "/v1/campaigns", `{"name":"Winter","sender":"$sender","template":"$template","audience":{"all":true}}`},
		{"$team", "/v1/teams", `{"name":"North"}`},
		{"$invitation", "/v1/invitations", `{"email":"guest@people.example"}`},
		{"$key", "/v1/api-keys", `{"name":"Export","scopes":["lead:export"]}`},
	} {
		if strings.Contains(line, p.name) {
			names = append(names, p.name, m.ask(t, "POST", p.path, strings.NewReplacer(names...).Replace(p.body)).receipt(t).ID)
			m.fresh(t, p.path)
		}
	}
	return strings.NewReplacer(names...)
}

// weakly asks without a second factor: what needs one is refused to whoever may do it.
func (c operation) weakly(t *testing.T, m *member, names *strings.Replacer) {
	t.Helper()
	need := needs(t)[c.operation]
	weak := m.Principal
	weak.Strong = false
	if !errors.Is(weak.Allows(need), access.ErrSecondFactor) {
		return
	}
	m.as(t, weak).ask(t, c.method, names.Replace(c.path), names.Replace(c.body)).refuses(t, 403, "access.second_factor")
}

// abroad asks the same of the same records in the same role in another organization: they
// are not there, and whoever is no member of the organization is not let in.
func (c operation) abroad(t *testing.T, m *member, names *strings.Replacer, at int) {
	t.Helper()
	stranger := m.colleague(t, uuid.NewString(), m.Role)
	stranger.ask(t, c.method, names.Replace(c.path), names.Replace(c.body), "Canvass-Org", m.Org).refuses(t, 403, "access.not_a_member")
	if !strings.Contains(c.path, "$") || at == http.StatusForbidden {
		return
	}
	got := stranger.ask(t, c.method, names.Replace(c.path), names.Replace(c.body))
	if got.status != 404 && got.status != 422 {
		t.Errorf("a stranger gets %d: %s", got.status, got.body)
	}
}

// needs is the permission of each operation, as the API's description says it.
func needs(t *testing.T) map[string]domain.Permission {
	t.Helper()
	d, _, err := describe(logged.logger())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]domain.Permission{}
	for _, operations := range d.Paths {
		for _, o := range operations {
			if _, need, ok := strings.Cut(o.Description, "Needs the permission `"); ok {
				need, _, _ = strings.Cut(need, "`")
				out[o.OperationID] = domain.Permission(need)
			}
		}
	}
	return out
}

// What the matrix expects is what the table of permissions says: in every line somebody is
// let in who holds the permission, and nobody else. Lines that ask for more than their
// operation are the exception.
func TestMatrixIsTheTable(t *testing.T) {
	t.Parallel()
	all := needs(t)
	for _, c := range matrix {
		need, ok := all[c.operation]
		if !ok {
			t.Errorf("%s needs no permission", c.operation)
		}
		for role, want := range map[access.Role]int{access.Admin: c.admin, access.Manager: c.manager, access.User: c.user, access.API: c.api} {
			may := (access.Principal{Role: role, Strong: true}).May(need)
			if finer := strings.Contains(c.body, someone) || strings.Contains(c.body, `"role":"manager"`) || strings.Contains(c.body, `"kind":"assign"`); may != (want != 403) && (!finer || !may) {
				t.Errorf("%s as %s: %d, and the table says %v", c.operation, role, want, may)
			}
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
