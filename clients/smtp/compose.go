package smtp

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/canvass-hq/canvass/domain/mail"
)

// letter is a mail as it goes over the wire.
type letter struct {
	from, to *netmail.Address // with their domains as servers know them
	wide     bool             // an address has letters beyond ASCII (RFC 6531)
	raw      []byte
}

// compose writes a mail as it goes over the wire.
func compose(m mail.Mail, now time.Time) (letter, error) {
	refused := &mail.Error{Class: mail.Refused}
	if err := m.Check(); err != nil {
		return letter{}, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from, to := address(m.From), address(m.To)
	if from == nil || to == nil || !extend(msg, m.Headers) {
		return letter{}, refused
	}
	wide := !ascii(from.Address + to.Address)
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	if m.ReplyTo != "" {
		reply := address(m.ReplyTo)
		if reply == nil {
			return letter{}, refused
		}
		msg.ReplyToMailAddress(reply)
		wide = wide || !ascii(reply.Address)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(now)
	id := m.MessageID
	if id == "" { // the same for the same mail
		id = m.Key + "@" + domainOf(from)
	}
	msg.SetMessageIDWithValue(id)
	parts := partsOf(m.Text, m.HTML)
	msg.SetBodyWriter(gomail.TypeTextPlain, parts[0].write, gomail.WithPartEncoding(parts[0].encoding))
	if m.HTML != "" {
		msg.AddAlternativeWriter(gomail.TypeTextHTML, parts[1].write, gomail.WithPartEncoding(parts[1].encoding))
	}
	var raw bytes.Buffer
	raw.Grow(1536 + len(m.Text) + len(m.HTML)*5/4)
	if _, err := msg.WriteTo(&raw); err != nil {
		return letter{}, refused
	}
	labelled(raw.Bytes(), parts)
	return letter{from: from, to: to, wide: wide, raw: raw.Bytes()}, nil
}

// address reads one address; it is nil for a domain that cannot be.
func address(v string) *netmail.Address {
	a, err := netmail.ParseAddress(v)
	if err != nil {
		return nil
	}
	if domain := domainOf(a); !ascii(domain) {
		known, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return nil
		}
		a.Address = strings.TrimSuffix(a.Address, domain) + known
	}
	return a
}

func domainOf(a *netmail.Address) string { return a.Address[strings.LastIndex(a.Address, "@")+1:] }

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// extend adds lines to the head of a mail. It tells of one that cannot be, or that every mail
// has, so that nobody speaks in the name of another.
func extend(msg *gomail.Msg, lines []mail.Header) bool {
	taken := map[string]bool{
		"from": true, "sender": true, "to": true, "cc": true, "bcc": true, "reply-to": true, "return-path": true,
		"subject": true, "date": true, "message-id": true, "mime-version": true, "dkim-signature": true,
	}
	for _, h := range lines {
		name := strings.ToLower(h.Name)
		odd := func(r rune) bool { return r <= ' ' || r == ':' || r > '~' }
		if name == "" || strings.ContainsFunc(name, odd) || taken[name] || strings.HasPrefix(name, "content-") {
			return false
		}
		taken[name] = true
		msg.SetGenHeader(gomail.Header(h.Name), h.Value)
	}
	if !taken["list-unsubscribe"] && !taken["auto-submitted"] {
		msg.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence is answered with (RFC 3834)
	}
	return true
}
