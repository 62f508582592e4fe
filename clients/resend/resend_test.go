package resend_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/canvass-hq/canvass/clients/resend"
	"github.com/canvass-hq/canvass/domain/mail"
)

func invitation() mail.Mail {
	return mail.Mail{
		Key: "invitation-7", From: "Canvass <team@canvass.example>", To: "ada@example.com", Subject: "Join Zoë & Söhne on Canvass",
		Text: "Grüße\n", HTML: "<p>Grüße</p>",
	}
}

// fake answers as Resend does, also to a key that comes again.
type fake struct {
	mu     sync.Mutex
	status int // what is answered to all; 0 to take mail
	name   string
	seen   map[string]string // bodies by key
	taken  []map[string]any
	auth   string
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	f.auth = r.Header.Get("Authorization")
	key := r.Header.Get("Idempotency-Key")
	w.Header().Set("Content-Type", "application/json")
	status, name := f.status, f.name
	if before, there := f.seen[key]; status == 0 && there && before != string(body) {
		status, name = http.StatusConflict, "invalid_idempotent_request"
	}
	if status != 0 {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"statusCode": status, "name": name, "message": "about ada@example.com"})
		return
	}
	if _, there := f.seen[key]; !there {
		var m map[string]any
		_ = json.Unmarshal(body, &m)
		f.seen[key], f.taken = string(body), append(f.taken, m)
	}
	_, _ = io.WriteString(w, `{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}`)
}

func start(t *testing.T, f *fake) string {
	t.Helper()
	f.seen = map[string]string{}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// TestSend: a mail is handed over as it was written, and once, however often it is sent.
func TestSend(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", "/"} {
		f := &fake{}
		client, err := resend.New(resend.Config{APIKey: "re_123", BaseURL: start(t, f) + end})
		if err != nil {
			t.Fatal(err)
		}
		m := invitation()
		for _, subject := range []string{m.Subject, m.Subject, "Join another name on Canvass"} {
			m.Subject = subject
			if err := client.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]any{"from": m.From, "to": []any{m.To}, "subject": invitation().Subject, "text": m.Text, "html": m.HTML}
		got, _ := json.Marshal(f.taken)
		wanted, _ := json.Marshal([]any{want})
		if !bytes.Equal(got, wanted) || f.auth != "Bearer re_123" {
			t.Errorf("taken %s by %q, want %s", got, f.auth, wanted)
		}
	}
}

// TestRefusals: what Resend answers decides whether it is asked again, and none of its
// words is repeated.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fake *fake
		want mail.Error
	}{
		"not a mail":       {&fake{status: 422, name: "validation_error"}, mail.Error{Class: mail.Refused, Code: 422}},
		"not a request":    {&fake{status: 400, name: "invalid_idempotency_key"}, mail.Error{Class: mail.Refused, Code: 400}},
		"no key":           {&fake{status: 401, name: "missing_api_key"}, mail.Error{Class: mail.Unauthorized, Code: 401, Temporary: true}},
		"not our domain":   {&fake{status: 403, name: "validation_error"}, mail.Error{Class: mail.Unauthorized, Code: 403, Temporary: true}},
		"at the same time": {&fake{status: 409, name: "concurrent_idempotent_requests"}, mail.Error{Class: mail.Unavailable, Code: 409, Temporary: true}},
		"too many":         {&fake{status: 429, name: "rate_limit_exceeded"}, mail.Error{Class: mail.Unavailable, Code: 429, Temporary: true}},
		"their fault":      {&fake{status: 500, name: "application_error"}, mail.Error{Class: mail.Unavailable, Code: 500, Temporary: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fails(t, resend.Config{BaseURL: start(t, c.fake)}, invitation(), c.want)
			if len(c.fake.taken) != 0 {
				t.Error("it was taken all the same")
			}
		})
	}
	t.Run("a head of two lines", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		m := invitation()
		m.Subject = "Join\nBcc: eve@example.com"
		fails(t, resend.Config{BaseURL: start(t, f)}, m, mail.Error{Class: mail.Refused})
		if len(f.taken) != 0 {
			t.Error("it was sent")
		}
	})
}

func fails(t *testing.T, cfg resend.Config, m mail.Mail, want mail.Error) {
	t.Helper()
	cfg.APIKey = "re_hunter2"
	client, err := resend.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = client.Send(t.Context(), m)
	failed, ok := errors.AsType[*mail.Error](err)
	if !ok || *failed != want {
		t.Errorf("%v, want %+v", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), "ada") || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "http")) {
		t.Errorf("it tells %v", err)
	}
}

// TestAway: no answer, or none that can be read, is no reason to give up.
func TestAway(t *testing.T) {
	t.Parallel()
	away := mail.Error{Class: mail.Unavailable, Temporary: true}
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	fails(t, resend.Config{BaseURL: slow.URL, Timeout: 100 * time.Millisecond}, invitation(), away)
	slow.Close()
	fails(t, resend.Config{BaseURL: slow.URL}, invitation(), away)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	t.Cleanup(page.Close)
	fails(t, resend.Config{BaseURL: page.URL}, invitation(), away)
}

// described checks requests by Resend's own description of its API.
type described struct {
	routes routers.Router
	faults []error
}

func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	route, params, err := d.routes.FindRoute(r)
	if err == nil {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
			Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		})
	}
	if err != nil {
		d.faults = append(d.faults, err)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"id":"1"}`)), Request: r}, nil
}

// TestDescription: what we ask is what Resend describes. CANVASS_SPECS names the folder of
// such descriptions.
func TestDescription(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("CANVASS_SPECS")
	if dir == "" {
		dir = "../../../shared/specs"
	}
	file := filepath.Join(dir, "resend.yaml")
	if _, err := os.Stat(file); err != nil {
		t.Skip("Resend's description is not there: set CANVASS_SPECS to the folder that holds resend.yaml")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := legacy.NewRouter(doc, openapi3.DisableExamplesValidation())
	if err != nil {
		t.Fatal(err)
	}
	d := &described{routes: routes}
	client, err := resend.New(resend.Config{APIKey: "re_123", Transport: d})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Send(t.Context(), invitation()); err != nil || len(d.faults) != 0 {
		t.Errorf("%v: %v", err, d.faults)
	}
	client.Carry(t.Context(), letters(3), &landing{ended: map[int]*mail.Error{}, ids: map[int]string{}})
	if len(d.faults) != 0 {
		t.Errorf("many: %v", d.faults)
	}
	// The description is able to refuse: a key longer than it allows.
	long := invitation()
	long.Key = strings.Repeat("k", 257)
	if err := client.Send(t.Context(), long); err != nil || len(d.faults) != 1 {
		t.Errorf("%v: %v", err, d.faults)
	}
}
