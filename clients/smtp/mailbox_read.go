package smtp

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
)

// Letter is a mail as its recipient reads it.
type Letter struct{ From, To, Subject, Text, HTML string }

// Read takes a mail of the mailbox apart.
func (k Kept) Read() (Letter, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(k.Raw))
	if err != nil {
		return Letter{}, errUnreadable
	}
	words := new(mime.WordDecoder)
	header := func(name string) string {
		v, err := words.DecodeHeader(m.Header.Get(name))
		if err != nil {
			return m.Header.Get(name)
		}
		return v
	}
	l := Letter{From: header("From"), To: strings.Trim(header("To"), "<>"), Subject: header("Subject")}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return Letter{}, errUnreadable
	}
	if kind != "multipart/alternative" {
		l.Text, err = decoded(m.Header.Get("Content-Transfer-Encoding"), m.Body)
		return l, err
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return Letter{}, errUnreadable
		}
		body, err := decoded(p.Header.Get("Content-Transfer-Encoding"), p)
		if err != nil {
			return Letter{}, err
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			l.HTML = body
		} else {
			l.Text = body
		}
	}
}

var errUnreadable = errors.New("the mail cannot be read")

func decoded(encoding string, body io.Reader) (string, error) {
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return "", errUnreadable
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n"), nil
}
