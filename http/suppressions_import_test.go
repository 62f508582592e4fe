package http_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
	apphttp "github.com/canvass-hq/canvass/http"
)

// brings sends a file of suppressions.
func (m *member) brings(t testing.TB, query, file string, headers ...string) answer {
	t.Helper()
	return m.ask(t, "POST", "/v1/suppressions/import"+query, file, append([]string{"Content-Type", "text/csv"}, headers...)...)
}

// brought is what a file has done.
func brought(t testing.TB, a answer) apphttp.SuppressionsImported {
	t.Helper()
	return into[apphttp.SuppressionsImported](t, a.wants(t, 200))
}

// addressed is the id of an address's suppression.
func (m *member) addressed(t testing.TB, email string) string {
	t.Helper()
	hash, err := m.db.Keys.Keyed(t.Context(), m.Org, suppression.KeyPurpose, []byte(email))
	if err != nil {
		t.Fatal(err)
	}
	return suppression.ID(hash)
}

// writes tells whether a mail of a campaign would be handed over to an address now.
func (m *member) writes(t testing.TB, email, campaign string) bool {
	t.Helper()
	lead := commands.NewID()
	id := enrollment.ID(campaign, lead)
	call := commands.Call{Principal: access.Principal{Org: m.Org, ID: "campaigner", Role: access.System}, ID: commands.NewID()}
	results, err := commands.ExecuteMany(t.Context(), &commands.Runner{Store: m.db.Store, Now: time.Now}, call, []commands.Command[enrollment.Enrollment, enrollment.Event]{
		commands.DispatchFirst{DispatchMail: commands.DispatchMail{ID: id, Purpose: "marketing", Free: true, Dispatched: enrollment.Dispatched{
			Campaign: campaign, Lead: lead, Batch: commands.NewID(), Key: id, MessageID: id + "@mail.example", Template: commands.NewID(), Revision: 1, Suppression: m.addressed(t, email), Provider: "resend", To: email,
		}}},
	})
	if err != nil || results[0].Err != nil && !errors.Is(results[0].Err, enrollment.ErrSuppressed) {
		t.Fatal(err, results)
	}
	return results[0].Err == nil
}

// TestSuppressionFile: a file holds mail back, the same again changes nothing, and nothing
// weakens what a person has said.
func TestSuppressionFile(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	const campaign = "01980c5e-7a10-7c3e-9b1f-2f6d8e4a5b6c"
	if !m.writes(t, "ada@people.example", campaign) {
		t.Fatal("nothing was ended, and the mail is held back")
	}
	m.ask(t, "POST", "/v1/suppressions", `{"email":"said@people.example","note":"by phone"}`).wants(t, 201)
	const file = "Email Address;Reason;Scope;Note\nAda@People.example;unsubscribed;purpose:marketing;\nsaid@people.example;who knows;;\nbob@people.example;Hard Bounce;purpose:news;\nada@people.example;Unsubscribed;purpose:marketing;again\neve@people.example;;campaign:" + campaign + ";'=1+1\n"
	before := m.head(t)
	got := m.brings(t, "", file)
	if n := brought(t, got); n.Addresses != 4 || n.Lines != 5 || n.Faulty+n.Skipped+n.Forgotten != 0 || n.Position <= before || got.header.Get("Canvass-Position") != strconv.FormatInt(n.Position, 10) {
		t.Errorf("answered %s", got.body)
	}
	if n := strings.Count(m.facts(t, before), "suppression.added"); n != 3 {
		t.Errorf("%d were added", n)
	}
	for email, want := range map[string]string{
		"ada@people.example": "purpose:marketing requested member ", "said@people.example": "all requested member by phone", "bob@people.example": "all bounced member ", "eve@people.example": "campaign:" + campaign + " listed member =1+1",
	} {
		if got := m.suppressed(t, email); len(got) != 1 || len(got[0].Entries) != 1 || fmt.Sprintf("%s %s %s %s", got[0].Entries[0].Scope, got[0].Entries[0].Reason, got[0].Entries[0].By, got[0].Entries[0].Note) != want {
			t.Errorf("%s: %+v", email, got)
		}
		if m.writes(t, email, campaign) {
			t.Errorf("%s is written to", email)
		}
	}
	if !m.writes(t, "eve@people.example", commands.NewID()) {
		t.Error("a mail of another campaign is held back")
	}
	before = m.head(t)
	if again := m.brings(t, "", file); brought(t, again).Addresses != 4 || m.facts(t, before) != "" {
		t.Errorf("the same file again: %s\n%s", again.body, m.facts(t, before))
	}
	m.ask(t, "POST", "/v1/suppressions/"+m.addressed(t, "ada@people.example")+"/lift", `{"scope":"purpose:marketing","note":"they surely want it"}`).refuses(t, 409, "suppression.consent")

	// What the lines do not say is said for all of them; a bare list says no more.
	m.brings(t, "?scope=purpose:news&reason=requested&note=by+mail", "new@people.example\n", "Content-Type", "text/plain").wants(t, 200)
	if e := m.suppressed(t, "new@people.example")[0].Entries[0]; e.Scope != "purpose:news" || e.Reason != suppression.Requested || e.Note != "by mail" {
		t.Errorf("of a bare list %+v", e)
	}
}

