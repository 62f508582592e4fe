package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/mail"
	"github.com/canvass-hq/canvass/domain/sender"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type benchSendCmd struct {
	benchFlags

	N           int `help:"How many leads are written to." default:"100000"`
	Connections int `help:"How many connections mail goes out over." default:"10"`
}

// Help implements kong's detailed help.
func (benchSendCmd) Help() string {
	return `send.first: from the launch of a campaign until the first mail has come.
send: mails of 5.5 kB with a followed link, an opening that is told of and a way to end them, from the launch to the last outcome in the log; p50 and p99 are from
the decision about a mail until its outcome is in the log; the memory is the most that was held. The limit is the same client that hands over as many mails as are
made already, over as many connections. Both send to a server in a process of its own.
send.webhook: what Resend tells of mails that were sent, signed, at POST /webhooks/resend, beside a bare Echo handler with one INSERT.
Example: canvass bench send --n 20000`
}

// Run implements the subcommand.
func (c benchSendCmd) Run(s *session) error {
	sink, err := startSink(s)
	if err != nil {
		return err
	}
	defer sink.end()
	out := MailConfig{From: benchFrom, SMTPHost: sinkHost, SMTPPort: uint16(sink.port), SMTPConnections: c.Connections, ResendSecret: benchSecret} //nolint:gosec // a port
	return s.benchBy(c.benchFlags, out, func(ctx context.Context, r *benchRig) ([]figure, error) {
		b := sendBench{c, r, sink, newOrg()}
		limit, err := b.limit(ctx)
		if err != nil {
			return nil, err
		}
		var figures []figure
		err = r.serving(ctx, func(ctx context.Context, url string) (err error) {
			figures, err = b.measure(ctx, url, limit)
			return err
		})
		return figures, err
	})
}

const benchFrom = "ada@canvass.example"

type sendBench struct {
	benchSendCmd

	rig  *benchRig
	sink *sinkProcess
	org  string
}

// benchPage is a page of about 5.5 kB.
func benchPage() string {
	row := `<tr><td style="padding:8px 16px;font-family:Helvetica,Arial,sans-serif;font-size:14px;line-height:20px;color:#333333">` +
		"Our spring list has what you asked us about, with prices that hold until the end of June and delivery in a week.</td></tr>\n"
	return "<html><body><table width=\"600\"><tr><td><h1>Dear {{ first_name }}</h1></td></tr>\n" + strings.Repeat(row, 20) +
		"<tr><td>{{ company }}: <a href=\"https://canvass.example/spring\">See the list</a></td></tr></table></body></html>"
}

// limit is what the client does that has nothing else to do.
func (b sendBench) limit(ctx context.Context) (measured, error) {
	const most = 20_000
	sink, err := startSink(ctx)
	if err != nil {
		return measured{}, err
	}
	defer sink.end()
	mails := make([]mail.Mail, min(b.N, most))
	page, who := benchPage(), newPeople("limit")
	for i := range mails {
		p := who.next()
		mails[i] = mail.Mail{
			Key: fmt.Sprintf("limit-%d", i), From: "Ada <" + benchFrom + ">", To: p.Email, Subject: "Hello " + p.Name, HTML: page, Text: strings.Repeat("Our spring list has what you asked us about.\n", 40),
			Headers: []mail.Header{{Name: "List-Unsubscribe", Value: "<https://canvass.example/u/" + strings.Repeat("t", 120) + ">"}, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}},
		}
	}
	pool := smtp.NewPool(smtp.Config{Host: sinkHost, Port: sink.port}, b.Connections)
	defer pool.Close()
	begun := time.Now()
	pool.Carry(ctx, mails, careless{})
	took := time.Since(begun)
	switch n, err := sink.counts(); {
	case err != nil:
		return measured{}, err
	case n != len(mails):
		return measured{}, fmt.Errorf("%d mails came of %d", n, len(mails))
	}
	return measured{rate: float64(len(mails)) / took.Seconds()}, nil
}

// careless notes nothing of mails.
type careless struct{}

// Leaving implements mail.Flight.
func (careless) Leaving(int) error { return nil }

// Ended implements mail.Flight.
func (careless) Ended(int, string, *mail.Error) {}

