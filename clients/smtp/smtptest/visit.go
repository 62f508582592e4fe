package smtptest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"time"
)

// visit is one connection to a sink.
type visit struct {
	sink *Sink
	in   *bufio.Reader
	out  *bufio.Writer

	begun bool // MAIL was taken
	rcpts int

	raw   []byte // the mail that is being read
	id    []byte
	head  bool // it is still its head that is read
	named bool // and the line of its Message-ID
}

const buffer = 64 << 10

func newVisit(s *Sink, conn net.Conn) *visit {
	return &visit{sink: s, in: bufio.NewReaderSize(conn, buffer), out: bufio.NewWriterSize(conn, 4096)}
}

func (v *visit) serve() {
	v.say("220 sink\r\n")
	for {
		line, err := v.line()
		if err != nil || !v.answer(line) {
			_ = v.out.Flush()
			return
		}
	}
}

// line reads one, after what was said has gone out where nothing more has come in.
func (v *visit) line() ([]byte, error) {
	if v.in.Buffered() == 0 {
		if err := v.out.Flush(); err != nil {
			return nil, err
		}
	}
	return v.in.ReadSlice('\n')
}

func (v *visit) say(line string) { _, _ = v.out.WriteString(line) }

// answer tells whether the connection goes on.
func (v *visit) answer(line []byte) bool {
	verb := bytes.ToUpper(line[:min(4, len(line))])
	switch string(verb) {
	case "EHLO":
		v.say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10485760\r\n")
	case "HELO", "NOOP":
		v.say("250 fine\r\n")
	case "RSET":
		v.reset()
		v.say("250 fine\r\n")
	case "MAIL":
		if v.begun {
			v.say("503 one after the other\r\n")
			return true
		}
		v.begun = true
		v.say("250 fine\r\n")
	case "RCPT":
		return v.rcpt(line)
	case "DATA":
		if v.rcpts == 0 {
			v.say("503 to whom\r\n")
			return true
		}
		v.say("354 go on\r\n")
		return v.mail()
	case "QUIT":
		v.say("221 bye\r\n")
		return false
	default:
		v.say("500 what\r\n")
	}
	return true
}

func (v *visit) reset() { v.begun, v.rcpts = false, 0 }

func (v *visit) rcpt(line []byte) bool {
	code := 0
	switch {
	case !v.begun:
		code = 503
	case v.sink.Refuse != nil:
		_, to, _ := bytes.Cut(line, []byte("<"))
		if end := bytes.LastIndexByte(to, '>'); end >= 0 {
			to = to[:end]
		}
		code = v.sink.Refuse(string(to))
	}
	if code == 0 {
		v.rcpts++
		v.say("250 fine\r\n")
	} else {
		v.say(strconv.Itoa(code) + " no\r\n")
	}
	return code != 421
}

// mail reads a mail to its end.
func (v *visit) mail() bool {
	if err := v.read(); err != nil {
		return false
	}
	v.reset()
	if v.sink.Delay > 0 {
		time.Sleep(v.sink.Delay)
	}
	n := v.sink.count(v.id, v.raw)
	if v.sink.Drop != nil && v.sink.Drop(n) {
		v.out.Reset(io.Discard) // what was not said yet never is
		return false
	}
	v.say("250 taken\r\n")
	return true
}

func (v *visit) read() error {
	v.id, v.raw = v.id[:0], v.raw[:0]
	v.head, v.named = true, false
	for whole := true; ; {
		line, err := v.line()
		begins := whole
		whole = err == nil
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if begins && line[0] == '.' {
			if line = line[1:]; len(bytes.TrimRight(line, "\r\n")) == 0 {
				return nil
			}
		}
		if v.sink.Keep > 0 {
			v.raw = append(v.raw, line...)
		}
		v.name(line)
	}
}

// name looks for the Message-ID in a line of the head, which may go on in the next.
func (v *visit) name(line []byte) {
	if !v.head {
		return
	}
	v.head = line[0] != '\r' && line[0] != '\n'
	if line[0] != ' ' && line[0] != '\t' {
		v.named = len(line) > 11 && bytes.EqualFold(line[:11], []byte("message-id:"))
	}
	if !v.named || len(v.id) > 0 {
		return
	}
	if _, id, ok := bytes.Cut(line, []byte("<")); ok {
		id, _, _ = bytes.Cut(id, []byte("@"))
		v.id = append(v.id, id...)
	}
}
