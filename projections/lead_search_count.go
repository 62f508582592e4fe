package projections

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
)

// standing is whether leads that are archived are looked for: a filter that asks about
// it decides for itself.
func (q LeadQuery) standing() string {
	if q.Archived == "" && q.Filter != nil && slices.Contains(q.Filter.Fields(), "archived") {
		return "any"
	}
	return q.Archived
}

// searchMarks is how far the projections are that a search reads; a count holds as long
// as none of them has moved.
type searchMarks struct{ leads, segments, companies int64 }

func (m *searchMarks) of(b *pgx.Batch, org string) {
	watermarkOf(b, org, Leads(), &m.leads)
	watermarkOf(b, org, Segments(), &m.segments)
	watermarkOf(b, org, Companies(), &m.companies)
}

func (q *Queries) countFound(ctx context.Context, org string, m searchMarks, branches []*where) (Total, error) {
	return q.countBranches(ctx, org, fmt.Sprintf("search %d %d", m.segments, m.companies), m.leads, searchTable+" s", branches)
}

// CountLeads counts the leads that the principal may see and that a query looks for, up
// to CountedUpTo.
func (q *Queries) CountLeads(ctx context.Context, p access.Principal, ask LeadQuery) (Total, error) {
	branches, err := q.branches(ctx, p, ask)
	if err != nil {
		return Total{}, err
	}
	var marks searchMarks
	b := eventstore.ForOrg(p.Org)
	marks.of(b, p.Org)
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return Total{}, unavailable(err)
	}
	return q.countFound(ctx, p.Org, marks, branches)
}

// CountEvery is CountLeads without an end: what an action would be about.
func (q *Queries) CountEvery(ctx context.Context, p access.Principal, ask LeadQuery) (n int, err error) {
	branches, err := q.branches(ctx, p, ask)
	if err != nil {
		return 0, err
	}
	b := eventstore.ForOrg(p.Org)
	for _, w := range branches {
		b.Queue(`select count(*) from `+searchTable+` s where `+w.String(), w.args...).QueryRow(func(r pgx.Row) error {
			var some int
			err := r.Scan(&some)
			n += some
			return err
		})
	}
	return n, orUnavailable(q.app.SendBatch(ctx, b).Close())
}
