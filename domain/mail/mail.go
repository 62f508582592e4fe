// Package mail is what every way of sending mail has in common: one message to one
// person, and why one was not taken.
package mail

import (
	"cmp"
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

	ReplyTo   string            // an address, perhaps with a name; "" for From
	MessageID string            // without brackets; "" for one that is made of Key and the domain of From
	Headers   []Header          // beside those of every mail
	Tags      map[string]string // told again by a provider that reports what became of the mail
	Batch     string            // the key of mails that go together, where a provider takes them together
}

// Header is one line of the head of a mail.
type Header struct{ Name, Value string }

// Flight is told how far each of many mails is, by its place among them. It may be told of
// several at once.
type Flight interface {
	// Leaving is asked right before the last byte of a mail leaves, behind which the other
	// side may have it, whatever becomes of the connection; an error keeps the mail here.
	Leaving(i int) error
	// Ended says what has become of a mail: nil for one that was taken, with the id that the
	// provider gave it, if it gave one. An error of the class InDoubt is one that may have
	// been taken.
	Ended(i int, id string, err *Error)
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
	Withdrawn     Class = "withdrawn"      // it was not handed over, and must not be any more
	InDoubt       Class = "in_doubt"       // it may have been taken: nobody has said so before the connection ended
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
	lines := []string{m.Key, m.From, m.To, m.Subject, m.ReplyTo, m.MessageID}
	for _, h := range m.Headers {
		lines = append(lines, h.Name, h.Value)
	}
	for _, v := range lines {
		if !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
			return &Error{Class: Refused}
		}
	}
	for _, v := range []string{m.From, m.To, cmp.Or(m.ReplyTo, m.From)} {
		if _, err := netmail.ParseAddress(v); err != nil {
			return &Error{Class: Refused} // what it says has the address in it
		}
	}
	if m.Key == "" {
		return &Error{Class: Refused}
	}
	return nil
}
