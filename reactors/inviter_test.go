package reactors_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/organization"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/migrations"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// post takes mail as clients do, but for what it is told to answer first.
type post struct {
	mu      sync.Mutex
	answers []error // one for each mail that comes, then all is taken
	tried   []mail.Mail
	taken   []mail.Mail
	before  func() // runs while a mail is handed over
}

func (p *post) Send(_ context.Context, m mail.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried = append(p.tried, m)
	if err := m.Check(); err != nil {
		return err
	}
	if p.before != nil {
		p.before()
	}
	if len(p.answers) > 0 {
		err := p.answers[0]
		p.answers = p.answers[1:]
		if err != nil {
			return err
		}
	}
	p.taken = append(p.taken, m)
	return nil
}

func (p *post) mails() (tried, taken []mail.Mail) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tried), slices.Clone(p.taken)
}

// parlour is an organization that invites people by mail.
type parlour struct {
	*desk

	post    *post
	inviter *reactors.InviteWorker
}

func newParlour(t *testing.T, answers ...error) *parlour {
	t.Helper()
	p := &parlour{desk: newDesk(t), post: &post{answers: answers}}
	p.inviter = &reactors.InviteWorker{
		Run: p.run, Queries: p.ask, Mailer: p.post, From: "Canvass <team@canvass.example>", AppURL: "https://app.example", Now: time.Now,
		Sign: p.Keys.Keyed, Await: p.catchUp, Parked: p.Store.ParkedFacts,
	}
	p.manage(commands.CreateOrganization{ID: p.org, Name: "Söhne & <b>Secret</b>", User: commands.NewID()})
	return p
}

func (p *parlour) manage(cmd commands.Command[organization.Organization, organization.Event]) {
	p.t.Helper()
	p.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, p.run, call, cmd)
		return err
	})
}

func (p *parlour) invite(email string) (id string) {
	p.t.Helper()
	id = commands.NewID()
	p.manage(commands.InviteMember{Org: p.org, ID: id, Email: email, Role: access.User})
	return id
}

// react has the inviter follow the log, and the queue work when it is to.
func (p *parlour) react(works bool) {
	p.t.Helper()
	cfg := &river.Config{Schema: migrations.JobSchema, Logger: slog.New(slog.DiscardHandler), TestOnly: true}
	if works {
		cfg.Workers = river.NewWorkers()
		river.AddWorker(cfg.Workers, p.inviter)
		cfg.Queues = map[string]river.QueueConfig{reactors.MailQueue: {MaxWorkers: 4}}
		cfg.FetchPollInterval, cfg.RetryPolicy = 100*time.Millisecond, soon{}
	}
	client, err := river.NewClient[pgx.Tx](riverpgxv5.New(p.Pools.Worker), cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	if works {
		if err := client.Start(context.Background()); err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { _ = client.StopAndCancel(context.Background()) })
	}
	r := reactors.Inviter()
	p.Follow(p.t, r.Subscription(), r.Handler(client))
}

// settled waits until every job has come to its end.
func (p *parlour) settled(jobs int64) {
	p.t.Helper()
	eventstoretest.Eventually(p.t, "every mail is settled", func() bool {
		return p.Count(p.t, `select count(*) from river.river_job where state = 'completed'`) == jobs
	})
}

// outcome is what the log holds about the mails of an invitation.
func (p *parlour) outcome(id string) []string {
	p.t.Helper()
	return p.Strings(p.t, `select type || ' ' || coalesce(data->>'class', '') || ' ' || (meta->>'actor') from es.events
		where type in ('organization.invitation_sent', 'organization.invitation_failed') and data->>'invitation' = $1 order by position`, id)
}

// TestInviter: who is invited gets the link, once, and the log knows; whoever shows its end
// is believed.
func TestInviter(t *testing.T) {
	t.Parallel()
	p := newParlour(t)
	p.react(true)
	id := p.invite("ada@secret.example")
	p.settled(1)
	_, taken := p.post.mails()
	if len(taken) != 1 {
		t.Fatalf("%d mails", len(taken))
	}
	m := taken[0]
	if m.Key != "invitation-"+id || m.To != "ada@secret.example" || m.From != p.inviter.From || m.Subject != "Join Söhne & <b>Secret</b> on Canvass" || m.Check() != nil {
		t.Errorf("the mail is %+v", m)
	}
	if strings.Contains(m.HTML, "<b>") || !strings.Contains(m.HTML, "Söhne &amp; &lt;b&gt;Secret") || !strings.Contains(m.Text, "Söhne & <b>Secret</b>") {
		t.Errorf("it reads\n%s\n%s", m.Text, m.HTML)
	}
	_, end, found := strings.Cut(m.Text, "\nhttps://app.example/invitations/")
	end, _, _ = strings.Cut(end, "\n")
	org, invitation, mac, ok := organization.ParseLink(end)
	want, err := p.Keys.Keyed(t.Context(), p.org, organization.LinkPurpose, []byte(id))
	if !found || !ok || org != p.org || invitation != id || err != nil || string(mac) != string(want[:16]) {
		t.Errorf("the link ends with %q: %s %s %v", end, org, invitation, err)
	}
	if !strings.Contains(m.HTML, `href="https://app.example/invitations/`+end+`"`) {
		t.Errorf("the page has another link:\n%s", m.HTML)
	}
	if got := p.outcome(id); !slices.Equal(got, []string{"organization.invitation_sent  job:inviter"}) {
		t.Errorf("recorded %v", got)
	}
	if err := p.catchUp(t.Context(), projections.Organizations()); err != nil {
		t.Fatal(err)
	}
	if i, err := p.ask.Invitation(t.Context(), p.org, id); err != nil || i.Sent != "sent" {
		t.Errorf("it is shown as %q, %v", i.Sent, err)
	}
}

