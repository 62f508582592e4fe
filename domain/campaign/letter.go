package campaign

import (
	"html"
	"strings"

	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/domain/template"
)

// The variables that a mail's own links fill.
const unsubscribeVariable = "unsubscribe_url"

// Values are those of a person that a template asks for: they are kept with the mail, so that
// it can be written again as it was.
func Values(names []string, d lead.Details, owner string, from sender.Details, organization string) map[string]string {
	out := make(map[string]string, len(names))
	for _, name := range names {
		if key, own := strings.CutPrefix(name, "custom."); own {
			out[name] = enrollment.Short(d.Custom[key])
			continue
		}
		value := valueOf(name, d, owner, from, organization)
		if value == "" && name == "first_name" && d.LastName == "" {
			value, _, _ = strings.Cut(d.Name, " ")
		}
		if value = enrollment.Short(value); value != "" {
			out[name] = value
		}
	}
	return out
}

func valueOf(name string, d lead.Details, owner string, from sender.Details, organization string) string {
	switch name {
	case "name":
		return d.Name
	case "first_name":
		return d.FirstName
	case "last_name":
		return d.LastName
	case "email":
		return d.Email
	case "title":
		return d.Title
	case "company":
		return d.Company
	case "city":
		return d.City
	case "state":
		return d.State
	case "country":
		return d.Country
	case "postal_code":
		return d.PostalCode
	case "source":
		return d.Source
	case "owner":
		return owner
	case "sender_name":
		return from.Name
	case "sender_email":
		return from.Email
	case "organization":
		return organization
	}
	return ""
}

// Letter is what a mail of a campaign holds beside its text.
type Letter struct {
	From        sender.Details
	To          string
	Key         string
	MessageID   string
	Unsubscribe string            // where a click ends mail of the purpose
	Mailto      string            // where a mail does; "" for nowhere
	Pixel       string            // the picture that tells of an opening; "" for none
	Tags        map[string]string // told again by the provider
}

// Mail writes the mail of a person.
func (l Letter) Mail(r *template.Renderer, values map[string]string, link func(n int) string) (mail.Mail, error) {
	vars, custom := map[string]any{unsubscribeVariable: l.Unsubscribe}, map[string]any{}
	for name, value := range values {
		if key, own := strings.CutPrefix(name, "custom."); own {
			custom[key] = value
			continue
		}
		vars[name] = value
	}
	vars["custom"] = custom
	text, err := r.Render(vars, link)
	if err != nil {
		return mail.Mail{}, err
	}
	return mail.Mail{
		Key: l.Key, MessageID: l.MessageID, From: sender.Sender{Details: l.From}.From(), ReplyTo: l.From.ReplyTo, To: l.To,
		Subject: text.Subject, HTML: l.page(text.HTML), Text: l.foot(text.Text), Tags: l.Tags, Headers: l.headers(),
	}, nil
}

// headers let a mailbox offer to end the mail with one click (RFC 2369, RFC 8058).
func (l Letter) headers() []mail.Header {
	ways := "<" + l.Unsubscribe + ">"
	if l.Mailto != "" {
		ways += ", <" + l.Mailto + ">"
	}
	return []mail.Header{{Name: "List-Unsubscribe", Value: ways}, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}
}

// page is the mail as a page: with a way to end it, where its author gives none, and the
// picture by which an opening is known.
func (l Letter) page(text string) string {
	if text == "" {
		return ""
	}
	var add strings.Builder
	if url := html.EscapeString(l.Unsubscribe); !strings.Contains(text, url) {
		add.WriteString(`<p style="font-size:12px;color:#666"><a href="` + url + `">Unsubscribe</a></p>`)
	}
	if l.Pixel != "" {
		add.WriteString(`<img src="` + html.EscapeString(l.Pixel) + `" width="1" height="1" alt="">`)
	}
	if end := strings.LastIndex(text, "</body>"); end >= 0 {
		return text[:end] + add.String() + text[end:]
	}
	return text + add.String()
}

func (l Letter) foot(text string) string {
	if text == "" || strings.Contains(text, l.Unsubscribe) {
		return text
	}
	return strings.TrimRight(text, "\n") + "\n\n--\nUnsubscribe: " + l.Unsubscribe + "\n"
}
