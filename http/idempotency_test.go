package http_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
)

// repeats fails the test unless two answers are the same to the caller, byte for byte.
func repeats(t testing.TB, first, again answer) {
	t.Helper()
	if again.status != first.status || again.body != first.body {
		t.Errorf("the repetition answers %d %q, the first answered %d %q", again.status, again.body, first.status, first.body)
	}
	for _, name := range []string{"ETag", "Location", "Canvass-Position", "Content-Type"} {
		if again.header.Get(name) != first.header.Get(name) {
			t.Errorf("the repetition has %s %q, the first had %q", name, again.header.Get(name), first.header.Get(name))
		}
	}
}

func TestRepeatedCommands(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	type asked struct {
		method, path, body, key string
		answer                  answer
	}
	var all []asked
	do := func(method, path, body string, status int) answer {
		key := uuid.NewString()
		a := m.ask(t, method, path, body, "Idempotency-Key", key).wants(t, status)
		all = append(all, asked{method, path, body, key, a})
		return a
	}
	id := do("POST", "/v1/leads", `{"name":"Persona","email":"again@people.example"}`, 201).receipt(t).ID
	at := "/v1/leads/" + id
	do("PATCH", at, `{"title":"CEO"}`, 200)
	do("PATCH", at, `{"title":"CEO"}`, 200) // decides nothing, and is remembered too
	do("POST", at+"/status", `{"status":"working"}`, 200)
	do("POST", at+"/assign", `{"owner":"`+someone+`"}`, 200)
	do("POST", at+"/archive", `{"reason":"left"}`, 200)
	do("POST", at+"/restore", "", 200)
	do("POST", at+"/archive", "", 200)
	before := m.head(t)
	for _, a := range all {
		repeats(t, a.answer, m.ask(t, a.method, a.path, a.body, "Idempotency-Key", a.key))
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("repetitions added facts:\n%s", news)
	}
	sameJSON(t, `{"id":"`+id+`","status":"working","owner":"`+someone+`","name":"Persona","email":"again@people.example","title":"CEO","archived":true,"erased":false,"version":7,"position":"$any","created_at":"$any","updated_at":"$any"}`,
		m.fresh(t, at).body)

	do("POST", at+"/erase", "", 200)
	for _, a := range all {
		repeats(t, a.answer, m.ask(t, a.method, a.path, a.body, "Idempotency-Key", a.key))
	}
}

func TestReusedKey(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	const key = "one key"
	id := m.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`, "Idempotency-Key", key).wants(t, 201).receipt(t).ID
	before := m.head(t)
	for name, c := range map[string]struct{ method, path, body, match string }{
		"another body":      {"POST", "/v1/leads", `{"name":"Persona Two"}`, ""},
		"another operation": {"POST", "/v1/leads/" + id + "/erase", "", ""},
		"another record":    {"POST", missing + "/archive", "", ""},
		"another condition": {"POST", "/v1/leads", `{"name":"Persona"}`, `"1"`},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Idempotency-Key", key}
			if c.match != "" {
				headers = append(headers, "If-Match", c.match)
			}
			a := m.ask(t, c.method, c.path, c.body, headers...)
			if c.match != "" {
				a.refuses(t, 412, "precondition.failed") // never carried out, so nothing was reused
				return
			}
			a.refuses(t, 409, "idempotency.reused")
		})
	}
	if news := m.facts(t, before); news != "" {
		t.Errorf("refused commands added facts:\n%s", news)
	}
	// What reads the same is the same, however it is written.
	m.ask(t, "POST", "/v1/leads", "{ \"name\" :\n\"Persona\", \"phone\": \"\"}", "Idempotency-Key", key).wants(t, 201)
	m.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`, "Idempotency-Key", strings.Repeat("k", 256)).refuses(t, 422, "request.invalid")
}

func TestKeysAreAPrincipalsOwn(t *testing.T) {
	t.Parallel()
	one := shared(t).member(t, access.Admin)
	ids := map[string]bool{}
	for _, m := range []*member{one, one.colleague(t, one.Org, access.Admin), one.colleague(t, one.Org, access.API), one.member2(t)} {
		ids[m.ask(t, "POST", "/v1/leads", `{"name":"Persona"}`, "Idempotency-Key", "ours").wants(t, 201).receipt(t).ID] = true
	}
	if len(ids) != 4 {
		t.Errorf("four principals with one key made %d leads", len(ids))
	}
}

