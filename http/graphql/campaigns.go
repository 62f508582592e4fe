package graphql

import (
	"cmp"
	"slices"
	"time"

	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/projections"
)

// Sender is a sender.
type Sender struct{ projections.Sender }

// Check is what the names of its domain tell, nil before they were asked.
func (s *Sender) Check() *sender.Check {
	if s.CheckedAt == nil {
		return nil
	}
	return &s.Sender.Check
}

// Senders are senders in their order.
func Senders(rows []projections.Sender) []*Sender {
	out := make([]*Sender, len(rows))
	for i, row := range rows {
		out[i] = &Sender{row}
	}
	return out
}

// Campaign is a campaign among those that are shown with it.
type Campaign struct {
	projections.Campaign

	Beside *Cohort[projections.Campaign]
}

// TemplateRevision is the one that is sent, once that is settled.
func (c *Campaign) TemplateRevision() *int { return some(c.Revision) }

// Campaigns are campaigns side by side, in their order.
func Campaigns(rows []projections.Campaign) []*Campaign {
	out, beside := make([]*Campaign, len(rows)), NewCohort(rows)
	for i, row := range rows {
		out[i] = &Campaign{row, beside}
	}
	return out
}

// Funnel is what has become of a campaign's mail.
type Funnel struct{ projections.Funnel }

// SkippedByReason is how many people are not written to, and why.
func (f *Funnel) SkippedByReason() []Count { return Counts(f.Reasons) }

// Recipient is a person in a campaign among those that are shown with them.
type Recipient struct {
	projections.Recipient

	Beside *Cohort[projections.Recipient]
}

// LeadID is the lead that the person is.
func (r *Recipient) LeadID() string { return r.Lead }

// TemplateRevision is the one that the mail was made of.
func (r *Recipient) TemplateRevision() *int { return some(r.Revision) }

// Failure is why the mail was not taken.
func (r *Recipient) Failure() *MailFailure {
	if r.Recipient.Failure == nil {
		return nil
	}
	return &MailFailure{*r.Recipient.Failure}
}

// Recipients are recipients side by side, in their order.
func Recipients(rows []projections.Recipient) []*Recipient {
	out, beside := make([]*Recipient, len(rows)), NewCohort(rows)
	for i, row := range rows {
		out[i] = &Recipient{row, beside}
	}
	return out
}

// MailFailure is why a mail was not taken.
type MailFailure struct{ enrollment.Failed }

// Code is what the provider has answered.
func (f *MailFailure) Code() *int { return some(f.Failed.Code) }

// some is a number of which 0 is none.
func some(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// Count is how many there are of something.
type Count struct {
	Key   string
	Count int
}

// Counts are counts by their keys, in the order of these.
func Counts(of map[string]int) []Count {
	out := make([]Count, 0, len(of))
	for key, n := range of {
		out = append(out, Count{key, n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// DryRun is what would happen if a campaign were launched, field by field as the REST API tells it.
type DryRun struct {
	Audience int
	Mails    int
	Skipped  map[string]int
	Exact    bool
	StartsAt time.Time
	EndsAt   time.Time
	Days     int
	From     string
	Blockers []string
	Empty    map[string]int
}

// SkippedByReason is how many people would not be written to, and why.
func (d *DryRun) SkippedByReason() []Count { return Counts(d.Skipped) }

// EmptyValues is how many lack a value that the template asks for.
func (d *DryRun) EmptyValues() []Count { return Counts(d.Empty) }

// Preview is the mail that a lead would get, field by field as the REST API tells it.
type Preview struct {
	Subject string
	HTML    string
	Text    string
	Empty   []string
}
