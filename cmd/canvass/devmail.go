package main

import (
	"bytes"
	netmail "net/mail"
	"strings"

	"github.com/canvass-hq/canvass/clients/smtp"
	apphttp "github.com/canvass-hq/canvass/http"
)

// mailShown is how many mails a list shows.
const mailShown = 500

// shownMail is the mailbox of a server for this machine's own people.
func (a *App) shownMail() apphttp.Mailbox {
	if !a.explore || a.cfg.Mail.sends() {
		return nil
	}
	return shownMail{a.cfg.mailbox()}
}

// shownMail shows the mailbox of this machine.
type shownMail struct{ box smtp.Mailbox }

// Mails implements http.Mailbox.
func (m shownMail) Mails() ([]apphttp.KeptMail, error) {
	kept, err := m.box.Newest(mailShown)
	if err != nil {
		return nil, err
	}
	out := make([]apphttp.KeptMail, 0, len(kept))
	for _, k := range kept {
		if read, err := readMail(k); err == nil {
			out = append(out, read)
		}
	}
	return out, nil
}

// Mail implements http.Mailbox.
func (m shownMail) Mail(key string) (apphttp.KeptMail, error) {
	k, err := m.box.Get(key)
	if err != nil {
		return apphttp.KeptMail{}, err
	}
	return readMail(k)
}

func readMail(k smtp.Kept) (apphttp.KeptMail, error) {
	l, err := k.Read()
	if err != nil {
		return apphttp.KeptMail{}, err
	}
	head, _, _ := bytes.Cut(k.Raw, []byte("\r\n\r\n"))
	out := apphttp.KeptMail{Key: k.Key, At: k.At, From: l.From, To: l.To, Subject: l.Subject, Text: l.Text, HTML: l.HTML, Head: string(head)}
	if m, err := netmail.ReadMessage(bytes.NewReader(k.Raw)); err == nil {
		for way := range strings.SplitSeq(m.Header.Get("List-Unsubscribe"), ",") {
			if way = strings.Trim(strings.TrimSpace(way), "<>"); strings.HasPrefix(way, "http") {
				out.Unsubscribe = way
			}
		}
	}
	return out, nil
}
