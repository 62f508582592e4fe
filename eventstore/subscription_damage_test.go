package eventstore_test

import (
	"errors"
	"testing"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// lose deletes facts behind the back of the log, as nobody but a superuser can.
func (c *counter) lose(condition string) {
	c.t.Helper()
	c.Exec(c.t, `alter table es.events disable trigger all; alter table es.events_l0 disable trigger all;
		delete from es.events_l0 where `+condition+`;
		alter table es.events_l0 enable always trigger immutable_rows, enable always trigger immutable_table;
		alter table es.events enable always trigger immutable_rows, enable always trigger immutable_table`)
}

// TestDamagedLog: a follower that finds a fact missing stops for good, before it hands
// out anything that lies behind.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]struct {
		before  func(c *counter, writer *eventstoretest.DB) // with facts 1 to 30 in the log and nobody following
		after   func(c *counter)                            // with a follower at the end
		applied int64
	}{
		"the first fact":                         {before: func(c *counter, _ *eventstoretest.DB) { c.lose(`position = 1`) }, applied: 0},
		"one in between, in the first batch":     {before: func(c *counter, _ *eventstoretest.DB) { c.lose(`position = 7`) }, applied: 0},
		"one in between, in the third batch":     {before: func(c *counter, _ *eventstoretest.DB) { c.lose(`position = 27`) }, applied: 20},
		"the last one, behind a follower's back": {after: func(c *counter) { c.lose(`position = 30`) }, applied: 30},
		"the last ones, while nobody followed": {before: func(c *counter, _ *eventstoretest.DB) {
			f := c.Follow(c.t, c.sub, count)
			c.Await(c.t, c.sub, 30)
			f.Stop()
			c.lose(`position > 25`)
		}, applied: 30},
		"the last one, and another has come": {before: func(c *counter, writer *eventstoretest.DB) {
			f := c.Follow(c.t, c.sub, count)
			c.Await(c.t, c.sub, 30)
			f.Stop()
			writer.Import(c.t, c.org, 3)
			c.lose(`position = 31`)
		}, applied: 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, "counter")
			c.sub.Batch = 10
			c.Import(t, c.org, 30)
			writer := c.DB
			c.DB = traced(t, writer, nil) // another process: what it follows is read from the log
			if spec.before != nil {
				spec.before(c, writer)
			}
			f := c.Follow(t, c.sub, count)
			if spec.after != nil {
				c.Await(t, c.sub, 30)
				spec.after(c)
			}
			eventstoretest.Eventually(t, "the follower halts", func() bool { return f.Subscriber.Halted() != nil })
			if err := f.Subscriber.Halted(); !errors.Is(err, eventstore.ErrDamaged) {
				t.Errorf("halted for %v", err)
			}
			if n := c.applied(); n != spec.applied {
				t.Errorf("%d facts were applied, want %d", n, spec.applied)
			}
			if err := c.Store.CatchUp(t.Context(), c.sub, count, nil); !errors.Is(err, eventstore.ErrDamaged) {
				t.Errorf("catching up: %v, want that the log is damaged", err)
			}
		})
	}
}
