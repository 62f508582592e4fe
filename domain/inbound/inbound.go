// Package inbound reads mail that comes back: reports on mail that was sent (RFC 3464), and
// requests to end it.
package inbound

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/textproto"
	"strings"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/enrollment"
)

// Message is what a mail that has come in says.
type Message struct {
	MessageID   string // of the mail that it is about, without brackets; "" for none of ours
	Report      enrollment.Report
	Bounce      enrollment.Bounce
	Status      string // RFC 3463
	Unsubscribe string // the token of a request to end mail; "" for none
}

// MaxSize is the largest mail that is read, in bytes.
const MaxSize = 10 << 20

// ErrUnreadable refuses what is no mail.
var ErrUnreadable = &domain.Error{Kind: domain.Malformed, Code: "inbound.unreadable", Message: "the body is no mail (RFC 5322)"}

// Read reads a mail as it came over the wire.
func Read(raw []byte) (Message, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, ErrUnreadable
	}
	var out Message
	if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err == nil {
		out.Unsubscribe = Unsubscribe(subject)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["boundary"] == "" {
		return out, nil //nolint:nilerr // a mail that is no report
	}
	return out, out.report(multipart.NewReader(m.Body, params["boundary"]))
}

// Unsubscribe is the token of a request to end mail, which is the last word of its subject; ""
// where it is none.
func Unsubscribe(subject string) string {
	words := strings.Fields(subject)
	if len(words) == 0 || !strings.EqualFold(words[len(words)-min(2, len(words))], "unsubscribe") {
		return ""
	}
	return words[len(words)-1]
}

// report reads the parts of a report: what has become of the mail, and the mail's own head.
func (m *Message) report(parts *multipart.Reader) error {
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ErrUnreadable
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			continue
		}
		switch kind {
		case "message/delivery-status", "message/global-delivery-status":
			m.status(p)
		case "message/feedback-report": // RFC 5965
			m.Report = enrollment.Spam
		case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
			head, _ := textproto.NewReader(bufio.NewReader(io.LimitReader(p, 256<<10))).ReadMIMEHeader() // what can be read of it
			if id := strings.Trim(strings.TrimSpace(head.Get("Message-Id")), "<>"); id != "" {
				m.MessageID = id
			}
		}
	}
}

// status reads what has become of the mail: the worst that is told of its recipients, of whom
// ours have one.
func (m *Message) status(r io.Reader) {
	fields := textproto.NewReader(bufio.NewReader(io.LimitReader(r, 256<<10)))
	for {
		group, err := fields.ReadMIMEHeader()
		if action := strings.ToLower(strings.TrimSpace(group.Get("Action"))); action != "" {
			m.Status, _, _ = strings.Cut(strings.TrimSpace(group.Get("Status")), " ")
			switch action {
			case "failed":
				m.Report, m.Bounce = enrollment.Bounced, enrollment.BounceOf(m.Status)
			case "delayed":
				m.Report = enrollment.Delayed
			case "delivered", "relayed", "expanded":
				m.Report = enrollment.Delivered
			}
		}
		if err != nil {
			return
		}
	}
}
