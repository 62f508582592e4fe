package commands

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/canvass-hq/canvass/domain"
)

// chunkCommands is how many commands of a job make one commit: as many facts as a
// bulk caller may add to a call while people wait.
const chunkCommands = 250

// Result is what became of one command of a job.
type Result struct {
	Receipt domain.Receipt
	Err     error // a refusal; the other commands of the job are not touched by it
}

// ExecuteMany carries out the commands of a job in chunks: each chunk is loaded in one
// query, decided, and appended as one command whose id derives from the job's, so
// that a job which is run again carries nothing out twice; it must then give the same
// commands in the same order. What stands in the way of a chunk (a claim, a race) is
// taken out of it or decided again, and named in its result. Commands of one stream
// are decided one after the other.
func ExecuteMany[S domain.State[S, E], E any](ctx context.Context, r *Runner, job Call, cmds []Command[S, E]) ([]Result, error) {
	for _, c := range cmds {
		if !job.Principal.May(c.Needs()) {
			return nil, domain.ErrForbidden
		}
		if _, guarded := c.(Guarded[S]); guarded {
			return nil, errGuarded
		}
	}
	chunks, err := inChunks(r, job, cmds)
	if err != nil {
		return nil, err
	}
	return inTurn(ctx, chunks)
}

// chunk is a part of a job that becomes one commit.
type chunk[S domain.State[S, E], E any] struct {
	runner  *Runner
	call    Call
	cmds    []Command[S, E]
	results []Result
	out     []bool          // taken out of the commit; its result is final
	met     bool            // the log has said that a stream is not as it was thought to be
	after   <-chan struct{} // closed when the chunk before is written; nil for the first
}

func newChunk[S domain.State[S, E], E any](r *Runner, call Call, cmds []Command[S, E]) *chunk[S, E] {
	streams := make([]string, len(cmds))
	for i, c := range cmds {
		streams[i] = c.Stream().ID
	}
	// The commands of a job are told apart by their streams: the facts that they lead
	// to may differ when the job is run again.
	call.Request, _ = json.Marshal(streams) // strings always encode
	return &chunk[S, E]{runner: r, call: call, cmds: cmds, results: make([]Result, len(cmds)), out: make([]bool, len(cmds))}
}

// run decides and appends until what is left of the chunk is written. Every round
// either ends, or takes something out, or is one of a bounded number of lost races.
func (c *chunk[S, E]) run(ctx context.Context) error {
	for races := 0; ; {
		streams, done, err := c.decide(ctx)
		if err != nil || done {
			return err
		}
		commit := c.runner.commit(c.call, streams)
		commit.Bulk, commit.After = true, c.after
		receipt, err := c.runner.Store.Append(ctx, commit)
		var conflict *domain.ConflictError
		switch {
		case err == nil:
			c.written(receipt)
			return nil
		case !errors.As(err, &conflict):
			return err
		}
		c.takeOut(conflict)
		if len(conflict.Stale) > 0 {
			c.met = true
			if races++; races == attempts {
				c.giveUp(conflict.Stale)
				races = 0
			}
		}
	}
}

// streams lists the streams that are still in the chunk, those of them that are to be
// loaded and others that commands are decided on, and the place of each.
func (c *chunk[S, E]) streams() (ids, load []domain.StreamID, place map[string]int) {
	place = map[string]int{}
	for i, cmd := range c.cmds {
		s := cmd.Stream()
		if b, ok := cmd.(Beside[S, E]); ok && !c.out[i] && (c.met || !b.Unwritten()) {
			load = append(load, b.Other())
		}
		if _, seen := place[s.ID]; !c.out[i] && !seen {
			place[s.ID] = len(ids)
			ids = append(ids, s)
			if c.there(cmd) {
				load = append(load, s)
			}
		}
	}
	return ids, load, place
}

// decide loads the streams and asks the rules. It is done when the chunk was written
// before, or when there is nothing to write.
func (c *chunk[S, E]) decide(ctx context.Context) (streams []domain.StreamCommit, done bool, err error) {
	ids, load, place := c.streams()
	if len(ids) == 0 {
		return nil, true, nil
	}
	histories, receipts, err := c.runner.Store.LoadMany(ctx, c.call.Principal.Org, load, map[string][]byte{c.call.ID: c.call.Request})
	if err != nil {
		return nil, false, err
	}
	if before, ok := receipts[c.call.ID]; ok {
		if histories, _, err = c.runner.Store.LoadMany(ctx, c.call.Principal.Org, ids, nil); err != nil {
			return nil, false, err
		}
		c.replay(before, histories)
		return nil, true, nil
	}
	decided := c.fold(ids, place, histories)
	for i, id := range ids {
		if d := decided[i]; len(d.facts) > 0 {
			streams = append(streams, change(id, histories[id.ID].Version, d.before, d.facts))
		}
	}
	streams = append(streams, c.asserted(decided, place, histories)...)
	// A chunk that changes nothing is recorded too, or the job would carry it out when it
	// is run again on another state.
	for i, cmd := range c.cmds {
		if id := cmd.Stream(); len(streams) == 0 && !c.out[i] && c.results[i].Err == nil {
			streams = append(streams, domain.StreamCommit{Stream: id, Expected: histories[id.ID].Version})
		}
	}
	return streams, len(streams) == 0, nil
}

