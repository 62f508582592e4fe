package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/webhook"
)

// benchSecret is by which the bench signs as Resend does.
const benchSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" //nolint:gosec // of a database that ends with the bench

// webhooks measures what is told of mails that are sent: first that each has arrived, and then
// that it was opened. The limit is a bare Echo handler that inserts a row for the same request.
func (b sendBench) webhooks(ctx context.Context, url string) (figure, error) {
	rows, err := b.rig.plain.Query(ctx, `select stream_id::text from es.events where category = 'enrollment' and type = 'enrollment.sent'`)
	if err != nil {
		return figure{}, err
	}
	mails, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return figure{}, err
	}
	bare, err := newBareServer(ctx, b.rig.plain)
	if err != nil {
		return figure{}, err
	}
	defer bare.close()
	h := &httpBench{
		cmd: benchHTTPCmd{benchFlags: b.benchFlags}, rig: b.rig, ours: url, org: b.org,
		client: &http.Client{Transport: &http.Transport{MaxIdleConns: 2 * b.Writers, MaxIdleConnsPerHost: 2 * b.Writers}},
	}
	post := func(to string, want int) func(time.Duration) (measured, error) {
		return h.each(ctx, func(ctx context.Context, n int) error {
			kind := "delivered"
			if n > len(mails) {
				kind = "opened"
			}
			body := fmt.Appendf(nil, `{"type":"email.%s","created_at":%q,"data":{"email_id":"x","tags":{"org":%q,"mail":%q},"open":{"userAgent":"Mozilla/5.0"}}}`,
				kind, time.Now().UTC().Format(time.RFC3339), b.org, mails[n%len(mails)])
			signed, err := webhook.Sign(benchSecret, "msg_"+commands.NewID(), body, time.Now())
			if err != nil {
				return err
			}
			return h.do(ctx, http.MethodPost, to, body, want, nil, "Svix-Id", signed.ID, "Svix-Timestamp", signed.Timestamp, "Svix-Signature", signed.Signature)
		})
	}
	ours, limit, err := sideBySide(b.Seconds, post(url+"/webhooks/resend", http.StatusNoContent), post(bare.url+"/v1/leads", http.StatusCreated))
	if err != nil {
		return figure{}, err
	}
	return ours.figure("send.webhook", "events/s").beside(limit), nil
}
