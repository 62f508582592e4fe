package smtp

import (
	"bufio"
	"bytes"
	"net"
	netmail "net/mail"
	"strconv"
	"time"

	"github.com/canvass-hq/canvass/domain/mail"
)

// session is one connection that the server has let us in on.
type session struct {
	raw, conn net.Conn // conn is raw, or what is encrypted over it
	in        *bufio.Reader
	out       []byte // what is about to be sent
	timeout   time.Duration

	can                                      []string // what the server says that it can do
	encrypted, pipelines, sized, eight, utf8 bool

	rested   bool // and nothing was heard since: it may have ended
	undone   bool // a mail was begun and refused: RSET goes before the next
	answered int  // the mails that the server has said its last word of
	rest     *time.Timer
}

// carry takes the mails of a load until there are none, or it is the turn of others, or the
// connection ends: then it says why. The envelope of a mail goes along with the one before:
// so a mail costs one way there and back (RFC 2920).
func (s *session) carry(l *load, enough func(n int) bool) *mail.Error {
	var due *parcel // the server waits for it
	for n := 0; ; n++ {
		var next *parcel
		if !enough(n) {
			next = l.take(s.utf8)
		}
		if due == nil && next == nil {
			return nil
		}
		lines := s.envelope(next)
		fault := s.send(l, due, lines)
		if due = nil; fault == nil && next != nil {
			due, fault = s.offer(l, next, lines)
		}
		if fault != nil {
			if next != nil {
				l.back(next, fault)
			}
			return fault
		}
	}
}

// send hands over the mail that the server waits for, and hears whether it was taken.
func (s *session) send(l *load, due *parcel, lines []string) *mail.Error {
	s.out = s.out[:0]
	switch {
	case due == nil:
	case due.refused: // what is waited for all the same is the end of nothing
		s.out = append(s.out, ".\r\n"...)
	default:
		s.out = append(stuff(s.out, due.raw), ".\r\n"...)
	}
	if s.pipelines {
		for _, line := range lines {
			s.out = append(s.out, line...)
		}
	}
	sent := due != nil && !due.refused
	if sent && (l.ctx.Err() != nil || l.flight.Leaving(due.i) != nil) {
		l.flight.Ended(due.i, "", unavailable(0))
		return unavailable(0) // a mail that the server waits for is given up with the connection
	}
	code, ok := 0, s.flush()
	if ok && due != nil {
		code, ok = s.answer(nil)
	}
	switch {
	case sent && !ok:
		l.flight.Ended(due.i, "", &mail.Error{Class: mail.InDoubt, Temporary: true})
	case sent:
		s.answered++
		l.flight.Ended(due.i, "", verdict(code))
	}
	if !ok || code == 421 {
		return unavailable(code)
	}
	return nil
}

// offer hears what the server says of the envelope of a mail. It gives the mail when the
// server waits for it, be it one that it has just refused.
func (s *session) offer(l *load, p *parcel, lines []string) (*parcel, *mail.Error) {
	if !s.rested {
		p.tries++
	}
	var refusal *mail.Error
	waits := false
	for i, line := range lines {
		if !s.pipelines {
			if refusal != nil {
				break
			}
			if s.out = append(s.out[:0], line...); !s.flush() {
				return nil, unavailable(0)
			}
		}
		code, ok := s.answer(nil)
		if !ok || code == 421 {
			return nil, unavailable(code)
		}
		waits = i == len(lines)-1 && code == 354
		s.rested = false
		if refusal == nil && !waits && line != reset {
			refusal = verdict(code)
		}
	}
	if refusal != nil {
		p.refused, s.undone = true, true
		s.answered++
		l.flight.Ended(p.i, "", refusal)
	}
	if !waits {
		return nil, nil
	}
	return p, nil
}

const reset = "RSET\r\n"

// envelope is what is said before a mail.
func (s *session) envelope(p *parcel) (lines []string) {
	if p == nil {
		return nil
	}
	if s.undone {
		s.undone, lines = false, append(lines, reset)
	}
	from := "MAIL FROM:" + bracketed(p.from)
	if s.sized {
		from += " SIZE=" + strconv.Itoa(len(p.raw))
	}
	if s.eight {
		from += " BODY=8BITMIME"
	}
	if p.wide {
		from += " SMTPUTF8"
	}
	return append(lines, from+"\r\n", "RCPT TO:"+bracketed(p.to)+"\r\n", "DATA\r\n")
}

// bracketed writes an address as MAIL and RCPT name it: quoted where it has to be.
func bracketed(a *netmail.Address) string { return (&netmail.Address{Address: a.Address}).String() }

// stuff adds a mail, line by line, so that no line of it is one that ends it.
func stuff(out, raw []byte) []byte {
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		if bytes.HasPrefix(line, []byte(".")) {
			out = append(out, '.')
		}
		out = append(append(out, bytes.TrimSuffix(line, []byte("\r"))...), "\r\n"...)
		raw = rest
	}
	return out
}

// ask says a line, and hears the answer.
func (s *session) ask(line string, heard func(line string)) (code int, ok bool) {
	if s.out = append(s.out[:0], line...); !s.flush() {
		return 0, false
	}
	return s.answer(heard)
}

func (s *session) flush() bool {
	if len(s.out) == 0 {
		return true
	}
	s.soon()
	_, err := s.conn.Write(s.out)
	return err == nil
}

// soon has whatever is waited for from now on take no longer than it may.
func (s *session) soon() {
	_ = s.raw.SetDeadline(time.Now().Add(s.timeout)) //nolint:forbidigo // a connection has its deadlines by the machine's clock
}

// answer hears an answer of one line or more. Without one the connection is of no more use.
func (s *session) answer(heard func(line string)) (code int, ok bool) {
	s.soon()
	for {
		line, err := s.in.ReadSlice('\n')
		if line = bytes.TrimRight(line, "\r\n"); err != nil || len(line) < 3 {
			return 0, false
		}
		if code, err = strconv.Atoi(string(line[:3])); err != nil || code < 200 || code > 599 {
			return 0, false
		}
		if heard != nil && len(line) > 4 {
			heard(string(line[4:]))
		}
		if len(line) < 4 || line[3] != '-' {
			return code, true
		}
	}
}

// quit ends the connection as one should.
func (s *session) quit() {
	s.timeout = min(s.timeout, time.Second)
	_, _ = s.ask("QUIT\r\n", nil)
	s.cut()
}

// cut ends it at once.
func (s *session) cut() { _ = s.raw.Close() }
