package reactors

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore"
)

const reminder = "reminder"

// remindLate is how long before a task is written down its time may have passed, and its
// assignee is reminded all the same: a request that was under way. Who writes down what
// was due last week knows.
const remindLate = time.Minute

// Reminder sees to it that it is noted when the time of a task comes.
func Reminder() Reactor {
	return Reactor{Name: reminder, Job: func(e eventstore.Recorded) (job river.InsertManyParams, follows bool) {
		text := dueOf(e.Fact)
		due, err := time.Parse(time.RFC3339, text)
		if err != nil || due.Before(e.RecordedAt.Add(-remindLate)) {
			return job, false // no time, or a time of the past
		}
		return river.InsertManyParams{Args: Remind{Cause: causeOf(e), Due: text}, InsertOpts: &river.InsertOpts{ScheduledAt: due}}, true
	}}
}

// dueOf is the time that a fact gives to an open task; "" for none.
func dueOf(fact any) string {
	switch f := fact.(type) {
	case task.Created:
		return f.Due
	case task.Rescheduled:
		return f.To
	case task.Reopened:
		return f.Due
	}
	return ""
}

// Remind is the job of noting that the time of a task has come. Whether it still is the
// task's time is asked then: a task that is moved or done leaves its job in the queue.
type Remind struct {
	Cause

	Due string `json:"due"`
}

// Kind implements river.JobArgs; it is stored and never renamed.
func (Remind) Kind() string { return "remind" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Remind) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 25} }

// RemindWorker carries Remind out.
type RemindWorker struct {
	river.WorkerDefaults[Remind]

	Run *commands.Runner
}

// Timeout implements river.Worker.
func (*RemindWorker) Timeout(*river.Job[Remind]) time.Duration { return 30 * time.Second }

// Work implements river.Worker.
func (w *RemindWorker) Work(ctx context.Context, job *river.Job[Remind]) error {
	_, err := commands.Execute(ctx, w.Run, job.Args.call(reminder), commands.RecordTaskReminder{ID: job.Args.Stream, Due: job.Args.Due})
	if errors.Is(err, task.ErrNotFound) {
		return nil // its lead is deleted, and nobody sees it
	}
	return err
}
