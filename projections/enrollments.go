package projections

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/domain/campaign"
	"github.com/canvass-hq/canvass/domain/enrollment"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/eventstore"
)

// Enrollments is the ledger: for every campaign and every person of its audience, what was
// sent, when and with which outcome, or why not; and the sums of it.
func Enrollments() Projection {
	return Projection{
		Name: "enrollments", Version: 2, Tables: []string{"enrollments", "funnels"}, Reads: []string{campaign.AudienceCategory, enrollment.Category}, Apply: applyEnrollments,
		// A mail is dispatched and sent within a moment: its row is changed once for both.
		Gather: 250 * time.Millisecond, Batch: 2_000,
		// What changes with every mail is in no index, so that a row is changed in its place; what
		// is looked for, since it has gone wrong, is: trouble.
		DDL: `create table {enrollments} (
			tenant_id uuid not null,
			id uuid not null,
			campaign uuid not null,
			lead uuid not null,
			n bigint not null,          -- the place in the audience
			phase text not null,
			trouble text,               -- the phase, where it is one that somebody looks for
			state json not null,
			due_at timestamptz,
			version int not null,
			position bigint not null,
			primary key (tenant_id, id)
		) with (fillfactor = 70);
		create table {funnels} (
			tenant_id uuid not null,
			id uuid not null,           -- of the campaign
			key text not null,
			n bigint not null,
			primary key (tenant_id, id, key)
		) with (fillfactor = 50)`,
		Indexes: `create index on {enrollments} (tenant_id, campaign, n);
			create index on {enrollments} (tenant_id, campaign, trouble, n) where trouble is not null`,
	}
}

// Recipient is one row: a person in a campaign.
type Recipient struct {
	ID    string           `json:"id" format:"uuid"`
	Lead  string           `json:"lead" format:"uuid"`
	Name  string           `json:"name,omitempty"`
	Email string           `json:"email,omitempty" doc:"Of the lead, as it is now"`
	Phase enrollment.Phase `json:"phase" enum:"queued,skipped,dispatched,deferred,in_doubt,failed,sent,delivered,bounced,complained"`
	RecipientState
	Due     *time.Time      `json:"due,omitempty" doc:"From when on a deferred mail is tried again"`
	Version int             `json:"version"`
	Memory  RecipientMemory `json:"-"`

	campaign string
	n        int64
	position int64
}

// RecipientState is what became of the mail.
type RecipientState struct {
	Reason       enrollment.Reason     `json:"reason,omitempty" doc:"Why the person is not written to"`
	Scope        suppression.Scope     `json:"scope,omitempty" doc:"What holds the mail back, where something does"`
	Failure      *enrollment.Failed    `json:"failure,omitempty" doc:"Why it was not taken"`
	Dispatched   *time.Time            `json:"dispatched_at,omitempty" doc:"When it was handed over first"`
	Attempts     int                   `json:"attempts,omitempty"`
	MessageID    string                `json:"message_id,omitempty"`
	Provider     string                `json:"provider,omitempty"`
	ProviderID   string                `json:"provider_id,omitempty"`
	Revision     int                   `json:"template_revision,omitempty"`
	Reports      []enrollment.Reported `json:"reports,omitempty" doc:"What was told of it behind the provider"`
	Unsubscribed *time.Time            `json:"unsubscribed_at,omitempty"`
}

// RecipientMemory is what those need to know who send.
type RecipientMemory struct {
	Base        enrollment.Phase `json:"base,omitempty"`
	Batch       string           `json:"batch,omitempty"`
	Suppression string           `json:"suppression,omitempty"`
}

// Place is where the person stands in the audience.
func (r Recipient) Place() int64 { return r.n }

// Campaign is the campaign of which the person is a recipient.
func (r Recipient) Campaign() string { return r.campaign }

// Part is the part of the audience in which they stand.
func (r Recipient) Part() int { return int(r.n-1) / campaign.MaxPart }

// recipientKept is a row's state as it lies in the table.
type recipientKept struct {
	RecipientState
	RecipientMemory
}

func enrollmentRows() rowFold[Recipient] {
	return rowFold[Recipient]{
		table: "enrollments", columns: columnsOf(`id, campaign, lead, n, phase, trouble, state, due_at, version, position`), read: "tenant_id, " + recipientColumns,
		scan: func(row pgx.CollectableRow) (k rowKey, r Recipient, err error) {
			r, err = scanRecipient(after{row, &k.org})
			k.id = r.ID
			return k, r, err
		},
		values: func(r *Recipient, k rowKey) []any {
			state, _ := json.Marshal(recipientKept{r.RecipientState, r.Memory}) // texts, times and numbers always encode
			due := pgtype.Timestamptz{}
			if r.Due != nil {
				due = pgtype.Timestamptz{Time: *r.Due, Valid: true}
			}
			return []any{
				asUUID(k.org), asUUID(k.id), asUUID(r.campaign), asUUID(r.Lead), r.n, string(r.Phase), orNull(r.trouble()), json.RawMessage(state), due,
				int32(r.Version), r.position, //nolint:gosec // a version
			}
		},
	}
}

