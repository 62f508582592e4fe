package projections

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/filter"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/eventstore"
)

// ErrOutdated refuses a saved filter that asks for a field that is no longer what it was.
var ErrOutdated = &domain.Error{Kind: domain.Conflict, Code: "segment.outdated", Message: "the segment's filter asks for a field that is no longer what it was: change the filter"}

// Segment gives one segment, with how many leads of it the principal sees, or
// segment.ErrNotFound.
func (q *Queries) Segment(ctx context.Context, p access.Principal, id string) (Segment, error) {
	s, err := q.segment(ctx, p.Org, id)
	if err != nil {
		return s, err
	}
	ask, err := q.within(ctx, p, LeadQuery{}, s)
	if err == nil {
		err = unmasked(p, ask, nil)
	}
	if errors.Is(err, ErrOutdated) || errors.Is(err, access.ErrMasked) {
		return s.shownTo(p), nil // it is shown, so that it can be changed
	}
	if err != nil {
		return s, err
	}
	n, err := q.CountLeads(ctx, p, ask)
	s.Count = &n
	return s.shownTo(p), err
}

// shownTo hides a rule that may name addresses or phones from whom they are masked for.
func (s Segment) shownTo(p access.Principal) Segment {
	if !p.Masked() {
		return s
	}
	if slices.ContainsFunc(lead.MaskedFields(), func(name string) bool { return strings.Contains(s.Filter, name) }) {
		s.Filter = lead.Hidden
	}
	if s.Words != "" {
		s.Words = lead.Hidden
	}
	return s
}

func (q *Queries) segment(ctx context.Context, org, id string) (Segment, error) {
	var s Segment
	b := eventstore.ForOrg(org)
	b.Queue(`select `+segmentColumns+` from `+Segments().Live().Table("segments")+` where tenant_id = $1 and id = $2`, org, asUUID(id)).
		Query(func(rows pgx.Rows) (err error) {
			s, err = pgx.CollectExactlyOneRow(rows, scanSegment)
			return err
		})
	err := q.app.SendBatch(ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && s.deleted:
		return Segment{}, segment.ErrNotFound
	case err != nil:
		return Segment{}, unavailable(err)
	}
	return s, nil
}

// Within narrows a query down to the leads of a segment; "" is no segment.
func (q *Queries) Within(ctx context.Context, p access.Principal, ask LeadQuery, id string) (LeadQuery, error) {
	if id == "" {
		return ask, nil
	}
	s, err := q.segment(ctx, p.Org, id)
	if err != nil {
		return ask, err
	}
	return q.within(ctx, p, ask, s)
}

func (q *Queries) within(ctx context.Context, p access.Principal, ask LeadQuery, s Segment) (LeadQuery, error) {
	if s.Kind == segment.List {
		ask.segment = s.ID
		return ask, nil
	}
	saved, err := q.ParseFilter(ctx, p, s.Filter)
	if errors.Is(err, filter.ErrInvalid) {
		return ask, ErrOutdated
	}
	if err != nil {
		return ask, err
	}
	ask.Filter = filter.All(saved, ask.Filter)
	ask.Words = s.Words + " " + ask.Words
	return ask, nil
}

// SegmentPage lists segments, the newest first.
func (q *Queries) SegmentPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Segment], error) {
	w := ofOrg(p.Org)
	w.parts = append(w.parts, "not deleted")
	page, err := newest[Segment]{of: Segments(), columns: segmentColumns, scan: scanSegment, where: w}.page(ctx, q, p.Org, before, limit)
	for i, s := range page.Items {
		page.Items[i] = s.shownTo(p)
	}
	return page, err
}

// Unseen gives the first of the leads that is not there for the principal; "" when all
// are.
func (q *Queries) Unseen(ctx context.Context, p access.Principal, leads []string) (id string, err error) {
	w := &where{}
	w.and("l.tenant_id = ?", p.Org)
	w.and("not l.deleted and l.id = u.i and ?::uuid[] is not null", leads)
	if p.Limited() {
		w.parts = append(w.parts, w.sees(p, "l"))
	}
	b := eventstore.ForOrg(p.Org)
	b.Queue(`select i::text from unnest($2::uuid[]) with ordinality u(i, n)
		where not exists (select from `+searchTable+` l where `+w.String()+`)
		order by n limit 1`, w.args...).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return id, orUnavailable(q.app.SendBatch(ctx, b).Close())
}
