package projections

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/domain/filter"
)

// What leads are filtered, sorted and searched by has no policy of row level security,
// under which no index would serve a search: nothing reads it but by searchBranches, and
// Queries.MatchLeads, which gives ids to imports. Both name the organization first, and
// leads are fetched from the table with the policy.
func leadSearchDDL() string {
	var slots strings.Builder
	for _, s := range allSlots() {
		slots.WriteString(",\n\t\t\t" + s.name + " " + s.sqlType)
	}
	return `create table {lead_search} (
			tenant_id uuid not null,
			id uuid not null,
			status text not null,
			owner uuid,
			source text,
			country text,
			company_id uuid,
			team uuid,
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
			words text,             -- what a search looks at, each with a mark of the organization in front
			archived boolean not null,
			deleted boolean not null,
			erased boolean not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null` + slots.String() + `,
			primary key (tenant_id, id)
		) with (fillfactor = 90);
		`
}

// A slot's index holds only leads that have a value in it: organizations that have no
// fields of their own pay nothing for them.
func leadSearchIndexes() string {
	var slots strings.Builder
	for _, s := range allSlots() {
		slots.WriteString("create index on {lead_search} (tenant_id, " + s.name + ") where " + s.name + " is not null;\n\t\t\t")
	}
	return slots.String() + `create index on {lead_search} (tenant_id, created_position);
			create index on {lead_search} (tenant_id, position);
			create index on {lead_search} (tenant_id, name, id);
			create index on {lead_search} (tenant_id, status, created_position);
			create index on {lead_search} (tenant_id, owner, created_position);
			create index on {lead_search} (tenant_id, team, created_position) where team is not null;
			create index on {lead_search} (tenant_id, country, created_position);
			create index on {lead_search} (tenant_id, source, created_position);
			create index on {lead_search} (tenant_id, email);
			create index on {lead_search} (tenant_id, phone, created_position) where phone is not null;
			create index on {lead_search} (tenant_id, company, created_position);
			create index on {lead_search} using gin (` + wordVector + `);
			`
}

var leadSearch = rowFold[Lead]{ //nolint:gochecknoglobals // a constant
	table:   "lead_search",
	columns: columnsOf(`id, status, owner, source, country, company_id, team, email, emails, phone, phones, timezone, tags, external_ids, name, title, company, city, state, postal_code, custom, words, archived, deleted, erased, created_position, position, created_at, updated_at`),
	values:  (*Lead).searched,
}

// searched is a lead as it is searched.
func (l *Lead) searched(k rowKey) []any {
	var custom []byte
	emails, phones := l.all()
	external := make([]string, 0, len(l.ExternalIDs))
	for system, id := range l.ExternalIDs {
		external = append(external, system+":"+id)
	}
	slices.Sort(external)
	if len(l.Custom) > 0 {
		folded := make(map[string]string, len(l.Custom))
		for key, v := range l.Custom {
			folded[key] = filter.Fold(v)
		}
		custom, _ = json.Marshal(folded) // texts always encode
	}
	return []any{
		asUUID(k.org), asUUID(k.id), string(l.Status), asUUID(l.Owner), orNull(l.Source), orNull(l.Country), asUUID(l.CompanyID), asUUID(l.Team),
		orNull(l.Email), list(emails), orNull(l.Phone), list(phones), orNull(l.Timezone), list(l.Tags), list(external),
		filter.Fold(l.Name), folded(l.Title), folded(l.Company), folded(l.City), folded(l.State), folded(l.PostalCode),
		asJSON(custom), marked(k.org, l.words(emails, phones)), l.Archived, l.deleted, l.Erased, l.created, l.Position, l.CreatedAt, l.UpdatedAt,
	}
}

// all lists every address and phone.
func (l *Lead) all() (emails, phones []string) {
	if l.Email != "" {
		emails = append(emails, l.Email)
	}
	for _, e := range l.Emails {
		emails = append(emails, e.Address)
	}
	if l.Phone != "" {
		phones = append(phones, l.Phone)
	}
	for _, n := range l.Phones {
		phones = append(phones, n.Number)
	}
	return emails, phones
}

// words are what a search looks at.
func (l *Lead) words(emails, phones []string) []string {
	words := append(l.names(), filter.AddressWords(emails...)...)
	for _, n := range phones {
		words = append(words, filter.PhoneWords(n)...)
	}
	return words
}

// names are the words of the lead that others may be written almost like.
func (l *Lead) names() []string { return filter.Words(l.Name, l.Title, l.Company, l.City) }

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
