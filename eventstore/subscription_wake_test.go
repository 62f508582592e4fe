package eventstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/canvass-hq/canvass/eventstore"
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
	unheard, best := 0, time.Hour
	for range 6 {
		listening := func() bool { return c.Count(t, `select count(*) `+listeners) > 0 }
		eventstoretest.Eventually(t, "somebody listens", listening)
		c.Exec(t, `select pg_terminate_backend(pid) `+listeners)
		_, last := mute.Import(t, c.org, 3)
		best = min(best, eventstoretest.Took(func() { c.Await(t, c.sub, last) }))
		if !listening() {
			unheard++
		}
	}
	// Who begins to listen again, after a second, looks too, and who has just handled a
	// batch looks once more: by that alone every other round can be lucky. The machine may
	// be busy in some.
	if t.Logf("caught up within %s, %d times of 6 while nobody listened", best, unheard); unheard < 4 || best > time.Second {
		t.Error("the poll does not make a lost notice good within a second")
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

// TestPreparedBeginsNow: a follower that begins now misses nothing between the moment at
// which it was prepared and that at which it is started.
func TestPreparedBeginsNow(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	c.sub.Start = eventstore.Now
	c.Import(t, c.org, 4) // history
	if err := c.Store.NewSubscriber(c.sub, eventstore.NewFeed(c.Store, eventstore.DefaultLog), nil).Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, last := c.Import(t, c.org, 3)
	c.Follow(t, c.sub, count)
	c.Await(t, c.sub, last)
	if n := c.applied(); n != 3 {
		t.Errorf("%d facts were handed over, want the 3 since it was prepared", n)
	}
}
