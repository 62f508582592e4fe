package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/field"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// Leads is the head of every lead, the list of all, and what they are searched by.
func Leads() Projection { return leadsProjection() }

// leadsProjection is written out once: every request names the view that it reads.
var leadsProjection = sync.OnceValue(func() Projection { //nolint:gochecknoglobals // a constant
	return Projection{
		Name: "leads", Version: 5, Tables: []string{"leads", "lead_search", "lead_fields", "lead_words"}, Unguarded: []string{"lead_search", "lead_words"},
		Reads: []string{lead.Category, field.Category}, Apply: applyLeads,
		DDL: leadSearchDDL() + leadFieldsDDL + vocabularyDDL("lead_words") + `create table {leads} (
			tenant_id uuid not null,
			id uuid not null,
			status text not null,
			owner uuid,
			source text,
			country text,
			company_id uuid,
			name text,
			email text,
			phone text,
			phone_status text,
			title text,
			company text,
			country_given text,
			more json, -- what else is known of the person
			archived boolean not null,
			deleted boolean not null,
			erased boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		) with (fillfactor = 90)`,
		Indexes: leadSearchIndexes() + vocabularyIndexes("lead_words") + `create index on {leads} (tenant_id, created_position);
			create index on {leads} (tenant_id, company_id) where company_id is not null`,
	}
})

// Lead is one row: the person, and where they stand. A value that is not known, and
// every personal value of an erased person, is left out.
type Lead struct {
	ID     string      `json:"id" format:"uuid"`
	Status lead.Status `json:"status"`
	Owner  string      `json:"owner,omitempty" doc:"Id of the member who works on the lead"`
	lead.Details
	Archived  bool      `json:"archived"`
	Erased    bool      `json:"erased"`
	Version   int       `json:"version" doc:"Version of the lead, also its ETag"`
	Position  int64     `json:"position" doc:"Position in the log of the lead's last fact"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	deleted bool
	created int64
}

const leadColumns = `id, status, owner, source, country, company_id, name, email, phone, phone_status, title, company, country_given, more, archived, deleted, erased, version, created_position, position, created_at, updated_at`

func scanLead(row pgx.CollectableRow) (Lead, error) {
	var l Lead
	var more []byte
	err := row.Scan(&l.ID, &l.Status, orEmpty(&l.Owner), orEmpty(&l.Source), orEmpty(&l.Country), orEmpty(&l.CompanyID), orEmpty(&l.Name), orEmpty(&l.Email), orEmpty(&l.Phone),
		orEmpty(&l.PhoneStatus), orEmpty(&l.Title), orEmpty(&l.Company), orEmpty(&l.CountryGiven), &more, &l.Archived, &l.deleted, &l.Erased,
		&l.Version, &l.created, &l.Position, &l.CreatedAt, &l.UpdatedAt)
	l.CreatedAt, l.UpdatedAt = l.CreatedAt.UTC(), l.UpdatedAt.UTC()
	if err == nil && more != nil {
		err = json.Unmarshal(more, &l.Details) // holds no value that has a column
	}
	return l, err
}

// shownTo reads leads as a principal may see them.
func shownTo(p access.Principal) pgx.RowToFunc[Lead] {
	if !p.Masked() {
		return scanLead
	}
	return func(row pgx.CollectableRow) (Lead, error) {
		l, err := scanLead(row)
		l.Details = l.Masked()
		return l, err
	}
}

// applyLeads folds what a batch says of fields, then what it says of leads, and last
// brings what all leads hold into the slots that fields have got or lost: what comes out
// does not depend on where batches end.
func applyLeads(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	var leads, fields []eventstore.Recorded
	for _, e := range batch {
		if e.Stream.Category == field.Category {
			fields = append(fields, e)
		} else {
			leads = append(leads, e)
		}
	}
	if err := leadFields.apply(ctx, tx, at, fields); err != nil {
		return err
	}
	if err := applyLeadFacts(ctx, tx, at, leads); err != nil {
		return err
	}
	return fillSlots(ctx, tx, at, fields)
}

// applyLeadFacts folds facts in memory, on the rows that they touch, and writes each row
// once.
func applyLeadFacts(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	rows := map[rowKey]*Lead{}
	fresh := map[rowKey]bool{}
	var touched []rowKey
	for _, e := range batch {
		k := rowKey{e.Org, e.Stream.ID}
		if _, seen := rows[k]; seen {
			continue
		}
		rows[k] = &Lead{ID: k.id}
		if e.Version == 1 {
			fresh[k] = true
		} else {
			touched = append(touched, k)
		}
	}
	if err := loadLeads(ctx, tx, at, touched, rows); err != nil {
		return err
	}
	owning := holders(rows)
	words := vocabulary{}
	for _, k := range touched {
		words.count(k.org, rows[k].names(), -1)
	}
	var order []rowKey
	for _, e := range batch {
		k := rowKey{e.Org, e.Stream.ID}
		if e.Version == 1 {
			order = append(order, k)
		}
		rows[k].fold(e)
	}
	if err := saveLeads(ctx, tx, at, rows, order, touched); err != nil {
		return err
	}
	for k, l := range rows {
		words.count(k.org, l.names(), 1)
	}
	if err := words.save(ctx, tx, at.Table("lead_words")); err != nil {
		return err
	}
	maps.Copy(owning, holders(rows))
	slots, err := slotsOf(ctx, tx, at, owning)
	if err != nil {
		return err
	}
	return slots.beside(leadSearch).save(ctx, tx, at, rows, order, touched)
}

func loadLeads(ctx context.Context, tx pgx.Tx, at Place, keys []rowKey, into map[rowKey]*Lead) error {
	if len(keys) == 0 {
		return nil
	}
	orgs, ids := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		orgs[i], ids[i] = k.org, k.id
	}
	found, err := tx.Query(ctx, fmt.Sprintf(`select tenant_id, %s from unnest($1::uuid[], $2::uuid[]) u(t, i)
		cross join lateral (select * from %s x where x.tenant_id = u.t and x.id = u.i limit 1) l`,
		leadColumns, at.Table("leads")), orgs, ids)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var org string
		l, err := scanLead(after{found, &org})
		if err != nil {
			return err
		}
		into[rowKey{org, l.ID}] = &l
	}
	return found.Err()
}

// fold is the lead's own Evolve, so that the row and the rules never disagree.
func (l *Lead) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(lead.Event)
	if !ok {
		return
	}
	if l.created == 0 {
		l.created, l.CreatedAt = e.Position, e.RecordedAt
	}
	l.set(l.state().Evolve(fact))
	l.Version, l.Position, l.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

func (l *Lead) state() lead.Lead {
	return lead.Lead{Details: l.Details, Status: l.Status, Owner: l.Owner, Archived: l.Archived, Deleted: l.deleted, Erased: l.Erased}
}

func (l *Lead) set(s lead.Lead) {
	l.Details, l.Status, l.Owner, l.Archived, l.deleted, l.Erased = s.Details, s.Status, s.Owner, s.Archived, s.Deleted, s.Erased
}

// more is what has no column of its own, as JSON; nothing when there is nothing.
func (l *Lead) more() []byte {
	d := l.Details
	d.Source, d.Country, d.CompanyID, d.Name, d.Email, d.Phone, d.PhoneStatus, d.Title, d.Company, d.CountryGiven = "", "", "", "", "", "", "", "", "", ""
	text, err := json.Marshal(d)
	if err != nil || string(text) == "{}" {
		return nil
	}
	return text
}
