// Package resend hands mail to Resend.
package resend

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	vendor "github.com/resend/resend-go/v2"

	"github.com/canvass-hq/canvass/domain/mail"
)

// BaseURL is where Resend is.
const BaseURL = "https://api.resend.com/"

// Config says how to reach Resend.
type Config struct {
	APIKey  string
	BaseURL string // "" for Resend's own
	// Timeout is how long Resend may take to answer. Default 20 s.
	Timeout time.Duration
	// Transport carries the requests. Default: the machine's network.
	Transport http.RoundTripper
}

const patience = 20 * time.Second

// Client sends by Resend.
type Client struct{ vendor *vendor.Client }

// New makes a client; it does not connect.
func New(cfg Config) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = BaseURL
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	base, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return nil, errors.New("the base URL of Resend is no URL")
	}
	c := vendor.NewCustomClient(&http.Client{Timeout: cfg.Timeout, Transport: classing{cfg.Transport}}, cfg.APIKey)
	c.BaseURL = base.JoinPath("/")
	return &Client{vendor: c}, nil
}

// Send hands one mail over. Resend sends a mail once that comes again under its key within
// a day.
func (c *Client) Send(ctx context.Context, m mail.Mail) error {
	if err := m.Check(); err != nil {
		return err
	}
	_, err := c.vendor.Emails.SendWithOptions(ctx,
		request(m),
		&vendor.SendEmailOptions{IdempotencyKey: m.Key})
	switch failed, ok := errors.AsType[*mail.Error](err); {
	case err == nil || errors.Is(err, errTaken):
		return nil
	case ok:
		return failed
	}
	return &mail.Error{Class: mail.Unavailable, Temporary: true} // no answer, or none that can be read
}

// errTaken is the answer to another mail under the same key: the first one was taken. An
// organization that is renamed between two tries makes such a one.
var errTaken = errors.New("a mail under this key was taken before")

// classing turns answers into errors by their number, which the vendor's library drops:
// it keeps their text, in which there may be an address.
type classing struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (c classing) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.next.RoundTrip(r)
	if err != nil || res.StatusCode < 300 {
		return res, err
	}
	defer func() { _ = res.Body.Close() }()
	var told struct {
		Name string `json:"name"`
	}
	_ = json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&told)
	return nil, faultOf(res.StatusCode, told.Name)
}

func faultOf(status int, name string) error {
	switch {
	case status == http.StatusConflict && name == "invalid_idempotent_request":
		return errTaken
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return &mail.Error{Class: mail.Unauthorized, Code: status, Temporary: true}
	case status == http.StatusConflict || status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests:
		return &mail.Error{Class: mail.Unavailable, Code: status, Temporary: true}
	case status >= 400 && status < 500:
		return &mail.Error{Class: mail.Refused, Code: status}
	}
	return &mail.Error{Class: mail.Unavailable, Code: status, Temporary: true}
}
