package smtptest_test

import (
	"bufio"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
)

// TestSink: a mail is counted by its own Message-ID, however its head is written; what is no
// mail is not.
func TestSink(t *testing.T) {
	t.Parallel()
	s, err := smtptest.Listen("127.0.0.1:0", func(s *smtptest.Sink) { s.Keep, s.Delay = 2, time.Millisecond })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	hear := func(codes ...string) {
		t.Helper()
		for _, code := range codes {
			if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, code) {
				t.Fatalf("%q, %v, want %s", line, err, code)
			}
		}
	}
	say := func(lines ...string) { _, _ = conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n")) }
	hear("220")
	say("HELO me", "what", "RCPT TO:<a@b>", "DATA", "MAIL FROM:<a@b>", "MAIL FROM:<a@b>", "RSET")
	hear("250", "500", "503", "503", "250", "503", "250")
	for _, text := range []string{
		"Subject: x\r\nMESSAGE-ID:\r\n <one@b>\r\n\r\nMessage-ID: <no@b>\r\n..dot",
		"Message-ID: <two@b>\r\nIn-Reply-To: <one@b>\r\n\r\n",
		"message-id:<one@b>\r\n\r\n" + strings.Repeat("x", 70000) + "\r\n.." + "\r\n",
	} {
		say("MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", text, ".")
		hear("250", "250", "354", "250")
	}
	say("QUIT")
	hear("221")
	if n, distinct := s.Counts(); n != 3 || distinct != 2 || !slices.Equal(s.Twice(), []string{"one"}) || s.Seen()["two"] != 1 {
		t.Errorf("%d mails, %d different ones, %v", n, distinct, s.Seen())
	}
	if kept := s.Kept(); len(kept) != 2 || !strings.HasSuffix(string(kept[1]), "x\r\n.\r\n\r\n") {
		t.Errorf("%d mails are kept", len(kept))
	}
}
