// Package mail is what every way of sending mail has in common: one message to one
// person, and why one was not taken.
package mail

import (
	netmail "net/mail"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mail is one message to one person.
type Mail struct {
	Key     string // the same for the same mail, however often it is sent: it names no person
	From    string // an address, perhaps with a name: Canvass <team@example.com>
	To      string // an address
	Subject string
	Text    string
	HTML    string
}

// Class says why a mail was not taken. Classes are stored and shown: they are never
// renamed.
type Class string

// The classes. Refused is final; a mail of another class may be taken later.
const (
	Refused       Class = "refused"        // this mail, or its recipient, is not taken
	Unauthorized  Class = "unauthorized"   // we are not let in, or may not send from our address
	Unavailable   Class = "unavailable"    // nobody answers, or asks us to come again
	NotConfigured Class = "not_configured" // there is nothing to send mail by
)

// Error is a mail that was not taken. It tells neither what the other side has said, in
// which there may be an address, nor to whom the mail went.
type Error struct {
	Class     Class
	Code      int  // what the other side has answered, as a number; 0 for no answer
	Temporary bool // to try again later may help
}

// Error implements error.
func (e *Error) Error() string {
	text := "mail: " + string(e.Class)
	if e.Code != 0 {
		text += " (" + strconv.Itoa(e.Code) + ")"
	}
	return text
}

// Check refuses a mail whose key or head could be read as more than one line, or that is
// not from one address to one. Whoever sends asks it first.
func (m Mail) Check() error {
	for _, v := range []string{m.Key, m.From, m.To, m.Subject} {
		if !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
			return &Error{Class: Refused}
		}
	}
	for _, v := range []string{m.From, m.To} {
		if _, err := netmail.ParseAddress(v); err != nil {
			return &Error{Class: Refused} // what it says has the address in it
		}
	}
	if m.Key == "" {
		return &Error{Class: Refused}
	}
	return nil
}
