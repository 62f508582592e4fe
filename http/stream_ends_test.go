package http_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/values"
	apphttp "github.com/canvass-hq/canvass/http"
)

// A stream of which nothing is new shows that it lives.
func TestStreamHeartbeat(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	m := start(t, func(c *apphttp.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}).member(t, access.Admin)
	s := m.opened(t, "")
	if _, comment, err := s.next(); comment != "canvass" || err != nil {
		t.Fatalf("%q %v", comment, err)
	}
	for i := range 2 {
		ahead.Store(int64(16*time.Second) * int64(i+1))
		if _, comment, err := s.next(); comment != "still here" || err != nil {
			t.Fatalf("%q %v", comment, err)
		}
	}
}

// A shutdown does not wait for streams, and they end as if all had been said.
func TestStreamsEndAtShutdown(t *testing.T) {
	t.Parallel()
	a := start(t)
	m := a.member(t, access.Admin)
	m.capture(t, `{"name":"Persona"}`)
	s := m.opened(t, "")
	if _, err := s.fact(); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() {
		a.close()
		close(stopped)
	}()
	if _, err := s.fact(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
	limit := time.NewTimer(5 * time.Second)
	defer limit.Stop()
	select {
	case <-stopped:
	case <-limit.C:
		t.Error("the server waits for a stream")
	}
}

// Facts reach a stream whose server hears of no projection, since they run elsewhere.
func TestStreamOfAnotherProcess(t *testing.T) {
	t.Parallel()
	m := start(t, withFeed(stuckFeed{func(context.Context) error { return domain.ErrBehind }})).member(t, access.Admin)
	s := m.opened(t, "")
	id := m.capture(t, `{"name":"Persona"}`).ID
	if e, err := s.fact(); err != nil || e.Stream != id {
		t.Errorf("%+v %v", e, err)
	}
}

// A client that does not read is let go, and nobody waits for it meanwhile.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	// Deadlines are set by this clock, which is behind: ten seconds of patience are one.
	var log logCapture
	m := start(t, withLog(log.logger()), func(c *apphttp.Config) {
		c.Now = func() time.Time { return time.Now().Add(-9 * time.Second) }
	}).member(t, access.Admin)
	slow, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(m.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	_ = slow.(*net.TCPConn).SetReadBuffer(4096)
	if _, err := fmt.Fprintf(slow, "GET /v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", m.token); err != nil {
		t.Fatal(err)
	}
	quick := m.opened(t, "")
	read, broken := make(chan string, 1<<16), make(chan error, 1)
	go func() {
		for {
			e, err := quick.fact()
			if err != nil {
				broken <- err
				return
			}
			read <- e.Stream
		}
	}()
	reads := func(what, stream string) {
		t.Helper()
		limit := time.NewTimer(30 * time.Second)
		defer limit.Stop()
		select {
		case got := <-read:
			if got != stream {
				t.Fatalf("%s: a fact of %s, want one of %s", what, got, stream)
			}
		case err := <-broken:
			t.Fatalf("%s: %v", what, err)
		case <-limit.C:
			t.Fatalf("%s: nothing comes", what)
		}
	}
	large, facts := m.megabytes(t, 12)
	for i := range facts {
		reads(fmt.Sprintf("the other reader after %d of %d", i, facts), large)
	}
	within(t, "the slow reader is let go", func() bool { return strings.Contains(log.String(), "route=/v1/events/stream status=200") })
	reads("the other reader then", m.capture(t, `{"name":"Persona, at last"}`).ID)
}

// within polls for what gives no signal.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for !done() {
		select {
		case <-limit.C:
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

// megabytes fills the log with large facts.
func (m *member) megabytes(t *testing.T, n int) (id string, facts int) {
	t.Helper()
	id = uuid.Must(uuid.NewV7()).String()
	m.given(t, id, strings.NewReplacer(), []lead.Event{captured()})
	reason := strings.Repeat("\U0001F600", values.MaxProse)
	for version := 1; facts*4*values.MaxProse < n<<20; {
		chunk := make([]any, 0, 400)
		for range 200 {
			chunk = append(chunk, lead.Archived{Reason: reason}, lead.StatusChanged{From: lead.New, To: lead.New, Reason: reason})
		}
		_, err := m.db.Store.Append(t.Context(), domain.Commit{
			Org: m.Org, Command: uuid.NewString(), Meta: domain.Meta{Actor: m.Actor(), OccurredAt: time.Now()},
			Streams: []domain.StreamCommit{{Stream: lead.Stream(id), Expected: version, Facts: chunk}},
		})
		if err != nil {
			t.Fatal(err)
		}
		version += len(chunk)
		facts += len(chunk)
	}
	return id, facts + 1
}

// A client that leaves is noticed, also when the time that the server has for the
// reading of a request has long been over; and until then the stream goes on.
func TestStreamOutlivesReadTimeout(t *testing.T) {
	t.Parallel()
	var log logCapture
	begun := time.Now() // a clock that stands still: no heartbeat finds out who has left
	a := start(t, withLog(log.logger()), func(c *apphttp.Config) { c.Now = func() time.Time { return begun } })
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	impatient := &http.Server{Handler: a.server.Handler(), ReadTimeout: 300 * time.Millisecond, ReadHeaderTimeout: 300 * time.Millisecond}
	go func() { _ = impatient.Serve(listener) }()
	t.Cleanup(func() { _ = impatient.Close() })
	m := a.member(t, access.Admin)
	live := m.base
	m.app = &app{db: a.db, issuer: a.issuer, server: a.server, base: "http://" + listener.Addr().String()}
	s := m.opened(t, "")
	// A request that never ends is cut off when the time is over: then it is over for
	// the stream, which began earlier, too.
	witness, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = witness.Close() }()
	if _, err := io.WriteString(witness, "GET / HTTP/1.1\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(witness); err != nil {
		t.Fatal(err)
	}
	m.base = live
	id := m.capture(t, `{"name":"Persona"}`).ID
	if e, err := s.fact(); err != nil || e.Stream != id {
		t.Errorf("%+v %v", e, err)
	}
	_ = s.body.Close()
	within(t, "the server notices that the client has left", func() bool { return strings.Contains(log.String(), "route=/v1/events/stream status=200") })
}
