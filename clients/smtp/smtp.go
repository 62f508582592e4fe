// Package smtp hands mail to a mail server, or keeps it in files where there is none.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/canvass-hq/canvass/domain/mail"
)

// Config says where the server is.
type Config struct {
	Host     string
	Port     int
	TLS      bool   // from the first byte (RFC 8314); else by STARTTLS, where the server offers it
	Username string // "" to send without being known
	Password string
	// Timeout is how long the server may take to let us in, and then to take a mail.
	// Default 20 s.
	Timeout time.Duration
	// Root is what certificates are checked against. Default: what the machine trusts.
	Root *tls.Config
}

// patience is the default of Timeout.
const patience = 20 * time.Second

// Client sends by one server, each mail on a connection of its own.
type Client struct{ cfg Config }

// New makes a client; it does not connect.
func New(cfg Config) *Client {
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	return &Client{cfg: cfg}
}

// Send hands one mail over. A mail that is sent again has the same Message-ID, by which a
// mailbox may know it.
func (c *Client) Send(ctx context.Context, m mail.Mail) error {
	msg, err := compose(m, time.Now()) //nolint:forbidigo // the date in the head of a mail
	if err != nil {
		return err
	}
	dialed, client, err := c.client(ctx)
	if err != nil {
		return &mail.Error{Class: mail.Unavailable, Temporary: true}
	}
	defer dialed.close() // the library leaves it open when the server does not let us in
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return faultOf(err)
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil && !msg.IsDelivered() {
		return faultOf(err)
	}
	_ = client.CloseWithSMTPClient(session) // the mail is taken, however the parting goes
	return nil
}

// connection is the one that a mail is sent on. It ends with the context of the mail, in
// whatever the server has just been asked.
type connection struct {
	net.Conn

	stop func() bool
}

func (c *connection) close() {
	if c.Conn != nil {
		c.stop()
		_ = c.Close()
	}
}

// client is one that is used for one mail. A password is only ever sent encrypted.
func (c *Client) client(mailing context.Context) (*connection, *gomail.Client, error) {
	dialed := &connection{}
	secret := c.cfg.Root.Clone()
	if secret == nil {
		secret = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	secret.ServerName = c.cfg.Host
	policy := gomail.TLSOpportunistic
	if c.cfg.Username != "" && !c.cfg.TLS {
		policy = gomail.TLSMandatory
	}
	options := []gomail.Option{
		gomail.WithPort(c.cfg.Port), gomail.WithTimeout(c.cfg.Timeout), gomail.WithTLSConfig(secret), gomail.WithTLSPolicy(policy),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			if c.cfg.TLS {
				conn, err = (&tls.Dialer{Config: secret}).DialContext(ctx, network, address)
			} else {
				conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
			}
			if err == nil {
				dialed.Conn, dialed.stop = conn, context.AfterFunc(mailing, func() { _ = conn.Close() })
			}
			return conn, err
		}),
	}
	if c.cfg.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.cfg.Username), gomail.WithPassword(c.cfg.Password))
	}
	client, err := gomail.NewClient(c.cfg.Host, options...)
	return dialed, client, err
}

// faultOf classes what went wrong by the number of the server's answer.
func faultOf(err error) *mail.Error {
	code := 0
	sending, begun := errors.AsType[*gomail.SendError](err)
	if begun {
		code = sending.ErrorCode()
	} else if answer, ok := errors.AsType[*textproto.Error](err); ok {
		code = answer.Code
	}
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538: // RFC 4954
		return &mail.Error{Class: mail.Unauthorized, Code: code, Temporary: true}
	case begun && code >= 500:
		return &mail.Error{Class: mail.Refused, Code: code}
	}
	return &mail.Error{Class: mail.Unavailable, Code: code, Temporary: true}
}
