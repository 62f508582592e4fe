package smtp

import (
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/canvass-hq/canvass/domain/mail"
)

// compose writes a mail as it goes over the wire.
func compose(m mail.Mail, now time.Time) (*gomail.Msg, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if msg.From(m.From) != nil || msg.To(m.To) != nil {
		return nil, &mail.Error{Class: mail.Refused}
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(now)
	msg.SetMessageIDWithValue(messageID(m))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence is answered with (RFC 3834)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// messageID is the same for the same mail: its key, at the domain that it comes from.
func messageID(m mail.Mail) string {
	_, domain, _ := strings.Cut(strings.TrimSuffix(m.From[strings.LastIndex(m.From, "<")+1:], ">"), "@")
	return m.Key + "@" + domain
}
