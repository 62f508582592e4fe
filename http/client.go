package http

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/projections"
)

// Client speaks to a running server, for the command line.
type Client struct {
	base, token string
	http        *http.Client
}

// NewClient speaks to the server at base, such as http://localhost:8000.
func NewClient(base, token string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), token: token, http: &http.Client{}}
}

// send sends a body, where there is one, and reads the answer.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, kind string, body io.Reader, answer any) error {
	header := http.Header{}
	if kind != "" {
		header.Set("Content-Type", kind)
	}
	res, err := c.bodied(ctx, method, path, query, header, body)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	return json.NewDecoder(res.Body).Decode(answer)
}

func (c *Client) do(ctx context.Context, method, path string, query url.Values, header http.Header) (*http.Response, error) {
	return c.bodied(ctx, method, path, query, header, nil)
}

func (c *Client) bodied(ctx context.Context, method, path string, query url.Values, header http.Header, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path+"?"+query.Encode(), body)
	if err != nil {
		return nil, err
	}
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the server cannot be reached: %w", err)
	}
	if res.StatusCode < http.StatusBadRequest {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }()
	var p Problem
	if json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&p) != nil {
		p = *problem(res.StatusCode, "unknown", http.StatusText(res.StatusCode))
	}
	for _, f := range p.Fields {
		p.Detail += fmt.Sprintf("; %s %s", f.Name, f.Message)
	}
	return nil, &p
}

// Post gives a command that has no body.
func (c *Client) Post(ctx context.Context, path string) (Receipt, error) {
	var out Receipt
	err := c.send(ctx, http.MethodPost, path, nil, "", nil, &out)
	return out, err
}

// Events hands every fact behind a position to show, oldest first.
func (c *Client) Events(ctx context.Context, query url.Values, show func(projections.Event) error) error {
	for {
		res, err := c.do(ctx, http.MethodGet, "/v1/events", query, nil)
		if err != nil {
			return err
		}
		var page List[projections.Event]
		err = errors.Join(json.NewDecoder(res.Body).Decode(&page), res.Body.Close())
		if err != nil {
			return fmt.Errorf("the server's answer cannot be read: %w", err)
		}
		for _, e := range page.Items {
			if err := show(e); err != nil {
				return err
			}
		}
		if page.NextCursor == "" {
			return nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

// Follow hands every fact from a position on to show, and those that are yet to come,
// until ctx ends. A connection that breaks is made again where it broke.
func (c *Client) Follow(ctx context.Context, query url.Values, show func(projections.Event) error) error {
	last := int64(-1)
	for pause := time.Second; ; {
		header := http.Header{"Accept": {"text/event-stream"}}
		if last >= 0 {
			header.Set("Last-Event-ID", strconv.FormatInt(last, 10))
		}
		res, err := c.do(ctx, http.MethodGet, "/v1/events/stream", query, header)
		var refused *Problem
		switch {
		case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
			return err
		case err == nil:
			err = readStream(res.Body, func(e projections.Event) error {
				last = e.Position
				return show(e)
			})
			_ = res.Body.Close()
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the reader has had enough
		}
		if stop, ok := errors.AsType[*showError](err); ok {
			return stop.error
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// showError is a fault of the reader's, not of the connection.
type showError struct{ error }

func readStream(body io.Reader, show func(projections.Event) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 64<<10), 16<<20)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		var e projections.Event
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		if err := show(e); err != nil {
			return &showError{err}
		}
	}
	return lines.Err()
}
