package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/imports"
	"github.com/canvass-hq/canvass/eventstore"
)

// Import gives one import, with how far it is, or imports.ErrNotFound.
func (q *Queries) Import(ctx context.Context, p access.Principal, id string) (Import, error) {
	var i Import
	var progress ImportProgress
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select `+importColumns+` from `+Imports().Live().Table("imports")+` where tenant_id = $1 and id = $2`, p.Org, asUUID(id)).
		Query(func(rows pgx.Rows) (err error) {
			i, err = pgx.CollectExactlyOneRow(rows, scanImport)
			return err
		})
	b.Queue(`select stage, rows, bytes from staging.progress where tenant_id = $1 and import_id = $2`, p.Org, asUUID(id)).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&progress.Stage, &progress.Rows, &progress.Bytes)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Import{}, imports.ErrNotFound
	case err != nil:
		return Import{}, unavailable(err)
	}
	if progress.Stage == string(i.Status) {
		i.Progress = &progress
	}
	return i, nil
}

// ImportPage lists imports, the newest first.
func (q *Queries) ImportPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Import], error) {
	return newest[Import]{of: Imports(), columns: importColumns, scan: scanImport, where: ofOrg(p.Org)}.page(ctx, q, p.Org, before, limit)
}

// ImportRow is a row of a file and what becomes of it.
type ImportRow struct {
	Line    int              `json:"line" doc:"In which the row begins"`
	Outcome imports.Outcome  `json:"outcome"`
	Lead    string           `json:"lead,omitempty" doc:"The lead that the row makes or is of"`
	Reasons []imports.Reason `json:"reasons,omitempty"`
}

// shownTo hides from whom addresses are masked for which lead has one that stands in a file.
func (r ImportRow) shownTo(p access.Principal) ImportRow {
	if !p.Masked() {
		return r
	}
	if r.Outcome != imports.Create {
		r.Lead = ""
	}
	r.Reasons = slices.Clone(r.Reasons)
	for i := range r.Reasons {
		r.Reasons[i].Lead = ""
	}
	return r
}

// ImportRows lists the rows of a file with one of the outcomes, or with reasons, behind
// a line.
func (q *Queries) ImportRows(ctx context.Context, p access.Principal, id, outcome string, behind, limit int) (Page[ImportRow], error) {
	var page Page[ImportRow]
	b := eventstore.ForOrg(p.Org)
	const from = ` from staging.rows where tenant_id = $1 and import_id = $2 and line > $3 and ($4 = '' or outcome = $4 or $4 = 'warning' and outcome in ('create', 'update', 'unchanged') and reasons is not null)`
	b.Queue(`select `+stagedRead+from+` order by line limit $5`, p.Org, asUUID(id), behind, outcome, limit+1).
		Query(func(rows pgx.Rows) error {
			return collectStaged(rows, func(r StagedRow) {
				page.Items = append(page.Items, ImportRow{Line: r.Line, Outcome: r.Outcome, Lead: r.Lead, Reasons: r.Reasons}.shownTo(p))
			})
		})
	b.Queue(fmt.Sprintf(`select count(*) from (select 1 %s limit %d) c`, from, CountedUpTo+1), p.Org, asUUID(id), 0, outcome).QueryRow(func(r pgx.Row) error {
		var n int
		err := r.Scan(&n)
		page.Total = Total{Value: min(n, CountedUpTo), Exact: n <= CountedUpTo}
		return err
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(page.Items) > limit; page.More {
		page.Items = page.Items[:limit]
	}
	return page, nil
}

// ImportFaults lists rows that cannot be taken, behind a line.
func (q *Queries) ImportFaults(ctx context.Context, p access.Principal, id string, behind, limit int) (out []ImportRow, err error) {
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select `+stagedRead+` from staging.rows where tenant_id = $1 and import_id = $2 and line > $3 and outcome in ('error', 'refused') order by line limit $4`,
		p.Org, asUUID(id), behind, limit).Query(func(rows pgx.Rows) error {
		return collectStaged(rows, func(r StagedRow) {
			out = append(out, ImportRow{Line: r.Line, Outcome: r.Outcome, Lead: r.Lead, Reasons: r.Reasons})
		})
	})
	return out, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// Caused lists the facts of one chain of causes whose types begin alike, in order: what
// a job has done, and can be taken back.
func (q *Queries) Caused(ctx context.Context, org, correlation, kind string, behind int64, limit int) (streams []string, positions []int64, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select stream_id::text, position from `+EventIndex().Live().Table("event_index")+` where tenant_id = $1 and correlation = $2 and position > $3 and starts_with(type, $4) order by position limit $5`,
		org, correlation, behind, kind, limit).Query(func(rows pgx.Rows) error {
		var stream string
		var position int64
		_, err := pgx.ForEachRow(rows, []any{&stream, &position}, func() error {
			streams, positions = append(streams, stream), append(positions, position)
			return nil
		})
		return err
	})
	return streams, positions, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// CausedStreams counts the streams that facts of a chain of causes are of whose types
// begin alike.
func (q *Queries) CausedStreams(ctx context.Context, org, correlation, kind string) (n int, err error) {
	b := eventstore.ForOrg(org)
	b.Queue(`select count(distinct stream_id) from `+EventIndex().Live().Table("event_index")+` where tenant_id = $1 and correlation = $2 and starts_with(type, $3)`, org, correlation, kind).
		QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	return n, orUnavailable(q.app.SendBatch(ctx, b).Close())
}

// Employed tells which of these companies a lead that is not deleted works for.
func (q *Queries) Employed(ctx context.Context, org string, companies []string) (map[string]bool, error) {
	out := map[string]bool{}
	b := eventstore.ForOrg(org)
	b.Queue(`select c::text from unnest($2::uuid[]) c where exists (select from `+Leads().Live().Table("leads")+` l where l.tenant_id = $1 and l.company_id = c and not l.deleted)`,
		org, companies).Query(func(rows pgx.Rows) error {
		var id string
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
			out[id] = true
			return nil
		})
		return err
	})
	return out, orUnavailable(q.app.SendBatch(ctx, b).Close())
}
