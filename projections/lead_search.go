package projections

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// LeadSearch is what leads are filtered, sorted and searched by. It has no policy of row
// level security, under which no index would serve a search: nothing reads it but
// Queries.SearchLeads, which names the organization first.
func LeadSearch() Projection {
	return Projection{
		Name: "lead_search", Version: 1, Tables: []string{"lead_search"}, Category: lead.Category, Apply: leadSearchRows().apply, Unguarded: true,
		DDL: `create table {lead_search} (
			tenant_id uuid not null,
			id uuid not null,
			status text not null,
			owner uuid,
			source text,
			country text,
			company_id uuid,
			email text,
			emails text[],
			phone text,
			phones text[],
			timezone text,
			tags text[],
			external_ids text[],    -- system:id
			name text not null,     -- "" for none; this and the next ones as filter.Fold leaves them
			title text,
			company text,
			city text,
			state text,
			postal_code text,
			custom jsonb,
			words text,             -- what a search looks at
			archived boolean not null,
			deleted boolean not null,
			erased boolean not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			details json,           -- what the next fact is folded on
			version int not null,
			primary key (tenant_id, id)
		) with (fillfactor = 90)`,
		Indexes: `create index on {lead_search} (tenant_id, created_position);
			create index on {lead_search} (tenant_id, position);
			create index on {lead_search} (tenant_id, name, id);
			create index on {lead_search} (tenant_id, status, created_position);
			create index on {lead_search} (tenant_id, owner, created_position);
			create index on {lead_search} (tenant_id, country, created_position);
			create index on {lead_search} (tenant_id, source, created_position);
			create index on {lead_search} (tenant_id, email);
			create index on {lead_search} (tenant_id, company, created_position);
			do $$ begin
				if exists (select from pg_extension where extname = 'pg_trgm') then
					create index on {lead_search} using gin (words gin_trgm_ops);
				end if;
			end $$`,
	}
}

// searchRow is a lead as it is searched.
type searchRow struct {
	lead.Details

	status                    lead.Status
	owner                     string
	archived, deleted, erased bool
	version                   int
	created, position         int64
	createdAt, updatedAt      time.Time
}

var searchColumns = columnsOf(`id, status, owner, source, country, company_id, email, emails, phone, phones, timezone, tags, external_ids, name, title, company, city, state, postal_code, custom, words, archived, deleted, erased, created_position, position, created_at, updated_at, details, version`) //nolint:gochecknoglobals // a constant

func leadSearchRows() rowFold[searchRow] {
	return rowFold[searchRow]{
		table: "lead_search", columns: searchColumns,
		read: `tenant_id, id, status, owner, archived, deleted, erased, created_position, position, created_at, updated_at, details, version`,
		scan: func(row pgx.CollectableRow) (k rowKey, s searchRow, err error) {
			var details []byte
			err = row.Scan(&k.org, &k.id, &s.status, orEmpty(&s.owner), &s.archived, &s.deleted, &s.erased, &s.created, &s.position, &s.createdAt, &s.updatedAt, &details, &s.version)
			if err == nil && details != nil {
				err = json.Unmarshal(details, &s.Details)
			}
			return k, s, err
		},
		fold:   (*searchRow).fold,
		values: (*searchRow).values,
	}
}

func (s *searchRow) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(lead.Event)
	if !ok {
		return
	}
	if s.created == 0 {
		s.created, s.createdAt = e.Position, e.RecordedAt
	}
	l := lead.Lead{Details: s.Details, Status: s.status, Owner: s.owner, Archived: s.archived, Deleted: s.deleted, Erased: s.erased}.Evolve(fact)
	s.Details, s.status, s.owner, s.archived, s.deleted, s.erased = l.Details, l.Status, l.Owner, l.Archived, l.Deleted, l.Erased
	s.version, s.position, s.updatedAt = e.Version, e.Position, e.RecordedAt
}

func (s *searchRow) values(k rowKey) []any {
	var details, custom []byte
	if text, err := json.Marshal(s.Details); err == nil && string(text) != "{}" {
		details = text
	}
	emails, phones, words := s.all()
	external := make([]string, 0, len(s.ExternalIDs))
	for system, id := range s.ExternalIDs {
		external = append(external, system+":"+id)
	}
	slices.Sort(external)
	if len(s.Custom) > 0 {
		folded := make(map[string]string, len(s.Custom))
		for key, v := range s.Custom {
			folded[key] = filter.Fold(v)
		}
		custom, _ = json.Marshal(folded) // texts always encode
	}
	return []any{
		asUUID(k.org), asUUID(k.id), string(s.status), asUUID(s.owner), orNull(s.Source), orNull(s.Country), asUUID(s.CompanyID),
		orNull(s.Email), list(emails), orNull(s.Phone), list(phones), orNull(s.Timezone), list(s.Tags), list(external),
		filter.Fold(s.Name), folded(s.Title), folded(s.Company), folded(s.City), folded(s.State), folded(s.PostalCode),
		asJSON(custom), orNull(words), s.archived, s.deleted, s.erased, s.created, s.position, s.createdAt, s.updatedAt, asJSON(details), int32(s.version), //nolint:gosec // a version
	}
}

// all lists every address and phone, and the words that a search looks at.
func (s *searchRow) all() (emails, phones []string, words string) {
	if s.Email != "" {
		emails = append(emails, s.Email)
	}
	for _, e := range s.Emails {
		emails = append(emails, e.Address)
	}
	if s.Phone != "" {
		phones = append(phones, s.Phone)
	}
	for _, n := range s.Phones {
		phones = append(phones, n.Number)
	}
	parts := make([]string, 0, 8)
	for _, v := range append([]string{s.Name, s.Title, s.Company, s.City}, append(emails, phones...)...) {
		if v != "" {
			parts = append(parts, v)
		}
	}
	return emails, phones, filter.Fold(strings.Join(parts, " "))
}

func folded(v string) pgtype.Text { return orNull(filter.Fold(v)) }

// list writes nothing as null.
func list(values []string) any {
	if len(values) == 0 {
		return nil
	}
	return values
}

// asJSON writes nothing as null.
func asJSON(text []byte) any {
	if text == nil {
		return nil
	}
	return json.RawMessage(text)
}
