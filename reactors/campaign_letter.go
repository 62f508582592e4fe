package reactors

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/domain/template"
	"github.com/canvass-hq/canvass/domain/tracking"
	"github.com/canvass-hq/canvass/projections"
)

// mailsTogether is how many mails a provider takes in one request (Resend).
const mailsTogether = 100

// write makes the mails of a batch, and says who gets none.
func (s *sending) write(ctx context.Context, batch string, rows []projections.Recipient) (letters []outgoing, skips []skip, err error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Lead
	}
	people, err := s.Queries.Addressees(ctx, s.job.Org, ids)
	if err != nil {
		return nil, nil, err
	}
	addresses := make([]string, len(rows))
	for i, r := range rows {
		if email := people[r.Lead].Email; email != "" {
			if addresses[i], err = s.suppressionOf(ctx, email); err != nil {
				return nil, nil, err
			}
		}
	}
	held, err := s.Queries.Suppressed(ctx, s.job.Org, addresses)
	if err != nil {
		return nil, nil, err
	}
	made, err := s.templates.get(ctx, s.Run, s.job.Org, s.campaign.Plan.Template, s.campaign.Launch.Revision)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range rows {
		who := people[r.Lead]
		reason, scope := campaign.Gate(who.Standing(), held[addresses[i]], s.campaign.Plan.Purpose, s.job.Campaign)
		if reason != "" {
			skips = append(skips, skip{r, reason, scope})
			continue
		}
		if s.crowds(who.Email) {
			continue
		}
		fact := enrollment.Dispatched{
			Campaign: s.job.Campaign, Lead: r.Lead, Batch: batch, N: len(letters), Key: r.ID, MessageID: r.ID + "@" + s.from.Domain(),
			Template: s.campaign.Plan.Template, Revision: s.campaign.Launch.Revision, Suppression: addresses[i], Provider: s.by.Name,
			To: who.Email, Values: campaign.Values(made.compiled.Variables, who.Details, who.Owner, s.from.Details, ""),
		}
		l, err := s.letter(ctx, r, fact, made)
		if err != nil {
			skips = append(skips, skip{row: r, reason: enrollment.NotRendered})
			continue
		}
		l.free = !held[addresses[i]].Known
		letters = append(letters, l)
	}
	return letters, skips, nil
}

func (s *sending) suppressionOf(ctx context.Context, email string) (string, error) {
	hash, err := s.Sign(ctx, s.job.Org, suppression.KeyPurpose, []byte(email))
	if err != nil {
		return "", err
	}
	return suppression.ID(hash), nil
}

// letter writes the mail of a fact: the same one whenever it is written.
func (s *sending) letter(ctx context.Context, row projections.Recipient, fact enrollment.Dispatched, made renderer) (outgoing, error) {
	sign := func(org, purpose string, data []byte) ([]byte, error) { return s.Sign(ctx, org, purpose, data) }
	at := commands.MadeAt(fact.Batch) // links of a mail that is written again are the same
	key := tracking.KeyAt(at)
	var fault error
	url := func(path string, t tracking.Token) string {
		t.Org, t.Sent = s.job.Org, at
		text, err := t.Text(key, sign)
		if err != nil {
			fault = err
		}
		return s.PublicURL + path + text
	}
	plan := s.campaign.Plan
	l := campaign.Letter{
		From: s.from.Details, To: fact.To, Key: fact.Key, MessageID: fact.MessageID,
		Unsubscribe: url("/u/", tracking.Token{Purpose: tracking.Unsubscribe, Mail: row.ID, In: fact.Suppression}),
		Tags:        map[string]string{"org": s.job.Org, "mail": row.ID},
	}
	if s.Inbound != "" {
		_, token, _ := strings.Cut(strings.TrimPrefix(l.Unsubscribe, s.PublicURL), "/u/")
		l.Mailto = "mailto:" + s.Inbound + "?subject=unsubscribe%20" + token
	}
	who := row.ID
	if plan.Tracking.Identity == campaign.Pseudonym {
		hash, err := s.Sign(ctx, s.job.Org, "pseudonym", []byte(row.ID))
		if err != nil {
			return outgoing{}, err
		}
		who = suppression.ID(hash)
	}
	if plan.Tracking.Opens {
		l.Pixel = url("/t/o/", tracking.Token{Purpose: tracking.Open, Mail: who, In: s.job.Campaign}) + ".gif"
	}
	var link func(n int) string
	if plan.Tracking.Clicks {
		link = func(n int) string {
			return url("/t/c/", tracking.Token{Purpose: tracking.Click, Mail: who, In: s.job.Campaign, Link: n})
		}
	}
	m, err := l.Mail(made.renderer, fact.Values, link)
	m.Batch = fact.Batch + "-" + strconv.Itoa(fact.N/mailsTogether)
	if err == nil {
		err = fault
	}
	if err == nil {
		err = m.Check()
	}
	return outgoing{row: row, fact: fact, mail: m}, err
}

// renderer is a revision of a template, ready to write mails.
type renderer struct {
	compiled template.Compiled
	renderer *template.Renderer
}

// templateCache keeps the templates that mails are written by: a revision never changes.
type templateCache struct {
	mu   sync.Mutex
	made map[templateKey]renderer
}

type templateKey struct {
	org, id  string
	revision int
}

const templatesKept = 100

func (c *templateCache) get(ctx context.Context, r *commands.Runner, org, id string, revision int) (renderer, error) {
	key := templateKey{org, id, revision}
	c.mu.Lock()
	made, ok := c.made[key]
	c.mu.Unlock()
	if ok {
		return made, nil
	}
	t, err := commands.State[template.Template, template.Event](ctx, r, org, template.Stream(id))
	if err != nil {
		return made, err
	}
	compiled, ok := t.At(revision)
	if !ok {
		return made, template.ErrNotFound
	}
	parsed, err := compiled.Parse()
	if err != nil {
		return made, err
	}
	made = renderer{compiled, parsed}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil || len(c.made) >= templatesKept {
		c.made = map[templateKey]renderer{}
	}
	c.made[key] = made
	return made, nil
}