// TestInviteAnswers: what is answered for now is asked again, what is answered for good is
// recorded; nobody's address is in the queue or in the log.
func TestInviteAnswers(t *testing.T) {
	t.Parallel()
	later := &mail.Error{Class: mail.Unavailable, Code: 451, Temporary: true}
	for name, c := range map[string]struct {
		answers      []error
		tried, taken int
		want         string
	}{
		"later, then taken":    {[]error{later, later, nil}, 3, 1, "organization.invitation_sent  job:inviter"},
		"for good":             {[]error{&mail.Error{Class: mail.Refused, Code: 550}}, 1, 0, "organization.invitation_failed refused job:inviter"},
		"later, then refused":  {[]error{later, &mail.Error{Class: mail.Refused, Code: 550}}, 2, 0, "organization.invitation_failed refused job:inviter"},
		"no mail here":         {[]error{&mail.Error{Class: mail.NotConfigured}}, 1, 0, "organization.invitation_failed not_configured job:inviter"},
		"something unheard of": {[]error{wordyError("no route to ada@secret.example")}, 2, 1, "organization.invitation_sent  job:inviter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newParlour(t, c.answers...)
			p.react(true)
			id := p.invite("ada@secret.example")
			p.settled(1)
			tried, taken := p.post.mails()
			if len(tried) != c.tried || len(taken) != c.taken {
				t.Errorf("tried %d times, taken %d times", len(tried), len(taken))
			}
			for _, m := range tried {
				if !reflect.DeepEqual(m, tried[0]) {
					t.Errorf("another mail under the same key: %+v", m)
				}
			}
			if got := p.outcome(id); !slices.Equal(got, []string{c.want}) {
				t.Errorf("recorded %v", got)
			}
			all := strings.Join(p.Strings(t, `select j::text from river.river_job j union all select e::text from es.events e`), "")
			if strings.Contains(strings.ToLower(all), "secret") {
				t.Errorf("personal data stands in %s", all)
			}
		})
	}
}

type wordyError string

func (e wordyError) Error() string { return string(e) }

// job is that of an invitation's mail, made a while ago.
func (p *parlour) job(id string, age time.Duration) *river.Job[reactors.Invite] {
	p.t.Helper()
	fact := p.Strings(p.t, `select event_id::text from es.events where type = 'organization.member_invited' and data->>'invitation' = $1`, id)[0]
	return &river.Job[reactors.Invite]{
		JobRow: &rivertype.JobRow{CreatedAt: p.inviter.Now().Add(-age)},
		Args:   reactors.Invite{Cause: reactors.Cause{Org: p.org, Event: fact, Stream: p.org, Correlation: fact}, Invitation: id},
	}
}

