package inbound_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/inbound"
)

const id = "5ffd9cb9-fb7f-8778-ba68-00b00c6158f8@mail.example"

func report(action, status, part string) string {
	return strings.ReplaceAll(`From: MAILER-DAEMON@mx.example
To: bounces@in.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822; ada@people.example
Action: `+action+`
Status: `+status+`
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: `+part+`

From: Ada <ada@mail.example>
Message-ID: <`+id+`>
Subject: Hello

Hello
--b--
`, "\n", "\r\n")
}

// TestRead: what a mail that comes back says of the mail that it is about.
func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  string
		want inbound.Message
	}{
		"hard":        {report("failed", "5.1.1", "message/rfc822"), inbound.Message{MessageID: id, Report: enrollment.Bounced, Bounce: enrollment.Hard, Status: "5.1.1"}},
		"soft":        {report("failed", "4.2.2 (mailbox full)", "text/rfc822-headers"), inbound.Message{MessageID: id, Report: enrollment.Bounced, Bounce: enrollment.Soft, Status: "4.2.2"}},
		"delayed":     {report("delayed", "4.4.1", "message/rfc822"), inbound.Message{MessageID: id, Report: enrollment.Delayed, Status: "4.4.1"}},
		"delivered":   {report("Delivered", "2.0.0", "message/rfc822"), inbound.Message{MessageID: id, Report: enrollment.Delivered, Status: "2.0.0"}},
		"of no mail":  {report("failed", "5.1.1", "text/html"), inbound.Message{Report: enrollment.Bounced, Bounce: enrollment.Hard, Status: "5.1.1"}},
		"an answer":   {"From: a@b.example\r\nSubject: Re: Hello\r\n\r\nNo.\r\n", inbound.Message{}},
		"unsubscribe": {"From: a@b.example\r\nSubject: unsubscribe TOKEN\r\n\r\n", inbound.Message{Unsubscribe: "TOKEN"}},
		"complaint": {
			strings.ReplaceAll(strings.ReplaceAll(report("x", "", "message/rfc822"), "message/delivery-status", "message/feedback-report"), "delivery-status", "feedback-report"),
			inbound.Message{MessageID: id, Report: enrollment.Spam},
		},
	} {
		got, err := inbound.Read([]byte(c.raw))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
	for _, raw := range []string{"", "\r\n", "no mail", "From: a\x00"} {
		if got, err := inbound.Read([]byte(raw)); err != nil && !errors.Is(err, inbound.ErrUnreadable) || got != (inbound.Message{}) {
			t.Errorf("%q: %+v, %v", raw, got, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(report("failed", "5.1.1", "message/rfc822")))
	f.Add([]byte("Subject: unsubscribe\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := inbound.Read(raw); err != nil && !errors.Is(err, inbound.ErrUnreadable) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
