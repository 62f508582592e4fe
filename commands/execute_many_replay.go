package commands

import (
	"slices"

	"github.com/canvass-hq/canvass/domain"
)

// ErrNotDone says that a command of a job was refused when the job first ran; why, is
// not known any more.
var ErrNotDone = &domain.Error{Kind: domain.Conflict, Code: "job.refused", Message: "it was refused when the job first ran"}

// replay tells what became of the commands of a chunk that was written before: those
// whose streams hold a fact of it were carried out; the others are decided on what their
// streams held then, and who would have been carried out was refused by the log.
func (c *chunk[S, E]) replay(before domain.Receipt, histories map[string]domain.History) {
	for i, cmd := range c.cmds {
		h := histories[cmd.Stream().ID]
		done := Result{Receipt: domain.Receipt{Stream: cmd.Stream().ID, Version: h.Version, First: before.First, Position: before.Position, Replayed: true}}
		c.results[i] = done
		if slices.ContainsFunc(h.Marks, func(m domain.Mark) bool { return m.Command == c.call.ID }) {
			continue
		}
		then := h.Facts
		for n, m := range h.Marks {
			if before.First > 0 && m.Position > before.First {
				then = h.Facts[:n]
				break
			}
		}
		state, ok := fold[S, E](then)
		if !ok {
			c.results[i] = Result{Err: hidden(cmd, c.runner.Now())}
			continue
		}
		call := c.call
		call.IfMatch = nil
		facts, err := decide(c.runner, call, c.knowing(cmd, histories), state, len(then))
		switch {
		case err != nil:
			c.results[i] = Result{Err: err}
		case len(facts) > 0 && before.First > 0: // a chunk of no facts has refused nobody for a claim that it wanted
			c.results[i] = Result{Err: ErrNotDone}
		}
	}
}
