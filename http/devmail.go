package http

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/canvass-hq/canvass/domain"
)

// KeptMail is a mail that stays on this machine.
type KeptMail struct {
	Key, From, To, Subject, Text, HTML string
	At                                 time.Time
	Head                               string // as it would go over the wire
	Unsubscribe                        string // where one click ends mail; "" where nothing does
}

// Mailbox shows the mail that stays on this machine. It is for development: who reaches it
// reads all of it.
type Mailbox interface {
	Mails() ([]KeptMail, error) // the newest first, at most some hundreds
	Mail(key string) (KeptMail, error)
}

var errNoMail = &domain.Error{Kind: domain.NotFound, Code: "mail.not_found", Message: "there is no such mail"}

// devMail serves the mailbox as pages.
func (s *Server) devMail(box Mailbox) {
	s.file("/dev/mail", "devMail", "The mail that stays on this machine, the newest first", "text/html", func(c echo.Context) error {
		mails, err := box.Mails()
		if err != nil {
			return err
		}
		var b strings.Builder
		b.WriteString(`<h1>Mail that stays here</h1><table>`)
		for _, m := range mails {
			b.WriteString(`<tr><td>` + m.At.UTC().Format(time.DateTime) + `</td><td>` + html.EscapeString(m.To) + `</td><td><a href="/dev/mail/` + url.PathEscape(m.Key) + `">` + html.EscapeString(m.Subject) + `</a></td></tr>`)
		}
		b.WriteString(`</table>`)
		if len(mails) == 0 {
			b.WriteString(`<p>There is none yet.</p>`)
		}
		return page(c, b.String())
	})
	one := pageOp(http.MethodGet, "/dev/mail/{key}", "devMailOne", "One mail, as it is read, and its head")
	one.Parameters[0].Name, one.Parameters[0].Description = "key", "The mail"
	s.open(one, func(c echo.Context) error {
		m, err := box.Mail(c.Param("key"))
		if err != nil {
			return errNoMail
		}
		return page(c, m.page())
	})
}

// page is a mail in a frame that runs no scripts; its links open beside it.
func (m KeptMail) page() string {
	var b strings.Builder
	b.WriteString(`<p><a href="/dev/mail">All mail</a></p><h1>` + html.EscapeString(m.Subject) + `</h1><p>From ` + html.EscapeString(m.From) + ` to ` + html.EscapeString(m.To) + `</p>`)
	if m.Unsubscribe != "" {
		b.WriteString(`<form method="post" action="` + html.EscapeString(m.Unsubscribe) + `"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>Unsubscribe with one click</button></form>`)
	}
	if m.HTML != "" {
		b.WriteString(`<iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" style="width:100%;height:24rem;border:1px solid #ccc" srcdoc="` + html.EscapeString(`<base target="_blank">`+m.HTML) + `"></iframe>`)
	}
	b.WriteString(`<h2>As text</h2><pre style="white-space:pre-wrap">` + html.EscapeString(m.Text) + `</pre><h2>Head</h2><pre style="white-space:pre-wrap">` + html.EscapeString(m.Head) + `</pre>`)
	return b.String()
}
