package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// The page of the job queue is in the program, and works.
func TestOpsPage(t *testing.T) {
	t.Parallel()
	s := dev(t, dataDir(t))
	id := s.capture(t, `{"name":"Ada Lovelace","email":"ada@people.example"}`).ID
	s.ask(t, "POST", "/v1/leads/"+id+"/erase", "", 200)
	s.ask(t, "GET", "/ops/jobs", "", 401)
	other := strings.TrimSpace(command(t, s.settings, "token", "--role", "admin", "--org", uuid.NewString()).ok(t).out)
	s.ask(t, "POST", "/v1/ops/session", "", 404, "Authorization", "Bearer "+other)
	weak := strings.TrimSpace(command(t, s.settings, "token", "--role", "admin", "--aal", "aal1").ok(t).out)
	s.ask(t, "POST", "/v1/ops/session", "", 403, "Authorization", "Bearer "+weak)

	cookie := s.operatorCookie(t)
	if page := s.ask(t, "GET", "/ops/jobs", "", 200, "Cookie", cookie); !strings.Contains(page, "<title>River") {
		t.Errorf("the page is %s", page)
	}
	eventually(t, "the job of the erasure is shown as done", func() bool {
		body := s.ask(t, "GET", "/ops/jobs/api/jobs?state=completed&limit=20", "", 200, "Cookie", cookie)
		if strings.Contains(body, "Lovelace") || strings.Contains(body, "people.example") {
			t.Fatalf("the queue holds a person: %s", body)
		}
		return strings.Contains(body, `"shred"`) && strings.Contains(body, id)
	})
	if code := s.interrupt(); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.err.String())
	}
}

// operatorCookie opens a session for the job queue.
func (s *server) operatorCookie(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/ops/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	for _, c := range res.Cookies() {
		return c.Name + "=" + c.Value
	}
	t.Fatalf("no cookie: %s", res.Status)
	return ""
}
