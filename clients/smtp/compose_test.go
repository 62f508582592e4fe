package smtp_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
	"github.com/canvass-hq/canvass/domain/mail"
)

// carried sends a mail, and gives it as it has arrived.
func carried(t *testing.T, m mail.Mail, set func(*smtp.Config)) string {
	t.Helper()
	s, cfg := sink(t, func(s *smtptest.Sink) { s.Keep = 1 })
	set(&cfg)
	if err := smtp.New(cfg).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return string(s.Kept()[0])
}

// TestHead: what a mail says of itself arrives.
func TestHead(t *testing.T) {
	t.Parallel()
	m := campaign(1)[0]
	m.ReplyTo, m.MessageID = "Zoë <sales@bücher.example>", "step-1@mail.canvass.example"
	head, _, _ := parts(t, carried(t, m, func(*smtp.Config) {}))
	reply, err := head.AddressList("Reply-To")
	if err != nil || *reply[0] != (netmail.Address{Name: "Zoë", Address: "sales@xn--bcher-kva.example"}) {
		t.Errorf("replies go to %v, %v", head["Reply-To"], err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<step-1@mail.canvass.example>", "List-Unsubscribe": "<https://canvass.example/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Auto-Submitted": "",
	} {
		if head.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, head.Get(name), want)
		}
	}
	head, _, _ = parts(t, carried(t, invitation(), func(*smtp.Config) {}))
	if head.Get("Auto-Submitted") != "auto-generated" || head.Get("Reply-To") != "" {
		t.Errorf("an invitation has %v", head)
	}
}

// TestHeadOfOthers: no line of the head stands for another, and none smuggles one in.
func TestHeadOfOthers(t *testing.T) {
	t.Parallel()
	for _, h := range []mail.Header{
		{Name: "Bcc", Value: "eve@example.com"},
		{Name: "from", Value: "eve@example.com"},
		{Name: "Content-Type", Value: "text/html"},
		{Name: "X: y\r\nBcc", Value: "z"},
		{Name: "X y", Value: "z"},
		{Name: "", Value: "z"},
		{Name: "X", Value: "y\r\nBcc: eve@example.com"},
		{Name: "list-unsubscribe", Value: "again"},
		{Name: "Bcc: x", Value: "y"},
	} {
		m := campaign(1)[0]
		m.Headers = append(m.Headers, h)
		if _, err := smtp.Compose(m); err == nil {
			t.Errorf("%q is taken", h)
		}
	}
	m := campaign(1)[0]
	m.From = "=?utf-8?q?Eve=0D=0ABcc:_eve@example.com?= <team@canvass.example>" // what it says is two lines
	raw, err := smtp.Compose(m)
	if err == nil && bytes.Contains(raw, []byte("\nBcc")) {
		t.Errorf("it reads %s", raw)
	}
}

// TestSigned: a mail arrives with a signature that holds, and that covers who it is from, what
// it says and how to have no more of them.
func TestSigned(t *testing.T) {
	t.Parallel()
	for kind, key := range map[string]crypto.Signer{"rsa": rsaKey(), "ed25519": ed25519Key()} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := campaign(1)[0]
			m.Subject, m.Text = "Zoë & Söhne", ".\n..\n  a  b \n\n\n"
			raw := carried(t, m, func(cfg *smtp.Config) {
				cfg.Sign = func(domain string) (smtp.DKIM, bool) {
					return smtp.DKIM{Domain: domain, Selector: "s1", Key: key}, domain == "canvass.example"
				}
			})
			lookup := func(string) ([]string, error) { return []string{record(t, key.Public())}, nil }
			found, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: lookup})
			if err != nil || len(found) != 1 || found[0].Err != nil || found[0].Domain != "canvass.example" {
				t.Fatalf("%+v, %v", found, err)
			}
			for _, name := range []string{"From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"} {
				if !slices.Contains(found[0].HeaderKeys, name) {
					t.Errorf("%s is not covered", name)
				}
			}
			forged := strings.Replace(raw, "canvass.example/u/1", "canvass.example/u/2", 1)
			if found, _ := dkim.VerifyWithOptions(strings.NewReader(forged), &dkim.VerifyOptions{LookupTXT: lookup}); len(found) != 1 || found[0].Err == nil {
				t.Error("the signature holds for another mail")
			}
		})
	}
	other := func(cfg *smtp.Config) {
		cfg.Sign = func(string) (smtp.DKIM, bool) { return smtp.DKIM{}, false }
	}
	if raw := carried(t, invitation(), other); strings.Contains(raw, "DKIM") {
		t.Error("a mail of another domain is signed")
	}
	_, cfg := sink(t)
	cfg.Sign = func(string) (smtp.DKIM, bool) { return smtp.DKIM{}, true } // which no key is
	fails(t, smtp.New(cfg), invitation(), mail.Error{Class: mail.Unavailable, Temporary: true})
}

