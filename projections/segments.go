package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/eventstore"
)

// Segments is the list of segments, and the leads that stand on lists.
func Segments() Projection {
	return Projection{
		Name: "segments", Version: 1, Tables: []string{"segments", "segment_members"}, Reads: []string{segment.Category}, Apply: applySegments,
		DDL: `create table {segments} (
			tenant_id uuid not null,
			id uuid not null,
			name text,
			kind text not null,
			filter text,
			words text,
			deleted boolean not null,
			version int not null,
			created_position bigint not null,
			position bigint not null,
			created_at timestamptz not null,
			updated_at timestamptz not null,
			primary key (tenant_id, id)
		);
		create table {segment_members} (
			tenant_id uuid not null,
			segment uuid not null,
			lead uuid not null,
			position bigint not null,
			primary key (tenant_id, segment, lead)
		)`,
		Indexes: `create index on {segments} (tenant_id, created_position)`,
	}
}

// Segment is one row.
type Segment struct {
	ID   string       `json:"id" format:"uuid"`
	Name string       `json:"name"`
	Kind segment.Kind `json:"kind" doc:"filter: the leads that match it at the moment; list: those that somebody has put on it"`
	segment.Rule
	Count     *Total    `json:"count,omitempty" doc:"How many leads you see in it now; not exact beyond 10,000. Absent when its filter asks for a field that is no longer what it was"`
	Version   int       `json:"version" doc:"Version of the segment, also its ETag"`
	Position  int64     `json:"position" doc:"Position in the log of the segment's last fact"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	deleted bool
	created int64
}

// Created is the segment's place in the list.
func (s Segment) Created() int64 { return s.created }

const segmentColumns = `id, name, kind, filter, words, deleted, version, created_position, position, created_at, updated_at`

func scanSegment(row pgx.CollectableRow) (Segment, error) {
	var s Segment
	err := row.Scan(&s.ID, orEmpty(&s.Name), &s.Kind, orEmpty(&s.Filter), orEmpty(&s.Words), &s.deleted, &s.Version, &s.created, &s.Position, &s.CreatedAt, &s.UpdatedAt)
	s.CreatedAt, s.UpdatedAt = s.CreatedAt.UTC(), s.UpdatedAt.UTC()
	return s, err
}

func segmentRows() rowFold[Segment] {
	return rowFold[Segment]{
		table: "segments", columns: columnsOf(segmentColumns),
		scan: func(row pgx.CollectableRow) (k rowKey, s Segment, err error) {
			s, err = scanSegment(after{row, &k.org})
			k.id = s.ID
			return k, s, err
		},
		fold: (*Segment).fold,
		values: func(s *Segment, k rowKey) []any {
			return []any{
				asUUID(k.org), asUUID(k.id), orNull(s.Name), string(s.Kind), orNull(s.Filter), orNull(s.Words), s.deleted,
				int32(s.Version), s.created, s.Position, s.CreatedAt, s.UpdatedAt, //nolint:gosec // a version
			}
		},
	}
}

// fold is the segment's own Evolve, so that the row and the rules never disagree.
func (s *Segment) fold(e eventstore.Recorded) {
	fact, ok := e.Fact.(segment.Event)
	if !ok {
		return
	}
	if s.created == 0 {
		s.ID, s.created, s.CreatedAt = e.Stream.ID, e.Position, e.RecordedAt
	}
	switch fact.(type) {
	case segment.Added, segment.Removed: // rows of their own
	case segment.Created, segment.Changed, segment.Deleted, segment.Restored:
		next := segment.Segment{Rule: s.Rule, Name: s.Name, Kind: s.Kind, Deleted: s.deleted}.Evolve(fact)
		s.Rule, s.Name, s.Kind, s.deleted = next.Rule, next.Name, next.Kind, next.Deleted
	}
	s.Version, s.Position, s.UpdatedAt = e.Version, e.Position, e.RecordedAt
}

func applySegments(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	if err := segmentRows().apply(ctx, tx, at, batch); err != nil {
		return err
	}
	return saveMembers(ctx, tx, at.Table("segment_members"), batch)
}

type member struct{ org, segment, lead string }

// saveMembers writes for each lead what the last fact about it in the batch says.
func saveMembers(ctx context.Context, tx pgx.Tx, table string, batch []eventstore.Recorded) error {
	last := map[member]int64{} // the position at which it came; 0 for one that is gone
	for _, e := range batch {
		switch f := e.Fact.(type) {
		case segment.Added:
			for _, id := range f.Leads {
				last[member{e.Org, e.Stream.ID, id}] = e.Position
			}
		case segment.Removed:
			for _, id := range f.Leads {
				last[member{e.Org, e.Stream.ID, id}] = 0
			}
		}
	}
	if len(last) == 0 {
		return nil
	}
	orgs, segments, leads, positions := make([]string, 0, len(last)), make([]string, 0, len(last)), make([]string, 0, len(last)), make([]int64, 0, len(last))
	for m, position := range last {
		orgs, segments, leads, positions = append(orgs, m.org), append(segments, m.segment), append(leads, m.lead), append(positions, position)
	}
	const given = `from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) u(t, s, l, p)`
	b := &pgx.Batch{}
	b.Queue(fmt.Sprintf(`delete from %s m using (select * %s where p = 0) g where m.tenant_id = g.t and m.segment = g.s and m.lead = g.l`, table, given), orgs, segments, leads, positions)
	b.Queue(fmt.Sprintf(`insert into %s (tenant_id, segment, lead, position) select * %s where p > 0
		on conflict (tenant_id, segment, lead) do update set position = excluded.position`, table, given), orgs, segments, leads, positions)
	return tx.SendBatch(ctx, b).Close()
}
