package mail_test

import (
	"errors"
	"testing"

	"github.com/canvass-hq/canvass/domain/mail"
)

// What could smuggle a line into the head of a mail is refused, in every part of it.
func TestCheck(t *testing.T) {
	t.Parallel()
	good := mail.Mail{Key: "k-1", From: "Canvass <team@example.com>", To: "ada@example.com", Subject: "Join Ünïcode & <Sons> on Canvass", Text: "a\nb", HTML: "<p>\n</p>"}
	if err := good.Check(); err != nil {
		t.Errorf("a mail is refused: %v", err)
	}
	for _, to := range []string{`"a b"@example.com`, "ada@bücher.example", "ada+x@xn--bcher-kva.example"} {
		m := good
		if m.To = to; m.Check() != nil {
			t.Errorf("%s is refused", to)
		}
	}
	for name, spoil := range map[string]func(*mail.Mail, string){
		"key": func(m *mail.Mail, v string) { m.Key += v }, "from": func(m *mail.Mail, v string) { m.From += v },
		"to": func(m *mail.Mail, v string) { m.To += v }, "subject": func(m *mail.Mail, v string) { m.Subject += v },
	} {
		for _, v := range []string{"\r\nBcc: eve@example.com", "\nX: y", "\rX: y", "\x00", "\u0085X: y", "\xff"} {
			m := good
			spoil(&m, v)
			failed, ok := errors.AsType[*mail.Error](m.Check())
			if !ok || failed.Class != mail.Refused || failed.Temporary {
				t.Errorf("%s with %q: %v", name, v, m.Check())
			}
		}
	}
	for name, m := range map[string]mail.Mail{"no recipient": {Key: "k", From: "a@b"}, "no sender": {Key: "k", To: "a@b"}, "no key": {From: "a@b", To: "a@b"}, "two recipients": {Key: "k", From: "a@b", To: "a@b, c@d"}, "no address": {Key: "k", From: "a@b", To: "ada"}} {
		if m.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestErrorTellsNumbersOnly(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*mail.Error{"mail: refused (550)": {Class: mail.Refused, Code: 550}, "mail: unavailable": {Class: mail.Unavailable, Temporary: true}} {
		if e.Error() != want {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
}
