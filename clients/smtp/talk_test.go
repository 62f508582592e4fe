package smtp_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/domain/mail"
)

// talk is a server for one connection, that hears and says what it is told to, in order:
// "< x" is a line that begins so, "< ..." a mail up to its last line, ".", and the rest it
// says. So a test sees what is sent before an answer.
func talk(t *testing.T, steps ...string) (cfg smtp.Config, ended chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return on(t, l, steps...)
}

// on is talk, where something listens already.
func on(t *testing.T, l net.Listener, steps ...string) (cfg smtp.Config, ended chan error) {
	t.Helper()
	t.Cleanup(func() { _ = l.Close() })
	ended = make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		_ = l.Close() // there is no other
		if err == nil {
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			err = follow(conn, steps)
			_ = conn.Close()
		}
		ended <- err
	}()
	return smtp.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Timeout: 20 * time.Second}, ended
}

func follow(conn net.Conn, steps []string) error {
	in := bufio.NewReader(conn)
	for _, step := range steps {
		want, hears := strings.CutPrefix(step, "< ")
		if !hears {
			if _, err := conn.Write([]byte(step + "\r\n")); err != nil {
				return err
			}
			continue
		}
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return fmt.Errorf("at %q: %w", step, err)
			}
			if want == "..." && line != ".\r\n" {
				continue
			}
			if want != "..." && !strings.HasPrefix(line, want) {
				return fmt.Errorf("%q instead of %q", line, want)
			}
			break
		}
	}
	return nil
}

