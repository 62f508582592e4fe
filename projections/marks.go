package projections

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
)

// Marks says how far projections are for an organization: as long as it is the same text,
// what is read from them for it is the same, whatever others write.
func (q *Queries) Marks(ctx context.Context, org string, of ...Projection) (string, error) {
	names, versions := make([]string, len(of)), make([]int32, len(of))
	for i, p := range of {
		names[i], versions[i] = p.Name, int32(p.Version) //nolint:gosec // a handful
	}
	var marks strings.Builder
	b := eventstore.ForOrg(org)
	b.Queue(`select u.name, u.version, coalesce(w.position, 0) from unnest($2::text[], $3::int[]) with ordinality u(name, version, n)
		left join read.watermarks w on w.tenant_id = $1 and w.projection = u.name and w.version = u.version order by u.n`, org, names, versions).
		Query(func(rows pgx.Rows) error {
			var name string
			var version int32
			var position int64
			_, err := pgx.ForEachRow(rows, []any{&name, &version, &position}, func() error {
				_, err := fmt.Fprintf(&marks, "%s %d %d,", name, version, position)
				return err
			})
			return err
		})
	err := q.app.SendBatch(ctx, b).Close()
	return marks.String(), orUnavailable(err)
}
