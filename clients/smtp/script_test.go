package smtp_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/domain/mail"
)

// script is a server that says what it is told to say. A mail is answered as its last
// line, ".".
type script struct {
	greeting string
	answer   func(verb string) string // "" leaves the question open, "hang up" ends the connection

	heard []string
	ended chan error // how the connection ended, as the server saw it
}

func (s *script) open(t *testing.T) smtp.Config {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s.ended = make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			s.ended <- err
			return
		}
		s.ended <- s.speak(conn)
		_ = conn.Close()
	}()
	return smtp.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Timeout: time.Minute}
}

func (s *script) speak(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // a client that stays fails the test
	_, _ = conn.Write([]byte(s.greeting + "\r\n"))
	lines, data := bufio.NewScanner(conn), false
	for lines.Scan() {
		line := lines.Text()
		if data && line != "." {
			continue
		}
		verb, _, _ := strings.Cut(line, " ")
		s.heard = append(s.heard, verb)
		said := s.answer(verb)
		if said == "hang up" {
			return nil
		}
		data = verb == "DATA"
		if said != "" {
			_, _ = conn.Write([]byte(said + "\r\n"))
		}
	}
	return lines.Err()
}

// polite takes a mail.
func polite(verb string) string {
	switch verb {
	case "EHLO":
		return "250 localhost"
	case "DATA":
		return "354 go on"
	}
	return "250 fine"
}

// with is polite, but for one answer.
func with(verb, said string) func(string) string {
	return func(v string) string {
		if v == verb {
			return said
		}
		return polite(v)
	}
}

// TestTaken: a mail that the server has taken is sent, whatever happens then.
func TestTaken(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(string) string{
		"well": polite, "hangs up": with("RSET", "hang up"), "has enough": with("RSET", "421 enough"), "no parting": with("QUIT", "500 what"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{greeting: "220 localhost", answer: answer}
			if err := smtp.New(s.open(t)).Send(t.Context(), invitation()); err != nil {
				t.Error(err)
			}
			if err := <-s.ended; err != nil || !slices.Contains(s.heard, ".") {
				t.Errorf("it heard %v, %v", s.heard, err)
			}
		})
	}
}

// TestNotLetIn: a server that does not let us in says nothing about the mail, however it
// says so; no secret is told in clear, and no connection stays open.
func TestNotLetIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script *script
		known  bool
		want   mail.Error
	}{
		"no service":         {&script{greeting: "554 no service"}, false, mail.Error{Class: mail.Unavailable, Code: 554, Temporary: true}},
		"no word understood": {&script{greeting: "220 hi", answer: func(string) string { return "502 what" }}, false, mail.Error{Class: mail.Unavailable, Code: 502, Temporary: true}},
		"nothing encrypted":  {&script{greeting: "220 hi", answer: with("EHLO", "250-hi\r\n250 AUTH CRAM-MD5 PLAIN LOGIN")}, true, mail.Error{Class: mail.Unavailable, Temporary: true}},
		"cut off":            {&script{greeting: "220 hi", answer: with(".", "hang up")}, false, mail.Error{Class: mail.Unavailable, Temporary: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := c.script.open(t)
			if c.known {
				cfg.Username, cfg.Password = "canvass", "hunter2"
			}
			fails(t, smtp.New(cfg), invitation(), c.want)
			if err := <-c.script.ended; err != nil {
				t.Errorf("the connection stays: %v", err)
			}
			if slices.Contains(c.script.heard, "AUTH") {
				t.Error("the password was on its way in clear")
			}
		})
	}
}

// TestStopped: a worker that is stopped waits for no server.
func TestStopped(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"EHLO", "MAIL", "."} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			s := &script{greeting: "220 hi", answer: func(v string) string {
				if v == verb {
					stop()
					return ""
				}
				return polite(v)
			}}
			err := smtp.New(s.open(t)).Send(ctx, invitation())
			if failed, ok := errors.AsType[*mail.Error](err); !ok || !failed.Temporary {
				t.Errorf("%v", err)
			}
			if err := <-s.ended; err != nil { // it would have waited for longer than the server
				t.Errorf("it waited: %v", err)
			}
		})
	}
}
