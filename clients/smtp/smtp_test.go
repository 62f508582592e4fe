package smtp_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	server "github.com/emersion/go-smtp"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/domain/mail"
)

// office is a mail server in the process.
type office struct {
	mu      sync.Mutex
	refuse  error // what a recipient is answered
	data    error // what a mail is answered
	auth    bool  // who is not known may not send
	secured bool  // how the last mail came
	user    string
	to      []string
	got     []string
}

type visit struct {
	*office

	conn *server.Conn
	in   bool
}

func (o *office) NewSession(c *server.Conn) (server.Session, error) {
	return &visit{office: o, conn: c}, nil
}
func (v *visit) Reset()                   {}
func (v *visit) Logout() error            { return nil }
func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }
func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "canvass" || password != "hunter2" {
			return server.ErrAuthFailed
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		v.in, v.user = true, user
		return nil
	}), nil
}

func (v *visit) Mail(string, *server.MailOptions) error {
	if v.auth && !v.in {
		return &server.SMTPError{Code: 530, EnhancedCode: server.EnhancedCode{5, 7, 0}, Message: "who are you"}
	}
	return nil
}

func (v *visit) Rcpt(to string, _ *server.RcptOptions) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuse == nil {
		v.to = append(v.to, to)
	}
	return v.refuse
}

func (v *visit) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.data != nil {
		return v.data
	}
	_, v.secured = v.conn.TLSConnectionState()
	v.got = append(v.got, string(raw))
	return nil
}

// open has an office listen; with a certificate it offers STARTTLS.
func open(t *testing.T, o *office, certified bool) smtp.Config {
	t.Helper()
	s := server.NewServer(o)
	s.Domain = "localhost"
	cfg := smtp.Config{Host: "127.0.0.1", Timeout: 10 * time.Second}
	if certified {
		web := httptest.NewTLSServer(nil)
		t.Cleanup(web.Close)
		s.TLSConfig = &tls.Config{Certificates: web.TLS.Certificates}
		cfg.Root = &tls.Config{RootCAs: x509.NewCertPool()}
		cfg.Root.RootCAs.AddCert(web.Certificate())
	} else {
		s.AllowInsecureAuth = true
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	cfg.Port = l.Addr().(*net.TCPAddr).Port
	return cfg
}

func invitation() mail.Mail {
	return mail.Mail{
		Key: "invitation-7", From: `"Canvass, Inc" <team@canvass.example>`, To: "ada@example.com", Subject: "Join Zoë & Söhne on Canvass",
		Text: "Grüße,\n.\nhttps://app.example/invitations/" + strings.Repeat("x7", 50) + "\n", HTML: "<p>Grüße</p>",
	}
}

// parts reads a mail as its recipient would.
func parts(t *testing.T, raw string) (head netmail.Header, text, html string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		var in io.Reader = p
		switch encoding := p.Header.Get("Content-Transfer-Encoding"); encoding {
		case "Quoted-Printable":
			in = quotedprintable.NewReader(p)
		case "7bit":
		default:
			t.Fatalf("it is written as %q", encoding)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			html = string(body)
		} else {
			text = string(body)
		}
	}
}

// TestSend: what is sent arrives as it was written, to whom it was sent; sent again it has
// the same Message-ID.
func TestSend(t *testing.T) {
	t.Parallel()
	o := &office{}
	client, m := smtp.New(open(t, o, false)), invitation()
	for range 2 {
		if err := client.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.got) != 2 || len(o.to) != 2 || o.to[0] != m.To || o.secured {
		t.Fatalf("%d mails to %v", len(o.got), o.to)
	}
	for _, raw := range o.got {
		head, text, html := parts(t, raw)
		subject, _ := new(mime.WordDecoder).DecodeHeader(head.Get("Subject"))
		from, err := head.AddressList("From")
		if err != nil || from[0].Name != "Canvass, Inc" || from[0].Address != "team@canvass.example" {
			t.Errorf("from %v, %v", from, err)
		}
		if subject != m.Subject || head.Get("To") != "<ada@example.com>" || head.Get("Message-ID") != "<invitation-7@canvass.example>" {
			t.Errorf("the head is %v", head)
		}
		if at, err := head.Date(); err != nil || time.Since(at) > time.Minute {
			t.Errorf("dated %v, %v", at, err)
		}
		if strings.ReplaceAll(text, "\r\n", "\n") != m.Text || html != m.HTML {
			t.Errorf("it reads %q, %q", text, html)
		}
	}
}

