package projections

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
)

// TimelinesOf tells what has happened last to each of the leads, as Timeline does of one.
func (q *Queries) TimelinesOf(ctx context.Context, p access.Principal, leads []Lead, limit int) (map[string]Page[TimelineEntry], error) {
	shown := make(map[string]Lead, len(leads))
	streams, versions := []string{}, []int64{}
	for _, l := range leads {
		if _, twice := shown[l.ID]; !twice && p.Sees(access.Belonging{Owner: l.Owner, Team: l.Team}) && !l.deleted {
			shown[l.ID] = l
			streams, versions = append(streams, l.ID), append(versions, int64(l.Version))
		}
	}
	positions, err := rowsOf(ctx, q, p.Org, `select l.position from unnest($2::uuid[], $3::bigint[]) u(i, v)
		cross join lateral (select e.position from es.events e
			where e.log_id = 0 and e.tenant_id = $1 and e.stream_id = u.i and e.category = $4 and e.version <= u.v order by e.version desc limit $5) l`,
		[]any{p.Org, streams, versions, lead.Category, limit}, pgx.RowTo[int64])
	if err != nil || len(positions) == 0 {
		return nil, err
	}
	facts, err := q.store.At(ctx, p.Org, positions)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Page[TimelineEntry], len(shown))
	for _, f := range slices.Backward(facts) {
		l := shown[f.Stream.ID]
		page := out[l.ID]
		page.Items = append(page.Items, worded(f, l.Erased, p.Masked()))
		page.More, page.Total = f.Version > 1, Total{Value: l.Version, Exact: true}
		out[l.ID] = page
	}
	return out, nil
}
