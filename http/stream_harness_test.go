package http_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/projections"
)

// stream is an open stream of facts.
type stream struct {
	body  io.Closer
	lines *bufio.Scanner
}

func (m *member) stream(ctx context.Context, query string, headers ...string) (*stream, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.base+"/v1/events/stream?"+query, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+m.token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream" {
		_ = res.Body.Close()
		return nil, fmt.Errorf("status %d, type %s", res.StatusCode, kind)
	}
	s := &stream{res.Body, bufio.NewScanner(res.Body)}
	s.lines.Buffer(nil, 1<<20)
	return s, nil
}

// opened is stream for the test's own goroutine.
func (m *member) opened(t *testing.T, query string, headers ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	s, err := m.stream(ctx, query, headers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.body.Close() })
	return s
}

// next reads one event and checks its form; comment is set instead for a comment.
func (s *stream) next() (e projections.Event, comment string, err error) {
	var id, kind, data string
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			data = value
		case "":
			if value != "" {
				comment = value
			}
		}
		if s.lines.Text() != "" {
			continue
		}
		if comment != "" {
			return e, comment, nil
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return e, "", err
		}
		if id != strconv.FormatInt(e.Position, 10) || kind != e.Type {
			return e, "", fmt.Errorf("id %s and event %s of %s", id, kind, data)
		}
		return e, "", nil
	}
	if s.lines.Err() != nil {
		return e, "", s.lines.Err()
	}
	return e, "", io.EOF
}

// fact skips comments.
func (s *stream) fact() (projections.Event, error) {
	for {
		if e, comment, err := s.next(); comment == "" {
			return e, err
		}
	}
}
