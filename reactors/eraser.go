package reactors

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/suppression"
	"github.com/canvass-hq/canvass/eventstore"
)

const eraser = "eraser"

// Shredder destroys the key of a person's data.
type Shredder interface {
	Destroy(ctx context.Context, subject eventstore.Subject) error
}

// Eraser sees to it that the key of an erased person is destroyed.
func Eraser() Reactor {
	return Reactor{Name: eraser, Job: func(e eventstore.Recorded) (job river.InsertManyParams, follows bool) {
		_, follows = e.Fact.(lead.Erased)
		return river.InsertManyParams{Args: Shred{causeOf(e)}}, follows
	}}
}

// Shred is the job of destroying one person's key.
type Shred struct{ Cause }

// Kind implements river.JobArgs; it is stored and never renamed.
func (Shred) Kind() string { return "shred" }

// InsertOpts implements river.JobArgsWithInsertOpts. An erasure is a duty: it is
// tried for weeks.
func (Shred) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 25} }

// ShredWorker carries Shred out and records that it is done.
type ShredWorker struct {
	river.WorkerDefaults[Shred]

	Shredder Shredder
	Run      *commands.Runner
	// Sign is the organization's keyed hash, by which the suppressions of addresses are known.
	Sign func(ctx context.Context, org, purpose string, data []byte) ([]byte, error)
}

// Timeout implements river.Worker.
func (*ShredWorker) Timeout(*river.Job[Shred]) time.Duration { return 30 * time.Second }

// Work implements river.Worker. What is suppressed for the person's addresses stays so, and
// the addresses themselves go first: they can be read only as long as the person's key is.
func (w *ShredWorker) Work(ctx context.Context, job *river.Job[Shred]) error {
	if err := w.forgetAddresses(ctx, job.Args); err != nil {
		return err
	}
	if err := w.Shredder.Destroy(ctx, eventstore.Subject{Org: job.Args.Org, ID: job.Args.Stream}); err != nil {
		return err
	}
	_, err := commands.Execute(ctx, w.Run, job.Args.call(eraser), commands.RecordLeadShredding{ID: job.Args.Stream})
	return err
}

func (w *ShredWorker) forgetAddresses(ctx context.Context, args Shred) error {
	of, _, err := w.Run.Store.LoadMany(ctx, args.Org, []domain.StreamID{lead.Stream(args.Stream)}, nil)
	if err != nil {
		return err
	}
	addresses := lead.AddressesEver(of[args.Stream].Facts)
	streams := make([]domain.StreamID, len(addresses))
	for i, address := range addresses {
		hash, err := w.Sign(ctx, args.Org, suppression.KeyPurpose, []byte(address))
		if err != nil {
			return err
		}
		streams[i] = suppression.Stream(suppression.ID(hash))
	}
	known, _, err := w.Run.Store.LoadMany(ctx, args.Org, streams, nil)
	if err != nil {
		return err
	}
	for _, s := range streams {
		if known[s.ID].Version == 0 {
			continue // the key of what is not suppressed is not destroyed: it may be one day
		}
		call := args.call(eraser)
		call.ID = commands.CausedID(args.Event, eraser+" "+s.ID)
		if _, err := commands.Execute(ctx, w.Run, call, commands.ForgetAddress{ID: s.ID}); err != nil {
			return err
		}
		if err := w.Shredder.Destroy(ctx, eventstore.Subject{Org: args.Org, ID: s.ID}); err != nil {
			return err
		}
	}
	return nil
}
