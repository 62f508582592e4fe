package projections_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// task makes one or many, about leads that take some and about none.
func (h *history) task() {
	var streams []domain.StreamCommit
	for range rapid.SampledFrom([]int{1, 1, 3, 120}).Draw(h.rt, "tasks") {
		of := rapid.SampledFrom(append([]string{""}, h.ids...)).Draw(h.rt, "task of")
		if of != "" && h.leads[of].TakesTasks(everybodys) != nil {
			continue
		}
		facts, err := task.Task{}.Create(of, h.word("title"), h.due(), rapid.SampledFrom([]string{"", h.org}).Draw(h.rt, "assignee"))
		if err != nil {
			h.rt.Fatalf("make a task: %v", err)
		}
		id := eventstoretest.NewID()
		h.tasks, h.todo[id] = append(h.tasks, id), domain.Fold(task.Task{}, facts...)
		streams = append(streams, domain.StreamCommit{Stream: task.Stream(id), Facts: []any{facts[0]}})
	}
	if len(streams) > 0 {
		h.PutAll(h.t, h.org, streams...)
	}
}

func everybodys(access.Belonging) bool { return true }

// work does something to a task.
func (h *history) work() {
	if len(h.tasks) == 0 {
		return
	}
	id := rapid.SampledFrom(h.tasks).Draw(h.rt, "task")
	s := h.todo[id]
	title, due, assignee := h.word("title"), h.due(), rapid.SampledFrom([]string{"", h.org, id}).Draw(h.rt, "assignee")
	p := task.Patch{Title: &title, Due: &due, Assignee: &assignee}
	if h.leads[s.Lead].Erased {
		p.Title = nil
	}
	facts, err := rapid.SampledFrom([]func(task.Task) ([]task.Event, error){
		func(t task.Task) ([]task.Event, error) { return t.Edit(p) },
		func(t task.Task) ([]task.Event, error) { return t.RecordReminder(t.Due) },
		task.Task.Complete, task.Task.Complete, task.Task.Reopen, task.Task.Reopen, task.Task.Delete,
	}).Draw(h.rt, "what")(s)
	if err != nil || len(facts) == 0 {
		return
	}
	h.todo[id] = domain.Fold(s, facts...)
	all := make([]any, len(facts))
	for i, f := range facts {
		all[i] = f
	}
	h.Put(h.t, h.org, task.Stream(id), all...)
}

func (h *history) due() string {
	return rapid.SampledFrom([]string{"", "2026-01-05T12:00:00Z", fmt.Sprintf("20%d-06-01T00:00:00Z", rapid.IntRange(10, 99).Draw(h.rt, "year"))}).Draw(h.rt, "due")
}

// note writes so many notes about a lead at once.
func (h *history) note(id string, n int) {
	h.decide(id, func() (out []lead.Event, err error) {
		l := h.leads[id]
		for range n {
			facts, err := l.Note(eventstoretest.NewID(), h.word("note"))
			if err != nil {
				return nil, err
			}
			l, out = domain.Fold(l, facts...), append(out, facts...)
		}
		return out, nil
	})
}
