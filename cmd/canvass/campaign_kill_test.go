package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp/smtptest"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// otherSide takes mail, and knows how often the mail of each recipient has come.
type otherSide struct {
	settings []string
	count    func() int
	seen     func() map[string]int
	doubts   int // how many mails a worker that is killed leaves in doubt at most
}

// TestCampaignKilled kills workers at random instants while they hand mail to a server, and
// Postgres once: nobody gets a mail twice, nobody is forgotten, and of those of whom nobody
// can know it is said so.
func TestCampaignKilled(t *testing.T) { //nolint:paralleltest // kills processes at work
	sink, err := smtptest.Listen("127.0.0.1:0", func(s *smtptest.Sink) { s.Delay = 20 * time.Millisecond })
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	ledger(t, otherSide{
		settings: []string{"SMTP_HOST=127.0.0.1", "SMTP_PORT=" + strconv.Itoa(sink.Port()), "SMTP_CONNECTIONS=10"},
		count:    func() int { n, _ := sink.Counts(); return n }, seen: sink.Seen, doubts: 10,
	})
}

// TestCampaignKilledByKey is the same with a provider that knows a request again: of none of
// its mails anybody is in doubt.
func TestCampaignKilledByKey(t *testing.T) { //nolint:paralleltest // kills processes at work
	f := newFakeResend(t)
	ledger(t, otherSide{settings: []string{"RESEND_API_KEY=re_123", "RESEND_BASE_URL=" + f.url}, count: f.count, seen: f.seen})
	t.Logf("%d requests came again", f.again)
}

// kills are workers that are killed, and what is killed them by.
type kills struct {
	t        *testing.T
	random   *rand.Rand
	settings []string
	workers  []*process
	at       []time.Time
	ended    int // workers that have ended by themselves
}

func (k *kills) worker() *process { return launch(k.t, k.settings, "worker") }

// kill ends one of the workers, and starts another in its place.
func (k *kills) kill() {
	n := k.random.IntN(len(k.workers))
	k.workers[n].kill()
	k.at = append(k.at, time.Now())
	k.workers[n] = k.worker()
}

// revive starts workers anew that have ended by themselves, as whoever runs them does: one that
// begins while Postgres is away.
func (k *kills) revive() {
	for i, p := range k.workers {
		select {
		case <-p.done:
			k.ended++
			k.workers[i] = k.worker()
		default:
		}
	}
}

// until waits for what the campaign comes to.
func (k *kills) until(what string, done func() bool) {
	k.t.Helper()
	within(k.t, 5*time.Minute, what, func() bool {
		k.revive()
		return done()
	})
}

