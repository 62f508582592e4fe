package projections_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/projections"
)

var future = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

func positions(events []projections.Event) (out []int64) {
	for _, e := range events {
		out = append(out, e.Position)
	}
	return out
}

type eventSpec struct {
	org    string
	filter projections.EventFilter
	after  int64
	limit  int
	shown  []int64
	more   bool
}

func eventSpecs(org, other, first, second string, all []projections.Event) map[string]eventSpec {
	when := map[int64]time.Time{}
	for _, e := range all {
		when[e.Position] = e.RecordedAt
	}
	correlation := all[1].Correlation
	return map[string]eventSpec{
		"all of an organization":     {org: org, shown: []int64{1, 2, 3, 5, 6}},
		"another organization's own": {org: other, shown: []int64{4}},
		"nobody's":                   {org: uuid.NewString()},
		"a page":                     {org: org, limit: 2, shown: []int64{1, 2}, more: true},
		"the next page":              {org: org, after: 2, limit: 2, shown: []int64{3, 5}, more: true},
		"the last page":              {org: org, after: 5, limit: 1, shown: []int64{6}},
		"behind the end":             {org: org, after: 900},
		"type":                       {org: org, filter: projections.EventFilter{Type: "lead.captured"}, shown: []int64{1, 2}},
		"type that is none":          {org: org, filter: projections.EventFilter{Type: "lead"}},
		"stream":                     {org: org, filter: projections.EventFilter{Stream: first}, shown: []int64{1, 5, 6}},
		"stream of somebody else":    {org: other, filter: projections.EventFilter{Stream: first}},
		"stream that is no id":       {org: org, filter: projections.EventFilter{Stream: "7"}},
		"actor":                      {org: org, filter: projections.EventFilter{Actor: "user:" + org}, shown: []int64{1, 2, 3, 5, 6}},
		"actor who did nothing":      {org: org, filter: projections.EventFilter{Actor: "user:" + other}},
		"correlation":                {org: org, filter: projections.EventFilter{Correlation: correlation}, shown: []int64{2, 3}},
		"since, which is included":   {org: org, filter: projections.EventFilter{Since: when[5]}, shown: []int64{5, 6}},
		"since the future":           {org: org, filter: projections.EventFilter{Since: future}},
		"since, behind a position":   {org: org, filter: projections.EventFilter{Since: when[2]}, after: 3, shown: []int64{5, 6}},
		"until, which is not":        {org: org, filter: projections.EventFilter{Until: when[5]}, shown: []int64{1, 2, 3}},
		"until the future":           {org: org, filter: projections.EventFilter{Until: future}, shown: []int64{1, 2, 3, 5, 6}},
		"an empty span":              {org: org, filter: projections.EventFilter{Since: when[5], Until: when[5]}},
		"several at once":            {org: org, filter: projections.EventFilter{Stream: second, Type: "lead.archived", Since: when[2]}, shown: []int64{3}},
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org, other := uuid.NewString(), uuid.NewString()
	first := w.capture(org, eventstoretest.Captured("ann"))                                 // 1
	second := w.capture(org, eventstoretest.Captured("bo"), lead.Archived{Reason: "left"})  // 2, 3
	w.capture(other, eventstoretest.Captured("cy"))                                         // 4
	w.Put(t, org, lead.Stream(first), lead.StatusChanged{From: lead.New, To: lead.Working}) // 5
	w.Put(t, org, lead.Stream(first), lead.Erased{})                                        // 6
	w.destroy(org, first)
	w.followAll()
	all, err := w.ask.Events(t.Context(), admin(org), projections.EventFilter{}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for name, spec := range eventSpecs(org, other, first, second, all.Items) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := spec.limit
			if limit == 0 {
				limit = 100
			}
			page, err := w.ask.Events(t.Context(), admin(spec.org), spec.filter, spec.after, limit)
			if err != nil || !slices.Equal(positions(page.Items), spec.shown) || page.More != spec.more {
				t.Errorf("shows %v, more: %v, %v; want %v", positions(page.Items), page.More, err, spec.shown)
			}
			if spec.after > 0 || spec.limit > 0 {
				return
			}
			if n, err := w.ask.CountEvents(t.Context(), spec.org, spec.filter); err != nil || n != (projections.Total{Value: len(spec.shown), Exact: true}) {
				t.Errorf("counts %+v, %v; want %d", n, err, len(spec.shown))
			}
		})
	}
}

// TestEventsShow: a fact is shown opened, and without what was erased.
func TestEventsShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := uuid.NewString()
	ann, bo := w.capture(org, eventstoretest.Captured("ann")), w.capture(org, eventstoretest.Captured("bo"))
	w.Put(t, org, lead.Stream(ann), lead.Erased{})
	w.destroy(org, ann)
	w.followAll()
	page, err := w.ask.Events(t.Context(), admin(org), projections.EventFilter{}, 0, 10)
	if err != nil || len(page.Items) != 3 {
		t.Fatalf("%d events, %v", len(page.Items), err)
	}
	gone, there := page.Items[0], page.Items[1]
	if !gone.Erased || strings.Contains(string(gone.Data), "ann") || !strings.Contains(string(gone.Data), `"name":null`) {
		t.Errorf("an erased person is shown as %s, erased: %v", gone.Data, gone.Erased)
	}
	if there.Erased || !strings.Contains(string(there.Data), "bo@secret.example") {
		t.Errorf("a person is shown as %s, erased: %v", there.Data, there.Erased)
	}
	want := projections.Event{
		Position: 2, ID: there.ID, Type: "lead.captured", Category: "lead", Stream: bo, Version: 1, RecordedAt: there.RecordedAt,
		OccurredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Actor: "user:" + org, Correlation: there.Command, Command: there.Command, Data: there.Data,
	}
	if there.ID == "" || there.RecordedAt.IsZero() || describe(there) != describe(want) {
		t.Errorf("shown as\n%s, want\n%s", describe(there), describe(want))
	}
}

func describe(e projections.Event) string {
	return strings.Join([]string{
		e.ID, e.Type, e.Category, e.Stream, e.Actor, e.Correlation, e.Causation, e.Command, e.RequestID, string(e.Data),
		e.OccurredAt.String(), e.RecordedAt.String(),
	}, "|")
}