// member2 is the same user as an admin of another organization.
func (m *member) member2(t testing.TB) *member {
	t.Helper()
	other := m.member(t, access.Admin)
	return m.as(t, access.Principal{Org: other.Org, ID: m.ID, Role: access.Admin, Strong: true})
}

// A refusal is no outcome: when its cause is gone, the same key works.
func TestRefusalsAreNotRemembered(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	holder := m.capture(t, `{"email":"held@people.example"}`).ID
	p := m.ask(t, "POST", "/v1/leads", `{"email":"held@people.example"}`, "Idempotency-Key", "k").refuses(t, 409, "claim.taken")
	if len(p.Streams) != 1 || p.Streams[0] != holder {
		t.Errorf("the refusal names %v, want %s", p.Streams, holder)
	}
	m.ask(t, "PATCH", "/v1/leads/"+holder, `{"email":"other@people.example"}`).wants(t, 200)
	m.ask(t, "POST", "/v1/leads", `{"email":"held@people.example"}`, "Idempotency-Key", "k").wants(t, 201)
}

func TestRacingCaptures(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for _, c := range []struct {
		name string
		keys []string
		made int // how many answers say "created"
	}{
		{"one address", []string{"", "", "", ""}, 1},
		{"one request, repeated at once", []string{"k", "k", "k", "k"}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"email":"` + strings.ReplaceAll(uuid.NewString(), "-", "") + `@people.example"}`
			answers := make(chan answer, len(c.keys))
			for _, key := range c.keys {
				go func() {
					var headers []string
					if key != "" {
						headers = []string{"Idempotency-Key", key}
					}
					a, err := m.try(t.Context(), http.MethodPost, "/v1/leads", body, headers...)
					if err != nil {
						a.body = err.Error()
					}
					answers <- a
				}()
			}
			made, ids, holders := 0, map[string]bool{}, []string{}
			for range c.keys {
				a := <-answers
				if a.status == http.StatusCreated {
					made++
					ids[a.receipt(t).ID] = true
					continue
				}
				holders = append(holders, a.refuses(t, 409, "claim.taken").Streams...)
			}
			if made != c.made || len(ids) != 1 || len(holders) != len(c.keys)-c.made {
				t.Fatalf("%d answers say created, of %d leads; refusals name %v", made, len(ids), holders)
			}
			for _, h := range holders {
				if !ids[h] {
					t.Errorf("a refusal names %s, the lead is %v", h, ids)
				}
			}
		})
	}
}

// A file that is sent again under its key is the import that it was; another one is refused,
// and nothing of either is left behind.
func TestUploadsAreIdempotent(t *testing.T) {
	t.Parallel()
	m := start(t).member(t, access.Admin)
	const file = "name\nPersona\n"
	key := []string{"Idempotency-Key", "a file"}
	before := m.head(t)
	first := m.ask(t, "POST", "/v1/imports?name=a.csv", file, key...).wants(t, 202)
	for range 2 {
		again := m.ask(t, "POST", "/v1/imports?name=a.csv", file, key...).wants(t, 202)
		if again.body != first.body || again.header.Get("Location") != first.header.Get("Location") || again.header.Get("ETag") != `"1"` {
			t.Errorf("%s, and then %s at %s", first.body, again.body, again.header.Get("Location"))
		}
	}
	m.ask(t, "POST", "/v1/imports?name=b.csv", file, key...).refuses(t, 409, "idempotency.reused")
	m.ask(t, "POST", "/v1/imports?name=a.csv", file+"Persona Two\n", key...).refuses(t, 409, "idempotency.reused")
	if n := strings.Count(m.facts(t, before), "import.uploaded"); n != 1 {
		t.Errorf("%d imports", n)
	}
	var chunks int
	if err := m.db.Pools.Worker.QueryRow(t.Context(), `select count(distinct import_id) from staging.chunks`).Scan(&chunks); err != nil || chunks != 1 {
		t.Errorf("the chunks of %d files are kept (%v)", chunks, err)
	}
}

// TestIdempotencyKeyEmpty: a key that a client has forgotten to fill in protects nobody, and
// is refused.
func TestIdempotencyKeyEmpty(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	before := m.head(t)
	got := m.ask(t, "POST", "/v1/leads", `{"name":"Ada"}`, "Idempotency-Key", "")
	if got.refuses(t, 422, "request.invalid"); !strings.Contains(got.body, `"Idempotency-Key"`) || m.facts(t, before) != "" {
		t.Errorf("answered %s", got.body)
	}
}
