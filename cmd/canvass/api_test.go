package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// server is a running process that serves, and how to speak to it.
type server struct {
	*process

	settings   []string // of its DATA_DIR
	url, token string
}

var (
	urlLine   = regexp.MustCompile(`API +(http://localhost:\d+)/v1`)
	tokenLine = regexp.MustCompile(`CANVASS_TOKEN=(\S+)`)
)

// dev runs everything in a DATA_DIR and waits until it is well.
func dev(t *testing.T, dir string, settings ...string) *server {
	t.Helper()
	s := &server{settings: append([]string{"DATA_DIR=" + dir}, settings...)}
	s.process = launch(t, append(s.settings, "PORT=0"), "dev")
	s.says("Ctrl-C stops everything.")
	out := s.out.String()
	if strings.Contains(out, "no demo organization") {
		t.Errorf("a start finds the organization of the one before not well:\n%s", out)
	}
	url, token := urlLine.FindStringSubmatch(out), tokenLine.FindStringSubmatch(out)
	if url == nil || token == nil {
		t.Fatalf("the welcome is\n%s", out)
	}
	s.url, s.token = url[1], token[1]
	s.wellWithin(t)
	return s
}

func (s *server) wellWithin(t *testing.T) {
	t.Helper()
	eventually(t, "the server is well", func() bool {
		_, body, err := s.try(t.Context(), "GET", "/health/ready", "")
		return err == nil && strings.Contains(body, `"status":"ok","parts"`)
	})
}

// ask sends a request and fails the test unless the answer has the status.
func (s *server) ask(t *testing.T, method, path, body string, want int, headers ...string) string {
	t.Helper()
	status, answer, err := s.try(t.Context(), method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	if status != want {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, status, want, answer)
	}
	return answer
}

func (s *server) try(ctx context.Context, method, path, body string, headers ...string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), err
}

func (s *server) capture(t *testing.T, body string) apphttp.Receipt {
	t.Helper()
	return parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/leads", body, 201))
}

func parse[T any](t *testing.T, body string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%q cannot be read: %v", body, err)
	}
	return out
}

// all gives every item of a list.
func all[T any](t *testing.T, s *server, path string, headers ...string) (out []T) {
	t.Helper()
	for cursor := ""; ; {
		page := parse[apphttp.List[T]](t, s.ask(t, "GET", path+cursor, "", 200, headers...))
		out = append(out, page.Items...)
		if page.NextCursor == "" {
			return out
		}
		cursor = "&cursor=" + page.NextCursor
	}
}

// leads gives every lead, as new as the last position.
func (s *server) leads(t *testing.T, position int64) []projections.Lead {
	t.Helper()
	return all[projections.Lead](t, s, "/v1/leads?archived=any&limit=200", "Canvass-Min-Position", strconv.FormatInt(position, 10))
}

// facts gives the log's first page, as new as the last position.
func (s *server) facts(t *testing.T, position int64) string {
	t.Helper()
	return s.ask(t, "GET", "/v1/events?limit=1000", "", 200, "Canvass-Min-Position", strconv.FormatInt(position, 10))
}
