package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/clients/postgres"
)

// sentryFake takes what is reported.
type sentryFake struct {
	*httptest.Server

	mu   sync.Mutex
	text strings.Builder // everything that came, headers too
}

func newSentryFake(t *testing.T) *sentryFake {
	t.Helper()
	f := &sentryFake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = unpacked
		}
		data, _ := io.ReadAll(body)
		f.mu.Lock()
		defer f.mu.Unlock()
		_ = r.Header.Write(&f.text)
		_, _ = f.text.Write(append(data, '\n'))
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *sentryFake) dsn() string { return strings.Replace(f.URL, "http://", "http://key@", 1) + "/1" }

func (f *sentryFake) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.String()
}

// events are the reports among what came.
func (f *sentryFake) events(t *testing.T) (out []map[string]any) {
	t.Helper()
	for _, line := range lines(f.String()) {
		var e map[string]any
		if strings.Contains(line, `"exception"`) && json.Unmarshal([]byte(line), &e) == nil {
			out = append(out, e)
		}
	}
	return out
}

// explode is what a report of a panic has to name.
func explode(secret string) { panic("no " + secret) }

// A report says which error and where, and nothing that anybody wrote.
func TestReportsAreBare(t *testing.T) {
	t.Parallel()
	const secret = "ada@people.example"
	fake := newSentryFake(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var local bytes.Buffer
	r, err := newReporter(fake.dsn(), slog.NewTextHandler(&local, &slog.HandlerOptions{Level: slog.LevelError}))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(r).With("lead", secret, "projection", "leads")
	log.Warn("a warning is not reported")
	log.Error("a request failed", "request_id", "0198-id", "class", "sql:42P01", "fault", secret, "error", errors.New(secret), slog.Group("request", "class", secret))
	func() {
		defer func() {
			if v := recover(); v != nil {
				log.Error("a request panicked", "class", "string", "stack", "goroutine 1 "+secret)
			}
		}()
		explode(secret)
	}()
	r.flush()
	events := fake.events(t)
	if len(events) != 2 {
		t.Fatalf("%d reports: %s", len(events), fake)
	}
	for i, want := range []string{`"sql:42P01"`, `"explode"`} {
		if data, _ := json.Marshal(events[i]); !strings.Contains(string(data), want) || !strings.Contains(string(data), `"projection":"leads"`) {
			t.Errorf("report %d does not say %s: %s", i, want, data)
		}
	}
	if text := fake.String(); !strings.Contains(text, "0198-id") {
		t.Error("no report names the request")
	}
	for _, leak := range []string{secret, "a warning", "hostname", here, "context_line", "abs_path", `"user":{"`, "newReporter"} {
		if strings.Contains(fake.String(), leak) {
			t.Errorf("a report holds %s: %s", leak, fake)
		}
	}
	if !strings.Contains(local.String(), "a request panicked") || strings.Contains(local.String(), "a warning") {
		t.Errorf("the log itself reads %s", local.String())
	}
}

// A real server reports what breaks in it, and goes on.
func TestServerReports(t *testing.T) {
	t.Parallel()
	fake, dir := newSentryFake(t), dataDir(t)
	s := dev(t, dir, "SENTRY_DSN="+fake.dsn(), "LOG_FORMAT=json")
	s.capture(t, `{"name":"Ada Lovelace","email":"ada@people.example"}`)
	url, _ := postgres.Running(filepath.Join(dir, postgresDir))
	conn, err := pgx.Connect(t.Context(), withDatabase(url))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var table string
	if err := conn.QueryRow(t.Context(), `select relname from pg_class where relname ~ '^notes_v[0-9]+$'`).Scan(&table); err != nil {
		t.Fatal(err)
	}
	id := s.capture(t, `{"name":"Bob"}`).ID
	if _, err := conn.Exec(t.Context(), "alter table read."+table+" rename to gone"); err != nil {
		t.Fatal(err)
	}
	body := s.ask(t, "GET", "/v1/leads/"+id+"/notes?limit=7", "", 500)
	if _, err := conn.Exec(t.Context(), "alter table read.gone rename to "+table); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the error is reported", func() bool { return strings.Contains(fake.String(), "42P01") })
	request := parse[map[string]any](t, body)["request_id"].(string)
	if !strings.Contains(fake.String(), request) {
		t.Errorf("the report does not name request %s: %s", request, fake)
	}
	for _, leak := range []string{"Lovelace", "people.example", id, s.token, "limit=7", "User-Agent: Go-http", "Authorization"} {
		if strings.Contains(fake.String(), leak) {
			t.Errorf("a report holds %s: %s", leak, fake)
		}
	}
	s.ask(t, "GET", "/v1/leads/"+id+"/notes", "", 200)
	if code := s.interrupt(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, line := range lines(s.err.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
}
