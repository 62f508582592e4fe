package eventstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

const listeners = `from pg_stat_activity where datname = current_database() and query = 'listen es_log'`

// TestLostNotices kills the connection that listens, and lets another process write
// whose notices are lost too: the poll makes it good, within a second.
func TestLostNotices(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.Follow(t, c.sub, count)
	mute := eventstoretest.Open(t, c.URL) // writes as another process would
	mute.Pools.Worker.Close()             // and has nothing to send a notice with
	best := time.Hour
	for range 5 { // the machine may be busy once, not each time
		eventstoretest.Eventually(t, "somebody listens", func() bool { return c.Count(t, `select count(*) `+listeners) > 0 })
		c.Exec(t, `select pg_terminate_backend(pid) `+listeners)
		_, last := mute.Import(t, c.org, 3)
		best = min(best, eventstoretest.Took(func() { c.Await(t, c.sub, last) }))
	}
	// A second is promised; it is also after how long somebody listens again.
	if t.Logf("caught up within %s", best); best > 700*time.Millisecond {
		t.Errorf("the poll catches up within %s", best)
	}
	c.exactlyOnce()
}

// TestNotices: what another process writes is heard of, and not only found by the poll.
func TestNotices(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	other := eventstoretest.Open(t, c.URL)
	heard := c.Admin(t)
	if _, err := heard.Exec(t.Context(), `listen es_log`); err != nil {
		t.Fatal(err)
	}
	c.Follow(t, c.sub, count)
	_, last := other.Import(t, c.org, 1)
	ctx, cancel := context.WithTimeout(t.Context(), eventstoretest.Patience)
	defer cancel()
	if _, err := heard.WaitForNotification(ctx); err != nil {
		t.Fatal("no notice came: ", err)
	}
	c.Await(t, c.sub, last)
}
