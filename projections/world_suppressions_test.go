package projections_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// suppress ends mail to an address, or does something else to one of those before.
func (h *history) suppress() {
	if len(h.endings) == 0 || rapid.IntRange(0, 2).Draw(h.rt, "another address") == 0 {
		h.endings = append(h.endings, eventstoretest.NewID())
	}
	id := rapid.SampledFrom(h.endings).Draw(h.rt, "suppression")
	s, now := h.ended[id], time.Date(2026, 1, 1, 0, 0, len(h.ended), 0, time.UTC)
	scope := rapid.SampledFrom([]suppression.Scope{suppression.All, suppression.Marketing, suppression.Scope("campaign:" + h.org)}).Draw(h.rt, "scope")
	facts, err := rapid.SampledFrom([]func() ([]suppression.Event, error){
		func() ([]suppression.Event, error) {
			return s.Suppress("ada@people.example", scope, suppression.Requested, suppression.ByMember, h.word("note"), now)
		},
		func() ([]suppression.Event, error) {
			return s.Suppress("ada@people.example", scope, suppression.Bounced, suppression.BySystem, "", now)
		},
		func() ([]suppression.Event, error) {
			return s.Lift(scope, suppression.Consent{Source: h.word("source"), GivenAt: now.Add(time.Hour)}, "", now.Add(2*time.Hour))
		},
		s.Forget,
	}).Draw(h.rt, "what")()
	if err != nil || len(facts) == 0 {
		return
	}
	h.ended[id] = domain.Fold(s, facts...)
	h.Put(h.t, h.org, suppression.Stream(id), facts[0])
	if h.ended[id].Forgotten && !s.Forgotten {
		h.destroy(h.org, id)
	}
}
