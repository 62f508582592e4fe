package smtp_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
	"github.com/canvass-hq/canvass/domain/mail"
)

// TestCarry: every mail arrives once, over no more connections than there may be, and those
// serve the next mails too.
func TestCarry(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t)
	p, mails := pool(t, cfg, 4), campaign(300)
	for round := range 2 {
		flight := newLog()
		p.Carry(t.Context(), mails, flight)
		if got := tally(flight.each(t, len(mails))); got[""] != len(mails) {
			t.Errorf("they ended as %v", got)
		}
		if n, distinct := s.Counts(); n != len(mails)*(round+1) || distinct != len(mails) {
			t.Errorf("%d mails have come, %d different ones", n, distinct)
		}
	}
	if n := s.Connections(); n < 1 || n > 4 {
		t.Errorf("they came over %d connections", n)
	}
	if len(s.Twice()) != len(mails) || s.Seen()["mail-7"] != 2 {
		t.Errorf("%d mails have come again", len(s.Twice()))
	}
	none := newLog()
	p.Carry(t.Context(), nil, none)
	none.each(t, 0)
}

// TestCarryKnown: many mails go over few encrypted connections, on which we are known.
func TestCarryKnown(t *testing.T) {
	t.Parallel()
	o := &office{auth: true}
	cfg := open(t, o, true)
	cfg.Username, cfg.Password = "canvass", "hunter2"
	mails, flight := campaign(50), newLog()
	pool(t, cfg, 3).Carry(t.Context(), mails, flight)
	if got := tally(flight.each(t, len(mails))); got[""] != len(mails) {
		t.Errorf("they ended as %v", got)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.got) != len(mails) || !o.secured || o.user != "canvass" {
		t.Errorf("%d mails have come, encrypted %v, by %q", len(o.got), o.secured, o.user)
	}
	cfg.Password = "wrong"
	stranger := newLog()
	pool(t, cfg, 3).Carry(t.Context(), mails, stranger)
	for i, got := range stranger.each(t, len(mails)) {
		if want := (mail.Error{Class: mail.Unauthorized, Code: 535, Temporary: true}); got != want {
			t.Errorf("mail %d ended as %+v", i, got)
		}
	}
}

// TestCarryTogether: loads that are carried at once share the connections.
func TestCarryTogether(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t)
	p, mails := pool(t, cfg, 2), campaign(200)
	var crew sync.WaitGroup
	for range 5 {
		crew.Go(func() {
			flight := newLog()
			p.Carry(t.Context(), mails, flight)
			if got := tally(flight.each(t, len(mails))); got[""] != len(mails) {
				t.Errorf("they ended as %v", got)
			}
		})
	}
	crew.Wait()
	if n, _ := s.Counts(); n != 5*len(mails) || s.Connections() > 2 {
		t.Errorf("%d mails have come over %d connections", n, s.Connections())
	}
}

// TestCarryFair: a mail that comes behind a large load does not wait for the end of it.
func TestCarryFair(t *testing.T) {
	t.Parallel()
	_, cfg := sink(t)
	p := pool(t, cfg, 1)
	large, small, begun := newLog(), newLog(), make(chan struct{})
	var once sync.Once
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	large.hold = func(int) error {
		once.Do(func() { close(begun) })
		return ctx.Err()
	}
	small.landed = func(int) { stop() } // the rest of the large load stays here
	var crew sync.WaitGroup
	mails := campaign(20000)
	crew.Go(func() { p.Carry(ctx, mails, large) })
	<-begun
	p.Carry(t.Context(), campaign(1), small)
	crew.Wait()
	if got := tally(small.each(t, 1)); got[""] != 1 {
		t.Errorf("the small load ended as %v", got)
	}
	if got := tally(large.each(t, len(mails))); got[""] == len(mails) {
		t.Error("it waited for the end of the large one")
	}
}

