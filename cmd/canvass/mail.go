package main

import (
	"context"
	"errors"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/clients/resend"
	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/reactors"
)

// MailConfig says by what mail goes out: by Resend where there is a key, else by the SMTP
// server. With neither, dev keeps mail in DATA_DIR/mail, and a worker sends none.
type MailConfig struct {
	// From is whom mail is from: an address, perhaps with a name. Needed to send.
	From string `env:"MAIL_FROM"`
	// ResendKey and ResendURL are of Resend. The URL, unset, is Resend's own.
	ResendKey string `env:"RESEND_API_KEY"`
	ResendURL string `env:"RESEND_BASE_URL"`
	// ResendSecret is by which Resend signs what it tells of mails, at POST /webhooks/resend
	// (whsec_...). Unset, it tells nothing.
	ResendSecret string `env:"RESEND_WEBHOOK_SECRET"`
	// SMTPHost and SMTPPort are of a mail server. Port 465 speaks TLS from the first byte,
	// others by STARTTLS where they offer it. Default 587.
	SMTPHost string `env:"SMTP_HOST"`
	SMTPPort uint16 `env:"SMTP_PORT" envDefault:"587"`
	// SMTPUsername and SMTPPassword let us in; they are only ever sent encrypted.
	SMTPUsername string `env:"SMTP_USERNAME"`
	SMTPPassword string `env:"SMTP_PASSWORD"`
	// SMTPConnections is how many connections campaigns send over at once. Default 10.
	SMTPConnections int `env:"SMTP_CONNECTIONS" envDefault:"10"`
	// DKIMKey is a file with the private key (PEM) by which mail of DKIMDomain, and of the
	// domains below it, is signed where it goes out by SMTP; DKIMSelector names the record
	// that holds the public one. Unset, nothing is signed.
	DKIMKey      string `env:"DKIM_KEY"`
	DKIMDomain   string `env:"DKIM_DOMAIN"`
	DKIMSelector string `env:"DKIM_SELECTOR"`
	// Inbound is the address by which mail reaches POST /v1/inbound: people may end mail by
	// a mail to it. Unset, by links alone.
	Inbound string `env:"INBOUND_ADDRESS"`
}

// tlsPort is where mail servers speak TLS from the first byte (RFC 8314).
const tlsPort = 465

// devFrom is whom mail is from that stays on this machine.
const devFrom = "Canvass <canvass@localhost>"

// sends tells whether mail leaves this machine.
func (c MailConfig) sends() bool { return c.ResendKey != "" || c.SMTPHost != "" }

// leaves says where mail goes.
func (c MailConfig) leaves() string {
	if c.sends() {
		return "is sent"
	}
	return "stays here: /dev/mail and canvass mail show it"
}

func (c MailConfig) from() string {
	if c.From == "" {
		return devFrom
	}
	return c.From
}

func (c MailConfig) faults() (out []string) {
	if c.From == "" && c.sends() {
		out = append(out, "MAIL_FROM: is needed to send mail: an address that RESEND_API_KEY or SMTP_HOST may send from")
	}
	if _, err := netmail.ParseAddress(c.From); err != nil && c.From != "" {
		out = append(out, "MAIL_FROM: is not an address, such as Canvass <team@example.com>")
	}
	if u, err := url.Parse(c.ResendURL); c.ResendURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		out = append(out, "RESEND_BASE_URL: is not an https:// URL")
	}
	if (c.SMTPUsername == "") != (c.SMTPPassword == "") {
		out = append(out, "SMTP_USERNAME: goes with SMTP_PASSWORD, and one of them is not set")
	}
	if c.SMTPUsername != "" && c.SMTPHost == "" {
		out = append(out, "SMTP_HOST: is needed with SMTP_USERNAME")
	}
	if c.SMTPConnections < 1 || c.SMTPConnections > 1000 {
		out = append(out, "SMTP_CONNECTIONS: is not between 1 and 1000")
	}
	if set := c.DKIMKey != ""; set != (c.DKIMDomain != "") || set != (c.DKIMSelector != "") {
		out = append(out, "DKIM_KEY: goes with DKIM_DOMAIN and DKIM_SELECTOR, and one of them is not set")
	}
	if _, err := c.signer(); err != nil {
		out = append(out, err.Error())
	}
	if _, err := netmail.ParseAddress(c.Inbound); c.Inbound != "" && (err != nil || strings.ContainsAny(c.Inbound, "<> ")) {
		out = append(out, "INBOUND_ADDRESS: is not an address, such as replies@in.example.com")
	}
	return out
}

// local is the configuration of a server for this machine's own people: links lead to it,
// and mail stays here unless there is something to send it by.
func (c Config) local(url string) Config {
	c.keepMail = true
	if c.PublicURL == "" {
		c.PublicURL = url
	}
	return c
}

// mailer is what mail goes out by.
func (a *App) mailer() (reactors.Mailer, error) {
	c := a.cfg.Mail
	if c.sends() && a.cfg.AppURL == "" && a.cfg.PublicURL == "" {
		return nil, errors.New("APP_URL is not set: links in mails lead there")
	}
	switch {
	case c.ResendKey != "":
		return resend.New(resend.Config{APIKey: c.ResendKey, BaseURL: c.ResendURL})
	case c.SMTPHost != "":
		cfg, err := c.smtp()
		return smtp.New(cfg), err
	case a.cfg.keepMail:
		return a.cfg.mailbox(), nil
	}
	a.log.Warn("no mail is sent, and invitations fail: neither RESEND_API_KEY nor SMTP_HOST is set")
	return noMail{}, nil
}

func (c MailConfig) smtp() (smtp.Config, error) {
	sign, err := c.signer()
	return smtp.Config{Host: c.SMTPHost, Port: int(c.SMTPPort), TLS: c.SMTPPort == tlsPort, Username: c.SMTPUsername, Password: c.SMTPPassword, Sign: sign}, err
}

func (c Config) mailbox() smtp.Mailbox { return smtp.Mailbox{Dir: c.file(mailDir), Now: time.Now} }

// noMail sends nothing, and says so.
type noMail struct{}

// Send implements reactors.Mailer.
func (noMail) Send(context.Context, mail.Mail) error { return &mail.Error{Class: mail.NotConfigured} }

type mailCmd struct {
	Key string `arg:"" optional:"" help:"The mail to read; all are listed when it is absent, the newest first."`
	Raw bool   `help:"Show it as it would go over the wire."`
}

// Help implements kong's detailed help.
func (mailCmd) Help() string {
	return "The dev server keeps mail in DATA_DIR/mail as long as neither RESEND_API_KEY nor SMTP_HOST is set.\nExample: canvass mail invitation-0198a7c2-..."
}

// Run implements the subcommand.
func (c mailCmd) Run(s *session) error {
	kept, err := s.cfg.mailbox().List()
	if err != nil {
		return err
	}
	for _, k := range kept {
		letter, err := k.Read()
		switch {
		case c.Key != "" && c.Key != k.Key:
		case c.Raw && c.Key != "":
			s.printf("%s", k.Raw)
			return nil
		case err != nil:
			return err
		case c.Key == "":
			s.printf("%s  %s  %s  %s\n", k.At.Format("2006-01-02 15:04:05"), k.Key, letter.To, letter.Subject)
		default:
			s.printf("From:    %s\nTo:      %s\nSubject: %s\n\n%s", letter.From, letter.To, letter.Subject, letter.Text)
			return nil
		}
	}
	if c.Key != "" {
		return errors.New("no such mail is kept: canvass mail lists those that are")
	}
	if len(kept) == 0 {
		s.notef("canvass: no mail is kept\n")
	}
	return nil
}
