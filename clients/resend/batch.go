package resend

import (
	"context"
	"errors"
	"maps"
	"slices"

	vendor "github.com/resend/resend-go/v2"

	"github.com/canvass-hq/canvass/domain/mail"
)

// maxBatch is how many mails Resend takes in one request.
const maxBatch = 100

// Carry hands many mails over, those of one Batch together. A batch that comes again within
// a day under its key reaches nobody twice; one whose key Resend knows for other mails has
// been taken before.
func (c *Client) Carry(ctx context.Context, mails []mail.Mail, f mail.Flight) {
	for first := 0; first < len(mails); {
		next := first + 1
		for next < len(mails) && next-first < maxBatch && mails[next].Batch == mails[first].Batch {
			next++
		}
		c.batch(ctx, mails, first, next, f)
		first = next
	}
}

// batch hands the mails of one request over.
func (c *Client) batch(ctx context.Context, mails []mail.Mail, first, next int, f mail.Flight) {
	var places []int
	var asked []*vendor.SendEmailRequest
	for i := first; i < next; i++ {
		if failed, ok := errors.AsType[*mail.Error](mails[i].Check()); ok {
			f.Ended(i, "", failed)
			continue
		}
		if f.Leaving(i) != nil {
			f.Ended(i, "", &mail.Error{Class: mail.Unavailable, Temporary: true})
			continue
		}
		places, asked = append(places, i), append(asked, request(mails[i]))
	}
	if len(asked) == 0 {
		return
	}
	answer, err := c.vendor.Batch.SendWithOptions(ctx, asked, &vendor.BatchSendEmailOptions{IdempotencyKey: mails[first].Batch, BatchValidation: vendor.BatchValidationPermissive})
	failed, told := errors.AsType[*mail.Error](err)
	switch {
	case errors.Is(err, errTaken):
		answer, err = &vendor.BatchEmailResponse{}, nil
	case err != nil && !told: // no answer, or none that can be read: the same request tells later
		failed = &mail.Error{Class: mail.InDoubt}
	}
	if err != nil {
		for _, i := range places {
			f.Ended(i, "", failed)
		}
		return
	}
	refused := map[int]bool{}
	for _, e := range answer.Errors {
		refused[e.Index] = true
	}
	ids := answer.Data
	for n, i := range places {
		if refused[n] {
			f.Ended(i, "", &mail.Error{Class: mail.Refused, Code: 422})
			continue
		}
		id := ""
		if len(ids) > 0 {
			id, ids = ids[0].Id, ids[1:]
		}
		f.Ended(i, id, nil)
	}
}

// request is a mail as Resend takes it: the same mail is the same request, byte for byte.
func request(m mail.Mail) *vendor.SendEmailRequest {
	r := &vendor.SendEmailRequest{From: m.From, To: []string{m.To}, ReplyTo: m.ReplyTo, Subject: m.Subject, Text: m.Text, Html: m.HTML}
	for _, name := range slices.Sorted(maps.Keys(m.Tags)) {
		r.Tags = append(r.Tags, vendor.Tag{Name: name, Value: m.Tags[name]})
	}
	for _, h := range m.Headers {
		if r.Headers == nil {
			r.Headers = map[string]string{}
		}
		r.Headers[h.Name] = h.Value
	}
	return r
}
