package main

import (
	"time"

	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/clients/outbox"
	"github.com/canvass-hq/canvass/clients/resend"
	"github.com/canvass-hq/canvass/clients/smtp"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
	"github.com/canvass-hq/canvass/reactors"
)

// campaignWorkers are those that carry campaigns out.
func (a *App) campaignWorkers(workers *river.Workers) error {
	ways, err := a.transports()
	if err != nil {
		return err
	}
	notes := outbox.Outbox{Dir: a.cfg.file(outboxDir)}
	if err := notes.Sweep(a.now().Add(-notesKept)); err != nil {
		a.log.Warn("old notes of mails are left", "error", err)
	}
	river.AddWorker(workers, &reactors.SettleWorker{Run: a.run, Staging: a.staging, Queries: a.queries, Await: a.await, Now: a.now})
	river.AddWorker(workers, &reactors.WakeWorker{Run: a.run})
	river.AddWorker(workers, &reactors.ResendWorker{Queries: a.queries, Await: a.await})
	river.AddWorker(workers, &reactors.WatchWorker{Run: a.run, Queries: a.queries, Await: a.await, Now: a.now})
	river.AddWorker(workers, &reactors.SendWorker{
		Run: a.run, Queries: a.queries, Staging: a.staging, Await: a.await, Now: a.now, Sign: a.keys.Keyed, PublicURL: a.cfg.publicURL(), Inbound: a.cfg.Mail.Inbound,
		Transport: func(p sender.Provider) (reactors.Transport, bool) {
			t, ok := ways[p]
			return t, ok
		},
		Outbox: reactors.Outbox{
			Open: func(batch string, n int) (reactors.Notes, error) { return notes.Open(batch, n) },
			Find: func(batch string) (reactors.Notes, bool, error) {
				found, alive, err := notes.Find(batch)
				if found == nil {
					return nil, alive, err
				}
				return found, alive, err
			},
		},
	})
	return nil
}

// outboxDir is the folder of DATA_DIR in which workers note how far mails are.
const outboxDir = "outbox"

// notesKept is for how long notes are kept that nobody has asked for: longer than a mail is
// tried again.
const notesKept = 7 * 24 * time.Hour

// resendPace is what Resend bears: two requests a second, of a hundred mails each.
const resendPace = time.Second / 200

// transports are the ways out for campaigns. The first of Resend, a server of mail and, on
// one machine, the mailbox is the default.
func (a *App) transports() (map[sender.Provider]reactors.Transport, error) {
	c, ways := a.cfg.Mail, map[sender.Provider]reactors.Transport{}
	if a.cfg.keepMail && !c.sends() {
		ways[sender.Default] = reactors.Transport{Name: "mailbox", Carrier: a.cfg.mailbox(), Repeats: true}
	}
	if c.SMTPHost != "" {
		cfg, err := c.smtp()
		if err != nil {
			return nil, err
		}
		pool := smtp.NewPool(cfg, c.SMTPConnections)
		ways[sender.SMTP] = reactors.Transport{Name: "smtp", Carrier: pool, Leaves: true}
		ways[sender.Default] = ways[sender.SMTP]
	}
	if c.ResendKey != "" {
		client, err := resend.New(resend.Config{APIKey: c.ResendKey, BaseURL: c.ResendURL})
		if err != nil {
			return nil, err
		}
		ways[sender.Resend] = reactors.Transport{
			Name: "resend", Carrier: client, Repeats: true, Leaves: true, Pace: []projections.Pace{{Key: "provider resend", Every: resendPace, Burst: 250, Shared: true}},
		}
		ways[sender.Default] = ways[sender.Resend]
	}
	return ways, nil
}
