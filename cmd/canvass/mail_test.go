package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// someone is a person who signs in, and is a member of nothing yet.
type someone struct{ id, email, token string }

func newSomeone(t *testing.T, dir, email string) someone {
	t.Helper()
	p := access.Principal{ID: uuid.NewString(), Role: access.Visitor, Strong: true, Email: email}
	token, err := Config{DataDir: dir}.token(p, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return someone{p.ID, email, "Bearer " + token}
}

// founded makes an organization, and gives the headers of its admin's requests.
func (s *server) founded(t *testing.T, by someone, name string) []string {
	t.Helper()
	made := parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/organizations", `{"name":"`+name+`"}`, 201, "Authorization", by.token))
	return []string{"Authorization", by.token, "Canvass-Org", made.ID}
}

var linkEnd = regexp.MustCompile(`(\S+)/invitations/([a-z2-7]+)\n`)

// TestInvitationByMail: who is invited gets a mail, and its link lets in them and nobody
// else.
func TestInvitationByMail(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := dev(t, dir, "LOG_LEVEL=DEBUG")
	ada, bob, eve := newSomeone(t, dir, "ada@qvmail.example"), newSomeone(t, dir, "Bob@QVmail.example"), newSomeone(t, dir, "eve@qvmail.example")
	admin := s.founded(t, ada, "Qvmail & Söhne")
	invitation := parse[apphttp.Receipt](t, s.ask(t, "POST", "/v1/invitations", `{"email":"bob@qvmail.example","role":"manager"}`, 201, admin...)).ID
	var listed string
	eventually(t, "the mail is there", func() bool {
		listed = command(t, s.settings, "mail").ok(t).out
		return listed != ""
	})
	if !strings.Contains(listed, " invitation-"+invitation+"  bob@qvmail.example  Join Qvmail & Söhne on Canvass\n") || strings.Count(listed, "\n") != 1 {
		t.Errorf("the mailbox lists %q", listed)
	}
	eventually(t, "the invitation is shown as sent", func() bool {
		i := all[projections.Invitation](t, s, "/v1/invitations?limit=10", admin...)
		return len(i) == 1 && i[0].ID == invitation && i[0].Sent == "sent"
	})
	text := command(t, s.settings, "mail", "invitation-"+invitation).ok(t).out
	link := linkEnd.FindStringSubmatch(text)
	if link == nil || link[1] != s.url {
		t.Fatalf("the mail reads\n%s", text)
	}
	if raw := command(t, s.settings, "mail", "--raw", "invitation-"+invitation).ok(t).out; !strings.Contains(raw, "Content-Type: multipart/alternative") {
		t.Errorf("it would go out as\n%s", raw)
	}
	if got := command(t, s.settings, "mail", "invitation-of-nobody"); got.code != 1 || !strings.Contains(got.err, "no such mail") {
		t.Errorf("%d %q", got.code, got.err)
	}

	token := `{"token":"` + link[2] + `"}`
	if body := s.ask(t, "POST", "/v1/invitations/accept", token, 403, "Authorization", eve.token); !strings.Contains(body, `"invitation.other_address"`) {
		t.Errorf("somebody else is told %s", body)
	}
	flipped := map[byte]string{'a': "b"}[link[2][40]]
	if flipped == "" {
		flipped = "a"
	}
	s.ask(t, "POST", "/v1/invitations/accept", `{"token":"`+link[2][:40]+flipped+link[2][41:]+`"}`, 404, "Authorization", bob.token)
	s.ask(t, "GET", "/v1/members", "", 403, "Authorization", bob.token, "Canvass-Org", admin[3])
	s.ask(t, "POST", "/v1/invitations/accept", token, 200, "Authorization", bob.token)
	s.ask(t, "POST", "/v1/invitations/accept", token, 404, "Authorization", bob.token)
	roles := map[string]access.Role{}
	for _, m := range all[projections.Member](t, s, "/v1/members?limit=10", "Authorization", bob.token, "Canvass-Org", admin[3]) {
		roles[m.ID] = m.Role
	}
	if len(roles) != 2 || roles[ada.id] != access.Admin || roles[bob.id] != access.Manager {
		t.Errorf("the members are %v", roles)
	}
	if log := s.err.String(); strings.Contains(strings.ToLower(log), "qvmail") || strings.Contains(log, link[2]) {
		t.Error("the server's output tells of mail")
	}
}

// sink is a mail server in the process that takes everything.
type sink struct{ got chan string }

func (s sink) NewSession(*smtp.Conn) (smtp.Session, error) { return s, nil }
func (sink) Reset()                                        {}
func (sink) Logout() error                                 { return nil }
func (sink) Mail(string, *smtp.MailOptions) error          { return nil }
func (sink) Rcpt(string, *smtp.RcptOptions) error          { return nil }
func (s sink) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.got <- string(raw)
	return err
}

