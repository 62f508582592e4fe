package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	apphttp "github.com/canvass-hq/canvass/http"
	"github.com/canvass-hq/canvass/projections"
)

type benchImportCmd struct {
	benchFlags

	Rows int `help:"How many rows the file has." default:"100000"`
}

// Help implements kong's detailed help.
func (benchImportCmd) Help() string {
	return `import.plan: a file of the columns of a real list, until the plan stands.
import.accepted: the commit, until every row is in the log. import.searchable: until the last lead is found by a search.
The limit is a COPY of the same rows into a table with a key and two indexes.
Example: canvass bench import --rows 1000000`
}

// Run implements the subcommand.
func (c benchImportCmd) Run(s *session) error {
	return s.bench(c.benchFlags, func(ctx context.Context, r *benchRig) ([]figure, error) {
		var figures []figure
		err := r.serving(ctx, func(ctx context.Context, url string) (err error) {
			figures, err = c.measure(ctx, r, url)
			return err
		})
		return figures, err
	})
}

func (c benchImportCmd) measure(ctx context.Context, r *benchRig, url string) ([]figure, error) {
	token, err := r.app.cfg.token(demoPrincipal(newOrg(), access.Admin), time.Hour)
	if err != nil {
		return nil, err
	}
	limit, err := c.bare(ctx, r)
	if err != nil {
		return nil, err
	}
	client := apphttp.NewClient(url, token)
	up, err := client.Upload(ctx, "people.csv", newPeopleFile(c.Rows))
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if _, err := client.PlanImport(ctx, up.ID, "", apphttp.PlanOptions{}); err != nil {
		return nil, err
	}
	i, err := c.stands(ctx, r, client, up.ID, imports.StatusPlanned)
	if err != nil {
		return nil, err
	}
	rate := func() measured { return measured{rate: float64(c.Rows) / time.Since(begun).Seconds()} }
	figures := []figure{rate().figure("import.plan", "rows/s").beside(limit)}
	begun = time.Now()
	if _, err := client.Post(ctx, "/v1/imports/"+i.ID+"/commit"); err != nil {
		return nil, err
	}
	if i, err = c.stands(ctx, r, client, up.ID, imports.StatusCommitted); err != nil {
		return nil, err
	}
	if n := i.Result.Counts; n.Create != c.Rows {
		return nil, fmt.Errorf("of %d rows became %+v", c.Rows, n)
	}
	figures = append(figures, rate().figure("import.accepted", "rows/s").beside(limit))
	patience, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	for _, p := range []projections.Projection{projections.Leads(), projections.Companies()} {
		if err := r.app.await(patience, p); err != nil {
			return nil, err
		}
	}
	return append(figures, rate().figure("import.searchable", "rows/s").beside(limit)), nil
}

func (c benchImportCmd) stands(ctx context.Context, r *benchRig, client *apphttp.Client, id string, at imports.Status) (projections.Import, error) {
	for said := time.Now(); ; {
		i, err := client.Import(ctx, id)
		var refused *apphttp.Problem
		switch {
		case err != nil && (!errors.As(err, &refused) || refused.Code != imports.ErrNotFound.Code):
			return i, err
		case i.Status == at:
			return i, nil
		case i.Status == imports.StatusFailed:
			return i, fmt.Errorf("the file cannot be read: %s", i.Failure.Message)
		case i.Progress != nil && time.Since(said) > sayEvery:
			said = time.Now()
			r.note("bench: %s, %d rows, %.0f MB\n", i.Status, i.Progress.Rows, residentMB())
		}
		select {
		case <-ctx.Done():
			return i, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// bare is the machine's limit: the same rows, as they are, by COPY.
func (c benchImportCmd) bare(ctx context.Context, r *benchRig) (measured, error) {
	if _, err := r.plain.Exec(ctx, `create table bare_rows (id uuid primary key, name text, company text, city text, country text, phone text, email text, website text);
		create index on bare_rows (email); create index on bare_rows (name)`); err != nil {
		return measured{}, err
	}
	who := newPeopleFile(c.Rows)
	begun := time.Now()
	n := 0
	_, err := r.plain.CopyFrom(ctx, pgx.Identifier{"bare_rows"}, []string{"id", "name", "company", "city", "country", "phone", "email", "website"}, pgx.CopyFromFunc(func() ([]any, error) {
		if n++; n > c.Rows {
			return nil, nil
		}
		p := who.person()
		return []any{commands.NewID(), p[2] + " " + p[3], p[4], p[5], p[6], p[7], p[9], p[11]}, nil
	}))
	return measured{rate: float64(c.Rows) / time.Since(begun).Seconds()}, err
}

// peopleFile is a CSV file of people in the columns of a real list, made as it is read. As in
// that list, there are 63 companies for a hundred people.
type peopleFile struct {
	random *rand.Rand
	left   int
	n      int
	rest   []byte
}

func newPeopleFile(rows int) *peopleFile {
	return &peopleFile{
		random: rand.New(rand.NewPCG(3, 4)), left: rows, //nolint:gosec // benches are the same every time
		rest: []byte("Index,Customer Id,First Name,Last Name,Company,City,Country,Phone 1,Phone 2,Email,Subscription Date,Website\n"),
	}
}

func (f *peopleFile) person() [12]string {
	f.n++
	r := f.random
	first := pick(r, "Heather", "Kristina", "Briana", "Patty", "Kathleen", "Nolan", "Chelsea", "Grace", "Joanna", "Walter")
	last := pick(r, "Callahan", "Ferrell", "Andersen", "Ponce", "Mccormick", "Long", "Vang", "Phelps", "Arroyo", "Dickson")
	firm := r.IntN(f.n + f.left)
	return [12]string{
		strconv.Itoa(f.n), fmt.Sprintf("%08dAbC%04x", f.n, r.IntN(1<<16)), first, last, fmt.Sprintf("Mosley-Espinoza %d", firm), pick(r, "Lake Jeffborough", "Aaronville", "East Jordan"),
		pick(r, "Norway", "Andorra", "Nepal", "Germany", "France"), fmt.Sprintf("%03d-%03d-%04d", r.IntN(1000), r.IntN(1000), r.IntN(10_000)),
		fmt.Sprintf("(%03d)%03d-%04dx%d", r.IntN(1000), r.IntN(1000), r.IntN(10_000), r.IntN(1000)), fmt.Sprintf("%s%d@mosley-%d.com", first, f.n, firm),
		fmt.Sprintf("%02d-%02d-2021", 1+r.IntN(28), 1+r.IntN(12)), fmt.Sprintf("http://www.mosley-%d.com/", firm),
	}
}

// Read implements io.Reader.
func (f *peopleFile) Read(p []byte) (int, error) {
	for len(f.rest) < len(p) && f.left > 0 {
		f.left--
		for i, v := range f.person() {
			if i > 0 {
				f.rest = append(f.rest, ',')
			}
			f.rest = append(f.rest, v...)
		}
		f.rest = append(f.rest, '\n')
	}
	n := copy(p, f.rest)
	f.rest = append(f.rest[:0], f.rest[n:]...)
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
