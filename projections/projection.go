// Package projections folds facts into the tables that people read. A projection can
// always be built again from the log: nothing in it is the record of anything.
package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
)

// Projection is one read model.
type Projection struct {
	Name    string   // stored, never renamed
	Version int      // grows with every change of tables or fold; the new one is built beside the old
	Tables  []string // without schema and version; "{table}" in DDL and Indexes stands for the real one
	DDL     string   // the tables; each has a tenant_id, by which row-level security shows it
	// Reads names the kinds of streams that the projection folds, and types of facts where
	// it folds few of a kind; none is everything.
	Reads     []string
	Unguarded []string // tables without a policy: only the projection's own queries may read them
	Indexes   string   // made after the rows of a rebuild are in
	// Apply writes a batch of facts, set by set: no clock, no randomness, no I/O.
	Apply func(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error
	// Gather and Batch are those of the live follower; 0 is the usual.
	Gather time.Duration
	Batch  int
}

// All lists the read models.
func All() []Projection {
	return []Projection{Leads(), Companies(), Segments(), BulkActions(), Fields(), Notes(), Tasks(), Imports(), Mappings(), Exports(), Suppressions(), Senders(), Templates(), Campaigns(), Enrollments(), Visits(), Organizations(), Keys(), EventIndex()}
}

// ByName finds a read model.
func ByName(name string) (Projection, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p Projection) bool { return p.Name == name })
	if i < 0 {
		return Projection{}, false
	}
	return all[i], true
}

// Place is where one build of a projection keeps its tables: the live one of a
// version, or the one that is being built to replace it.
type Place struct {
	projection string
	version    int
	stage      string // "" or "_rebuild"
}

const rebuildStage = "_rebuild"

// Live is the place that the projection's queries read.
func (p Projection) Live() Place { return Place{p.Name, p.Version, ""} }

// Table is the real name of a table.
func (at Place) Table(name string) string {
	return fmt.Sprintf("read.%s_v%d%s", name, at.version, at.stage)
}

// identifier is Table for COPY.
func (at Place) identifier(name string) pgx.Identifier {
	return pgx.Identifier(strings.SplitN(at.Table(name), ".", 2))
}

// Subscription is how the live projection follows the log.
func (p Projection) Subscription() eventstore.Subscription {
	s := p.Live().Subscription()
	s.Reads, s.Gather, s.Batch = p.Reads, p.Gather, p.Batch
	return s
}

// Views lets people wait for a projection.
type Views struct{ *eventstore.Positions }

// Wait returns when the projection has reached the position, or domain.ErrBehind when ctx
// ends first.
func (v Views) Wait(ctx context.Context, p Projection, position int64) error {
	return v.Positions.Wait(ctx, p.Subscription(), position)
}

// Subscription names the place's checkpoint.
func (at Place) Subscription() eventstore.Subscription {
	return eventstore.Subscription{Name: at.projection + at.stage, Version: at.version, Rebuildable: true}
}

// in puts the real names of the tables into SQL.
func (p Projection) in(at Place, sql string) string {
	pairs := make([]string, 0, 2*len(p.Tables))
	for _, t := range p.Tables {
		pairs = append(pairs, "{"+t+"}", at.Table(t))
	}
	return strings.NewReplacer(pairs...).Replace(sql)
}

// Handler applies batches at a place, and notes in the same transaction how far the
// projection is for each organization.
func (p Projection) Handler(at Place) func(context.Context, *eventstore.Batch) error {
	sub := p.Subscription()
	return func(ctx context.Context, b *eventstore.Batch) error {
		mine := slices.DeleteFunc(slices.Clone(b.Events), func(e eventstore.Recorded) bool { return !sub.About(e) })
		if len(mine) == 0 {
			return nil
		}
		if err := p.Apply(ctx, b.Tx, at, mine); err != nil {
			return fmt.Errorf("apply to %s: %w", p.Name, err)
		}
		return watermark(ctx, b.Tx, at.Subscription(), mine)
	}
}

func watermark(ctx context.Context, tx pgx.Tx, s eventstore.Subscription, events []eventstore.Recorded) error {
	last := map[string]int64{}
	for _, e := range events {
		last[e.Org] = e.Position
	}
	orgs, positions := make([]string, 0, len(last)), make([]int64, 0, len(last))
	for org, at := range last {
		orgs, positions = append(orgs, org), append(positions, at)
	}
	_, err := tx.Exec(ctx, `insert into read.watermarks as w (projection, version, tenant_id, position)
		select $1, $2, u.t, u.p from unnest($3::uuid[], $4::bigint[]) u(t, p)
		on conflict (tenant_id, projection, version) do update set position = greatest(w.position, excluded.position)`,
		s.Name, s.Version, orgs, positions)
	return err
}