// TestRefused: a mail that is refused is no reason not to take the next.
func TestRefused(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t, func(s *smtptest.Sink) {
		s.Refuse = func(rcpt string) int {
			switch {
			case strings.HasSuffix(rcpt, "3@example.com"):
				return 550
			case strings.HasSuffix(rcpt, "4@example.com"):
				return 451
			}
			return 0
		}
	})
	mails, flight := campaign(100), newLog()
	mails[8].Subject = "Join\r\nBcc: eve@example.com"
	mails[9].To = "zoë@example.com" // no server of ASCII has such people
	pool(t, cfg, 3).Carry(t.Context(), mails, flight)
	for i, got := range flight.each(t, len(mails)) {
		want := mail.Error{}
		switch {
		case i%10 == 3:
			want = mail.Error{Class: mail.Refused, Code: 550}
		case i%10 == 4:
			want = mail.Error{Class: mail.Unavailable, Code: 451, Temporary: true}
		case i == 8, i == 9:
			want = mail.Error{Class: mail.Refused}
		}
		if got != want {
			t.Errorf("mail %d ended as %+v, want %+v", i, got, want)
		}
	}
	if n, distinct := s.Counts(); n != 78 || distinct != n {
		t.Errorf("%d mails have come, %d different ones", n, distinct)
	}
}

// TestEnough: a server that has had enough of a connection gets the rest over others.
func TestEnough(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	said := map[string]bool{}
	s, cfg := sink(t, func(s *smtptest.Sink) {
		s.Refuse = func(rcpt string) int {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasSuffix(rcpt, "5@example.com") && !said[rcpt] {
				said[rcpt] = true
				return 421
			}
			return 0
		}
	})
	mails, flight := campaign(100), newLog()
	pool(t, cfg, 3).Carry(t.Context(), mails, flight)
	if got := tally(flight.each(t, len(mails))); got[""] != len(mails) {
		t.Errorf("they ended as %v", got)
	}
	if n, distinct := s.Counts(); n != len(mails) || distinct != n {
		t.Errorf("%d mails have come, %d different ones", n, distinct)
	}
}

// TestPoison: a mail with which each connection ends is given up, and holds up no other.
func TestPoison(t *testing.T) {
	t.Parallel()
	_, cfg := sink(t, func(s *smtptest.Sink) {
		s.Refuse = func(rcpt string) int {
			if rcpt == "ada50@example.com" {
				return 421
			}
			return 0
		}
	})
	mails, flight := campaign(100), newLog()
	pool(t, cfg, 1).Carry(t.Context(), mails, flight)
	all := flight.each(t, len(mails))
	if want := (mail.Error{Class: mail.Unavailable, Code: 421, Temporary: true}); all[50] != want || tally(all)[""] != 99 {
		t.Errorf("it ended as %+v, and all as %v", all[50], tally(all))
	}
}

// TestInDoubt: a mail that has left, and of which nothing is heard, may have been taken, and
// only such a one.
func TestInDoubt(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t, func(s *smtptest.Sink) { s.Drop = func(n int) bool { return n%10 == 0 } })
	mails, flight := campaign(95), newLog()
	pool(t, cfg, 3).Carry(t.Context(), mails, flight)
	got := tally(flight.each(t, len(mails)))
	if got[mail.InDoubt] != 9 || got[""] != 86 {
		t.Errorf("they ended as %v", got)
	}
	if n, distinct := s.Counts(); n != 95 || distinct != n {
		t.Errorf("%d mails have come, %d different ones", n, distinct)
	}
	if n := s.Connections(); n < 10 || n > 12 {
		t.Errorf("over %d connections", n)
	}
}

// TestAllDropped: where every mail is in doubt, few are sent.
func TestAllDropped(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t, func(s *smtptest.Sink) { s.Drop = func(int) bool { return true } })
	mails, flight := campaign(100), newLog()
	pool(t, cfg, 3).Carry(t.Context(), mails, flight)
	got := tally(flight.each(t, len(mails)))
	if n, _ := s.Counts(); got[mail.InDoubt] != n || n > 6 || got[mail.Unavailable] != len(mails)-n {
		t.Errorf("they ended as %v, %d have come", got, n)
	}
}

