package reactors

import (
	"context"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// keptNamed is how many of the leads that an undo leaves are named in its fact.
const keptNamed = 1_000

// undoing takes back what a chain of causes has done to leads, and notes which of them
// are left as they are.
type undoing struct {
	Run     *commands.Runner
	Staging *projections.Staging

	org, id string // of the import or the bulk action
	chain   string
	at      *projections.StageProgress
}

// leads takes back what was done to some leads, of which the chain's facts are named by
// their streams and positions.
func (u undoing) leads(ctx context.Context, call commands.Call, streams []string, positions []int64) error {
	ids := make([]domain.StreamID, len(streams))
	for i, id := range streams {
		ids[i] = lead.Stream(id)
	}
	histories, _, err := u.Run.Store.LoadMany(ctx, u.org, ids, nil)
	if err != nil {
		return err
	}
	var cmds []commands.Command[lead.Lead, lead.Event]
	var kept []string
	for i, id := range streams {
		t := tracesOf(histories[id], u.chain)
		if t.first != positions[i] { // it stood among those before
			continue
		}
		if _, keep := t.lead.TakeBack(t.done, t.version); keep {
			kept = append(kept, id)
		}
		cmds = append(cmds, commands.TakeBackLead{ID: id, Done: t.done, Version: t.version})
	}
	if u.at.Prepared != u.at.Cursor {
		u.at.Prepared = u.at.Cursor
		if err := u.Staging.Keep(ctx, u.org, u.id, kept, *u.at); err != nil {
			return err
		}
	}
	results, err := commands.ExecuteMany(ctx, u.Run, call, cmds)
	if err != nil {
		return err
	}
	var refused []string
	for i, r := range results {
		if r.Err != nil {
			refused = append(refused, cmds[i].Stream().ID)
		}
	}
	if refused == nil {
		return nil
	}
	return u.Staging.Keep(ctx, u.org, u.id, refused, *u.at)
}

// traces is what a chain of causes has done to a lead.
type traces struct {
	lead    lead.Lead
	done    []lead.Event
	first   int64 // position of its first fact
	version int   // of the lead after its last
}

func tracesOf(h domain.History, chain string) (t traces) {
	for n, f := range h.Facts {
		e, ok := f.(lead.Event)
		if !ok {
			continue
		}
		t.lead = t.lead.Evolve(e)
		if h.Marks[n].Correlation != chain {
			continue
		}
		if t.done, t.version = append(t.done, e), n+1; t.first == 0 {
			t.first = h.Marks[n].Position
		}
	}
	return t
}
