// Package smtp hands mail to a mail server, or keeps it in files where there is none.
package smtp

import (
	"context"
	"crypto/tls"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/domain/mail"
)

// Config says where the server is.
type Config struct {
	Host     string
	Port     int
	TLS      bool   // from the first byte (RFC 8314); else by STARTTLS, where the server offers it
	Username string // "" to send without being known
	Password string
	// Timeout is how long the server may take to let us connect, and then over each answer.
	// Default 20 s.
	Timeout time.Duration
	// Idle is how long a connection of a Pool stays open for the mails of later. Default 30 s.
	Idle time.Duration
	// Root is what certificates are checked against. Default: what the machine trusts.
	Root *tls.Config
	// Sign tells by what mails from a domain, in small letters, are signed, if they are. Default: none is.
	Sign func(domain string) (DKIM, bool)
}

// The defaults of Timeout and Idle.
const (
	patience = 20 * time.Second
	idleness = 30 * time.Second
)

// Client sends by one server, each mail on a connection of its own.
type Client struct{ cfg Config }

// New makes a client; it does not connect.
func New(cfg Config) *Client { return &Client{cfg: cfg} }

// Send hands one mail over. A mail that is sent again has the same Message-ID, by which a
// mailbox may know it: so one that may have been taken is like one that was not.
func (c *Client) Send(ctx context.Context, m mail.Mail) error {
	p := NewPool(c.cfg, 1)
	defer p.Close()
	var one single
	p.Carry(ctx, []mail.Mail{m}, &one)
	switch {
	case one.err == nil:
		return nil
	case one.err.Class == mail.InDoubt:
		return unavailable(one.err.Code)
	}
	return one.err
}

// single waits for what becomes of one mail.
type single struct{ err *mail.Error }

func (*single) Leaving(int) error                        { return nil }
func (s *single) Ended(_ int, _ string, err *mail.Error) { s.err = err }

// unavailable is a mail that another try may get through.
func unavailable(code int) *mail.Error {
	return &mail.Error{Class: mail.Unavailable, Code: code, Temporary: true}
}

// doorFault is why the server does not let us in: that says nothing of any mail.
func doorFault(code int) *mail.Error {
	switch code {
	case 530, 534, 535, 538: // RFC 4954
		return &mail.Error{Class: mail.Unauthorized, Code: code, Temporary: true}
	}
	return unavailable(code)
}

// verdict is what the server says of a mail: nil for yes.
func verdict(code int) *mail.Error {
	if code/100 == 2 {
		return nil
	}
	if fault := doorFault(code); code < 500 || fault.Class != mail.Unavailable {
		return fault
	}
	return &mail.Error{Class: mail.Refused, Code: code}
}

// compose makes a mail ready to go: written, and signed for the domain that it is from.
func (c Config) compose(m mail.Mail) (letter, *mail.Error) {
	composed, err := compose(m, time.Now()) //nolint:forbidigo // the date in the head of a mail
	if err != nil {
		return letter{}, &mail.Error{Class: mail.Refused}
	}
	if c.Sign == nil {
		return composed, nil
	}
	if by, ok := c.Sign(strings.ToLower(domainOf(composed.from))); ok {
		if composed.raw, err = by.sign(composed.raw); err != nil {
			return letter{}, unavailable(0) // a key may be kept elsewhere
		}
	}
	return composed, nil
}