func (b sendBench) measure(ctx context.Context, url string, limit measured) ([]figure, error) {
	if err := b.rig.fill(ctx, b.org, b.N+b.N/statusesEvery); err != nil {
		return nil, err
	}
	patience, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	for _, p := range projections.All() {
		if err := b.rig.app.await(patience, p); err != nil {
			return nil, err
		}
	}
	debug.FreeOSMemory() // what follows is about the sending
	token, err := b.rig.app.cfg.token(demoPrincipal(b.org, access.Admin), time.Hour)
	if err != nil {
		return nil, err
	}
	id, err := b.launch(patience, &httpBench{ours: url, token: token, client: &http.Client{}})
	if err != nil {
		return nil, err
	}
	held, err := b.completed(patience, id)
	if err != nil {
		return nil, err
	}
	figures, err := b.figures(patience, limit, held)
	if err != nil {
		return nil, err
	}
	told, err := b.webhooks(patience, url)
	return append([]figure{told}, figures...), err
}

// launch starts a campaign to everybody, and gives its id.
func (b sendBench) launch(ctx context.Context, c *httpBench) (string, error) {
	var all error
	post := func(path string, body any, want int) (r apphttp.Receipt) {
		text, err := json.Marshal(body)
		if all = errors.Join(all, err); all == nil {
			all = c.do(ctx, http.MethodPost, c.ours+path, text, want, &r)
		}
		return r
	}
	from := post("/v1/senders", sender.Details{Name: "Ada", Email: benchFrom}, http.StatusCreated)
	post("/v1/senders/"+from.ID+"/trust", map[string]string{"note": "a bench"}, http.StatusOK)
	template := post("/v1/templates", map[string]string{"name": "Spring", "subject": "Hello {{ first_name }}", "html": benchPage()}, http.StatusCreated)
	made := post("/v1/campaigns", map[string]any{
		"name": "Spring", "sender": from.ID, "template": template.ID, "audience": campaign.Audience{All: true}, "tracking": campaign.Tracking{Opens: true, Clicks: true},
	}, http.StatusCreated)
	post("/v1/campaigns/"+made.ID+"/launch", struct{}{}, http.StatusAccepted)
	return made.ID, all
}

// completed waits for the end of a campaign, and tells how much memory was held at most.
func (b sendBench) completed(ctx context.Context, id string) (held float64, err error) {
	said := time.Now()
	for {
		c, err := b.rig.app.queries.Campaign(ctx, demoPrincipal(b.org, access.Admin), id)
		held = max(held, residentMB())
		switch {
		case err != nil:
			return 0, err
		case c.Phase == campaign.Done:
			return held, nil
		case c.Phase == campaign.Broken || c.Phase == campaign.Stopped:
			return 0, fmt.Errorf("the campaign is %s", c.Phase)
		case time.Since(said) > sayEvery:
			said = time.Now()
			b.rig.note("bench: %d mails sent, %.0f MB\n", c.Funnel.Sent, residentMB())
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// outcomesInLog is how many mails were sent, for how long, and how long each took.
const outcomesInLog = `with mails as (select max(recorded_at) filter (where type = 'enrollment.sent') as ended, min(recorded_at) filter (where type = 'enrollment.dispatched') as begun
		from es.events where category = 'enrollment' group by stream_id),
	launch as (select max(recorded_at) as at from es.events where type = 'campaign.launched')
	select launch.at, count(m.ended), extract(epoch from max(m.ended) - launch.at)::float8,
		percentile_disc(0.5) within group (order by extract(epoch from m.ended - m.begun))::float8, percentile_disc(0.99) within group (order by extract(epoch from m.ended - m.begun))::float8
	from mails m, launch group by launch.at`

func (b sendBench) figures(ctx context.Context, limit measured, held float64) ([]figure, error) {
	var launched time.Time
	var sent int
	var seconds, p50, p99 float64
	if err := b.rig.plain.QueryRow(ctx, outcomesInLog).Scan(&launched, &sent, &seconds, &p50, &p99); err != nil {
		return nil, err
	}
	switch came, err := b.sink.counts(); {
	case err != nil:
		return nil, err
	case came != sent || sent < b.N:
		return nil, fmt.Errorf("%d mails are sent, %d came, of %d", sent, came, b.N)
	}
	first := ms(b.sink.first.Sub(launched))
	send := measured{rate: float64(sent) / seconds, p50: time.Duration(p50 * 1e9), p99: time.Duration(p99 * 1e9)}.figure("send", "mails/s").beside(limit)
	send.RSS = held
	return []figure{{Name: "send.first", Rate: first, Unit: "ms", P50: first, P99: first, RSS: held}, send}, nil
}
