// Package reactors acts on facts: a reactor turns the facts of a batch into jobs in
// the transaction of its checkpoint, and a worker carries a job out and tells the
// log with a command how it went. No transaction is open while the world is asked,
// and no replay can reach the world: a rebuild runs projections only.
package reactors

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/access"
	"github.com/canvass-hq/canvass/eventstore"
)

// Reactor turns facts into jobs.
type Reactor struct {
	Name string // stored, never renamed
	// Job is what a fact leads to, if it does: no clock and no I/O, for it may be asked twice.
	Job func(e eventstore.Recorded) (job river.InsertManyParams, follows bool)
}

// All lists the reactors.
func All() []Reactor {
	return []Reactor{Eraser(), Importer(), Bulk(), Reminder(), Inviter(), Campaigner()}
}

// Subscription is how the reactor follows the log: from the moment that it is first
// deployed, so that history moves nothing.
func (r Reactor) Subscription() eventstore.Subscription {
	return eventstore.Subscription{Name: r.Name, Version: 1, Start: eventstore.Now, Concerns: func(e eventstore.Recorded) bool {
		_, follows := r.Job(e)
		return follows
	}}
}

// Handler enqueues the jobs of a batch in the batch's own transaction.
func (r Reactor) Handler(client *river.Client[pgx.Tx]) func(context.Context, *eventstore.Batch) error {
	return func(ctx context.Context, b *eventstore.Batch) error {
		var jobs []river.InsertManyParams
		for _, e := range b.Events {
			if job, follows := r.Job(e); follows {
				jobs = append(jobs, job)
			}
		}
		if len(jobs) == 0 {
			return nil
		}
		if _, err := client.InsertManyTx(ctx, b.Tx, jobs); err != nil {
			return fmt.Errorf("enqueue the jobs of %s: %w", r.Name, err)
		}
		return nil
	}
}

// Cause is the fact that a job goes back to. Arguments of jobs hold ids only: the
// queue is no place for personal data.
type Cause struct {
	Org         string `json:"org"`
	Event       string `json:"event"`
	Stream      string `json:"stream"`
	Correlation string `json:"correlation"`
}

func causeOf(e eventstore.Recorded) Cause {
	return Cause{Org: e.Org, Event: e.ID, Stream: e.Stream.ID, Correlation: e.Meta.Correlation}
}

// call is how a job gives a command: once, however often the job runs.
func (c Cause) call(reactor string) commands.Call {
	return commands.Call{
		Principal: access.Principal{Org: c.Org, ID: reactor, Role: access.System},
		ID:        commands.CausedID(c.Event, reactor), Chosen: true,
		Request:     []byte(reactor + " " + c.Event),
		Correlation: c.Correlation, Causation: c.Event,
	}
}
