package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/projections"
)

type benchSearchCmd struct {
	benchFlags

	Leads int `help:"How many leads are searched." default:"1000000"`
	Runs  int `help:"How often each search is made, each time for another value." default:"40"`
}

// Help implements kong's detailed help.
func (benchSearchCmd) Help() string {
	return `search.FILTER.SORT: GET /v1/leads with a filter and a sort, one request at a time, a page of fifty with its total, over HTTP.
search.depth: the page behind the ten-thousandth lead. search.facets: two facets beside a page. search.worst: the worst p95 of all.
The limit is fifty rows by their primary keys, on one bare connection.
Example: canvass bench search --leads 100000`
}

// Run implements the subcommand.
func (c benchSearchCmd) Run(s *session) error {
	c.Writers = 1
	return s.bench(c.benchFlags, func(ctx context.Context, r *benchRig) ([]figure, error) {
		var figures []figure
		err := r.serving(ctx, func(ctx context.Context, base string) (err error) {
			b, err := c.newBench(r, base)
			if err != nil {
				return err
			}
			figures, err = b.measure(ctx)
			return err
		})
		return figures, err
	})
}

type searchBench struct {
	benchSearchCmd

	rig    *benchRig
	http   *httpBench
	org    string
	owners []string
	firms  []string
	random *rand.Rand
	ids    []string
}

func (c benchSearchCmd) newBench(r *benchRig, base string) (*searchBench, error) {
	b := &searchBench{benchSearchCmd: c, rig: r, org: newOrg(), random: rand.New(rand.NewPCG(5, 6))} //nolint:gosec // benches are the same every time
	for range 40 {
		b.owners = append(b.owners, commands.NewID())
	}
	for range 1 + c.Leads/3 {
		b.firms = append(b.firms, commands.NewID())
	}
	token, err := r.app.cfg.token(access.Principal{Org: b.org, ID: b.owners[0], Role: access.Admin, Strong: true}, time.Hour)
	b.http = &httpBench{ours: base, token: token, client: &http.Client{}}
	return b, err
}

// searches are the filters that docs/api.md says have an index, each with a value of its own.
func (b *searchBench) searches() map[string]func() url.Values {
	r := b.random
	filter := func(format string, of ...string) func() url.Values {
		return func() url.Values { return url.Values{"filter": {fmt.Sprintf(format, pick(r, of...))}} }
	}
	numbered := func(format string, most int) func() url.Values {
		return func() url.Values { return url.Values{"filter": {fmt.Sprintf(format, r.IntN(most))}} }
	}
	return map[string]func() url.Values{
		"all":     func() url.Values { return url.Values{"archived": {"false"}} },
		"status":  filter("status eq %s", "new", "working", "qualified", "customer"),
		"owner":   filter("owner eq %s", b.owners...),
		"source":  filter("source eq %s", searchSources...),
		"country": filter("country eq %s", searchCountries...),
		"email":   numbered(`email eq "long.%d@firm7.com"`, b.Leads),
		"name":    numbered(`name eq "heather long %d"`, 1000),
		"company": numbered(`company eq "long %d"`, len(b.firms)),
		"two":     filter(`country in (DE, FR) and status ne customer and source eq %s`, searchSources...),
		"q":       func() url.Values { return url.Values{"q": {fmt.Sprintf("heather %d", r.IntN(1000))}} },
		"q-one":   func() url.Values { return url.Values{"q": {pick(r, "heather", "phelps", "sexton", "köln", "buyer")}} },
		"q-rare":  func() url.Values { return url.Values{"q": {fmt.Sprintf("firm%d.com", r.IntN(len(b.firms)))}} },
		"q-none":  func() url.Values { return url.Values{"q": {fmt.Sprintf("nobody%d", r.IntN(1000))}} },
	}
}

func (b *searchBench) measure(ctx context.Context) ([]figure, error) {
	if err := b.fill(ctx); err != nil {
		return nil, err
	}
	limit, err := b.bare(ctx)
	if err != nil {
		return nil, err
	}
	searches := b.searches()
	var figures []figure
	for _, name := range slices.Sorted(maps.Keys(searches)) {
		for _, sort := range projections.Sorts() {
			f, err := b.timed(ctx, "search."+name+"."+sort, func() url.Values {
				q := searches[name]()
				q.Set("sort", sort)
				return q
			})
			if err != nil {
				return nil, err
			}
			figures = append(figures, f.beside(limit))
		}
	}
	deep, err := b.deep(ctx)
	if err != nil {
		return nil, err
	}
	faceted, err := b.timed(ctx, "search.facets", func() url.Values {
		q := searches["country"]()
		q.Set("facets", "status,source")
		return q
	})
	if err != nil {
		return nil, err
	}
	figures = append(figures, deep.beside(limit), faceted.beside(limit))
	worst := slices.MaxFunc(figures, func(a, b figure) int { return int(a.P95*1000) - int(b.P95*1000) })
	worst.Name = "search.worst (" + worst.Name + ")"
	return append(figures, worst), nil
}

// timed makes a search as often as is asked for, one request after the other.
func (b *searchBench) timed(ctx context.Context, name string, query func() url.Values) (figure, error) {
	took := make([]time.Duration, 0, b.Runs)
	begun := time.Now()
	for range b.Runs {
		at := time.Now()
		if err := b.http.do(ctx, http.MethodGet, b.http.ours+"/v1/leads?"+query().Encode(), nil, http.StatusOK, nil, "Cache-Control", "no-cache"); err != nil {
			return figure{}, err
		}
		took = append(took, time.Since(at))
	}
	rate := float64(len(took)) / time.Since(begun).Seconds()
	slices.Sort(took)
	f := measured{rate: rate, p50: took[len(took)/2], p99: took[len(took)*99/100]}.figure(name, "requests/s")
	f.P95 = ms(took[len(took)*95/100])
	return f, nil
}

// deep reads pages of two hundred up to the ten-thousandth lead, and times the page behind.
func (b *searchBench) deep(ctx context.Context) (figure, error) {
	var page struct {
		NextCursor string `json:"next_cursor"`
	}
	for range min(50, b.Leads/200-1) {
		q := url.Values{"limit": {"200"}, "sort": {"name"}}
		if page.NextCursor != "" {
			q.Set("cursor", page.NextCursor)
		}
		if err := b.http.do(ctx, http.MethodGet, b.http.ours+"/v1/leads?"+q.Encode(), nil, http.StatusOK, &page); err != nil {
			return figure{}, err
		}
	}
	return b.timed(ctx, "search.depth", func() url.Values {
		return url.Values{"sort": {"name"}, "cursor": {page.NextCursor}}
	})
}

// bare is the machine's limit: fifty rows by their keys.
func (b *searchBench) bare(ctx context.Context) (measured, error) {
	table := projections.Leads().Live().Table("leads")
	return measure(ctx, 1, min(b.Seconds, 2*time.Second), 1, func(ctx context.Context, _, n int) error {
		ids := make([]string, 50)
		for i := range ids {
			ids[i] = b.ids[(n*50+i)%len(b.ids)]
		}
		rows, err := b.rig.plain.Query(ctx, "select * from "+table+" where tenant_id = $1 and id = any($2::uuid[])", b.org, ids)
		if err != nil {
			return err
		}
		for rows.Next() {
			rows.RawValues()
		}
		return rows.Err()
	})
}
