package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/projections"
)

// TestDoubtIsSentAgain: a mail that nobody knows the fate of waits for somebody to decide, also
// when the campaign is completed, and then it comes.
func TestDoubtIsSentAgain(t *testing.T) {
	t.Parallel()
	sink, err := smtptest.Listen("127.0.0.1:0", func(s *smtptest.Sink) { s.Drop = func(n int) bool { return n == 2 } })
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	s := dev(t, dataDir(t), "SMTP_HOST=127.0.0.1", "SMTP_PORT="+strconv.Itoa(sink.Port()), "SMTP_CONNECTIONS=1", "MAIL_FROM=team@canvass.example", "PUBLIC_URL=https://canvass.example")
	for _, name := range []string{"ada", "bob", "cid"} {
		s.ask(t, "POST", "/v1/leads", `{"name":"`+name+`","email":"`+name+`@canvass.example"}`, 201)
	}
	id := s.launched(t)
	eventually(t, "the campaign is completed", func() bool {
		return parse[projections.Campaign](t, s.ask(t, "GET", "/v1/campaigns/"+id, "", 200)).Phase == campaign.Done
	})
	list := "/v1/campaigns/" + id + "/recipients?limit=10"
	doubts := all[projections.Recipient](t, s, list+"&phase=in_doubt")
	if len(doubts) == 0 {
		t.Fatal("nobody is in doubt")
	}
	before := sink.Seen()
	for _, r := range doubts {
		s.ask(t, "POST", "/v1/campaigns/"+id+"/recipients/"+r.ID+"/resend", "", 200)
	}
	eventually(t, "all are sent", func() bool {
		for _, r := range all[projections.Recipient](t, s, list) {
			if r.Phase != enrollment.Taken {
				return false
			}
		}
		return true
	})
	for _, r := range doubts {
		if n := sink.Seen()[r.ID]; n != before[r.ID]+1 {
			t.Errorf("the mail of %s came %d times, after %d", r.ID, n, before[r.ID])
		}
	}
}

// TestDomainBearsSoMuch: a domain gets no more than the sender lets it, and others do not wait
// for it.
func TestDomainBearsSoMuch(t *testing.T) {
	t.Parallel()
	sink, err := smtptest.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	s := dev(t, dataDir(t), "SMTP_HOST=127.0.0.1", "SMTP_PORT="+strconv.Itoa(sink.Port()), "MAIL_FROM=team@canvass.example", "PUBLIC_URL=https://canvass.example")
	for _, email := range []string{"ada@many.example", "bob@many.example", "cid@many.example", "dan@many.example", "eve@few.example", "flo@few.example"} {
		s.ask(t, "POST", "/v1/leads", `{"email":"`+email+`"}`, 201)
	}
	begun := time.Now()
	id := s.launchedBy(t, `"limits":{"per_domain_hour":240}`) // every 15 s, and two at once
	came := func(want int) func() bool {
		return func() bool {
			_, n := sink.Counts()
			return n >= want
		}
	}
	eventually(t, "what the domains bear at once is there", came(4))
	if _, n := sink.Counts(); n != 4 {
		t.Fatalf("%d mails came at once", n)
	}
	eventually(t, "two of the domain wait", func() bool {
		wait := all[projections.Recipient](t, s, "/v1/campaigns/"+id+"/recipients?limit=10&phase=queued")
		return len(wait) == 2 && strings.HasSuffix(wait[0].Email, "@many.example") && strings.HasSuffix(wait[1].Email, "@many.example")
	})
	within(t, time.Minute, "the others are there", came(6))
	if took := time.Since(begun); took < 28*time.Second {
		t.Errorf("all have come in %s", took)
	}
}