// TestOrder: what is said in which order, with a server that takes several lines at once and
// with one that does not.
func TestOrder(t *testing.T) {
	t.Parallel()
	hello := []string{"220 hi", "< EHLO ", "250-hi\r\n250-PIPELINING\r\n250-SIZE\r\n250 8BITMIME"}
	envelope := []string{"< MAIL FROM:<team@canvass.example> SIZE=", "< RCPT TO:<ada", "< DATA"}
	bye := []string{"< QUIT", "221 bye"}
	refused, later := mail.Error{Class: mail.Refused, Code: 550}, mail.Error{Class: mail.Unavailable, Code: 451, Temporary: true}
	away, enough := mail.Error{Class: mail.Unavailable, Temporary: true}, mail.Error{Class: mail.Unavailable, Code: 421, Temporary: true}
	for name, c := range map[string]struct {
		steps [][]string
		want  []mail.Error
	}{
		"several at once": {
			[][]string{hello, envelope, {"250 a", "250 b", "354 c", "< ..."}, envelope, {"250 taken", "250 a", "250 b", "354 c", "< ...", "250 taken"}, bye},
			[]mail.Error{{}, {}},
		},
		"one after the other": {
			[][]string{
				{"220 hi", "< EHLO ", "500 what", "< HELO ", "250 hi"},
				{"< MAIL FROM:<team@canvass.example>\r\n", "250 a", "< RCPT", "250 b", "< DATA", "354 c", "< ...", "250 taken"},
				{"< MAIL", "250 a", "< RCPT", "550 no", "< RSET", "250 d", "< MAIL", "250 a", "< RCPT", "250 b", "< DATA", "354 c", "< ...", "451 later"},
				bye,
			},
			[]mail.Error{{}, refused, later},
		},
		"waited for, though refused": {
			[][]string{hello, envelope, {"250 a", "550 no", "354 c", "< .\r\n", "< RSET"}, envelope, {"554 none", "250 d", "250 a", "250 b", "354 c", "< ...", "250 taken"}, bye},
			[]mail.Error{refused, {}},
		},
		"the sender is refused": {
			[][]string{hello, envelope, {"550 no", "503 a", "503 b", "< RSET"}, envelope, {"250 d", "250 a", "250 b", "354 c", "< ...", "250 taken"}, bye},
			[]mail.Error{refused, {}},
		},
		"not let in": {
			[][]string{{"220 hi", "< EHLO ", "451 later"}}, []mail.Error{later, later},
		},
		"enough, with the first envelope": {
			[][]string{hello, envelope, {"421 no"}}, []mail.Error{away, away}, // and nobody listens any more
		},
		"enough, with a mail": {
			[][]string{hello, envelope, {"250 a", "250 b", "354 c", "< ..."}, envelope, {"421 no"}}, []mail.Error{enough, away},
		},
		"nothing, after a mail": {
			[][]string{hello, envelope, {"250 a", "250 b", "354 c", "< ..."}, envelope}, []mail.Error{{Class: mail.InDoubt, Temporary: true}, away},
		},
		"nothing, between two": {
			[][]string{hello, envelope, {"250 a", "250 b", "354 c", "< ..."}, envelope, {"250 taken", "250 a"}}, []mail.Error{{}, away},
		},
		"no number": {
			[][]string{hello, envelope, {"250 a", "250 b", "354 c", "< ..."}, envelope, {"fine"}}, []mail.Error{{Class: mail.InDoubt, Temporary: true}, away},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var steps []string
			for _, part := range c.steps {
				steps = append(steps, part...)
			}
			cfg, ended := talk(t, steps...)
			p, flight := smtp.NewPool(cfg, 1), newLog()
			p.Carry(t.Context(), campaign(len(c.want)), flight)
			p.Close()
			for i, got := range flight.each(t, len(c.want)) {
				if got != c.want[i] {
					t.Errorf("mail %d ended as %+v, want %+v", i, got, c.want[i])
				}
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLogin: a server that takes name and password one by one is told them.
func TestLogin(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	for name, c := range map[string]struct {
		said []string
		want mail.Error
	}{
		"let in":                   {[]string{"235 in", "< MAIL", "250 a", "< RCPT", "250 b", "< DATA", "354 c", "< ...", "250 taken", "< QUIT", "221 bye"}, mail.Error{}},
		"not":                      {[]string{"535 no"}, mail.Error{Class: mail.Unauthorized, Code: 535, Temporary: true}},
		"asked for something else": {[]string{"334 Y29kZQ=="}, mail.Error{Class: mail.Unavailable, Temporary: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
			if err != nil {
				t.Fatal(err)
			}
			cfg, ended := on(t, l, append([]string{
				"220 hi", "< EHLO ", "250-hi\r\n250 AUTH LOGIN CRAM-MD5", "< AUTH LOGIN\r\n", "334 VXNlcm5hbWU6", "< Y2FudmFzcw==\r\n", "334 UGFzc3dvcmQ6", "< aHVudGVyMg==\r\n",
			}, c.said...)...)
			cfg.TLS, cfg.Username, cfg.Password, cfg.Root = true, "canvass", "hunter2", &tls.Config{RootCAs: x509.NewCertPool()}
			cfg.Root.RootCAs.AddCert(web.Certificate())
			if c.want == (mail.Error{}) {
				if err := smtp.New(cfg).Send(t.Context(), invitation()); err != nil {
					t.Error(err)
				}
			} else {
				fails(t, smtp.New(cfg), invitation(), c.want)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSaidInClear: what is said before the connection is encrypted does not count behind it.
func TestSaidInClear(t *testing.T) {
	t.Parallel()
	cfg, ended := talk(t, "220 hi", "< EHLO ", "250-hi\r\n250 STARTTLS", "< STARTTLS", "220 go on\r\n250 AUTH PLAIN")
	fails(t, smtp.New(cfg), invitation(), mail.Error{Class: mail.Unavailable, Temporary: true})
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestAddresses: who is written to is named as servers know people.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for to, c := range map[string]struct{ offer, rcpt string }{
		"ada@bücher.example":    {"SIZE", "< RCPT TO:<ada@xn--bcher-kva.example>\r\n"},
		`"a> b"@example.com`:    {"SIZE", `< RCPT TO:<"a> b"@example.com>` + "\r\n"},
		"Ada <ada@example.com>": {"SIZE", "< RCPT TO:<ada@example.com>\r\n"},
		"zoë@example.com":       {"SMTPUTF8", "< RCPT TO:<zoë@example.com>\r\n"},
	} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			from := "< MAIL FROM:<team@canvass.example> SIZE="
			if c.offer == "SMTPUTF8" {
				from = "< MAIL FROM:<team@canvass.example> SMTPUTF8\r\n"
			}
			cfg, ended := talk(t, "220 hi", "< EHLO ", "250-hi\r\n250 "+c.offer, from, "250 a", c.rcpt, "250 b", "< DATA", "354 c", "< ...", "250 taken", "< QUIT", "221 bye")
			m := campaign(1)[0]
			m.To = to
			if err := smtp.New(cfg).Send(t.Context(), m); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