// TestFaultySuppressionFile: nothing is done where lines are at fault, or the others are.
func TestFaultySuppressionFile(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	before := m.head(t)
	const file = "email,scope\na@people.example,\nnobody,\nb@people.example,everybody\n\nc\x00@people.example,\nd@people.example\ne@people.example,all\n"
	p := m.brings(t, "", file).refuses(t, 422, "suppression.faulty_lines")
	var names []string
	for _, f := range p.Fields {
		names = append(names, f.Name)
	}
	if want := []string{"line 3: email", "line 4: scope", "line 6", "line 7"}; !slices.Equal(names, want) || !strings.HasPrefix(p.Detail, "4 of 6 lines ") {
		t.Errorf("%s; %q", p.Detail, names)
	}
	many := strings.Repeat("nobody@\n", 5_000)
	if p := m.brings(t, "?skip_faulty=false", "a@people.example\n"+many).refuses(t, 422, "suppression.faulty_lines"); len(p.Fields) != 100 || !strings.HasPrefix(p.Detail, "5000 of 5001 ") {
		t.Errorf("%d fields: %s", len(p.Fields), p.Detail)
	}
	for query, name := range map[string]string{"?scope=everybody": "scope", "?reason=dead": "reason", "?skip_faulty=yes": "skip_faulty", "?note=" + strings.Repeat("x", 501): "note", "?dry=true": "dry"} {
		if p := m.brings(t, query, "a@people.example\n").refuses(t, 422, "request.invalid"); len(p.Fields) != 1 || p.Fields[0].Name != name {
			t.Errorf("%s: %+v", query, p.Fields)
		}
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("refused files have added facts:\n%s", news)
	}
	got := m.brings(t, "?skip_faulty=true", file)
	if n := brought(t, got); n.Addresses != 2 || n.Lines != 6 || n.Faulty != 4 || len(n.Faults) != 4 || n.Faults[1].Name != "line 4: scope" {
		t.Errorf("answered %s", got.body)
	}
	if rows := m.takes(t); len(rows) != 2 {
		t.Errorf("suppressed %v", rows)
	}
	if n := brought(t, m.brings(t, "?skip_faulty=true", "a@people.example\n"+many)); n.Faulty != 5000 || len(n.Faults) != 100 || n.Addresses != 1 {
		t.Errorf("%+v", n)
	}
	before = m.head(t)
	if n := brought(t, m.brings(t, "", "email\n")); n.Lines != 0 || n.Position != 0 || m.facts(t, before) != "" {
		t.Errorf("of no lines %+v", n)
	}
}

