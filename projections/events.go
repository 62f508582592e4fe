package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
)

// Event is a fact of the log as people read it.
type Event struct {
	Position    int64           `json:"position" doc:"Place in the log; gapless over all organizations of a log, so an organization sees gaps"`
	ID          string          `json:"id"`
	Type        string          `json:"type" example:"lead.captured"`
	Category    string          `json:"category" example:"lead"`
	Stream      string          `json:"stream" doc:"Id of the record that the fact is about"`
	Version     int             `json:"version" doc:"Place in the stream"`
	RecordedAt  time.Time       `json:"recorded_at"`
	OccurredAt  time.Time       `json:"occurred_at"`
	Actor       string          `json:"actor" example:"user:7c9e6679-7425-40de-944b-e07fc1f90ae7"`
	Correlation string          `json:"correlation" doc:"The whole chain of causes"`
	Causation   string          `json:"causation,omitempty" doc:"What caused the command"`
	Command     string          `json:"command"`
	RequestID   string          `json:"request_id,omitempty"`
	Erased      bool            `json:"erased,omitempty" doc:"Values in it are null because the person was erased"`
	Masked      bool            `json:"masked,omitempty" doc:"Values in it are null because you may not see personal data"`
	Data        json.RawMessage `json:"data"`
}

func shown(r eventstore.Recorded) Event {
	return Event{
		Position: r.Position, ID: r.ID, Type: r.Type, Category: r.Stream.Category, Stream: r.Stream.ID, Version: r.Version,
		RecordedAt: r.RecordedAt, OccurredAt: r.Meta.OccurredAt, Actor: r.Meta.Actor, Correlation: r.Meta.Correlation,
		Causation: r.Meta.Causation, Command: r.Command, RequestID: r.Meta.RequestID, Erased: r.Erased, Data: r.Data,
	}
}

// EventFilter says which facts are shown; "" is any. Since is included, Until is not.
type EventFilter struct {
	Type, Stream, Actor, Correlation string
	Since, Until                     time.Time
}

// Events gives up to limit of the facts of the principal's organization behind a position,
// in order, opened; for whom addresses are masked, nothing that is sealed is opened.
func (q *Queries) Events(ctx context.Context, p access.Principal, f EventFilter, after int64, limit int) (Page[Event], error) {
	var page Page[Event]
	org := p.Org
	w, err := q.eventWhere(ctx, org, f, after)
	if err != nil {
		return page, err
	}
	table := EventIndex().Live().Table("event_index")
	args := append(slices.Clip(w.args), limit+1)
	var positions []int64
	b := eventstore.ForOrg(org)
	b.Queue(fmt.Sprintf(`select position from %s where %s order by position limit $%d`, table, w, len(args)), args...).Query(func(rows pgx.Rows) (err error) {
		positions, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return page, unavailable(err)
	}
	if page.More = len(positions) > limit; page.More {
		positions = positions[:limit]
	}
	if len(positions) == 0 {
		return page, nil
	}
	read := q.store.At
	if p.Masked() {
		read = q.store.SealedAt
	}
	facts, err := read(ctx, org, positions)
	for _, f := range facts {
		e := shown(f)
		e.Masked, e.Erased = p.Masked() && e.Erased, e.Erased && !p.Masked()
		page.Items = append(page.Items, e)
	}
	return page, err
}

// CountEvents counts the facts that a filter shows.
func (q *Queries) CountEvents(ctx context.Context, org string, f EventFilter) (Total, error) {
	w, err := q.eventWhere(ctx, org, f, 0)
	if err != nil {
		return Total{}, err
	}
	var mark int64
	b := eventstore.ForOrg(org)
	watermarkOf(b, org, EventIndex(), &mark)
	if err := q.app.SendBatch(ctx, b).Close(); err != nil {
		return Total{}, unavailable(err)
	}
	return q.count(ctx, org, totalKey("events", org, mark, w), "from "+EventIndex().Live().Table("event_index")+" where "+w.String(), w.args)
}

func (q *Queries) eventWhere(ctx context.Context, org string, f EventFilter, after int64) (*where, error) {
	w := &where{}
	w.and("tenant_id = ?", org)
	if f.Stream != "" {
		// The log itself keeps streams together. What is no id is no stream.
		w.and("position in (select e.position from es.events e where e.log_id = 0 and e.tenant_id = $1 and e.stream_id = ?)", asUUID(f.Stream))
	}
	for _, c := range []struct{ condition, value string }{
		{"type = ?", f.Type}, {"actor = ?", f.Actor}, {"correlation = ?", f.Correlation},
	} {
		if c.value != "" {
			w.and(c.condition, c.value)
		}
	}
	if !f.Since.IsZero() {
		at, err := q.store.PositionAt(ctx, org, f.Since)
		if err != nil {
			return nil, err
		}
		after = max(after, at-1)
	}
	w.and("position > ?", after)
	if !f.Until.IsZero() {
		at, err := q.store.PositionAt(ctx, org, f.Until)
		if err != nil {
			return nil, err
		}
		w.and("position < ?", at)
	}
	return w, nil
}

var parameter = regexp.MustCompile(`\$(\d+)`) //nolint:gochecknoglobals // a constant

// shifted renumbers the parameters of a query that is put behind another.
func shifted(sql string, by int) string {
	return parameter.ReplaceAllStringFunc(sql, func(p string) string {
		n, _ := strconv.Atoi(p[1:])
		return "$" + strconv.Itoa(n+by)
	})
}
