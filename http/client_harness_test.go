package http_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/eventstore"
	apphttp "github.com/canvass-hq/canvass/http"
)

// answerPatience ends the wait for an answer that never ends, as of a stream that
// should have been refused.
const answerPatience = 15 * time.Second

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

// unled goes where it is asked to, and not where it is led.
var unled = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// ask sends a request as the member; headers are pairs.
func (m *member) ask(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	a, err := m.try(t.Context(), method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try is ask for goroutines, which cannot end a test.
func (m *member) try(ctx context.Context, method, path, body string, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	return m.tryFor(ctx, method, path, body, headers...)
}

// tryFor is try with a patience of the caller's.
func (m *member) tryFor(ctx context.Context, method, path, body string, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, m.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if m.token != "" {
		r.Header.Set("Authorization", "Bearer "+m.token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Add(headers[i], headers[i+1]); headers[i] == "Content-Type" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := unled.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	promised.check(method, r.URL.EscapedPath(), res.StatusCode, res.Header, string(data))
	return answer{res.StatusCode, res.Header, string(data)}, err
}

// fresh asks for what is at least as new as everything in the log.
func (m *member) fresh(t testing.TB, path string) answer {
	t.Helper()
	return m.ask(t, http.MethodGet, path, "", "Canvass-Min-Position", strconv.FormatInt(m.head(t), 10))
}

func (a *app) head(t testing.TB) int64 {
	t.Helper()
	head, err := a.db.Store.Head(t.Context(), eventstore.DefaultLog)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// wants fails the test unless the answer has the status.
func (a answer) wants(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// into reads the body.
func into[T any](t testing.TB, a answer) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("the body %q cannot be read: %v", a.body, err)
	}
	return out
}

func (a answer) receipt(t testing.TB) apphttp.Receipt {
	t.Helper()
	return into[apphttp.Receipt](t, a)
}

// refuses fails the test unless the answer is a problem with this status and code,
// complete as RFC 9457 and the API's own rules have it.
func (a answer) refuses(t testing.TB, status int, code string) apphttp.Problem {
	t.Helper()
	p := wellFormed(t, a)
	if a.status != status || p.Code != code {
		t.Fatalf("%d %s, want %d %s: %s", a.status, p.Code, status, code, a.body)
	}
	return p
}

// wellFormed fails the test unless a refusal is a complete problem.
func wellFormed(t testing.TB, a answer) apphttp.Problem {
	t.Helper()
	p := into[apphttp.Problem](t, a)
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("a refusal of type %q: %s", kind, a.body)
	}
	if p.Status != a.status || p.Code == "" || p.Title != http.StatusText(a.status) || p.Type != "about:blank" {
		t.Errorf("the problem is not complete for status %d: %s", a.status, a.body)
	}
	for _, f := range p.Fields {
		if f.Name == "" || f.Message == "" {
			t.Errorf("a field is not named or not explained: %s", a.body)
		}
	}
	return p
}

// capture brings a lead in.
func (m *member) capture(t testing.TB, body string) apphttp.Receipt {
	t.Helper()
	return m.ask(t, http.MethodPost, "/v1/leads", body).wants(t, http.StatusCreated).receipt(t)
}

// raw sends bytes as they are, and then nothing more.
func (m *member) raw(t testing.TB, request string) answer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(m.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(answerPatience))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body)}
}