// asserted are the other records that facts were decided on: they are to be as they were.
func (c *chunk[S, E]) asserted(decided []decision[S, E], place map[string]int, histories map[string]domain.History) (streams []domain.StreamCommit) {
	seen := map[string]bool{}
	for i, cmd := range c.cmds {
		b, ok := cmd.(Beside[S, E])
		if !ok || c.out[i] || c.results[i].Err != nil || len(decided[place[cmd.Stream().ID]].facts) == 0 {
			continue
		}
		if other := b.Other(); !seen[other.ID] {
			seen[other.ID] = true
			streams = append(streams, domain.StreamCommit{Stream: other, Expected: histories[other.ID].Version})
		}
	}
	return streams
}

// knowing is a command with what it is decided on.
func (c *chunk[S, E]) knowing(cmd Command[S, E], histories map[string]domain.History) Command[S, E] {
	if b, ok := cmd.(Beside[S, E]); ok {
		return b.Knowing(histories[b.Other().ID].Facts)
	}
	return cmd
}

type decision[S, E any] struct {
	before, after S
	facts         []E
	foreign       bool // the stream is of another kind of record
}

// fold decides every command on the state that the ones before it leave behind.
func (c *chunk[S, E]) fold(ids []domain.StreamID, place map[string]int, histories map[string]domain.History) []decision[S, E] {
	decided := make([]decision[S, E], len(ids))
	known := c.recall(histories)
	for i, id := range ids {
		state, ok := fold[S, E](histories[id.ID].Facts)
		if left, recalled := known[id.ID]; recalled {
			state = left
		}
		decided[i].before, decided[i].after, decided[i].foreign = state, state, !ok
	}
	for i, cmd := range c.cmds {
		if c.out[i] {
			continue
		}
		d := &decided[place[cmd.Stream().ID]]
		if d.foreign {
			c.results[i] = Result{Err: hidden(cmd, c.runner.Now())}
			continue
		}
		h := histories[cmd.Stream().ID]
		call := c.call
		call.IfMatch = nil
		facts, err := decide(c.runner, call, c.knowing(cmd, histories), d.after, h.Version+len(d.facts))
		if err != nil {
			c.results[i] = Result{Err: err}
			continue
		}
		d.facts = append(d.facts, facts...)
		d.after = domain.Fold(d.after, facts...)
		c.results[i] = Result{Receipt: domain.Receipt{Stream: cmd.Stream().ID, Version: h.Version + len(d.facts), Position: h.Position}}
	}
	return decided
}

// written tells every command of the commit where it lies.
func (c *chunk[S, E]) written(r domain.Receipt) {
	for i := range c.results {
		if res := &c.results[i]; res.Err == nil {
			res.Receipt.First, res.Receipt.Position, res.Receipt.Replayed = r.First, r.Position, r.Replayed
		}
	}
}

// takeOut refuses the commands whose claims somebody else holds.
func (c *chunk[S, E]) takeOut(conflict *domain.ConflictError) {
	byStream := map[string]*domain.ConflictError{}
	for _, k := range conflict.Claims {
		if byStream[k.Wanted] == nil {
			byStream[k.Wanted] = &domain.ConflictError{}
		}
		byStream[k.Wanted].Claims = append(byStream[k.Wanted].Claims, k)
	}
	for i, cmd := range c.cmds {
		if refusal := byStream[cmd.Stream().ID]; refusal != nil && !c.out[i] {
			c.out[i], c.results[i] = true, Result{Err: refusal}
		}
	}
}

// giveUp refuses the commands that lost the race too often.
func (c *chunk[S, E]) giveUp(stale []string) {
	for i, cmd := range c.cmds {
		b, beside := cmd.(Beside[S, E])
		for _, id := range stale {
			if cmd.Stream().ID == id || beside && b.Other().ID == id {
				c.out[i], c.results[i] = true, Result{Err: conflictOf(&domain.ConflictError{Stale: []string{id}})}
			}
		}
	}
}
