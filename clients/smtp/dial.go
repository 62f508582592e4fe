package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"

	"github.com/canvass-hq/canvass/domain/mail"
)

// dial opens a connection on which mails can be sent. A password is only ever sent encrypted.
func dial(ctx context.Context, cfg Config) (*session, *mail.Error) {
	raw, err := (&net.Dialer{Timeout: cfg.Timeout}).DialContext(ctx, "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port)))
	if err != nil {
		return nil, unavailable(0)
	}
	s := &session{raw: raw, timeout: cfg.Timeout}
	stop := context.AfterFunc(ctx, s.cut)
	fault := s.enter(ctx, cfg)
	if !stop() && fault == nil {
		fault = unavailable(0)
	}
	if fault != nil {
		s.cut()
		return nil, fault
	}
	return s, nil
}

// enter is let in by the server.
func (s *session) enter(ctx context.Context, cfg Config) *mail.Error {
	s.on(s.raw)
	if cfg.TLS && !s.encrypt(ctx, cfg) {
		return unavailable(0)
	}
	if code, ok := s.answer(nil); !ok || code/100 != 2 {
		return doorFault(code)
	}
	if fault := s.hello(); fault != nil {
		return fault
	}
	if !cfg.TLS && s.offers("STARTTLS") {
		if code, ok := s.ask("STARTTLS\r\n", nil); !ok || code/100 != 2 {
			return doorFault(code)
		}
		// What was said in clear behind the answer could be anybody's.
		if s.in.Buffered() > 0 || !s.encrypt(ctx, cfg) {
			return unavailable(0)
		}
		if fault := s.hello(); fault != nil {
			return fault
		}
	}
	if cfg.Username == "" {
		return nil
	}
	return s.login(cfg)
}

// on speaks over a connection from now on.
func (s *session) on(conn net.Conn) { s.conn, s.in = conn, bufio.NewReader(conn) }

func (s *session) encrypt(ctx context.Context, cfg Config) bool {
	secret := cfg.Root.Clone()
	if secret == nil {
		secret = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	secret.ServerName = cfg.Host
	conn := tls.Client(s.raw, secret)
	s.soon()
	s.on(conn)
	s.encrypted = conn.HandshakeContext(ctx) == nil
	return s.encrypted
}

// hello says who we are, and hears what the server can do.
func (s *session) hello() *mail.Error {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "localhost"
	}
	s.can = nil
	code, ok := s.ask("EHLO "+name+"\r\n", func(line string) { s.can = append(s.can, strings.ToUpper(line)) })
	if ok && code/100 == 5 { // a server of before 1995
		s.can = nil
		code, ok = s.ask("HELO "+name+"\r\n", nil)
	}
	if !ok || code/100 != 2 {
		return doorFault(code)
	}
	s.pipelines, s.sized, s.eight, s.utf8 = s.offers("PIPELINING"), s.offers("SIZE"), s.offers("8BITMIME"), s.offers("SMTPUTF8")
	return nil
}

// offers tells whether the server can do something, in one of the ways given.
func (s *session) offers(what string, ways ...string) bool {
	return slices.ContainsFunc(s.can, func(line string) bool {
		words := strings.Fields(line)
		return len(words) > 0 && words[0] == what && (len(ways) == 0 || slices.ContainsFunc(ways, func(w string) bool { return slices.Contains(words[1:], w) }))
	})
}

// login tells the server our name and password.
func (s *session) login(cfg Config) *mail.Error {
	var by sasl.Client
	switch {
	case !s.encrypted:
		return unavailable(0)
	case s.offers("AUTH", sasl.Plain):
		by = sasl.NewPlainClient("", cfg.Username, cfg.Password)
	case s.offers("AUTH", sasl.Login):
		by = sasl.NewLoginClient(cfg.Username, cfg.Password)
	default:
		return unavailable(0)
	}
	way, secret, err := by.Start()
	if err != nil {
		return unavailable(0)
	}
	var asked string
	heard := func(line string) { asked = line }
	line := "AUTH " + way
	if way == sasl.Plain { // the other asks for the name first
		line, secret = line+" "+base64.StdEncoding.EncodeToString(secret), nil
	}
	for range 4 { // no way asks for more
		code, ok := s.ask(line+"\r\n", heard)
		switch {
		case ok && code/100 == 2:
			return nil
		case !ok || code != 334:
			return doorFault(code)
		}
		if secret == nil {
			challenge, err := base64.StdEncoding.DecodeString(asked)
			if err != nil {
				return unavailable(0)
			}
			if secret, err = by.Next(challenge); err != nil {
				return unavailable(0)
			}
		}
		line, secret = base64.StdEncoding.EncodeToString(secret), nil
	}
	return unavailable(0)
}
