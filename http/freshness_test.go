package http_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// Every command's position, sent back, shows what the command wrote: in the list, in
// the record, in the log.
func TestReadYourWrites(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for i := range 25 {
		r := m.capture(t, fmt.Sprintf(`{"name":"Persona %d"}`, i))
		at := []string{"Canvass-Min-Position", strconv.FormatInt(r.Position, 10)}
		m.ask(t, "GET", "/v1/leads/"+r.ID, "", at...).wants(t, 200)
		if list := into[leadList](t, m.ask(t, "GET", "/v1/leads?limit=1", "", at...).wants(t, 200)); list.Items[0].ID != r.ID || list.Total.Value != i+1 {
			t.Fatalf("the list begins with %s of %d, want %s of %d", list.Items[0].ID, list.Total.Value, r.ID, i+1)
		}
		if log := into[eventList](t, m.ask(t, "GET", "/v1/events?stream="+r.ID, "", at...).wants(t, 200)); len(log.Items) != 1 {
			t.Fatal("the log does not show the fact")
		}
	}
}

// stuckFeed is a feed whose projections stand still.
type stuckFeed struct{ wait func(context.Context) error }

func (stuckFeed) Changed() <-chan struct{} { return nil }

func (f stuckFeed) Wait(ctx context.Context, _ projections.Projection, _ int64) error {
	return f.wait(ctx)
}

func TestProjectionBehind(t *testing.T) {
	t.Parallel()
	m := start(t, withFeed(stuckFeed{func(ctx context.Context) error {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > 2*time.Second || left < time.Second {
			return fmt.Errorf("a wait without its two seconds: %s", left)
		}
		return domain.ErrBehind
	}})).member(t, access.Admin)
	for _, path := range []string{"/v1/leads", missing, "/v1/events"} {
		got := m.ask(t, "GET", path, "", "Canvass-Min-Position", "7")
		got.refuses(t, 503, "projection-behind")
		if got.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	m.ask(t, "GET", "/v1/leads", "", "Canvass-Min-Position", "0").wants(t, 200)
}

// The real feed gives up by itself, and an answer comes at once when the position is
// there.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	m.ask(t, "GET", "/v1/leads", "", "Canvass-Min-Position", "9223372036854775807").refuses(t, 503, "projection-behind")
}

// A handler that panics, or fails with what nobody expected, answers with a request
// id and nothing else.
func TestOurOwnFaults(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(context.Context) error{
		"a panic":             func(context.Context) error { panic("secret " + mailMark) },
		"a panic of an error": func(context.Context) error { panic(errors.New("secret")) },
		"a fault":             func(context.Context) error { return errors.New("connect to db.internal: secret") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logCapture
			m := start(t, withFeed(stuckFeed{wait}), withLog(log.logger())).member(t, access.Admin)
			got := m.ask(t, "GET", "/v1/leads", "", "Canvass-Min-Position", "1")
			p := got.refuses(t, 500, "internal")
			if p.RequestID == "" || p.RequestID != got.header.Get("X-Request-Id") || len(p.Fields)+len(p.Streams) > 0 || strings.Contains(got.body, "secret") {
				t.Errorf("the answer is %s", got.body)
			}
			if text := log.String(); !strings.Contains(text, p.RequestID) || strings.Contains(text, mailMark) {
				t.Errorf("the log is %s", text)
			}
			m.ask(t, "GET", "/v1/leads", "").wants(t, 200) // and the server goes on
		})
	}
}

var requestLine = regexp.MustCompile(`msg=request method=(\S+) route=(\S+) status=(\d+) took=\S+ request_id=(\S+)\n`)

// The access log says which route was asked and never what for.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	var log logCapture
	m := start(t, withLog(log.logger())).member(t, access.Admin)
	for path, route := range map[string]string{
		"/v1/leads?email=x@people.example": "/v1/leads", "/v1/leads/" + someone: "/v1/leads/:id", "/health": "/health",
		"/v1/nothing/x@people.example": `""`, "/v1/leads/x@people.example": "/v1/leads/:id", "/x@people.example": `""`,
	} {
		got := m.ask(t, "GET", path, "")
		id := got.header.Get("X-Request-Id")
		var line []string
		for _, l := range requestLine.FindAllStringSubmatch(log.String(), -1) {
			if l[4] == id {
				line = l
			}
		}
		if line == nil || line[1] != "GET" || line[2] != route || line[3] != strconv.Itoa(got.status) {
			t.Errorf("%s was logged as %v, want route %s and status %d", path, line, route, got.status)
		}
	}
	if leaks := log.leaks(); len(leaks) > 0 {
		t.Error(leaks)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	sick := errors.New("no")
	for _, c := range []struct {
		name            string
		critical, other error
		health, ready   string
		status          int
	}{
		{"all well", nil, nil, "ok", "ok", 200},
		{"a part is down", nil, sick, "degraded", "degraded", 200},
		{"a critical part is down", sick, nil, "down", "down", 503},
		{"both", sick, sick, "down", "down", 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := start(t, func(cfg *apphttp.Config) {
				cfg.Checks = []apphttp.Check{
					{Name: "log", Critical: true, Probe: func(context.Context) (string, error) { return "", c.critical }},
					{Name: "cache", Probe: func(context.Context) (string, error) { return "in this process", c.other }},
				}
			}).member(t, access.User)
			m.token = ""
			for path, want := range map[string]int{"/health": 200, "/health/ready": c.status, "/health/live": 200} {
				got := m.ask(t, "GET", path, "").wants(t, want)
				if path == "/health/live" {
					sameJSON(t, `{"status":"ok"}`, got.body)
					continue
				}
				state := map[bool]string{true: "ok", false: "down"}
				sameJSON(t, `{"status":"`+c.health+`","parts":{"log":{"status":"`+state[c.critical == nil]+`"},"cache":{"status":"`+state[c.other == nil]+`","detail":"in this process"}}}`, got.body)
			}
		})
	}
}

// A body that ends before its end is the caller's fault.
func TestBodyCutShort(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	for name, raw := range map[string]string{
		"a chunk that is none":         "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"a length that is not reached": "Content-Length: 100\r\n\r\n{\"name\":",
	} {
		got := m.raw(t, "POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "+m.token+"\r\n"+raw)
		if got.status >= http.StatusInternalServerError {
			t.Errorf("%s: status %d: %s", name, got.status, got.body)
		}
		got.refuses(t, 400, "request.malformed")
	}
}
