package projections

import (
	"context"
	"strings"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/eventstore"
)

// What companies are filtered, sorted and searched by, as leads are by lead_search.
const (
	companySearchDDL = `create table {company_search} (
			tenant_id uuid not null,
			id uuid not null,
			name text not null,     -- "" for none; this and the next ones as filter.Fold leaves them
			industry text,
			size text,
			city text,
			state text,
			domain text,
			country text,
			words text,             -- what a search looks at
			deleted boolean not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		) with (fillfactor = 90);
		`
	companySearchIndexes = `create index on {company_search} (tenant_id, created_position);
			create index on {company_search} (tenant_id, position);
			create index on {company_search} (tenant_id, name, id);
			create index on {company_search} (tenant_id, domain);
			create index on {company_search} (tenant_id, country, created_position);
			create index on {company_search} (tenant_id, industry, created_position) where industry is not null;
			create index on {company_search} using gin (` + wordVector + `);
			`
)

var companySearch = rowFold[Company]{ //nolint:gochecknoglobals // a constant
	table:   "company_search",
	columns: columnsOf(`id, name, industry, size, city, state, domain, country, words, deleted, created_position, position, created_at, updated_at`),
	values:  (*Company).searched,
}

// searched is a company as it is searched.
func (c *Company) searched(k rowKey) []any {
	return []any{
		asUUID(k.org), asUUID(k.id), filter.Fold(c.Name), folded(c.Industry), folded(c.Size), folded(c.City), folded(c.State), orNull(c.Domain), orNull(c.Country),
		marked(k.org, append(c.names(), filter.AddressWords(c.Domain)...)), c.deleted, c.created, c.Position, c.CreatedAt, c.UpdatedAt,
	}
}

// names are the words of the company that others may be written almost like.
func (c *Company) names() []string { return filter.Words(c.Name, c.Industry, c.City) }

func companyFields() []searchField {
	out := []searchField{keywordField("domain", "", nil, strings.ToLower), keywordField("country", "", nil, strings.ToUpper)}
	out = append(out, plainFields(filter.Text, "name", "industry", "size", "city", "state")...)
	return append(out, plainFields(filter.Date, "created_at", "updated_at")...)
}

// CompanyFields are what a filter of companies may ask for.
func CompanyFields() filter.Fields {
	fields := filter.Fields{}
	for _, f := range companyFields() {
		fields[f.Name] = f.Field
	}
	return fields
}

// CompanyQuery says which companies are looked for, and in which order.
type CompanyQuery struct {
	Filter filter.Expr
	Words  string // each begins a word of the name, domain, industry or city, or is written almost like one
	Sort   string // one of Sorts
	After  string // place of the last company of the page before; "" for the first page
	Limit  int

	terms []sought // what Words ask for
}

func (q CompanyQuery) search() search {
	at := Companies().Live()
	return search{table: at.Table("company_search"), rows: at.Table("companies"), columns: companyColumns, sort: q.Sort, after: q.After, limit: q.Limit, words: len(q.terms) > 0, terms: q.terms}
}

// Place is where a company stands in the order of a query.
func (q CompanyQuery) Place(c Company) string {
	return q.search().place(c.created, c.Position, c.ID, c.Name)
}

// Fits tells whether After is a place in the order of the query.
func (q CompanyQuery) Fits() bool { return q.search().fits() }

func (q CompanyQuery) where(org string) *where {
	w := &where{}
	w.and("s.tenant_id = ?", org)
	w.parts = append(w.parts, "not s.deleted")
	w.words(org, q.terms)
	filterSQL(q.Filter, func(name string) (filterColumn, bool) { return columnOf(companyFields(), name) }, w)
	return w
}

// SearchCompanies lists the companies that a query looks for.
func (q *Queries) SearchCompanies(ctx context.Context, p access.Principal, ask CompanyQuery) (page Page[Company], err error) {
	ask, err = q.asked(ctx, p, ask)
	if err != nil {
		return page, err
	}
	w := ask.where(p.Org)
	var mark int64
	b := eventstore.ForOrg(p.Org)
	watermarkOf(b, p.Org, Companies(), &mark)
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	found, err := q.count(ctx, p.Org, totalKey("companies", p.Org, mark, w), "from "+ask.search().table+" s where "+w.String(), w.args)
	if err != nil {
		return page, err
	}
	return searched(ctx, q, p.Org, ask.search(), []*where{w}, found, scanCompany)
}

// asked is a query that knows which words it looks for.
func (q *Queries) asked(ctx context.Context, p access.Principal, ask CompanyQuery) (_ CompanyQuery, err error) {
	ask.terms, err = q.seek(ctx, p.Org, ask.Words, ask.search().table, Companies().Live().Table("company_words"))
	return ask, err
}

// CompanyFacets counts the companies that a query looks for by the values of some fields.
func (q *Queries) CompanyFacets(ctx context.Context, p access.Principal, ask CompanyQuery, names []string) (map[string]Facet, error) {
	ask, err := q.asked(ctx, p, ask)
	if err != nil {
		return nil, err
	}
	return q.facetsOf(ctx, p.Org, ask.search().table, []*where{ask.where(p.Org)}, names, func(name string) (filterColumn, bool) {
		if name == "name" || name == "domain" {
			return filterColumn{}, false
		}
		return columnOf(companyFields(), name)
	})
}