// record is what a domain publishes of a key.
func record(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	switch key := key.(type) {
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key)
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
	}
	t.Fatalf("%T", key)
	return ""
}

// TestWhatIsWritten: what is written is what is read, dots and all.
func TestWhatIsWritten(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t, func(s *smtptest.Sink) { s.Keep = 1 })
	o := &office{}
	pools := []*smtp.Pool{pool(t, cfg, 1), pool(t, open(t, o, false), 1)}
	body := rapid.StringOfN(rapid.SampledFrom([]rune(".. \n\n\tab=é%<")), 0, 400, -1)
	rapid.Check(t, func(r *rapid.T) {
		m := campaign(1)[0]
		m.Text, m.HTML = body.Draw(r, "text"), "x"+body.Draw(r, "html")
		ends := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(r, "ends")
		m.Text, m.HTML = strings.ReplaceAll(m.Text, "\n", ends), strings.ReplaceAll(m.HTML, "\n", ends)
		for _, p := range pools {
			flight := newLog()
			p.Carry(t.Context(), []mail.Mail{m}, flight)
			if got := flight.each(t, 1)[0]; got != (mail.Error{}) {
				r.Fatalf("it ended as %+v", got)
			}
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, raw := range []string{string(s.Kept()[0]), o.got[len(o.got)-1]} {
			_, text, html := parts(t, raw)
			lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
			if lf(text) != lf(m.Text) || lf(html) != lf(m.HTML) {
				r.Fatalf("%q and %q read %q and %q", m.Text, m.HTML, text, html)
			}
		}
	})
}

// TestParts: a text is written as it stands where no server on the way changes it, and says so;
// whatever a mail is about, what it says of its parts is true.
func TestParts(t *testing.T) {
	t.Parallel()
	const label = "Content-Transfer-Encoding: 8bit"
	for name, c := range map[string]struct{ text, html, want string }{
		"plain":                 {"Hello\nAda\n", "<p>\thello</p>", "7bit 7bit"},
		"letters beyond ASCII":  {"Grüße", "<p>hello</p>", "Quoted-Printable 7bit"},
		"a long line":           {"Hello", strings.Repeat("x", 999), "7bit Quoted-Printable"},
		"as long as may be":     {"Hello", strings.Repeat("x", 998) + "\r\n" + strings.Repeat("y", 998), "7bit 7bit"},
		"a blank at an end":     {"Hello \nAda", "<p>hello</p>\t", "Quoted-Printable Quoted-Printable"},
		"like a mailbox file":   {"Hello\nFrom here on", "<p>From here on</p>", "Quoted-Printable 7bit"},
		"no text of people":     {"a\x01b", "<p>\x7f</p>", "Quoted-Printable Quoted-Printable"},
		"a part that is none":   {"Hello\n" + label + "\n", "<p>hello</p>", "Quoted-Printable Quoted-Printable"},
		"a part within a quote": {"Grüße\n" + label + "\nx", "<p>hello</p>\n", "Quoted-Printable Quoted-Printable"},
	} {
		m := campaign(1)[0]
		m.Subject, m.Text, m.HTML = label, c.text, c.html
		raw, err := smtp.Compose(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, text, html := parts(t, string(raw))
		lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
		if lf(text) != lf(c.text) || lf(html) != lf(c.html) {
			t.Errorf("%s reads %q and %q", name, text, html)
		}
		var told []string
		for _, l := range regexp.MustCompile(`(?m)^Content-Transfer-Encoding: (\S+)\r$`).FindAllStringSubmatch(string(raw), -1) {
			told = append(told, l[1])
		}
		if got := strings.ReplaceAll(strings.Join(told, " "), "8bit ", ""); got != c.want { // a line of the text itself
			t.Errorf("%s is told as %s, want %s", name, got, c.want)
		}
	}
}