// TestInviteTwice: a job that runs again sends nothing again, and one that died before it
// recorded sends the same mail under the same key; the queue holds ids only.
func TestInviteTwice(t *testing.T) {
	t.Parallel()
	p := newParlour(t)
	p.react(false)
	id := p.invite("ada@secret.example")
	p.Await(t, reactors.Inviter().Subscription(), p.Head(t))
	var args map[string]string
	raw := p.Strings(t, `select args::text from river.river_job where queue = 'mail'`)
	if len(raw) != 1 {
		t.Fatalf("%d jobs", len(raw))
	}
	if err := json.Unmarshal([]byte(raw[0]), &args); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(args)); !slices.Equal(keys, []string{"correlation", "event", "invitation", "org", "stream"}) || args["invitation"] != id {
		t.Errorf("a job holds %v", args)
	}
	dying, die := context.WithCancel(t.Context())
	p.post.before = die // the mail is taken, and then the worker is stopped
	if err := p.inviter.Work(dying, p.job(id, 0)); err == nil || len(p.outcome(id)) != 0 {
		t.Fatalf("%v, recorded %v", err, p.outcome(id))
	}
	for range 3 {
		if err := p.inviter.Work(t.Context(), p.job(id, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, taken := p.post.mails(); len(taken) != 2 || !reflect.DeepEqual(taken[0], taken[1]) {
		t.Errorf("%d mails: %v", len(taken), taken)
	}
	if got := p.outcome(id); len(got) != 1 {
		t.Errorf("recorded %v", got)
	}
}

// TestInviteNoMore: an invitation that was taken back, taken, has failed or has expired
// sends nothing; a mail is given up after a day.
func TestInviteNoMore(t *testing.T) {
	t.Parallel()
	p := newParlour(t)
	revoked, accepted, failed, expired, late := p.invite("a@secret.example"), p.invite("b@secret.example"), p.invite("c@secret.example"), p.invite("d@secret.example"), p.invite("e@secret.example")
	p.manage(commands.RevokeInvitation{Org: p.org, ID: revoked})
	p.Put(t, p.org, organization.Stream(p.org), organization.MemberJoined{User: commands.NewID(), Role: access.User, Email: "b@secret.example", Invitation: accepted})
	p.Put(t, p.org, organization.Stream(p.org), organization.InvitationFailed{Invitation: failed, Class: string(mail.Refused)})
	for _, id := range []string{revoked, accepted, failed} {
		if err := p.inviter.Work(t.Context(), p.job(id, 0)); err != nil {
			t.Error(err)
		}
	}
	p.inviter.Now = func() time.Time { return time.Now().Add(organization.InvitationTTL) }
	if err := p.inviter.Work(t.Context(), p.job(expired, 0)); err != nil {
		t.Error(err)
	}
	if tried, _ := p.post.mails(); len(tried) != 0 || len(p.outcome(expired)) != 0 {
		t.Errorf("%d mails to people who have no invitation", len(tried))
	}
	p.inviter.Now = time.Now
	later := &mail.Error{Class: mail.Unavailable, Code: 451, Temporary: true}
	p.post.answers = []error{later, later}
	if err := p.inviter.Work(t.Context(), p.job(late, 23*time.Hour)); err == nil || len(p.outcome(late)) != 0 {
		t.Errorf("given up within a day: %v", err)
	}
	if err := p.inviter.Work(t.Context(), p.job(late, 25*time.Hour)); err != nil {
		t.Error(err)
	}
	if got := p.outcome(late); !slices.Equal(got, []string{"organization.invitation_failed unavailable job:inviter"}) {
		t.Errorf("recorded %v", got)
	}
}

// TestInviteLate: a job that may have sent before sends nothing once the key of its mail is
// forgotten; one that nobody has worked on yet does.
func TestInviteLate(t *testing.T) {
	t.Parallel()
	p := newParlour(t)
	tried, first := p.invite("a@secret.example"), p.invite("b@secret.example")
	again := p.job(tried, 25*time.Hour)
	again.AttemptedBy = []string{"killed", "this"}
	if err := p.inviter.Work(t.Context(), again); err != nil {
		t.Error(err)
	}
	if got := p.outcome(tried); !slices.Equal(got, []string{"organization.invitation_failed unavailable job:inviter"}) {
		t.Errorf("recorded %v", got)
	}
	fresh := p.job(first, 25*time.Hour)
	fresh.AttemptedBy = []string{"this"}
	if err := p.inviter.Work(t.Context(), fresh); err != nil {
		t.Error(err)
	}
	if _, taken := p.post.mails(); len(taken) != 1 || taken[0].To != "b@secret.example" {
		t.Errorf("sent %+v", taken)
	}
}

// TestInviteParked: an invitation that the projection could not take in is asked for again
// until somebody has mended that, and then sent.
func TestInviteParked(t *testing.T) {
	t.Parallel()
	p := newParlour(t)
	id := p.invite("ada@secret.example")
	p.Exec(t, `insert into es.parked (projection, version, log_id, position, stream_id, error_class, attempts) values ('organizations', 1, 0, $1, $2, 'test', 3)`, p.Head(t), p.org)
	if err := p.catchUp(t.Context(), projections.Organizations()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ask.Invitation(t.Context(), p.org, id); !errors.Is(err, organization.ErrNoInvitation) {
		t.Fatalf("a parked invitation is there: %v", err)
	}
	if err := p.inviter.Work(t.Context(), p.job(id, 0)); !errors.Is(err, domain.ErrBehind) {
		t.Errorf("the job of a parked invitation: %v", err)
	}
	p.Exec(t, `delete from es.parked`)
	if err := p.inviter.Work(t.Context(), p.job(id, 0)); err != nil {
		t.Errorf("the job of one that is gone: %v", err)
	}
}

// TestInviteOneLine: a name of two lines, which no organization can take, would put no line
// into the head of a mail.
func TestInviteOneLine(t *testing.T) {
	t.Parallel()
	p := newParlour(t)
	const name = "Evil\r\nBcc: eve@secret.example"
	call := commands.Call{Principal: access.Principal{Org: p.org, ID: commands.NewID(), Role: access.Admin, Strong: true}, ID: commands.NewID()}
	if _, err := commands.Execute(t.Context(), p.run, call, commands.RenameOrganization{ID: p.org, Name: name}); err == nil {
		t.Error("the name is taken")
	}
	p.Put(t, p.org, organization.Stream(p.org), organization.Renamed{To: name})
	id := p.invite("ada@secret.example")
	if err := p.inviter.Work(t.Context(), p.job(id, 0)); err != nil {
		t.Error(err)
	}
	if _, taken := p.post.mails(); len(taken) != 0 {
		t.Errorf("sent %+v", taken)
	}
	if got := p.outcome(id); !slices.Equal(got, []string{"organization.invitation_failed refused job:inviter"}) {
		t.Errorf("recorded %v", got)
	}
}
