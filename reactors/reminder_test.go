package reactors_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/canvass-hq/canvass/commands"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/task"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
	"github.com/canvass-hq/canvass/migrations"
	"github.com/canvass-hq/canvass/reactors"
)

// soonDue leaves time to move a task or to do it before it is due.
const soonDue = 5 * time.Second

// remind has the reminder follow the log, and the queue work when it is to.
func (o *office) remind(works bool) {
	o.t.Helper()
	cfg := &river.Config{Schema: migrations.JobSchema, Logger: slog.New(slog.DiscardHandler), TestOnly: true}
	if works {
		cfg.Workers = river.NewWorkers()
		river.AddWorker(cfg.Workers, &reactors.RemindWorker{Run: o.run})
		cfg.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}}
		cfg.FetchPollInterval = 100 * time.Millisecond
	}
	client, err := river.NewClient[pgx.Tx](riverpgxv5.New(o.Pools.Worker), cfg)
	if err != nil {
		o.t.Fatal(err)
	}
	if works {
		if err := client.Start(context.Background()); err != nil {
			o.t.Fatal(err)
		}
		o.t.Cleanup(func() { _ = client.StopAndCancel(context.Background()) })
	}
	r := reactors.Reminder()
	o.Follow(o.t, r.Subscription(), r.Handler(client))
}

// ask gives a command on a task.
func (o *office) ask(cmd commands.Command[task.Task, task.Event]) {
	o.t.Helper()
	o.do(func(ctx context.Context, call commands.Call) error {
		_, err := commands.Execute(ctx, o.run, call, cmd)
		return err
	})
}

// due makes a task that is due after a while.
func (o *office) due(about string, in time.Duration) (id, at string) {
	o.t.Helper()
	id, at = commands.NewID(), time.Now().Add(in).UTC().Format(time.RFC3339)
	o.ask(commands.CreateTask{ID: id, Lead: about, Title: "Call Ann Secret", Due: at})
	return id, at
}

func (o *office) reminders(id string) []string {
	return o.Strings(o.t, `select data->>'due' from es.events where type = 'task.reminded' and stream_id = $1 order by position`, id)
}

// TestReminder: of a task that is due its assignee is reminded once; of one that was moved
// only at its new time; of one that is done, deleted or about a deleted lead never.
func TestReminder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.remind(true)
	about := o.Captured()
	plain, plainAt := o.due("", soonDue)
	just, justAt := o.due("", -30*time.Second)
	moved, _ := o.due("", soonDue)
	movedTo := time.Now().Add(soonDue + 2*time.Second).UTC().Format(time.RFC3339)
	o.ask(commands.EditTask{ID: moved, Patch: task.Patch{Due: &movedTo}})
	away, awayAt := o.due("", soonDue) // away and back: two jobs, one reminder
	o.ask(commands.EditTask{ID: away, Patch: task.Patch{Due: &movedTo}})
	o.ask(commands.EditTask{ID: away, Patch: task.Patch{Due: &awayAt}})
	reopened, reopenedAt := o.due("", soonDue)
	o.ask(commands.CompleteTask{ID: reopened})
	o.ask(commands.ReopenTask{ID: reopened})
	done, _ := o.due("", soonDue)
	o.ask(commands.CompleteTask{ID: done})
	deleted, _ := o.due("", soonDue)
	o.ask(commands.DeleteTask{ID: deleted})
	ofDeleted, _ := o.due(about, soonDue)
	o.Put(t, o.org, leadStream(about), lead.Deleted{})
	undated, _ := o.due("", soonDue)
	o.ask(commands.EditTask{ID: undated, Patch: task.Patch{Due: new(string)}})
	late, _ := o.due("", -time.Hour)
	o.Await(t, reactors.Reminder().Subscription(), o.Head(t))
	if o.jobs() != 13 { // moved has two, away three, reopened two
		t.Errorf("%d jobs", o.jobs())
	}
	eventstoretest.Eventually(t, "every job is done", func() bool {
		return o.Count(t, `select count(*) from river.river_job where state <> 'completed'`) == 0
	})
	for name, c := range map[string]struct {
		id   string
		want []string
	}{
		"due": {plain, []string{plainAt}}, "just past": {just, []string{justAt}}, "moved": {moved, []string{movedTo}}, "away and back": {away, []string{awayAt}}, "reopened": {reopened, []string{reopenedAt}},
		"done": {done, nil}, "deleted": {deleted, nil}, "of a deleted lead": {ofDeleted, nil}, "no time any more": {undated, nil}, "late when it was made": {late, nil},
	} {
		if got := o.reminders(c.id); !slices.Equal(got, c.want) {
			t.Errorf("%s: reminded of %v, want %v", name, got, c.want)
		}
	}
	if early := o.Count(t, `select count(*) from es.events where type = 'task.reminded' and recorded_at < (data->>'due')::timestamptz`); early != 0 {
		t.Errorf("%d reminders came early", early)
	}
	if by := o.Strings(t, `select distinct meta->>'actor' from es.events where type = 'task.reminded'`); !slices.Equal(by, []string{"job:reminder"}) {
		t.Errorf("recorded by %v", by)
	}
}

// TestRemindTwice: a job that runs again reminds nobody again, and the queue holds no
// personal data.
func TestRemindTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.remind(false)
	id, at := o.due(o.Captured(), 24*time.Hour)
	o.Await(t, reactors.Reminder().Subscription(), o.Head(t))
	raw := o.Strings(t, `select args::text || '' from river.river_job where state = 'scheduled' and scheduled_at = $1::timestamptz`, at)
	if len(raw) != 1 {
		t.Fatalf("%d jobs wait for %s", len(raw), at)
	}
	if all := strings.Join(o.Strings(t, `select j::text from river.river_job j`), ""); strings.Contains(strings.ToLower(all), "secret") {
		t.Errorf("a job holds personal data: %s", all)
	}
	var args map[string]string
	if err := json.Unmarshal([]byte(raw[0]), &args); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(args)); !slices.Equal(keys, []string{"correlation", "due", "event", "org", "stream"}) || args["due"] != at || args["stream"] != id {
		t.Errorf("a job holds %v", args)
	}
	job := &river.Job[reactors.Remind]{JobRow: &rivertype.JobRow{}}
	if err := json.Unmarshal([]byte(raw[0]), &job.Args); err != nil {
		t.Fatal(err)
	}
	w := &reactors.RemindWorker{Run: o.run}
	for range 3 {
		if err := w.Work(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	if got := o.reminders(id); !slices.Equal(got, []string{at}) {
		t.Errorf("reminded of %v", got)
	}
}
