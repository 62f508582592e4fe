package reactors

import (
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"

	"github.com/canvass-hq/canvass/domain/mail"
)

// letter is what an invitation's mail says.
type letter struct {
	Organization, Email, Link string
	Expires                   time.Time
}

const letterText = `You are invited to join {{.Organization}} on Canvass.

Open this link and sign in as {{.Email}}:

{{.Link}}

The link can be used once, until {{.Expires.Format "2 January 2006, 15:04 MST"}}.
If you did not expect this mail, leave it be: nothing happens unless you open the link.
`

const letterHTML = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Join {{.Organization}} on Canvass</title></head>
<body style="font-family: sans-serif; line-height: 1.5; color: #222">
<p>You are invited to join <strong>{{.Organization}}</strong> on Canvass.</p>
<p><a href="{{.Link}}" style="display: inline-block; padding: 0.6em 1.2em; background: #1f4fd8; color: #fff; text-decoration: none">Join {{.Organization}}</a></p>
<p>Sign in as {{.Email}}. If the button does not work, open this link:<br>{{.Link}}</p>
<p>The link can be used once, until {{.Expires.Format "2 January 2006, 15:04 MST"}}.
If you did not expect this mail, leave it be: nothing happens unless you open the link.</p>
</body>
</html>
`

// mail writes the letter, in words alone and as a page.
func (l letter) mail() (mail.Mail, error) {
	m := mail.Mail{To: l.Email, Subject: "Join " + l.Organization + " on Canvass"}
	text, err := template.New("text").Parse(letterText)
	if err != nil {
		return m, err
	}
	page, err := htmltemplate.New("html").Parse(letterHTML)
	if err != nil {
		return m, err
	}
	var words, marked strings.Builder
	if err := text.Execute(&words, l); err != nil {
		return m, err
	}
	if err := page.Execute(&marked, l); err != nil {
		return m, err
	}
	m.Text, m.HTML = words.String(), marked.String()
	return m, nil
}
