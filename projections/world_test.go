package projections_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

// world is a log with its projections.
type world struct {
	*eventstoretest.DB
	t     testing.TB
	build projections.Builder
	ask   *projections.Queries
}

func builderOn(db *eventstoretest.DB) projections.Builder {
	return projections.Builder{Pool: db.Pools.Worker, Store: db.Store, Log: slog.New(slog.DiscardHandler)}
}

// newWorld has every projection live over an empty log.
func newWorld(t testing.TB) *world {
	t.Helper()
	db := eventstoretest.New(t)
	w := &world{DB: db, t: t, build: builderOn(db), ask: projections.NewQueries(db.Pools.App, db.Store)}
	for _, p := range projections.All() {
		w.prepare(p)
	}
	return w
}

func (w *world) prepare(p projections.Projection) {
	w.t.Helper()
	if err := w.build.Prepare(w.t.Context(), p, nil); err != nil {
		w.t.Fatalf("prepare %s %d: %v", p.Name, p.Version, err)
	}
}

func (w *world) rebuild(p projections.Projection) {
	w.t.Helper()
	if err := w.build.Rebuild(w.t.Context(), p, nil); err != nil {
		w.t.Fatalf("rebuild %s: %v", p.Name, err)
	}
}

// follow brings a projection up to the end of the log in batches of a size.
func (w *world) follow(p projections.Projection, batch int) {
	w.t.Helper()
	sub := p.Live().Subscription()
	sub.Batch = batch
	if err := w.Store.CatchUp(w.t.Context(), sub, p.Handler(p.Live()), nil); err != nil {
		w.t.Fatalf("follow with %s %d: %v", p.Name, p.Version, err)
	}
	if at, head := w.Checkpoint(w.t, sub), w.Head(w.t); at != head {
		w.t.Fatalf("%s %d stands at %d of %d", p.Name, p.Version, at, head)
	}
}

func (w *world) followAll() {
	w.t.Helper()
	for _, p := range projections.All() {
		w.follow(p, 0)
	}
}

// rows are all rows of a projection's tables with all their columns.
func (w *world) rows(p projections.Projection) []string {
	w.t.Helper()
	var out []string
	for _, table := range p.Tables {
		out = append(out, w.Strings(w.t, fmt.Sprintf(`select to_jsonb(t)::text from %s t order by 1`, p.Live().Table(table)))...)
	}
	return out
}

// held counts the rows of a projection, of which each table holds as many, but for that
// of fields.
func (w *world) held(p projections.Projection) int64 {
	w.t.Helper()
	tables := slices.DeleteFunc(slices.Clone(p.Tables), func(t string) bool { return t == "lead_fields" || strings.HasSuffix(t, "_words") })
	counts := make([]int64, len(tables))
	for i, table := range tables {
		counts[i] = w.Count(w.t, `select count(*) from `+p.Live().Table(table))
		if counts[i] != counts[0] {
			w.t.Errorf("the tables of %s hold %d rows and %d", p.Name, counts[0], counts[i])
		}
	}
	return counts[0]
}

// same compares two builds of a projection row by row.
func same(t rapid.TB, what string, want, got []string) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Fatalf("row %d:\n got %s\nwant %s", i, at(got, i), at(want, i))
		}
	}
}

func at(rows []string, i int) string {
	if i < len(rows) {
		return rows[i]
	}
	return "(none)"
}

func admin(org string) access.Principal {
	return access.Principal{Org: org, ID: uuid.NewString(), Role: access.Admin, Strong: true}
}

func (w *world) lead(org, id string) projections.Lead {
	w.t.Helper()
	l, err := w.ask.Lead(w.t.Context(), admin(org), id)
	if err != nil {
		w.t.Fatalf("read lead %s: %v", id, err)
	}
	return l
}

func (w *world) page(p access.Principal) projections.Page[projections.Lead] {
	w.t.Helper()
	page, err := w.ask.LeadPage(w.t.Context(), p, "", 0, 100)
	if err != nil {
		w.t.Fatalf("list leads: %v", err)
	}
	return page
}

// destroy is what the eraser does once the fact is in the log.
func (w *world) destroy(org, id string) {
	w.t.Helper()
	if err := w.Keys.Destroy(w.t.Context(), eventstore.Subject{Org: org, ID: id}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) capture(org string, facts ...any) string {
	w.t.Helper()
	id := eventstoretest.NewID()
	w.Put(w.t, org, lead.Stream(id), facts...)
	return id
}

// next is a projection as a later release might have it.
func next(p projections.Projection) projections.Projection { return version(p, p.Version+1) }

// version is the same projection as another release would have it.
func version(p projections.Projection, n int) projections.Projection {
	p.Version = n
	return p
}
