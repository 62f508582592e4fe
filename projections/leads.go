package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// Leads is the list and the head of every lead.
func Leads() Projection {
	return Projection{
		Name: "leads", Version: 1, Tables: []string{"leads"}, Apply: applyLeads,
		DDL: `create table {leads} (
			tenant_id uuid not null,
			id uuid not null,
			status text not null,
			owner uuid,
			source text,
			country text,
			name text,
			email text,
			phone text,
			phone_status text,
			title text,
			company text,
			country_given text,
			archived boolean not null,
			erased boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		) with (fillfactor = 90)`,
		Indexes: `create index on {leads} (tenant_id, created_position);
			create index on {leads} (tenant_id, status, created_position);
			create index on {leads} (tenant_id, owner, created_position);
			create index on {leads} (tenant_id, source, created_position);
			create index on {leads} (tenant_id, country, created_position);
			create index on {leads} (tenant_id, email)`,
	}
}

// Lead is one row: the person, and where they stand. A value that is not known, and
// every personal value of an erased person, is left out.
type Lead struct {
	ID           string      `json:"id" format:"uuid"`
	Status       lead.Status `json:"status"`
	Owner        string      `json:"owner,omitempty" doc:"Id of the member who works on the lead"`
	Source       string      `json:"source,omitempty"`
	Country      string      `json:"country,omitempty" doc:"ISO 3166-1 alpha-2"`
	Name         string      `json:"name,omitempty"`
	Email        string      `json:"email,omitempty"`
	Phone        string      `json:"phone,omitempty" doc:"E.164 when valid, else as it was given"`
	PhoneStatus  string      `json:"phone_status,omitempty" doc:"valid or invalid"`
	Title        string      `json:"title,omitempty"`
	Company      string      `json:"company,omitempty"`
	CountryGiven string      `json:"country_given,omitempty" doc:"As it was given, when it is no country that is known"`
	Archived     bool        `json:"archived"`
	Erased       bool        `json:"erased"`
	Version      int         `json:"version" doc:"Version of the lead, also its ETag"`
	Position     int64       `json:"position" doc:"Position in the log of the lead's last fact"`
	CreatedAt    time.Time   `json:"created_at"`
	UpdatedAt    time.Time   `json:"updated_at"`

	created int64
}

const leadColumns = `id, status, owner, source, country, name, email, phone, phone_status, title, company, country_given, archived, erased, version, created_position, position, created_at, updated_at`

func scanLead(row pgx.CollectableRow) (Lead, error) {
	var l Lead
	err := row.Scan(&l.ID, &l.Status, orEmpty(&l.Owner), orEmpty(&l.Source), orEmpty(&l.Country), orEmpty(&l.Name), orEmpty(&l.Email), orEmpty(&l.Phone),
		orEmpty(&l.PhoneStatus), orEmpty(&l.Title), orEmpty(&l.Company), orEmpty(&l.CountryGiven), &l.Archived, &l.Erased,
		&l.Version, &l.created, &l.Position, &l.CreatedAt, &l.UpdatedAt)
	l.CreatedAt, l.UpdatedAt = l.CreatedAt.UTC(), l.UpdatedAt.UTC()
	return l, err
}

type leadKey struct{ org, id string }

// applyLeads folds a batch in memory, on the rows that it touches, and writes each
// row once.
func applyLeads(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	rows := map[leadKey]*Lead{}
	fresh := map[leadKey]bool{}
	var touched []leadKey
	for _, e := range batch {
		if e.Stream.Category != lead.Category {
			continue
		}
		k := leadKey{e.Org, e.Stream.ID}
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
	if len(rows) == 0 {
		return nil
	}
	if err := loadLeads(ctx, tx, at, touched, rows); err != nil {
		return err
	}
	var order []leadKey
	for _, e := range batch {
		if e.Stream.Category != lead.Category {
			continue
		}
		k := leadKey{e.Org, e.Stream.ID}
		if e.Version == 1 {
			order = append(order, k)
		}
		rows[k].fold(e)
	}
	return saveLeads(ctx, tx, at, rows, order, touched)
}

func loadLeads(ctx context.Context, tx pgx.Tx, at Place, keys []leadKey, into map[leadKey]*Lead) error {
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
		into[leadKey{org, l.ID}] = &l
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
	return lead.Lead{
		Status: l.Status, Owner: l.Owner, Archived: l.Archived, Erased: l.Erased,
		Details: lead.Details{
			Name: l.Name, Email: l.Email, Phone: l.Phone, PhoneStatus: l.PhoneStatus, Title: l.Title,
			Company: l.Company, Country: l.Country, CountryGiven: l.CountryGiven, Source: l.Source,
		},
	}
}

func (l *Lead) set(s lead.Lead) {
	l.Status, l.Owner, l.Archived, l.Erased = s.Status, s.Owner, s.Archived, s.Erased
	l.Name, l.Email, l.Phone, l.PhoneStatus, l.Title = s.Name, s.Email, s.Phone, s.PhoneStatus, s.Title
	l.Company, l.Country, l.CountryGiven, l.Source = s.Company, s.Country, s.CountryGiven, s.Source
}
