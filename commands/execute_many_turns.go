package commands

import (
	"context"
	"slices"
	"sync"

	"github.com/canvass-hq/canvass/domain"
)

// inChunks cuts a job into its commits.
func inChunks[S domain.State[S, E], E any](r *Runner, job Call, cmds []Command[S, E]) (chunks []*chunk[S, E], err error) {
	if job.Correlation == "" {
		job.Correlation = job.ID
	}
	for part := range slices.Chunk(cmds, chunkCommands) {
		call := job
		if call.ID, err = chunkID(job.ID, len(chunks)); err != nil {
			return nil, err
		}
		chunks = append(chunks, newChunk(r, call, part))
	}
	return chunks, nil
}

// turn is how far a chunk has come.
type turn struct {
	written, ended chan struct{}
	begun          bool
	fault          error
	panicked       any
}

// inTurn writes chunks one after the other, and none behind one that fails: while one is
// written the next is decided and sealed, unless it goes on with a stream of that one.
func inTurn[S domain.State[S, E], E any](ctx context.Context, chunks []*chunk[S, E]) ([]Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var hands sync.WaitGroup
	turns := make([]turn, len(chunks))
	for i, c := range chunks {
		t := &turns[i]
		t.written, t.ended = make(chan struct{}), make(chan struct{})
		if i > 0 {
			c.after = turns[i-1].written
		}
		if i > 1 {
			<-turns[i-2].ended
		}
		if i > 0 && c.goesOn(chunks[i-1]) {
			<-turns[i-1].ended
		}
		if t.begun = ctx.Err() == nil; !t.begun {
			break
		}
		hands.Go(func() {
			defer close(t.ended)
			if t.run(ctx, c.run); t.fault != nil || t.panicked != nil {
				stop()
				return
			}
			close(t.written)
		})
	}
	hands.Wait()
	var out []Result
	for i := range turns {
		switch t := &turns[i]; {
		case t.panicked != nil:
			panic(t.panicked)
		case t.fault != nil:
			return out, t.fault
		case !t.begun:
			return out, ctx.Err()
		}
		out = append(out, chunks[i].results...)
	}
	return out, nil
}

// run keeps a panic for who waits: it is theirs to be told.
func (t *turn) run(ctx context.Context, do func(context.Context) error) {
	defer func() { t.panicked = recover() }()
	t.fault = do(ctx)
}

// goesOn tells whether a chunk has a stream in common with the one before.
func (c *chunk[S, E]) goesOn(before *chunk[S, E]) bool {
	streams := make(map[string]bool, len(before.cmds))
	for _, cmd := range before.cmds {
		streams[cmd.Stream().ID] = true
	}
	return slices.ContainsFunc(c.cmds, func(cmd Command[S, E]) bool { return streams[cmd.Stream().ID] })
}
