package projections

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
)

// Funnel is what has become of a campaign's mail, in numbers of people.
type Funnel struct {
	Audience     int            `json:"audience" doc:"People, as far as they are settled"`
	Queued       int            `json:"queued" doc:"To whom nothing was handed over yet"`
	Skipped      int            `json:"skipped"`
	Reasons      map[string]int `json:"skipped_by_reason,omitempty"`
	Dispatched   int            `json:"dispatched" doc:"Whose mail was handed over, whatever became of it"`
	InFlight     int            `json:"in_flight" doc:"Whose mail is being handed over"`
	Deferred     int            `json:"deferred" doc:"Whose mail is tried again later"`
	InDoubt      int            `json:"in_doubt" doc:"Of whom nobody knows whether the mail was taken"`
	Failed       int            `json:"failed"`
	Sent         int            `json:"sent" doc:"Whose mail the provider has taken"`
	Delivered    int            `json:"delivered"`
	Bounced      int            `json:"bounced"`
	Complained   int            `json:"complained"`
	Unsubscribed int            `json:"unsubscribed"`
	Opened       int            `json:"opened" doc:"People who have opened it, as far as is known"`
	OpenedByBots int            `json:"opened_by_bots" doc:"Mails that were opened by programs alone"`
	Clicked      int            `json:"clicked" doc:"People who have followed a link"`
}

// Pending is how many people something is still to be done about.
func (f Funnel) Pending() int { return f.Queued + f.InFlight + f.Deferred }

// funnelSums are the changes of sums that a batch brings: by organization, campaign and key.
type funnelSums map[[3]string]int

// count counts a row as it was (-1) or as it is (+1).
func (s funnelSums) count(org string, r *Recipient, by int) {
	if r.campaign == "" {
		return
	}
	add := func(key string) { s[[3]string{org, r.campaign, key}] += by }
	add("phase " + string(r.Phase))
	if r.Reason != "" && r.Phase == enrollment.Left {
		add("reason " + string(r.Reason))
	}
	if r.Attempts > 0 {
		add("dispatched")
	}
	for _, told := range r.Reports {
		add("told " + string(told.Kind))
	}
	if r.Unsubscribed != nil {
		add("unsubscribed")
	}
	if r.Dispatched == nil {
		return
	}
	day := "day " + r.Dispatched.UTC().Format(time.DateOnly)
	switch r.Phase {
	case enrollment.Returned:
		add(day + " bounced")
		add(day + " sent")
	case enrollment.Complained:
		add(day + " complained")
		add(day + " sent")
	case enrollment.Taken, enrollment.Arrived:
		add(day + " sent")
	case enrollment.Queued, enrollment.Left, enrollment.InFlight, enrollment.Waiting, enrollment.InDoubt, enrollment.Refused:
	}
}

func (s funnelSums) save(ctx context.Context, tx pgx.Tx, table string) error {
	var orgs, campaigns, keys []string
	var ns []int64
	for k, n := range s {
		if n != 0 {
			orgs, campaigns, keys, ns = append(orgs, k[0]), append(campaigns, k[1]), append(keys, k[2]), append(ns, int64(n))
		}
	}
	if len(ns) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	b.Queue(`insert into `+table+` as f (tenant_id, id, key, n) select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])
		on conflict (tenant_id, id, key) do update set n = f.n + excluded.n`, orgs, campaigns, keys, ns)
	// A sum of nobody is none, as it is where a build has never counted anybody.
	b.Queue(`delete from `+table+` f using unnest($1::uuid[], $2::uuid[], $3::text[]) u(t, i, k) where f.tenant_id = u.t and f.id = u.i and f.key = u.k and f.n = 0`, orgs, campaigns, keys)
	return tx.SendBatch(ctx, b).Close()
}

