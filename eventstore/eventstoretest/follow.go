package eventstoretest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/eventstore"
)

// Patience bounds every wait of a test for something that another process or
// goroutine does. It decides nothing but how long a broken test takes to fail.
const Patience = 30 * time.Second

// Eventually polls for what gives no signal to the test.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(Patience)
	defer limit.Stop()
	for !done() {
		select {
		case <-limit.C:
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

// Following is a follower of the log that runs the way a worker runs it: a Subscriber
// behind Watermill's Router.
type Following struct {
	Subscriber *eventstore.Subscriber
	Router     *message.Router
	stop       func()
}

// Stop closes the Router and waits for the batch in hand.
func (f *Following) Stop() { f.stop() }

// Follow runs the subscription until Stop or the end of the test. It returns when the
// follower has a checkpoint.
func (db *DB) Follow(t testing.TB, sub eventstore.Subscription, handle func(context.Context, *eventstore.Batch) error) *Following {
	t.Helper()
	return db.FollowWith(t, db.Store.NewSubscriber(sub, eventstore.NewFeed(db.Store, sub.Log), nil), sub, handle)
}

// FollowWith is Follow with a subscriber of the test's making.
func (db *DB) FollowWith(t testing.TB, s *eventstore.Subscriber, sub eventstore.Subscription, handle func(context.Context, *eventstore.Batch) error) *Following {
	t.Helper()
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: Patience}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	router.AddMiddleware(middleware.Recoverer)
	router.AddConsumerHandler(sub.Name, sub.Name, s, eventstore.Handler(handle))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = router.Run(context.Background())
	}()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			if err := router.Close(); err != nil {
				t.Errorf("close the router of %s: %v", sub.Name, err)
			}
			<-ended
		})
	}
	t.Cleanup(stop)
	select {
	case <-router.Running():
	case <-time.After(Patience):
		t.Fatalf("the router of %s does not run", sub.Name)
	}
	return &Following{Subscriber: s, Router: router, stop: stop}
}

// Await waits until a follower has reached a position.
func (db *DB) Await(t testing.TB, sub eventstore.Subscription, position int64) {
	t.Helper()
	Eventually(t, "the follower "+sub.Name+" reaches the position", func() bool { return db.Checkpoint(t, sub) >= position })
}

// Checkpoint is how far a follower has come.
func (db *DB) Checkpoint(t testing.TB, sub eventstore.Subscription) int64 {
	t.Helper()
	at, err := db.Store.Checkpoint(t.Context(), sub.Name, sub.Version, sub.Log)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Head is the end of the default log.
func (db *DB) Head(t testing.TB) int64 {
	t.Helper()
	head, err := db.Store.Head(t.Context(), eventstore.DefaultLog)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// Admin is a connection of the superuser to the test's database.
func (db *DB) Admin(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// as runs a function on a connection of the superuser that lives no longer: a test may
// ask thousands of times.
func (db *DB) as(t testing.TB, what string, do func(*pgx.Conn) error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err == nil {
		err = errors.Join(do(conn), conn.Close(context.WithoutCancel(t.Context())))
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Exec runs statements as the superuser.
func (db *DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	db.as(t, sql, func(c *pgx.Conn) error {
		_, err := c.Exec(t.Context(), sql, args...)
		return err
	})
}

// Strings runs a query of one text column as the superuser.
func (db *DB) Strings(t testing.TB, sql string, args ...any) (out []string) {
	t.Helper()
	db.as(t, sql, func(c *pgx.Conn) error {
		rows, err := c.Query(t.Context(), sql, args...)
		if err == nil {
			out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		return err
	})
	return out
}

// Count runs a query of one number as the superuser.
func (db *DB) Count(t testing.TB, sql string, args ...any) (n int64) {
	t.Helper()
	db.as(t, sql, func(c *pgx.Conn) error { return c.QueryRow(t.Context(), sql, args...).Scan(&n) })
	return n
}
