package projections

import (
	"context"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
)

// TimelineEntry is one fact of a lead as people read it.
type TimelineEntry struct {
	Position    int64               `json:"position" doc:"Place in the log"`
	Version     int                 `json:"version" doc:"Version of the lead with it"`
	At          time.Time           `json:"at" doc:"When it was recorded"`
	Actor       string              `json:"actor" example:"user:7c9e6679-7425-40de-944b-e07fc1f90ae7"`
	Type        string              `json:"type" example:"lead.status_changed"`
	Text        string              `json:"text" example:"Status changed from new to working: called back"`
	Changes     []lead.WordedChange `json:"changes" nullable:"false" doc:"Each value before and after"`
	Correlation string              `json:"correlation" doc:"The whole chain of causes"`
}

// Place is the entry's place in the timeline.
func (e TimelineEntry) Place() int64 { return int64(e.Version) }

// Timeline tells what has happened to a lead that the principal may see, the newest
// first; before is the version of the last entry of the page before, 0 for the first
// page. It ends where the lead's row does: who may see the one may see the other.
func (q *Queries) Timeline(ctx context.Context, p access.Principal, id string, before int64, limit int) (Page[TimelineEntry], error) {
	l, err := q.Lead(ctx, p, id)
	if err != nil {
		return Page[TimelineEntry]{}, err
	}
	if before == 0 || before > int64(l.Version) {
		before = int64(l.Version) + 1
	}
	page := Page[TimelineEntry]{Total: Total{Value: l.Version, Exact: true}}
	facts, err := q.store.Back(ctx, p.Org, lead.Stream(l.ID), int(before), limit)
	if err != nil {
		return page, err
	}
	for _, f := range facts {
		page.Items = append(page.Items, worded(f, l.Erased, p.Masked()))
	}
	page.More = len(facts) > 0 && facts[len(facts)-1].Version > 1
	return page, nil
}

func worded(r eventstore.Recorded, forgotten, masked bool) TimelineEntry {
	e := TimelineEntry{
		Position: r.Position, Version: r.Version, At: r.RecordedAt, Actor: r.Meta.Actor, Type: r.Type, Correlation: r.Meta.Correlation,
		Text: "Something that this release cannot read", Changes: []lead.WordedChange{},
	}
	if fact, ok := r.Fact.(lead.Event); ok {
		if masked {
			fact = lead.Masked(fact)
		}
		w := lead.InWords(fact, r.Erased, forgotten)
		e.Text, e.Changes = w.Text, append(e.Changes, w.Changes...)
	}
	return e
}