// Recent sums up the mail of the last days, now among them: of a campaign, or of all campaigns
// of a sender.
func (q *Queries) Recent(ctx context.Context, org string, of Recently, now time.Time) (n campaign.Numbers, err error) {
	n.Days, n.Sender = campaign.GuardDays, of.Sender != ""
	since := now.UTC().AddDate(0, 0, 1-campaign.GuardDays).Format(time.DateOnly)
	which, id := `f.id = $2`, of.Campaign
	if n.Sender {
		which, id = `f.id in (select c.id from `+Campaigns().Live().Table("campaigns")+` c where c.tenant_id = $1 and c.state->'plan'->>'sender' = $2::text)`, of.Sender
	}
	_, err = rowsOf(ctx, q, org, `select split_part(f.key, ' ', 3), sum(f.n)::bigint from `+Enrollments().Live().Table("funnels")+` f
		where f.tenant_id = $1 and `+which+` and starts_with(f.key, 'day ') and split_part(f.key, ' ', 2) >= $3 group by 1`, []any{org, id, since}, func(row pgx.CollectableRow) (sum int, err error) {
		var kind string
		err = row.Scan(&kind, &sum)
		switch kind {
		case "sent":
			n.Sent = sum
		case "bounced":
			n.Bounced = sum
		case "complained":
			n.Complained = sum
		}
		return sum, err
	})
	return n, err
}

// Recently says whose mail is summed up: a campaign's, or that of all campaigns of a sender.
type Recently struct{ Campaign, Sender string }

// Funnel sums up what has become of a campaign's mail.
func (q *Queries) Funnel(ctx context.Context, org, campaign string) (Funnel, error) {
	sums, err := q.Funnels(ctx, org, []string{campaign})
	return sums[campaign], err
}

// Funnels sums up what has become of the mail of each campaign, and of what people have done with it; those without
// mail are not among them.
func (q *Queries) Funnels(ctx context.Context, org string, campaigns []string) (map[string]Funnel, error) {
	out := make(map[string]Funnel, len(campaigns))
	_, err := rowsOf(ctx, q, org, `select id::text, key, n from `+Enrollments().Live().Table("funnels")+` where tenant_id = $1 and id = any($2::uuid[]) and not starts_with(key, 'day ')
		union all select id::text, key, n from `+Visits().Live().Table("visit_sums")+` where tenant_id = $1 and id = any($2::uuid[])`,
		[]any{org, known(campaigns)}, func(row pgx.CollectableRow) (n int, err error) {
			var campaign, key string
			err = row.Scan(&campaign, &key, &n)
			f := out[campaign]
			f.add(key, n)
			out[campaign] = f
			return n, err
		})
	return out, err
}

func (f *Funnel) add(key string, n int) {
	kind, of, _ := strings.Cut(key, " ")
	switch kind {
	case "phase":
		f.Audience += n
		f.inPhase(enrollment.Phase(of), n)
	case "reason":
		if f.Reasons == nil {
			f.Reasons = map[string]int{}
		}
		if n != 0 {
			f.Reasons[of] = n
		}
	case "dispatched":
		f.Dispatched = n
	case "unsubscribed":
		f.Unsubscribed = n
	case "opened":
		f.Opened = n
	case "bots":
		f.OpenedByBots = n
	case "clicked":
		f.Clicked = n
	case "told":
		if of == string(enrollment.Delivered) {
			f.Delivered = n
		}
	}
}

func (f *Funnel) inPhase(p enrollment.Phase, n int) {
	switch p {
	case enrollment.Queued:
		f.Queued += n
	case enrollment.Left:
		f.Skipped += n
	case enrollment.InFlight:
		f.InFlight += n
	case enrollment.Waiting:
		f.Deferred += n
	case enrollment.InDoubt:
		f.InDoubt += n
	case enrollment.Refused:
		f.Failed += n
	case enrollment.Taken, enrollment.Arrived:
		f.Sent += n
	case enrollment.Returned:
		f.Sent += n
		f.Bounced += n
	case enrollment.Complained:
		f.Sent += n
		f.Complained += n
	}
}
