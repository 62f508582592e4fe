package reactors

import (
	"context"
	"errors"
	"fmt"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/bulk"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/projections"
)

// act settles which leads there are, and changes them some at a time.
func (a *acting) act(ctx context.Context) (bool, error) {
	if a.at.Prepared < 0 {
		if done, err := a.choose(ctx); err != nil || done {
			return done, err
		}
	}
	for {
		leads, places, err := a.Staging.Selected(ctx, a.job.Org, a.job.Stream, a.at.Cursor, bulkBatch)
		if err != nil {
			return false, err
		}
		if len(leads) == 0 {
			return true, a.finish(ctx)
		}
		if err := a.change(ctx, leads, places); err != nil {
			return false, err
		}
		if a.Now().After(a.until) {
			return false, nil
		}
	}
}

// change does the action to some leads, and notes which of them have refused.
func (a *acting) change(ctx context.Context, leads []string, places []int64) error {
	cmds := make([]commands.Command[lead.Lead, lead.Event], len(leads))
	for i, id := range leads {
		cmds[i] = commands.ActOnLead{ID: id, Action: a.state.Action}
	}
	results, err := commands.ExecuteMany(ctx, a.Run, a.call(fmt.Sprintf("act|%d", places[0])), cmds)
	if err != nil {
		return err
	}
	codes := map[int64]string{}
	for i, r := range results {
		if r.Err != nil {
			codes[places[i]] = codeOf(r.Err)
		}
	}
	a.at.Rows, a.at.Cursor = a.at.Rows+len(leads), places[len(places)-1]
	return a.Staging.Refuse(ctx, a.job.Org, a.job.Stream, codes, a.at)
}

// codeOf is the code of a refusal.
func codeOf(err error) string {
	if refusal, ok := errors.AsType[*domain.Error](err); ok {
		return refusal.Code
	}
	return "conflict" // with another writer, several times
}

// choose settles which leads the action is about; done says that it has ended, for it
// cannot begin.
func (a *acting) choose(ctx context.Context) (done bool, err error) {
	for _, p := range []projections.Projection{projections.Leads(), projections.Segments()} {
		if err := a.Await(ctx, p); err != nil {
			return false, err
		}
	}
	n, err := a.Queries.Select(ctx, a.principal(), a.job.Stream, a.state.Selection)
	var refusal *domain.Error
	if errors.As(err, &refusal) && (refusal.Kind == domain.Invalid || refusal.Kind == domain.NotFound || refusal.Kind == domain.Conflict) {
		return true, a.record(ctx, commands.RecordBulk{Failed: &bulk.Failed{Code: refusal.Code, Message: refusal.Message}})
	}
	if err != nil {
		return false, err
	}
	if most := a.state.Selection.AtMost; most > 0 && n > int64(most) {
		failed := bulk.Failed{Code: "bulk_action.too_many", Message: fmt.Sprintf("%d leads were found, more than the %d that were agreed to: nothing was changed", n, most)}
		return true, a.record(ctx, commands.RecordBulk{Failed: &failed})
	}
	a.at.Prepared = n
	return false, a.Staging.Refuse(ctx, a.job.Org, a.job.Stream, nil, a.at)
}

// finish counts what was done, by what stands in the log, and notes it.
func (a *acting) finish(ctx context.Context) error {
	if err := a.Await(ctx, projections.EventIndex()); err != nil {
		return err
	}
	c := bulk.Counts{Selected: int(a.at.Prepared)}
	var err error
	if c.Changed, err = a.Queries.CausedStreams(ctx, a.job.Org, a.job.Correlation, "lead."); err != nil {
		return err
	}
	if c.Reasons, err = a.Staging.Refused(ctx, a.job.Org, a.job.Stream); err != nil {
		return err
	}
	for _, n := range c.Reasons {
		c.Refused += n
	}
	c.Unchanged = c.Selected - c.Changed - c.Refused
	if err := a.Staging.Forget(ctx, a.job.Org, a.job.Stream); err != nil {
		return err
	}
	return a.record(ctx, commands.RecordBulk{Finished: &bulk.Finished{Counts: c}})
}

// undo takes back what the action has done, lead by lead.
func (a *acting) undo(ctx context.Context) (bool, error) {
	if err := a.Await(ctx, projections.EventIndex()); err != nil {
		return false, err
	}
	chain := a.marks[0].Correlation // of the fact that started it
	for {
		streams, positions, err := a.Queries.Caused(ctx, a.job.Org, chain, "lead.", a.at.Cursor, bulkBatch)
		if err != nil {
			return false, err
		}
		if len(streams) == 0 {
			return true, a.undone(ctx)
		}
		take := undoing{Run: a.Run, Staging: a.Staging, org: a.job.Org, id: a.job.Stream, chain: chain, at: &a.at}
		if err := take.leads(ctx, a.call(fmt.Sprintf("undo|%d", positions[0])), streams, positions); err != nil {
			return false, err
		}
		a.at.Rows, a.at.Cursor = a.at.Rows+len(streams), positions[len(positions)-1]
		if err := a.Staging.Save(ctx, a.job.Org, a.job.Stream, nil, a.at); err != nil {
			return false, err
		}
		if a.Now().After(a.until) {
			return false, nil
		}
	}
}

// undone counts what was taken back, by what stands in the log, and notes it.
func (a *acting) undone(ctx context.Context) error {
	if err := a.Await(ctx, projections.EventIndex()); err != nil {
		return err
	}
	var u bulk.Undone
	var err error
	if u.Reverted, err = a.Queries.CausedStreams(ctx, a.job.Org, a.job.Correlation, "lead."); err != nil {
		return err
	}
	if u.KeptLeads, u.Kept, err = a.Staging.Kept(ctx, a.job.Org, a.job.Stream, a.job.Event, keptNamed); err != nil {
		return err
	}
	return a.record(ctx, commands.RecordBulk{Undone: &u})
}
