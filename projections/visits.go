package projections

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/tracking"
	"github.com/canvass-hq/canvass/eventstore"
)

// Visits is what was done with mails, and the verdict on who has done it. A new rule judges
// all of history when the projection is built again: give it a new version.
func Visits() Projection {
	return Projection{
		Name: "visits", Version: 1, Tables: []string{"visits", "visit_sums"}, Reads: []string{tracking.Category}, Apply: applyVisits,
		DDL: `create table {visits} (
			tenant_id uuid not null,
			id uuid not null,
			campaign uuid not null,
			seen json not null,
			primary key (tenant_id, id)
		);
		create table {visit_sums} (
			tenant_id uuid not null,
			id uuid not null,           -- of the campaign
			key text not null,
			n bigint not null,
			primary key (tenant_id, id, key)
		)`,
	}
}

// visit is one row: the requests of one mail.
type visit struct {
	campaign string
	seen     []tracking.Seen
}

func visitRows(sums funnelSums) rowFold[visit] {
	return rowFold[visit]{
		table: "visits", columns: []string{"tenant_id", "id", "campaign", "seen"},
		scan: func(row pgx.CollectableRow) (k rowKey, v visit, err error) {
			var seen []byte
			if err := row.Scan(&k.org, &k.id, &v.campaign, &seen); err != nil {
				return k, v, err
			}
			return k, v, json.Unmarshal(seen, &v.seen)
		},
		fold: func(v *visit, e eventstore.Recorded) {
			switch f := e.Fact.(type) {
			case tracking.Opened:
				v.note(f.Hit, tracking.Picture)
			case tracking.Clicked:
				v.note(f.Hit, f.Link)
			}
		},
		values: func(v *visit, k rowKey) []any {
			seen, _ := json.Marshal(v.seen) // numbers and words always encode
			return []any{asUUID(k.org), asUUID(k.id), asUUID(v.campaign), json.RawMessage(seen)}
		},
		seen: func(k rowKey, v *visit, by int) {
			verdict := tracking.Judge(v.seen)
			for key, holds := range map[string]bool{"opened": verdict.Opened, "bots": verdict.OpenedByBot, "clicked": verdict.Clicked} {
				if holds {
					sums[[3]string{k.org, v.campaign, key}] += by
				}
			}
		},
	}
}

func (v *visit) note(h tracking.Hit, link int) {
	v.campaign = h.Campaign
	v.seen = append(v.seen, tracking.Seen{Agent: h.Agent, Head: h.Head, Seconds: h.Seconds, At: h.At, Link: link})
}

func applyVisits(ctx context.Context, tx pgx.Tx, at Place, batch []eventstore.Recorded) error {
	sums := funnelSums{}
	if err := visitRows(sums).apply(ctx, tx, at, batch); err != nil {
		return err
	}
	return sums.save(ctx, tx, at.Table("visit_sums"))
}