// TestAuth: a password goes over an encrypted connection or not at all.
func TestAuth(t *testing.T) {
	t.Parallel()
	known := func(cfg smtp.Config, password string) smtp.Config {
		cfg.Username, cfg.Password = "canvass", password
		return cfg
	}
	t.Run("encrypted", func(t *testing.T) {
		t.Parallel()
		o := &office{auth: true}
		if err := smtp.New(known(open(t, o, true), "hunter2")).Send(t.Context(), invitation()); err != nil {
			t.Fatal(err)
		}
		if !o.secured || o.user != "canvass" || len(o.got) != 1 {
			t.Errorf("encrypted %v, by %q, %d mails", o.secured, o.user, len(o.got))
		}
	})
	t.Run("encrypted from the first byte", func(t *testing.T) {
		t.Parallel()
		web := httptest.NewTLSServer(nil)
		t.Cleanup(web.Close)
		o := &office{auth: true}
		s := server.NewServer(o)
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close() })
		cfg := known(smtp.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: true, Root: &tls.Config{RootCAs: x509.NewCertPool()}}, "hunter2")
		fails(t, smtp.New(cfg), invitation(), mail.Error{Class: mail.Unavailable, Temporary: true}) // a certificate that nobody knows
		cfg.Root.RootCAs.AddCert(web.Certificate())
		if err := smtp.New(cfg).Send(t.Context(), invitation()); err != nil {
			t.Fatal(err)
		}
		if !o.secured || o.user != "canvass" || len(o.got) != 1 {
			t.Errorf("encrypted %v, by %q, %d mails", o.secured, o.user, len(o.got))
		}
	})
	t.Run("encrypted without a password", func(t *testing.T) {
		t.Parallel()
		o := &office{}
		if err := smtp.New(open(t, o, true)).Send(t.Context(), invitation()); err != nil || !o.secured {
			t.Errorf("%v, encrypted %v", err, o.secured)
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		t.Parallel()
		o := &office{auth: true}
		fails(t, smtp.New(known(open(t, o, true), "wrong")), invitation(), mail.Error{Class: mail.Unauthorized, Code: 535, Temporary: true})
	})
	t.Run("no password", func(t *testing.T) {
		t.Parallel()
		o := &office{auth: true}
		fails(t, smtp.New(open(t, o, true)), invitation(), mail.Error{Class: mail.Unauthorized, Code: 530, Temporary: true})
	})
	t.Run("nothing is encrypted", func(t *testing.T) {
		t.Parallel()
		o := &office{auth: true}
		fails(t, smtp.New(known(open(t, o, false), "hunter2")), invitation(), mail.Error{Class: mail.Unavailable, Temporary: true})
		if o.user != "" {
			t.Error("the password was sent in clear")
		}
	})
	t.Run("a certificate of somebody else", func(t *testing.T) {
		t.Parallel()
		o := &office{auth: true}
		cfg := known(open(t, o, true), "hunter2")
		cfg.Root = nil
		fails(t, smtp.New(cfg), invitation(), mail.Error{Class: mail.Unavailable, Temporary: true})
		if o.user != "" {
			t.Error("the password was sent to somebody else")
		}
	})
}

func fails(t *testing.T, client *smtp.Client, m mail.Mail, want mail.Error) {
	t.Helper()
	err := client.Send(t.Context(), m)
	failed, ok := errors.AsType[*mail.Error](err)
	if !ok || *failed != want {
		t.Errorf("%v, want %+v", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), "ada") || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("it tells %v", err)
	}
}

// TestRefusals: what a server answers decides whether it is asked again.
func TestRefusals(t *testing.T) {
	t.Parallel()
	answer := func(code int) error {
		return &server.SMTPError{Code: code, EnhancedCode: server.EnhancedCode{code / 100, 1, 1}, Message: "about ada@example.com"}
	}
	for name, c := range map[string]struct {
		office *office
		want   mail.Error
	}{
		"no such recipient":     {&office{refuse: answer(550)}, mail.Error{Class: mail.Refused, Code: 550}},
		"recipient, later":      {&office{refuse: answer(451)}, mail.Error{Class: mail.Unavailable, Code: 451, Temporary: true}},
		"the mail is not taken": {&office{data: answer(554)}, mail.Error{Class: mail.Refused, Code: 554}},
		"the mail, later":       {&office{data: answer(452)}, mail.Error{Class: mail.Unavailable, Code: 452, Temporary: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fails(t, smtp.New(open(t, c.office, false)), invitation(), c.want)
			if len(c.office.got) != 0 {
				t.Error("it was taken all the same")
			}
		})
	}
	t.Run("a head of two lines", func(t *testing.T) {
		t.Parallel()
		o := &office{}
		m := invitation()
		m.Subject = "Join\r\nBcc: eve@example.com"
		fails(t, smtp.New(open(t, o, false)), m, mail.Error{Class: mail.Refused})
		if len(o.got) != 0 {
			t.Error("it was sent")
		}
	})
}

// TestAway: a server that is not there, or says nothing, is no reason to give up.
func TestAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var held []net.Conn
	var mu sync.Mutex
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			held = append(held, c)
			mu.Unlock()
		}
	}()
	port := l.Addr().(*net.TCPAddr).Port
	away := mail.Error{Class: mail.Unavailable, Temporary: true}
	fails(t, smtp.New(smtp.Config{Host: "127.0.0.1", Port: port, Timeout: 200 * time.Millisecond}), invitation(), away)
	mu.Lock()
	defer mu.Unlock()
	_ = held[0].SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, held[0]); err != nil { // our end is closed
		t.Errorf("the connection stays open: %v", err)
	}
	_ = l.Close()
	fails(t, smtp.New(smtp.Config{Host: "127.0.0.1", Port: port, Timeout: time.Second}), invitation(), away)
}
