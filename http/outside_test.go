package http_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/tracking"
	"github.com/canvass-hq/canvass/eventstore"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

// sentMail is a mail that a member's campaign has sent.
type sentMail struct {
	*member
	campaign, lead, id, address string
}

// mailed sends a mail to a person, as far as the log knows.
func (m *member) mailed(t testing.TB, email string) sentMail {
	t.Helper()
	s := sentMail{member: m, lead: m.capture(t, `{"name":"Ada","email":"`+email+`"}`).ID}
	from := m.ask(t, "POST", "/v1/senders", `{"name":"Team","email":"team-`+uuid.NewString()+`@mail.example"}`).wants(t, 201).receipt(t).ID
	text := m.ask(t, "POST", "/v1/templates", `{"name":"Hello `+uuid.NewString()+`","subject":"Hello","html":"<p><a href=\"https://example.org/a?b=1\">look</a></p>"}`).wants(t, 201).receipt(t).ID
	s.campaign = m.ask(t, "POST", "/v1/campaigns", `{"name":"Spring","sender":"`+from+`","template":"`+text+`","audience":{"all":true}}`).wants(t, 201).receipt(t).ID
	m.ask(t, "POST", "/v1/campaigns/"+s.campaign+"/launch", "").wants(t, 202)
	hash, err := m.db.Keys.Keyed(t.Context(), m.Org, suppression.KeyPurpose, []byte(email))
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.address = enrollment.ID(s.campaign, s.lead), suppression.ID(hash)
	system := access.Principal{Org: m.Org, ID: "campaigner", Role: access.System}
	run := &commands.Runner{Store: m.db.Store, Now: time.Now}
	part := commands.ChooseAudience{Chosen: campaign.Chosen{Campaign: s.campaign, Leads: []string{s.lead}}}
	if _, err := commands.Execute(t.Context(), run, commands.Call{Principal: system, ID: commands.NewID()}, part); err != nil {
		t.Fatal(err)
	}
	batch := commands.NewID()
	for _, cmd := range []commands.Command[enrollment.Enrollment, enrollment.Event]{
		commands.DispatchFirst{DispatchMail: commands.DispatchMail{ID: s.id, Purpose: "marketing", Dispatched: enrollment.Dispatched{
			Campaign: s.campaign, Lead: s.lead, Batch: batch, Key: s.id, MessageID: s.id + "@mail.example", Template: text, Revision: 1, Suppression: s.address, Provider: "resend", To: email,
		}}},
		commands.RecordDelivery{ID: s.id, Batch: batch, Outcome: enrollment.Sent{}},
	} {
		if _, err := commands.Execute(t.Context(), run, commands.Call{Principal: system, ID: commands.NewID()}, cmd); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// link is a link of the mail.
func (s sentMail) link(t testing.TB, purpose tracking.Purpose, in string, n int) string {
	t.Helper()
	token := tracking.Token{Purpose: purpose, Org: s.Org, Mail: s.id, In: in, Link: n, Sent: time.Now().Add(-time.Hour)}
	text, err := token.Text(tracking.KeyAt(time.Now()), func(org, purpose string, data []byte) ([]byte, error) {
		return s.db.Keys.Keyed(t.Context(), org, purpose, data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (s sentMail) stands(t testing.TB) (projections.Recipient, projections.Funnel) {
	t.Helper()
	page := into[apphttp.List[projections.Recipient]](t, s.fresh(t, "/v1/campaigns/"+s.campaign+"/recipients").wants(t, 200))
	if len(page.Items) != 1 {
		t.Fatalf("%d recipients", len(page.Items))
	}
	c := into[projections.Campaign](t, s.fresh(t, "/v1/campaigns/"+s.campaign).wants(t, 200))
	return page.Items[0], *c.Funnel
}

func (s sentMail) held(t testing.TB) suppression.Suppression {
	t.Helper()
	got, err := commands.State[suppression.Suppression, suppression.Event](t.Context(), &commands.Runner{Store: s.db.Store, Now: time.Now}, s.Org, suppression.Stream(s.address))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestUnsubscribe: to look at a link does nothing, to answer ends mail of the purpose, and all
// of it where that is asked for; also when the lead is erased.
func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	nobody := *m
	nobody.token = ""
	s := m.mailed(t, "ada@people.example")
	link := "/u/" + s.link(t, tracking.Unsubscribe, s.address, 0)
	for _, method := range []string{"GET", "HEAD"} {
		nobody.ask(t, method, link, "").wants(t, 200)
	}
	if got := s.held(t); got.Known {
		t.Fatalf("to look has ended mail: %+v", got)
	}
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for range 2 {
		nobody.ask(t, "POST", link, "List-Unsubscribe=One-Click", form...).wants(t, 200)
	}
	if _, _, blocked := s.held(t).Blocks(suppression.Mail{Purpose: "marketing"}); !blocked || s.held(t).Email != "ada@people.example" {
		t.Errorf("it has ended nothing: %+v", s.held(t))
	}
	if _, _, blocked := s.held(t).Blocks(suppression.Mail{Purpose: "news"}); blocked {
		t.Error("it has ended more than was asked for")
	}
	if r, f := s.stands(t); r.Unsubscribed == nil || f.Unsubscribed != 1 || r.Version != 3 {
		t.Errorf("the ledger: %+v, %+v", r, f)
	}
	file := m.ask(t, "GET", "/v1/campaigns/"+s.campaign+"/recipients/export", "").wants(t, 200)
	if lines := strings.Split(file.body, "\n"); len(lines) != 3 || !strings.HasPrefix(lines[1], s.lead+",Ada,ada@people.example,sent,,") {
		t.Errorf("the file is %s", file.body)
	}
	if got := m.ask(t, "GET", "/v1/campaigns/"+s.campaign+"/recipients/export?phase=bounced", "").wants(t, 200); strings.Count(got.body, "\n") != 1 {
		t.Errorf("of those who bounced the file is %s", got.body)
	}
	m.ask(t, "POST", "/v1/leads/"+s.lead+"/erase", "").wants(t, 200)
	if err := m.db.Keys.Destroy(t.Context(), eventstore.Subject{Org: m.Org, ID: s.lead}); err != nil {
		t.Fatal(err)
	}
	nobody.ask(t, "POST", link, "scope=all", form...).wants(t, 200)
	if _, _, blocked := s.held(t).Blocks(suppression.Mail{Transactional: true}); !blocked {
		t.Errorf("it has ended nothing, once the lead is erased: %+v", s.held(t))
	}
	for _, forged := range []string{link[:len(link)-1], link + "A", "/u/x", "/u/" + s.link(t, tracking.Click, s.address, 0)} {
		nobody.ask(t, "GET", forged, "").refuses(t, 404, "link.unknown")
		nobody.ask(t, "POST", forged, "", form...).refuses(t, 404, "link.unknown")
	}
}

// TestTracked: a link leads to where its template says, and what is done with a mail is judged.
func TestTracked(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	nobody := *m
	nobody.token = ""
	s := m.mailed(t, "bob@people.example")
	browser := []string{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"}
	open, click := "/t/o/"+s.link(t, tracking.Open, s.campaign, 0)+".gif", "/t/c/"+s.link(t, tracking.Click, s.campaign, 0)
	if got := nobody.ask(t, "GET", open, "", "User-Agent", "Mozilla/5.0").wants(t, 200); got.header.Get("Content-Type") != "image/gif" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the picture is %v", got.header)
	}
	if _, f := s.stands(t); f.Opened != 0 || f.OpenedByBots != 1 {
		t.Errorf("a program has opened it: %+v", f)
	}
	nobody.ask(t, "HEAD", click, "", browser...).wants(t, 302)
	if _, f := s.stands(t); f.Clicked != 0 {
		t.Errorf("a program has looked where a link leads: %+v", f)
	}
	if got := nobody.ask(t, "GET", click+"?to=https://evil.example", "", browser...).wants(t, 302); got.header.Get("Location") != "https://example.org/a?b=1" {
		t.Errorf("it leads to %s", got.header.Get("Location"))
	}
	if _, f := s.stands(t); f.Opened != 1 || f.OpenedByBots != 0 || f.Clicked != 1 {
		t.Errorf("a person has followed it: %+v", f)
	}
	for _, forged := range []string{click + "x", "/t/c/" + s.link(t, tracking.Click, s.campaign, 1), "/t/c/" + s.link(t, tracking.Open, s.campaign, 0), "/t/o/x.gif"} {
		got := nobody.ask(t, "GET", forged, "", browser...)
		got.refuses(t, 404, "link.unknown")
		if got.header.Get("Location") != "" {
			t.Errorf("%s leads to %s", forged, got.header.Get("Location"))
		}
	}
}

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// deliver is a delivery of Resend.
func (m *member) deliver(t testing.TB, id, body string) answer {
	t.Helper()
	at := strconv.FormatInt(time.Now().Unix(), 10)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(webhookSecret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "." + body))
	return m.ask(t, "POST", "/webhooks/resend", body, "Svix-Id", id, "Svix-Timestamp", at, "Svix-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func (s sentMail) event(kind, more string, minute int) string {
	at := time.Date(2026, 11, 23, 9, minute, 0, 0, time.UTC).Format(time.RFC3339)
	return fmt.Sprintf(`{"type":"email.%s","created_at":%q,"data":{"email_id":"x","tags":{"org":%q,"mail":%q}%s}}`, kind, at, s.Org, s.id, more)
}

// TestResendWebhook: whatever order Resend tells in, and however often, a mail and its address
// end the same.
func TestResendWebhook(t *testing.T) {
	t.Parallel()
	a := start(t, func(c *apphttp.Config) { c.ResendSecret = webhookSecret })
	type told struct{ id, kind, more string }
	all := []told{{"1", "sent", ""}, {"2", "delivery_delayed", ""}, {"3", "delivered", ""}, {"4", "bounced", `,"bounce":{"type":"Permanent","subType":"General","message":"secret"}`}, {"5", "complained", ""}, {"6", "opened", `,"open":{"userAgent":"Mozilla/5.0"}`}}
	orders := [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 3, 0, 5, 5, 4, 2, 1, 4}, {4, 2, 2, 1, 3, 0, 5, 3}}
	var first projections.Recipient
	for n, order := range orders {
		m := a.member(t, access.Admin)
		s := m.mailed(t, "ada@people.example")
		for _, i := range order {
			m.deliver(t, all[i].id, s.event(all[i].kind, all[i].more, i)).wants(t, 204)
		}
		r, f := s.stands(t)
		if r.Phase != enrollment.Complained || f.Complained != 1 || f.Delivered != 1 || f.OpenedByBots != 1 {
			t.Errorf("order %v: %+v, %+v", order, r, f)
		}
		if n == 0 {
			first = r
		}
		if !slices.Equal(r.Reports, first.Reports) {
			t.Errorf("order %v: told %v, want %v", order, r.Reports, first.Reports)
		}
		if held := s.held(t); held.Entries[suppression.All].Reason != suppression.Complained || held.Entries[suppression.All].By != suppression.BySubject {
			t.Errorf("order %v: %+v", order, held)
		}
	}
	m := a.member(t, access.Admin)
	s := m.mailed(t, "soft@people.example")
	for n := range suppression.SoftInRow {
		if held := s.held(t); len(held.Entries) > 0 {
			t.Errorf("ended after %d: %+v", n, held)
		}
		for range 2 { // each delivery comes twice
			m.deliver(t, "soft"+strconv.Itoa(n), s.event("bounced", `,"bounce":{"type":"Transient"}`, n)).wants(t, 204)
		}
	}
	if held := s.held(t); held.Entries[suppression.All].Reason != suppression.Bounced {
		t.Errorf("several in a row: %+v", held)
	}
}

// TestResendWebhooksTogether: what is told at the same time is recorded together, of each mail
// and each organization what was told of it, and once.
func TestResendWebhooksTogether(t *testing.T) {
	t.Parallel()
	a := start(t, func(c *apphttp.Config) { c.ResendSecret = webhookSecret })
	var mails []sentMail
	for range 2 {
		m := a.member(t, access.Admin)
		for n := range 8 {
			mails = append(mails, m.mailed(t, fmt.Sprintf("p%d@people.example", n)))
		}
	}
	before := mails[0].head(t)
	var all sync.WaitGroup
	for n, s := range mails {
		for again := range 6 {
			all.Go(func() {
				if got := s.deliver(t, fmt.Sprint(n, again), s.event([]string{"delivered", "delivery_delayed"}[again%2], "", 1)); got.status != 204 {
					t.Errorf("%d %s", got.status, got.body)
				}
			})
		}
	}
	all.Wait()
	for n, s := range mails {
		want := fmt.Sprintf("enrollment.reported delivered %s\nenrollment.reported delayed %s", s.id, s.id)
		facts := s.db.Strings(t, `select type || ' ' || (data->>'kind') || ' ' || stream_id from es.events where position > $1 and stream_id = $2 order by data->>'kind' desc`, before, s.id)
		if have := strings.Join(facts, "\n"); have != want {
			t.Errorf("of mail %d:\n%s\nwant\n%s", n, have, want)
		}
	}
	if commits := a.db.Count(t, `select count(distinct (tenant_id, command_id)) from es.events where position > $1 and type = 'enrollment.reported'`, before); commits >= int64(2*len(mails)) {
		t.Errorf("%d facts took %d commits", 2*len(mails), commits)
	}
}

// TestResendReceived: a mail that Resend has received ends mail where that is what it asks for.
func TestResendReceived(t *testing.T) {
	t.Parallel()
	a := start(t, func(c *apphttp.Config) { c.ResendSecret = webhookSecret })
	s := a.member(t, access.Admin).mailed(t, "ada@people.example")
	token := s.link(t, tracking.Unsubscribe, s.address, 0)
	say := func(id, subject string) {
		s.deliver(t, id, fmt.Sprintf(`{"type":"email.received","created_at":"2026-11-23T09:00:00Z","data":{"email_id":"x","from":"ada@people.example","subject":%q}}`, subject)).wants(t, 204)
	}
	for i, subject := range []string{"", "unsubscribe", "Re: Hello", "unsubscribe " + token[1:], token} {
		say(strconv.Itoa(i), subject)
	}
	if held := s.held(t); held.Known {
		t.Fatalf("mail is ended: %+v", held)
	}
	say("9", "unsubscribe "+token)
	if _, _, blocked := s.held(t).Blocks(suppression.Mail{Purpose: "marketing"}); !blocked {
		t.Error("mail is not ended")
	}
	if r, _ := s.stands(t); r.Unsubscribed == nil {
		t.Errorf("the ledger: %+v", r)
	}
}

// TestResendWebhookRefuses: what is not signed changes nothing, and what is none of ours is
// taken all the same.
func TestResendWebhookRefuses(t *testing.T) {
	t.Parallel()
	a := start(t, func(c *apphttp.Config) { c.ResendSecret = webhookSecret })
	m := a.member(t, access.Admin)
	s := m.mailed(t, "ada@people.example")
	body := s.event("complained", "", 0)
	m.ask(t, "POST", "/webhooks/resend", body).refuses(t, 401, "webhook.unsigned")
	m.ask(t, "POST", "/webhooks/resend", body, "Svix-Id", "1", "Svix-Timestamp", strconv.FormatInt(time.Now().Unix(), 10), "Svix-Signature", "v1,AAAA").refuses(t, 401, "webhook.unsigned")
	m.deliver(t, "1", `{"type":`).refuses(t, 400, "request.malformed")
	for _, none := range []string{`{}`, `{"type":"email.delivered"}`, `{"type":"email.delivered","data":{"tags":[{"name":"org","value":"x"}]}}`, strings.Replace(body, s.id, uuid.NewString(), 1), strings.Replace(body, s.Org, uuid.NewString(), 1), strings.Replace(body, "complained", "danced", 1)} {
		m.deliver(t, "2", none).wants(t, 204)
	}
	if r, _ := s.stands(t); r.Phase != enrollment.Taken {
		t.Errorf("it is %s", r.Phase)
	}
	m.deliver(t, "3", strings.Replace(body, `{"org":"`+s.Org+`","mail":"`+s.id+`"}`, `[{"name":"org","value":"`+s.Org+`"},{"name":"mail","value":"`+s.id+`"}]`, 1)).wants(t, 204)
	if r, _ := s.stands(t); r.Phase != enrollment.Complained {
		t.Errorf("tags as a list: it is %s", r.Phase)
	}
	shared(t).member(t, access.Admin).deliver(t, "1", body).refuses(t, 404, "webhook.not_configured")
}

// TestInbound: a report on a mail, and a request to end it, by mail.
func TestInbound(t *testing.T) {
	t.Parallel()
	m := shared(t).member(t, access.Admin)
	s := m.mailed(t, "ada@people.example")
	report := "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ada@people.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" + s.id + "@mail.example>\r\n\r\n--b--\r\n"
	kind := []string{"Content-Type", "message/rfc822"}
	shared(t).member(t, access.Admin).ask(t, "POST", "/v1/inbound", report, kind...).wants(t, 204) // it is no mail of theirs
	if r, _ := s.stands(t); r.Phase != enrollment.Taken {
		t.Errorf("another organization has told: %s", r.Phase)
	}
	for range 2 {
		m.ask(t, "POST", "/v1/inbound", report, kind...).wants(t, 204)
	}
	if r, f := s.stands(t); r.Phase != enrollment.Returned || f.Bounced != 1 || r.Version != 3 || r.Reports[0].Code != "5.1.1" {
		t.Errorf("it is %+v", r)
	}
	if held := s.held(t); held.Entries[suppression.All].Reason != suppression.Bounced {
		t.Errorf("the address: %+v", held)
	}
	other := m.mailed(t, "bob@people.example")
	m.ask(t, "POST", "/v1/inbound", "Subject: unsubscribe "+other.link(t, tracking.Unsubscribe, other.address, 0)+"\r\n\r\n", kind...).wants(t, 204)
	if _, _, blocked := other.held(t).Blocks(suppression.Mail{Purpose: "marketing"}); !blocked {
		t.Errorf("a mail has ended nothing: %+v", other.held(t))
	}
	m.ask(t, "POST", "/v1/inbound", "no mail", kind...).refuses(t, 400, "inbound.unreadable")
	m.ask(t, "POST", "/v1/inbound", "Subject: Re: Hello\r\n\r\nNo.", kind...).wants(t, 204)
	shared(t).member(t, access.User).ask(t, "POST", "/v1/inbound", report, kind...).refuses(t, http.StatusForbidden, domain.ErrForbidden.Code)
}