// ledger sends a campaign, kills, and then compares the books of both sides.
func ledger(t *testing.T, other otherSide) {
	t.Helper()
	people, n := fromEnvironment(t, "CANVASS_CRASH_PEOPLE", 2_000), fromEnvironment(t, "CANVASS_CRASH_KILLS", 4)
	seed := fromEnvironment(t, "CANVASS_CRASH_SEED", int(time.Now().UnixNano()%1e9))
	t.Logf("CANVASS_CRASH_PEOPLE=%d CANVASS_CRASH_KILLS=%d CANVASS_CRASH_SEED=%d", people, n, seed)
	program(t) // skips under -short
	dir := dataDir(t)
	pg, settings := apart(t, dir, other.settings...)
	k := &kills{t: t, random: rand.New(rand.NewPCG(uint64(seed), 1)), settings: settings}
	k.workers = []*process{k.worker(), k.worker()}
	s := serve(t, settings)
	s.wellWithin(t)
	s.committed(t, s.planned(t, fileOf(people), "").ID)
	id := s.launched(t)
	begun := time.Now()
	for i := range n {
		instant := people * (i*100 + k.random.IntN(100)) / (100 * (n + 1))
		k.until("the campaign goes on", func() bool { return other.count() >= instant })
		k.kill()
		if i == n/2 {
			if err := pg.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := pg.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var done projections.Campaign
	k.until("the campaign is completed", func() bool {
		status, body, err := s.try(t.Context(), "GET", "/v1/campaigns/"+id, "")
		if err != nil || status != 200 {
			return false
		}
		done = parse[projections.Campaign](t, body)
		return done.Phase == campaign.Done
	})
	left, _ := os.ReadDir(filepath.Join(dir, outboxDir))
	t.Logf("completed in %s, with %d kills and Postgres once; %d notes are left", time.Since(begun).Round(time.Millisecond), len(k.at), len(left))
	k.compare(s, done, people, other)
	if most := len(k.workers); k.ended > most {
		t.Errorf("%d workers ended by themselves, more than the %d that Postgres was away for", k.ended, most)
	}
	for _, p := range append(k.workers, s.process) {
		p.interrupt()
	}
}

const crashTemplate = `{"name":"Greeting","subject":"Hello {{ first_name }}","html":"<p>Dear {{ name }}, see <a href=\"https://canvass.example/spring\">this</a></p>"}`

// launched starts a campaign to everybody, and gives its id.
func (s *server) launched(t *testing.T) string {
	t.Helper()
	return s.launchedBy(t, `"zone":"UTC"`)
}

// launchedBy is launched, by a sender of which more is said.
func (s *server) launchedBy(t *testing.T, more string) string {
	t.Helper()
	made := func(path, body string) string {
		return parse[apphttp.Receipt](t, s.ask(t, "POST", path, body, 201)).ID
	}
	from := made("/v1/senders", `{"name":"Ada","email":"ada@canvass.example",`+more+`}`)
	s.ask(t, "POST", "/v1/senders/"+from+"/trust", `{"note":"a test"}`, 200)
	template := made("/v1/templates", crashTemplate)
	id := made("/v1/campaigns", `{"name":"Spring","sender":"`+from+`","template":"`+template+`","audience":{"all":true},"tracking":{"opens":true,"clicks":true}}`)
	s.ask(t, "POST", "/v1/campaigns/"+id+"/launch", "", 202)
	return id
}

// compare asks that every recipient has one outcome, and that it is true.
func (k *kills) compare(s *server, c projections.Campaign, people int, other otherSide) {
	t := k.t
	t.Helper()
	list, fresh := "/v1/campaigns/"+c.ID+"/recipients?limit=200", strconv.FormatInt(c.Position, 10)
	phases, seen := map[string]enrollment.Phase{}, other.seen()
	for _, r := range all[projections.Recipient](t, s, list, "Canvass-Min-Position", fresh) {
		phases[r.ID] = r.Phase
		switch {
		case r.Phase != enrollment.Taken && r.Phase != enrollment.InDoubt:
			t.Errorf("recipient %s is %s: %+v", r.ID, r.Phase, r.RecipientState)
		case r.Phase == enrollment.Taken && seen[r.ID] == 0:
			t.Errorf("the mail of %s is sent, and never came", r.ID)
		}
	}
	if len(phases) != people {
		t.Errorf("%d recipients of %d", len(phases), people)
	}
	for id, n := range seen {
		if n > 1 || phases[id] == "" {
			t.Errorf("the mail of %s came %d times; it is %q", id, n, phases[id])
		}
	}
	k.outcomes(s, fresh, phases)
	doubts := all[projections.Recipient](t, s, list+"&phase=in_doubt")
	for _, r := range doubts {
		if phases[r.ID] != enrollment.InDoubt {
			t.Errorf("%s is listed as in doubt, and is %s", r.ID, phases[r.ID])
		}
		delete(phases, r.ID)
	}
	for id, phase := range phases {
		if phase == enrollment.InDoubt {
			t.Errorf("%s is in doubt, and not listed", id)
		}
	}
	if most := other.doubts * len(k.at); len(doubts) > most {
		t.Errorf("%d mails are in doubt, more than %d", len(doubts), most)
	}
	came := 0
	for _, r := range doubts {
		came += seen[r.ID]
	}
	t.Logf("%d mails came, %d are in doubt, of which %d came", len(seen), len(doubts), came)
}

// outcomes reads the log up to a position: one outcome for each, and a doubt only where a worker was killed
// with the mail in hand.
func (k *kills) outcomes(s *server, fresh string, phases map[string]enrollment.Phase) {
	t := k.t
	t.Helper()
	facts := func(kind string) []projections.Event {
		return all[projections.Event](t, s, "/v1/events?limit=1000&type=enrollment."+kind, "Canvass-Min-Position", fresh)
	}
	ended, begun := map[string]int{}, map[string]time.Time{}
	for _, kind := range []string{"sent", "failed", "skipped", "deferred"} {
		for _, e := range facts(kind) {
			ended[e.Stream]++
		}
	}
	for _, e := range facts("dispatched") {
		begun[e.Stream] = e.RecordedAt
	}
	for _, e := range facts("doubted") {
		ended[e.Stream]++
		inHand := false
		for _, at := range k.at {
			inHand = inHand || at.After(begun[e.Stream]) && at.Before(e.RecordedAt)
		}
		if !inHand {
			t.Errorf("%s is in doubt, and nobody was killed who had it in hand", e.Stream)
		}
	}
	for id := range phases {
		if ended[id] != 1 {
			t.Errorf("%s has %d outcomes", id, ended[id])
		}
	}
}