// TestMailOfADeployment: a worker sends by the server that it is told of, and one that is
// told of none says so of each invitation.
func TestMailOfADeployment(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	settings := []string{"DATABASE_URL=" + database(t), "DATA_DIR=" + dir, "MASTER_KEY=" + eventstore.NewMasterKey()}
	command(t, settings, "migrate").ok(t)
	worker := launch(t, settings, "worker")
	s := serve(t, settings)
	s.wellWithin(t)
	admin := s.founded(t, newSomeone(t, dir, "ada@qvmail.example"), "Qvmail")
	becomes := func(email, want string) {
		s.ask(t, "POST", "/v1/invitations", `{"email":"`+email+`"}`, 201, admin...)
		eventually(t, email+" is "+want, func() bool {
			for _, i := range all[projections.Invitation](t, s, "/v1/invitations?limit=10", admin...) {
				if i.Email == email {
					return i.Sent == want
				}
			}
			return false
		})
	}
	becomes("bob@qvmail.example", "not_configured")
	worker.says("no mail is sent")
	if _, err := os.Stat(filepath.Join(dir, mailDir)); err == nil {
		t.Error("a deployment keeps mail in files")
	}
	worker.interrupt()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := sink{make(chan string, 10)}
	mails := smtp.NewServer(taken)
	go func() { _ = mails.Serve(l) }()
	t.Cleanup(func() { _ = mails.Close() })
	settings = append(settings, "SMTP_HOST=127.0.0.1", fmt.Sprintf("SMTP_PORT=%d", l.Addr().(*net.TCPAddr).Port), "MAIL_FROM=Canvass <team@qvmail.example>")
	if got := command(t, settings, "worker"); got.code != 1 || !strings.Contains(got.err, "APP_URL is not set") {
		t.Errorf("without a place for links to lead to: %d %q", got.code, got.err)
	}
	launch(t, append(settings, "APP_URL=https://app.qvmail.example/"), "worker")
	becomes("cid@qvmail.example", "sent")
	if raw := <-taken.got; len(taken.got) != 0 || !strings.Contains(raw, "To: <cid@qvmail.example>") || !strings.Contains(strings.ReplaceAll(raw, "=\r\n", ""), "https://app.qvmail.example/invitations/") {
		t.Errorf("%d more mails; the first reads\n%s", len(taken.got), raw)
	}
}

// Every fault of the settings of mail is named, and no secret is told.
func TestMailSettings(t *testing.T) {
	t.Parallel()
	const secret = "hunter2secret"
	for name, c := range map[string]struct {
		settings []string
		want     []string
	}{
		"nobody to send from":     {[]string{"RESEND_API_KEY=" + secret}, []string{"MAIL_FROM"}},
		"no one to send from":     {[]string{"SMTP_HOST=h"}, []string{"MAIL_FROM"}},
		"not an address":          {[]string{"MAIL_FROM=a@b, c@d"}, []string{"MAIL_FROM"}},
		"not a URL":               {[]string{"RESEND_BASE_URL=ftp://" + secret}, []string{"RESEND_BASE_URL"}},
		"not a port":              {[]string{"SMTP_PORT=smtp"}, []string{"SMTP_PORT"}},
		"no port of this world":   {[]string{"SMTP_PORT=65536"}, []string{"SMTP_PORT"}},
		"a name without password": {[]string{"SMTP_HOST=h", "MAIL_FROM=a@b", "SMTP_USERNAME=u"}, []string{"SMTP_USERNAME"}},
		"a password without name": {[]string{"SMTP_HOST=h", "MAIL_FROM=a@b", "SMTP_PASSWORD=" + secret}, []string{"SMTP_USERNAME"}},
		"let in nowhere":          {[]string{"SMTP_USERNAME=u", "SMTP_PASSWORD=" + secret}, []string{"SMTP_HOST"}},
		"all at once":             {[]string{"RESEND_API_KEY=" + secret, "RESEND_BASE_URL=x", "SMTP_PORT=-1", "APP_URL=x"}, []string{"MAIL_FROM", "RESEND_BASE_URL", "SMTP_PORT", "APP_URL"}},
	} {
		_, err := LoadConfig(c.settings)
		if err == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		for _, setting := range c.want {
			if strings.Count(err.Error(), "\n  "+setting+": ") != 1 {
				t.Errorf("%s: %s is not named once in\n%v", name, setting, err)
			}
		}
		if strings.Contains(err.Error(), secret) || strings.Count(err.Error(), "\n") != len(c.want) {
			t.Errorf("%s: it says\n%v", name, err)
		}
	}
	c, err := LoadConfig([]string{"SMTP_HOST=h", "MAIL_FROM=Canvass <a@b>", "SMTP_USERNAME=u", "SMTP_PASSWORD=p"})
	if err != nil || c.Mail.SMTPPort != 587 || c.Mail.from() != "Canvass <a@b>" {
		t.Errorf("%+v, %v", c.Mail, err)
	}
}
