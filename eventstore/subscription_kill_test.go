package eventstore_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// What a child process is told: at which step it stops, how (kill or stop), and as
// which worker it works.
const (
	endAt  = "CANVASS_TEST_END_AT" // "handled 3 kill"
	worker = "CANVASS_TEST_WORKER"
)

var steps = []string{"read", "handled", "checkpointed", "committed"}

// TestChildWorker is no test: it is the worker of the tests that kill one.
func TestChildWorker(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OnlyInChild(t)
	sub := eventstore.Subscription{Name: "counter", Version: 1, Batch: 20, Worker: eventstoretest.ChildValue(worker)}
	s := db.Store.NewSubscriber(sub, eventstore.NewFeed(db.Store, eventstore.DefaultLog), nil)
	s.Reached(dieAt(eventstoretest.ChildValue(endAt)))
	db.FollowWith(t, s, sub, count)
	eventstoretest.Tell("following")
	<-t.Context().Done()
}

// dieAt ends or stops this process at the n-th time of a step.
func dieAt(what string) func(step string) {
	seen := map[string]int{}
	end := strings.Fields(what)
	return func(step string) {
		if seen[step]++; len(end) != 3 || step != end[0] || strconv.Itoa(seen[step]) != end[1] {
			return
		}
		eventstoretest.Tell("at " + step)
		if end[2] == "kill" {
			eventstoretest.KillSelf()
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
}

func (c *counter) worker(name, end string) *eventstoretest.Child {
	return eventstoretest.StartChild(c.t, c.DB, "TestChildWorker", worker+"="+name, endAt+"="+end)
}

// TestWorkerKilled kills a worker with SIGKILL at every step of a batch, and at random
// moments, while facts come in; what it counts is exact.
func TestWorkerKilled(t *testing.T) { //nolint:paralleltest // it kills processes
	c := newCounter(t, "counter")
	stop := c.appending()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	kills := 0
	for kills = range eventstoretest.Rounds(2 * len(steps)) {
		step := steps[kills%len(steps)]
		child := c.worker("w"+strconv.Itoa(kills), step+" "+strconv.Itoa(1+kills/len(steps)%3)+" kill")
		if random.IntN(4) == 0 { // at no step in particular
			child.Expect("following")
			from := c.Checkpoint(t, c.sub)
			ahead := random.Int64N(60)
			eventstoretest.Eventually(t, "the worker goes on", func() bool { return c.Checkpoint(t, c.sub) >= from+ahead || !child.Alive() })
			child.Kill()
			continue
		}
		child.Expect("at " + step)
		child.Ended()
	}
	stop()
	last := c.worker("last", "")
	last.Expect("following")
	c.Await(t, c.sub, c.Head(t))
	last.Kill()
	t.Logf("%d kills over %d facts", kills+1, c.Head(t))
	c.exactlyOnce()
}

// TestFailover: of two workers of one name one works at a time, and the other goes on
// when it is killed.
func TestFailover(t *testing.T) { //nolint:paralleltest // it kills processes
	c := newCounter(t, "counter")
	stop := c.appending()
	workers := map[string]*eventstoretest.Child{"a": c.worker("a", ""), "b": c.worker("b", "")}
	for _, w := range workers {
		w.Expect("following")
	}
	c.Await(t, c.sub, 200)
	for _, name := range []string{"a", "b"} {
		workers[name].Kill()
		other := map[string]string{"a": "b", "b": "a"}[name]
		at := c.Checkpoint(t, c.sub)
		eventstoretest.Eventually(t, "worker "+other+" takes over", func() bool {
			return c.Count(t, `select count(*) from es.checkpoints where from_pos > $1 and worker = $2`, at, other) >= 3
		})
		workers[name] = c.worker(name, "")
		workers[name].Expect("following")
	}
	stop()
	c.Await(t, c.sub, c.Head(t))
	c.exactlyOnce()
}

// TestZombie stops a worker in the middle of a batch, takes its connection and with it
// its lock, lets another go on, and wakes it up.
func TestZombie(t *testing.T) { //nolint:paralleltest // it stops processes
	c := newCounter(t, "counter")
	for _, step := range []string{"read", "handled", "checkpointed"} {
		c.Import(t, c.org, 50)
		zombie := c.worker("zombie", step+" 1 stop")
		zombie.Expect("at " + step)
		c.Exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`)
		c.Import(t, c.org, 30)
		other := c.worker("other", "")
		c.Await(t, c.sub, c.Head(t))
		other.Kill()
		zombie.Signal(syscall.SIGCONT)
		c.Import(t, c.org, 30)
		c.Await(t, c.sub, c.Head(t))
		zombie.Kill()
		if n := c.Count(t, `select count(*) from es.checkpoints where worker = 'zombie' and to_pos = $1`, c.Head(t)); n != 1 {
			t.Errorf("stopped when %s: the zombie did not go on", step)
		}
		c.exactlyOnce()
	}
}
