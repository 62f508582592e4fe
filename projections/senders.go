package projections

import (
	"context"
	"time"

	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/sender"
	"github.com/canvass-hq/canvass/eventstore"
)

// Senders is the list of senders.
func Senders() Projection { return senders().projection() }

// Sender is one row.
type Sender struct {
	Meta
	SenderState
	Health *sender.Health `json:"health,omitempty" doc:"How its mail has fared; absent in lists"`
}

// SenderState is what is known of a sender.
type SenderState struct {
	sender.Details
	Check     sender.Check `json:"check,omitzero" doc:"What the names of its domain tell; absent before it is checked"`
	CheckedAt *time.Time   `json:"checked_at,omitempty"`
	Trusted   bool         `json:"trusted,omitempty" doc:"Somebody has taken it on themselves to send without the check"`
	Ready     bool         `json:"ready" doc:"Mail of it may leave the machine"`
	Deleted   bool         `json:"deleted,omitempty"`
}

func senders() documents[SenderState] {
	return documents[SenderState]{name: "senders", version: 1, category: sender.Category, missing: sender.ErrNotFound, fold: func(s *SenderState, e eventstore.Recorded) bool {
		fact, ok := e.Fact.(sender.Event)
		if !ok {
			return s.Deleted
		}
		before := sender.Sender{Details: s.Details, Check: s.Check, Vouched: s.Trusted, Deleted: s.Deleted}
		if s.CheckedAt != nil {
			before.CheckedAt = *s.CheckedAt
		}
		next := before.Evolve(fact)
		s.Details, s.Check, s.Trusted, s.Deleted, s.Ready, s.CheckedAt = next.Details, next.Check, next.Vouched, next.Deleted, next.Ready(), nil
		if !next.CheckedAt.IsZero() {
			s.CheckedAt = &next.CheckedAt
		}
		return s.Deleted
	}}
}

func senderOf(d document[SenderState]) Sender { return Sender{Meta: d.Meta, SenderState: d.State} }

// Sender gives one sender, or sender.ErrNotFound.
func (q *Queries) Sender(ctx context.Context, p access.Principal, id string) (Sender, error) {
	d, err := senders().one(ctx, q, p.Org, id)
	return senderOf(d), err
}

// SenderPage lists senders, the newest first.
func (q *Queries) SenderPage(ctx context.Context, p access.Principal, before int64, limit int) (Page[Sender], error) {
	page, err := senders().page(ctx, q, p, before, limit)
	return shownAs(page, senderOf), err
}
