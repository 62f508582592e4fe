package http

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
)

const (
	streamHeartbeat = 15 * time.Second
	streamPoll      = 250 * time.Millisecond // where the projections run in another process
	streamPatience  = 10 * time.Second       // for a client that does not read
	eventStream     = "text/event-stream"
)

// openStream begins an answer of Server-Sent Events (HTML Living Standard 9.2).
func (s *Server) openStream(c echo.Context) (*eventWriter, error) {
	w := &eventWriter{w: c.Response(), control: http.NewResponseController(c.Response()), now: s.now, last: s.now()}
	// The server stops to read when its time for a request is over, and would not notice
	// a client that leaves.
	if err := w.control.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	c.Response().Header().Set(echo.HeaderContentType, eventStream)
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
	if asksHead(c.Request().Context()) {
		return nil, errHead // the answer has been given
	}
	return w, nil
}

// anew waits until it is time to look again, or reports that the stream ends. changed
// may be nil.
func (s *Server) anew(ctx context.Context, changed <-chan struct{}) bool {
	t := time.NewTimer(streamPoll)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
		return false
	case <-s.closing:
		return false
	}
	return s.still(ctx)
}

// eventWriter writes Server-Sent Events, and gives up on a client that does not read.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	now     domain.Clock
	last    time.Time // when something was written
}

func (w *eventWriter) write(text []byte) error {
	w.last = w.now()
	if err := w.control.SetWriteDeadline(w.last.Add(streamPatience)); err != nil {
		return err
	}
	if _, err := w.w.Write(text); err != nil {
		return err
	}
	return w.control.Flush()
}

func (w *eventWriter) comment(text string) error { return w.write([]byte(": " + text + "\n\n")) }

// alive says that the stream lives, when it has been silent for long.
func (w *eventWriter) alive() error {
	if w.now().Sub(w.last) < streamHeartbeat {
		return nil
	}
	return w.comment("still here")
}

// event writes one event; an id is what the client comes back with, and may be "".
func (w *eventWriter) event(id, name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return w.write(fmt.Appendf(nil, "%sevent: %s\ndata: %s\n\n", id, name, data))
}
