package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/canvass-hq/canvass/eventstore"
)

// EventIndex finds facts by type, actor and correlation; ids and names only. It needs
// no column for time, since positions are in the order of time and the log finds the
// position of a moment by itself, and no index on streams, which the log has.
func EventIndex() Projection {
	return Projection{
		Name: "event_index", Version: 1, Tables: []string{"event_index"}, Apply: applyEventIndex,
		DDL: `create table {event_index} (
			tenant_id uuid not null,
			position bigint not null,
			type text not null,
			stream_id uuid not null,
			actor text not null,
			correlation text not null,
			primary key (tenant_id, position)
		)`,
		Indexes: `create index on {event_index} (tenant_id, type, position);
			create index on {event_index} (tenant_id, actor, position);
			create index on {event_index} (tenant_id, correlation, position)`,
	}
}

func applyEventIndex(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	orgs, streams := make(pgtype.FlatArray[pgtype.UUID], len(batch)), make(pgtype.FlatArray[pgtype.UUID], len(batch))
	if len(batch) >= copyFrom {
		_, err := tx.CopyFrom(ctx, at.identifier("event_index"), []string{"tenant_id", "position", "type", "stream_id", "actor", "correlation"},
			pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) {
				e := &batch[i]
				return []any{asUUID(e.Org), e.Position, e.Type, asUUID(e.Stream.ID), e.Meta.Actor, e.Meta.Correlation}, nil
			}))
		return err
	}
	positions := make([]int64, len(batch))
	types, actors, correlations := make([]string, len(batch)), make([]string, len(batch)), make([]string, len(batch))
	for i, e := range batch {
		orgs[i], streams[i], positions[i] = asUUID(e.Org), asUUID(e.Stream.ID), e.Position
		types[i], actors[i], correlations[i] = e.Type, e.Meta.Actor, e.Meta.Correlation
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`insert into %s (tenant_id, position, type, stream_id, actor, correlation)
		select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::text[])`, at.Table("event_index")),
		orgs, positions, types, streams, actors, correlations)
	return err
}