// TestHeld: a mail that may not leave stays here.
func TestHeld(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t)
	mails, flight := campaign(50), newLog()
	flight.hold = func(i int) error {
		if i%10 == 2 {
			return errHeld
		}
		return nil
	}
	pool(t, cfg, 2).Carry(t.Context(), mails, flight)
	for i, got := range flight.each(t, len(mails)) {
		want := mail.Error{}
		if i%10 == 2 {
			want = mail.Error{Class: mail.Unavailable, Temporary: true}
		}
		if got != want || s.Seen()[fmt.Sprintf("mail-%d", i)] != flight.left[i] {
			t.Errorf("mail %d ended as %+v, want %+v", i, got, want)
		}
	}
}

// TestCancelled: mails that have not left stay here when the worker is stopped; one for each
// connection may be on its way.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, cfg := sink(t)
	mails, flight := campaign(500), newLog()
	flight.landed = func(i int) {
		if i == 100 {
			stop()
		}
	}
	p := pool(t, cfg, 3)
	p.Carry(ctx, mails, flight)
	got := tally(flight.each(t, len(mails)))
	n, _ := s.Counts()
	if got[mail.Unavailable] == 0 || got[mail.InDoubt] > 3 || n < got[""] || n > got[""]+got[mail.InDoubt] {
		t.Errorf("they ended as %v, %d have come", got, n)
	}
	late := newLog()
	p.Carry(ctx, mails, late)
	if got := tally(late.each(t, len(mails))); got[mail.Unavailable] != len(mails) {
		t.Errorf("late ones ended as %v", got)
	}
}

// TestStale: a connection that the server has ended meanwhile costs no mail.
func TestStale(t *testing.T) {
	t.Parallel()
	s, cfg := sink(t)
	p, mails := pool(t, cfg, 3), campaign(60)
	for round := range 3 {
		flight := newLog()
		p.Carry(t.Context(), mails, flight)
		if got := tally(flight.each(t, len(mails))); got[""] != len(mails) {
			t.Errorf("they ended as %v", got)
		}
		if n, _ := s.Counts(); n != len(mails)*(round+1) {
			t.Errorf("%d mails have come", n)
		}
		s.HangUp()
	}
}

// TestIdle: a connection that nobody needs ends, and so do those of a pool that is closed.
func TestIdle(t *testing.T) {
	t.Parallel()
	for name, idle := range map[string]time.Duration{"rests for long": time.Millisecond, "closed": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{greeting: "220 hi", answer: polite}
			cfg := s.open(t)
			cfg.Idle = idle
			p, flight := smtp.NewPool(cfg, 1), newLog()
			p.Carry(t.Context(), campaign(1), flight)
			if idle > time.Minute {
				p.Close()
			}
			if err := <-s.ended; err != nil || s.heard[len(s.heard)-1] != "QUIT" {
				t.Errorf("it heard %v, %v", s.heard, err)
			}
			p.Close()
			after := newLog()
			p.Carry(t.Context(), campaign(1), after)
			if got := tally(after.each(t, 1)); got[mail.Unavailable] != 1 {
				t.Errorf("a closed pool: %v", got)
			}
		})
	}
}

// TestNobodyThere: a server that is not there is asked once.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	callers := make(chan net.Conn, 100)
	go func() {
		defer close(callers)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("421 not now\r\n"))
			callers <- conn
		}
	}()
	mails, flight := campaign(50), newLog()
	p := pool(t, smtp.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Timeout: 20 * time.Second}, 10)
	p.Carry(t.Context(), mails, flight)
	for i, got := range flight.each(t, len(mails)) {
		if want := (mail.Error{Class: mail.Unavailable, Code: 421, Temporary: true}); got != want {
			t.Errorf("mail %d ended as %+v", i, got)
		}
	}
	_ = l.Close()
	n := 0
	for conn := range callers {
		_ = conn.Close()
		n++
	}
	if n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}
