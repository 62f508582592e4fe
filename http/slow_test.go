package http_test

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// impatient serves the app once more, by a server that waits for nothing as long as the
// product does: a request has this long to come, and this long to be answered.
func (a *app) impatient(t *testing.T) *app {
	t.Helper()
	s := a.server.Listener()
	for _, d := range []*time.Duration{&s.ReadHeaderTimeout, &s.ReadTimeout, &s.WriteTimeout, &s.IdleTimeout} {
		if *d == 0 {
			t.Fatal("the product waits for ever")
		}
		*d = 300 * time.Millisecond
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return &app{db: a.db, issuer: a.issuer, server: a.server, base: "http://" + l.Addr().String()}
}

// dial opens a connection, and begins what is sent by it.
func (a *app) dial(t *testing.T, text string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(a.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(60 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// overdue returns when the server has cut off a request that was begun now and never ends:
// then its time is over for all that were begun before.
func (a *app) overdue(t *testing.T) {
	t.Helper()
	if _, err := io.ReadAll(a.dial(t, "GET / HTTP/1.1\r\n")); err != nil {
		t.Fatal(err)
	}
}

// trickle sends a byte at a time until the other side has had enough.
func trickle(conn net.Conn) {
	for {
		if _, err := io.WriteString(conn, "x"); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Headers that come byte by byte are not waited for, nor are they given an answer's worth
// of work.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	a := shared(t).impatient(t)
	conn := a.dial(t, "GET /v1/leads HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	go trickle(conn)
	if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the server still waits: %v", err)
	}
}

// A body that comes byte by byte is refused, and nothing is written.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	before := m.head(t)
	conn := m.dial(t, "POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\nAuthorization: Bearer "+m.token+"\r\n\r\n{\"name\":\"")
	go trickle(conn)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	answer{res.StatusCode, res.Header, string(body)}.refuses(t, http.StatusRequestTimeout, "request.too_slow")
	if news := m.facts(t, before); news != "" {
		t.Errorf("it added %s", news)
	}
}

// A client that does not read its answer is let go.
func TestReaderOfOneAnswer(t *testing.T) {
	t.Parallel()
	var log logCapture
	a := start(t, withLog(log.logger()))
	m := a.member(t, access.Admin)
	m.megabytes(t, 20) // more than the system holds for a connection
	m.fresh(t, "/v1/events?limit=1")
	slow := a.impatient(t)
	conn := slow.dial(t, "")
	before := strings.Count(log.String(), "route=/v1/events ")
	if _, err := fmt.Fprintf(conn, "GET /v1/events?limit=1000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", m.token); err != nil {
		t.Fatal(err)
	}
	within(t, "the reader is let go", func() bool { return strings.Count(log.String(), "route=/v1/events ") > before })
	if got, err := io.ReadAll(conn); strings.HasSuffix(string(got), "\r\n0\r\n\r\n") {
		t.Errorf("a client that reads later is given a whole answer of %d bytes, %v: the test shows nothing", len(got), err)
	}
}

// A file may take longer than any other request, as long as it comes on; one that stops is
// broken off.
func TestSlowUploads(t *testing.T) {
	t.Parallel()
	a := start(t)
	m := a.member(t, access.Admin)
	slow := a.impatient(t)
	conn := slow.dial(t, "POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 32\r\nAuthorization: Bearer "+m.token+"\r\n\r\nname\nPersona\n")
	slow.overdue(t)
	if _, err := io.WriteString(conn, "Persona\nPersona\n\n\n\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		t.Errorf("status %d", res.StatusCode)
	}

	// Deadlines are set by this clock, which is behind: sixty seconds of patience are one.
	behind := start(t, func(c *apphttp.Config) { c.Now = func() time.Time { return time.Now().Add(-59 * time.Second) } })
	m = behind.member(t, access.Admin)
	conn = behind.dial(t, "POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nAuthorization: Bearer "+m.token+"\r\n\r\nname\nPersona\n")
	go trickle(conn)
	if res, err = http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	answer{res.StatusCode, res.Header, string(body)}.refuses(t, http.StatusBadRequest, "import.broken_off")
}

// The rows at fault of a large file reach one who reads slowly, to the last.
func TestSlowReaderOfErrorRows(t *testing.T) {
	t.Parallel()
	const rows = 20_000 // more than the system holds for a connection
	a := start(t)
	m := a.member(t, access.Admin)
	id := m.ask(t, "POST", "/v1/imports", "name\n"+strings.Repeat("Persona"+strings.Repeat("x", 990)+"\n", rows)).wants(t, 202).receipt(t).ID
	m.fresh(t, "/v1/imports")
	staging := &projections.Staging{App: a.db.Pools.App, Worker: a.db.Pools.Worker, Vault: a.db.Keys}
	progress := projections.StageProgress{Stage: "plan", Run: id}
	if err := staging.Begin(t.Context(), m.Org, id, progress, true); err != nil {
		t.Fatal(err)
	}
	var wrong []projections.StagedRow
	for i := range rows {
		wrong = append(wrong, projections.StagedRow{Line: i + 2, Outcome: "error", Reasons: []imports.Reason{{Field: "name", Message: "is long"}}})
	}
	if err := staging.Save(t.Context(), m.Org, id, wrong, progress); err != nil {
		t.Fatal(err)
	}
	slow := a.impatient(t)
	conn := slow.dial(t, "")
	if _, err := fmt.Fprintf(conn, "GET /v1/imports/%s/errors.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", id, m.token); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil {
		t.Fatal(err)
	}
	slow.overdue(t)
	slow.overdue(t)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := csv.NewReader(res.Body).ReadAll()
	if err != nil || len(got) != rows+1 {
		t.Errorf("%d rows of %d, %v", len(got), rows+1, err)
	}
}
