package projections

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/eventstore"
)

// Queries answers from the projections of this release, each for one organization.
type Queries struct {
	app    *pgxpool.Pool // role canvass_app: row-level security holds
	store  *eventstore.Store
	totals totals

	trigrams    sync.Once // asks once whether the database has them
	hasTrigrams bool
}

// NewQueries reads through pool, whose role is canvass_app.
func NewQueries(pool *pgxpool.Pool, store *eventstore.Store) *Queries {
	return &Queries{app: pool, store: store, totals: totals{known: map[string]Total{}}}
}

// Total is how many there are; not exact beyond CountedUpTo.
type Total struct {
	Value int  `json:"value"`
	Exact bool `json:"exact"`
}

// CountedUpTo is how far a list is counted: to count a million rows for a page of
// fifty is work that nobody asked for.
const CountedUpTo = 10_000

// WordsCountedUpTo is how far the rows are counted that a search by words finds: each of
// them is read for it.
const WordsCountedUpTo = 2_000

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	More  bool // there is another page behind the last item
	Total Total
}

// where collects conditions and their arguments.
type where struct {
	parts []string
	args  []any
}

func (w *where) and(condition string, arg any) {
	w.args = append(w.args, arg)
	w.parts = append(w.parts, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(w.args))))
}

func (w *where) String() string { return strings.Join(w.parts, " and ") }

// totals remembers counts by the organization's own watermark: as long as nothing of
// it has changed, a count holds, and a neighbour's writes do not end it.
type totals struct {
	mu    sync.Mutex
	known map[string]Total
}

// totalKey tells any two lists apart, whatever their values hold.
func totalKey(list, org string, mark int64, w *where) string {
	return fmt.Sprintf("%s %s %d %s %#v", list, org, mark, w, w.args)
}

const totalsKept = 10_000

func (t *totals) get(key string) (Total, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.known[key]
	return n, ok
}

func (t *totals) put(key string, n Total) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= totalsKept {
		clear(t.known)
	}
	t.known[key] = n
}

// count counts the rows of a query up to CountedUpTo, or WordsCountedUpTo.
func (q *Queries) count(ctx context.Context, org, key, from string, args []any) (Total, error) {
	if n, ok := q.totals.get(key); ok {
		return n, nil
	}
	var n int
	most := CountedUpTo
	if strings.Contains(from, wordVector) {
		most = WordsCountedUpTo
	}
	b := eventstore.ForOrg(org)
	b.Queue(fmt.Sprintf(`select count(*) from (select 1 %s limit %d) c`, from, most+1), args...).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return Total{}, unavailable(err)
	}
	total := Total{Value: min(n, most), Exact: n <= most}
	q.totals.put(key, total)
	return total, nil
}

// countBranches counts the rows of lists that have none in common.
func (q *Queries) countBranches(ctx context.Context, org, list string, mark int64, from string, branches []*where) (total Total, err error) {
	for _, w := range branches {
		n, err := q.count(ctx, org, totalKey(list, org, mark, w), "from "+from+" where "+w.String(), w.args)
		if err != nil {
			return total, err
		}
		total = total.plus(n)
	}
	return total, nil
}

func (t Total) plus(n Total) Total {
	if t == (Total{}) {
		return n
	}
	sum := t.Value + n.Value
	return Total{Value: min(sum, CountedUpTo), Exact: t.Exact && n.Exact && sum <= CountedUpTo}
}

// watermark asks, beside a page, for the organization's own position in a projection.
func watermarkOf(b *pgx.Batch, org string, p Projection, into *int64) {
	b.Queue(`select coalesce((select position from read.watermarks where tenant_id = $1 and projection = $2 and version = $3), 0)`, org, p.Name, p.Version).
		QueryRow(func(r pgx.Row) error { return r.Scan(into) })
}

func unavailable(err error) error {
	return eventstore.Unavailable(err)
}

// IsOrganization tells whether there is such an organization: whether any view knows a fact
// of it.
func (q *Queries) IsOrganization(ctx context.Context, org string) (known bool, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select exists (select from read.watermarks where tenant_id = $1)`, org).QueryRow(func(r pgx.Row) error { return r.Scan(&known) })
	return known, orUnavailable(q.app.SendBatch(ctx, b).Close())
}
