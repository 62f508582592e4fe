package projections_test

import (
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/exports"
	"github.com/canvass-hq/canvass/domain/segment"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// segment opens one, or changes one that there is.
func (h *history) segment() {
	if len(h.segments) == 0 || rapid.Bool().Draw(h.rt, "another segment") {
		id := eventstoretest.NewID()
		h.segments = append(h.segments, id)
		h.Put(h.t, h.org, segment.Stream(id), segment.Created{
			Name: h.word("name"), Kind: rapid.SampledFrom([]segment.Kind{segment.Filter, segment.List}).Draw(h.rt, "kind"), Rule: segment.Rule{Filter: "status eq new", Words: h.word("words")},
		})
		return
	}
	some := rapid.SliceOfN(rapid.SampledFrom(h.ids), 1, 4).Draw(h.rt, "members")
	facts := rapid.SliceOfN(rapid.SampledFrom([]any{
		segment.Added{Leads: some},
		segment.Added{Leads: h.ids[:1]},
		segment.Removed{Leads: some},
		segment.Removed{Leads: some[:1]},
		segment.Changed{Name: h.word("name")},
		segment.Deleted{},
		segment.Restored{},
	}), 1, 3).Draw(h.rt, "facts")
	h.Put(h.t, h.org, segment.Stream(rapid.SampledFrom(h.segments).Draw(h.rt, "of")), facts...)
}

// bulk has an action be at any point of its life.
func (h *history) bulk() {
	facts := []any{
		bulk.Started{Action: bulk.Action{Kind: bulk.Tag, Add: []string{h.word("tag")}}, Selection: bulk.Selection{All: true}, Role: "admin"},
		bulk.Finished{Counts: bulk.Counts{Selected: 3, Changed: 2, Refused: 1, Reasons: map[string]int{"lead.archived": 1}}},
		bulk.UndoStarted{Role: "admin"},
		bulk.Undone{Reverted: 2, KeptLeads: []string{eventstoretest.NewID()}},
	}
	h.Put(h.t, h.org, bulk.Stream(eventstoretest.NewID()), facts[:rapid.IntRange(1, len(facts)).Draw(h.rt, "facts")]...)
}

// export has one be under way, or ended.
func (h *history) export() {
	facts := []any{
		exports.Started{Format: exports.CSV, Columns: []string{"name"}, Filter: `name eq "` + h.word("name") + `"`, Words: h.word("words"), Role: "admin"},
		exports.Finished{Rows: 3, Complete: rapid.Bool().Draw(h.rt, "complete")},
	}
	h.Put(h.t, h.org, exports.Stream(eventstoretest.NewID()), facts[:rapid.IntRange(1, len(facts)).Draw(h.rt, "facts")]...)
}
