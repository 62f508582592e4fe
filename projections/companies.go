package projections

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/company"
	"github.com/canvass-hq/canvass/eventstore"
)

// Companies is the list and the head of every company.
func Companies() Projection { return companiesProjection() }

// companiesProjection is written out once: every request names the view that it reads.
var companiesProjection = sync.OnceValue(func() Projection { //nolint:gochecknoglobals // a constant
	return Projection{
		Name: "companies", Version: 2, Tables: []string{"companies", "company_search", "company_words"}, Unguarded: []string{"company_search", "company_words"}, Reads: []string{company.Category}, Apply: applyCompanies,
		DDL: companySearchDDL + vocabularyDDL("company_words") + `create table {companies} (
			tenant_id uuid not null,
			id uuid not null,
			name text,
			website text,
			domain text,
			industry text,
			size text,
			city text,
			state text,
			country text,
			country_given text,
			deleted boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		) with (fillfactor = 90)`,
		Indexes: companySearchIndexes + vocabularyIndexes("company_words"),
	}
})

// Company is one row; a value that is not known is left out.
type Company struct {
	ID string `json:"id" format:"uuid"`
	company.Details
	Version   int       `json:"version" doc:"Version of the company, also its ETag"`
	Position  int64     `json:"position" doc:"Position in the log of the company's last fact"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	deleted bool
	created int64
}

// Created is the company's place in the list.
func (c Company) Created() int64 { return c.created }

const companyColumns = `id, name, website, domain, industry, size, city, state, country, country_given, deleted, version, created_position, position, created_at, updated_at`

func scanCompany(row pgx.CollectableRow) (Company, error) {
	var c Company
	err := row.Scan(&c.ID, orEmpty(&c.Name), orEmpty(&c.Website), orEmpty(&c.Domain), orEmpty(&c.Industry), orEmpty(&c.Size), orEmpty(&c.City), orEmpty(&c.State),
		orEmpty(&c.Country), orEmpty(&c.CountryGiven), &c.deleted, &c.Version, &c.created, &c.Position, &c.CreatedAt, &c.UpdatedAt)
	c.CreatedAt, c.UpdatedAt = c.CreatedAt.UTC(), c.UpdatedAt.UTC()
	return c, err
}

func companyRows() rowFold[Company] {
	return rowFold[Company]{
		table: "companies", columns: columnsOf(companyColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, c Company, err error) {
			c, err = scanCompany(after{row, &k.org})
			k.id = c.ID
			return k, c, err
		},
		fold: (*Company).fold,
		values: func(c *Company, k rowKey) []any {
			return []any{
				asUUID(k.org), asUUID(k.id), orNull(c.Name), orNull(c.Website), orNull(c.Domain), orNull(c.Industry), orNull(c.Size), orNull(c.City), orNull(c.State),
				orNull(c.Country), orNull(c.CountryGiven), c.deleted, int32(c.Version), c.created, c.Position, c.CreatedAt, c.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// applyCompanies folds a batch once, and writes the rows and what they are searched by.
func applyCompanies(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	words := vocabulary{}
	fold := companyRows()
	fold.seen = func(k rowKey, c *Company, by int) { words.count(k.org, c.names(), by) }
	if err := fold.applyTo(ctx, tx, at, batch, companySearch); err != nil {
		return err
	}
	return words.save(ctx, tx, at.Table("company_words"))
}

// fold is the company's own Evolve, so that the row and the rules never disagree.
func (c *Company) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(company.Event)
	if !ok {
		return
	}
	if c.created == 0 {
		c.ID, c.created, c.CreatedAt = e.Stream.ID, e.Position, e.RecordedAt
	}
	s := company.Company{Details: c.Details, Known: c.Version > 0, Deleted: c.deleted}.Evolve(fact)
	c.Details, c.deleted = s.Details, s.Deleted
	c.Version, c.Position, c.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

// Company gives one company, or company.ErrNotFound.
func (q *Queries) Company(ctx context.Context, p access.Principal, id string) (Company, error) {
	var c Company
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select `+companyColumns+` from `+Companies().Live().Table("companies")+` where tenant_id = $1 and id = $2`, p.Org, asUUID(id)).
		Query(func(rows pgx.Rows) (err error) {
			c, err = pgx.CollectExactlyOneRow(rows, scanCompany)
			return err
		})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && c.deleted:
		return Company{}, company.ErrNotFound
	case err != nil:
		return Company{}, unavailable(err)
	}
	return c, nil
}