// TestSuppressionFileBodies: what is no file of a size and a kind that is taken is refused.
func TestSuppressionFileBodies(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	before := m.head(t)
	for _, headers := range [][]string{
		{"Content-Type", "application/json"}, {"Content-Type", "multipart/form-data; boundary=x"}, {"Content-Type", "text/"}, {"Content-Type", "text/html"}, {"Content-Type", ""}, {"Content-Encoding", "gzip"},
	} {
		m.brings(t, "", "a@people.example\n", headers...).refuses(t, 415, "request.media_type")
	}
	m.brings(t, "", "a@people.example\n", "If-Match", `"1"`).refuses(t, 412, "precondition.failed")
	m.brings(t, "", "email,note\na@people.example,"+strings.Repeat("x", 10<<20)+"\n").refuses(t, 413, "request.too_large")
	for file, code := range map[string]string{
		"": "import.empty", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff": "import.header", "name\nAda\n": "suppression.no_addresses", "{\"email\":\"a@people.example\"}\n": "suppression.no_addresses", "email\n\"a@people.example\n": "import.unclosed_quote",
		strings.Repeat("a@people.example\n", suppression.MaxLines+1): "suppression.too_many_lines",
	} {
		m.brings(t, "", file).refuses(t, 422, code)
	}
	head := "POST /v1/suppressions/import HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nAuthorization: Bearer " + m.token + "\r\n"
	m.raw(t, head+"Content-Length: 100\r\n\r\na@people.example\n").refuses(t, 400, "request.malformed")
	if news := m.facts(t, before); news != "" {
		t.Errorf("refused files have added facts:\n%s", news)
	}
	utf16 := []byte("\xff\xfe")
	for _, c := range "email\nute@b\u00fccher.example\n" {
		utf16 = append(utf16, byte(c), 0)
	}
	for _, file := range []string{string(utf16), "\xef\xbb\xbfemail\nute@b\u00fccher.example\n", "email\nute@b\xfccher.example\n"} {
		if n := brought(t, m.brings(t, "", file)); n.Addresses != 1 {
			t.Errorf("%q: %+v", file, n)
		}
	}
	if rows := m.takes(t); len(rows) != 1 || rows[0][1] != "ute@xn--bcher-kva.example" {
		t.Errorf("of three encodings %v", rows)
	}
}

// TestSuppressionFileOnce: a file is carried out once under a key, and the key is good for
// no other.
func TestSuppressionFileOnce(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	var lines []string
	for i := range 600 { // several commits
		lines = append(lines, fmt.Sprintf("p%d@people.example,", i))
	}
	file := "email,note\n" + strings.Join(lines, "\n")
	key := []string{"Idempotency-Key", "the list"}
	first := m.brings(t, "", file, key...).wants(t, 200)
	at := m.addressed(t, "p500@people.example")
	m.ask(t, "POST", "/v1/suppressions/"+at+"/lift", `{"scope":"all","note":"a mistake"}`).wants(t, 200)
	before := m.head(t)
	repeats(t, first, m.brings(t, "", file, key...))
	for _, other := range []struct{ query, file string }{{"", file + "x"}, {"", file + "\nnew@people.example,"}, {"?note=x", file}, {"?skip_faulty=true", file}} {
		m.brings(t, other.query, other.file, key...).refuses(t, 409, "idempotency.reused")
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("repetitions have added facts:\n%s", news)
	}
	if n := brought(t, m.brings(t, "", file)); n.Addresses != 600 || strings.Count(m.facts(t, before), "suppression.added") != 1 {
		t.Errorf("without the key, what was lifted is suppressed anew: %+v", n)
	}
}

// TestSuppressionFileNeeds: who may bring in a file may suppress and bring in lists.
func TestSuppressionFileNeeds(t *testing.T) {
	t.Parallel()
	boss := shared(t).founder(t)
	for scopes, status := range map[string]int{`"suppression:lift"`: 403, `"suppression:add"`: 403, `"suppression:add","suppression:lift"`: 200} {
		key, _ := boss.key(t, `{"name":"Files","scopes":[`+scopes+`]}`)
		key.brings(t, "", "bob@people.example\n").wants(t, status)
	}
}
