package smtp_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
	"github.com/canvass-hq/canvass/domain/mail"
)

// log is a flight that remembers what it was told.
type log struct {
	mu     sync.Mutex
	left   map[int]int
	ended  map[int][]*mail.Error
	hold   func(i int) error // what Leaving answers; nil lets all go
	landed func(i int)       // is called by Ended
}

func newLog() *log { return &log{left: map[int]int{}, ended: map[int][]*mail.Error{}} }

func (l *log) Leaving(i int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hold != nil {
		if err := l.hold(i); err != nil {
			return err
		}
	}
	l.left[i]++
	return nil
}

func (l *log) Ended(i int, _ string, err *mail.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[i] = append(l.ended[i], err)
	if l.landed != nil {
		l.landed(i)
	}
}

// each gives what became of the mails, each of which has ended once. One that did not leave
// was not taken, and is not in doubt.
func (l *log) each(t *testing.T, n int) []mail.Error {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]mail.Error, n)
	for i := range out {
		if len(l.ended[i]) != 1 || l.left[i] > 1 {
			t.Fatalf("mail %d ended as %v, and left %d times", i, l.ended[i], l.left[i])
		}
		if err := l.ended[i][0]; err != nil {
			out[i] = *err
		}
		if class := out[i].Class; l.left[i] == 0 && (class == "" || class == mail.InDoubt) {
			t.Errorf("mail %d ended as %q, and did not leave", i, class)
		}
	}
	if len(l.ended) != n {
		t.Errorf("%d mails have ended, want %d", len(l.ended), n)
	}
	return out
}

// tally counts the mails by their class, "" for those that were taken.
func tally(all []mail.Error) map[mail.Class]int {
	out := map[mail.Class]int{}
	for _, err := range all {
		out[err.Class]++
	}
	return out
}

// campaign is many mails, of about 5.5 kB each.
func campaign(n int) []mail.Mail {
	text := strings.Repeat("Hello there, this is what we wanted to tell you of our product.\n", 20)
	html := "<html><body>" + strings.Repeat(`<p style="color:#333">Hello there, <a href="https://canvass.example/x">this</a> is it.</p>`+"\n", 42) + "</body></html>"
	out := make([]mail.Mail, n)
	for i := range out {
		out[i] = mail.Mail{
			Key: fmt.Sprintf("mail-%d", i), From: "Canvass <team@canvass.example>", To: fmt.Sprintf("ada%d@example.com", i), Subject: "What is new", Text: text, HTML: html,
			Headers: []mail.Header{{Name: "List-Unsubscribe", Value: "<https://canvass.example/u/1>"}, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}},
		}
	}
	return out
}

// sink listens for the length of a test, and tells where.
func sink(t testing.TB, options ...func(*smtptest.Sink)) (*smtptest.Sink, smtp.Config) {
	t.Helper()
	s, err := smtptest.Listen("127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, smtp.Config{Host: "127.0.0.1", Port: s.Port(), Timeout: 20 * time.Second}
}

// pool ends with the test.
func pool(t testing.TB, cfg smtp.Config, connections int) *smtp.Pool {
	t.Helper()
	p := smtp.NewPool(cfg, connections)
	t.Cleanup(p.Close)
	return p
}

var errHeld = errors.New("stay here")