// trouble is the phase, where it is one that somebody looks for and few have.
func (r *Recipient) trouble() string {
	switch r.Phase {
	case enrollment.Queued, enrollment.InFlight, enrollment.Taken, enrollment.Arrived:
		return ""
	case enrollment.Left, enrollment.Waiting, enrollment.InDoubt, enrollment.Refused, enrollment.Returned, enrollment.Complained:
	}
	return string(r.Phase)
}

// peopleTogether is about how many people of audiences are folded at once: a part of an
// audience is one fact of a thousand.
const peopleTogether = 3_000

// applyEnrollments makes the rows of an audience when it is settled, and folds what becomes
// of its people, so many at a time that they fit into memory.
func applyEnrollments(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	for len(batch) > 0 {
		n := 0
		for people := 0; n < len(batch) && people < peopleTogether; n++ {
			if chosen, ok := batch[n].Fact.(campaign.Chosen); ok {
				people += len(chosen.Leads)
			}
		}
		if err := applyRecipients(ctx, tx, at, batch[:n]); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

func applyRecipients(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	f := enrollmentRows()
	rows, sums := map[rowKey]*Recipient{}, funnelSums{}
	var fresh, touched []rowKey
	for _, e := range batch {
		chosen, settled := e.Fact.(campaign.Chosen)
		if !settled {
			if k := (rowKey{e.Org, e.Stream.ID}); rows[k] == nil {
				rows[k] = new(Recipient)
				touched = append(touched, k)
			}
			continue
		}
		for i, lead := range chosen.Leads {
			k := rowKey{e.Org, enrollment.ID(chosen.Campaign, lead)}
			if rows[k] != nil {
				continue // it stands in two parts
			}
			rows[k] = &Recipient{ID: k.id, Lead: lead, Phase: enrollment.Queued, campaign: chosen.Campaign, n: int64(chosen.N)*campaign.MaxPart + int64(i) + 1, position: e.Position}
			fresh = append(fresh, k)
		}
	}
	made := maps.Clone(rows)
	if err := f.load(ctx, tx, at, append(slices.Clip(touched), fresh...), rows); err != nil {
		return err
	}
	// Who stands in an earlier part as well is one person, and stays where they are.
	fresh = slices.DeleteFunc(fresh, func(k rowKey) bool {
		if rows[k] == made[k] {
			return false
		}
		touched = append(touched, k)
		return true
	})
	for _, k := range touched {
		sums.count(k.org, rows[k], -1)
	}
	for _, e := range batch {
		if fact, ok := e.Fact.(enrollment.Event); ok {
			rows[rowKey{e.Org, e.Stream.ID}].fold(e, fact)
		}
	}
	for k, row := range rows {
		sums.count(k.org, row, +1)
	}
	if err := f.save(ctx, tx, at, rows, fresh, touched); err != nil {
		return err
	}
	return sums.save(ctx, tx, at.Table("funnels"))
}

// fold is the enrollment's own Evolve, so that the row and the rules never disagree.
func (r *Recipient) fold(e eventstore.Recorded, fact enrollment.Event) {
	before := enrollment.Enrollment{Base: r.Memory.Base, Attempts: r.Attempts, Reports: map[enrollment.Report]enrollment.Reported{}, Mail: enrollment.Dispatched{Batch: r.Memory.Batch}}
	for _, told := range r.Reports {
		before.Reports[told.Kind] = told
	}
	next := before.Evolve(fact)
	r.Memory.Base, r.Attempts, r.Reports = next.Base, next.Attempts, nil
	for _, kind := range enrollment.ReportKinds() {
		if told, ok := next.Reports[kind]; ok {
			r.Reports = append(r.Reports, told)
		}
	}
	r.Due = nil
	switch f := fact.(type) {
	case enrollment.Skipped:
		r.Reason, r.Scope = f.Reason, f.Scope
		r.first(e.Stream.ID, f.Campaign, f.Lead)
	case enrollment.Dispatched:
		r.first(e.Stream.ID, f.Campaign, f.Lead)
		if r.Dispatched == nil {
			r.Dispatched = &e.RecordedAt
		}
		r.MessageID, r.Provider, r.Revision = f.MessageID, f.Provider, f.Revision
		r.Memory.Batch, r.Memory.Suppression = f.Batch, f.Suppression
	case enrollment.Sent:
		r.ProviderID, r.Failure = f.ProviderID, nil
	case enrollment.Failed:
		r.Failure = &f
	case enrollment.Deferred:
		r.Failure, r.Due = &enrollment.Failed{Class: f.Class, Code: f.Code}, &f.Until
	case enrollment.Requeued:
		r.Due = &e.RecordedAt
	case enrollment.Unsubscribed:
		r.Unsubscribed = &e.RecordedAt
	case enrollment.Doubted, enrollment.Reported:
	}
	r.Phase, r.Version, r.position = next.Phase(), e.Version, e.Position
}

// first fills what a row of a settled audience knows already: nobody is written to who is in
// none, but a fact is shown whatever came before it.
func (r *Recipient) first(id, campaign, lead string) { r.ID, r.campaign, r.Lead = id, campaign, lead }
