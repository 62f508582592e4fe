package eventstore_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// TestProgress: neither a transaction with an id in another database of the cluster nor
// a snapshot that has been open for long keeps anybody from going on.
func TestProgress(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	foreign := "foreign_" + uuid.NewString()[:8]
	c.Exec(t, `create database `+foreign)
	t.Cleanup(func() { c.execute(`drop database ` + foreign + ` with (force)`) })
	c.Import(t, c.org, 5)
	for dsn, sql := range map[string]string{
		eventstoretest.WithDatabase(c.URL, foreign): `begin; select pg_current_xact_id()`,
		c.URL: `begin isolation level repeatable read; select count(*) from es.events`,
	} {
		held, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = held.Close(context.Background()) })
		if _, err := held.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.Count(t, `select count(*) from pg_stat_activity where state = 'idle in transaction' and (backend_xid is not null or backend_xmin is not null) and datname in ($1, current_database())`, foreign); n < 2 {
		t.Fatalf("%d transactions stand in the way, want 2", n)
	}
	c.Follow(t, c.sub, count)
	c.Import(t, c.org, 700)
	c.Await(t, c.sub, 705)
	c.exactlyOnce()
}

// execute is Exec for the time after the test.
func (c *counter) execute(sql string) {
	pool, err := pgxpool.New(context.Background(), eventstoretest.WithDatabase(c.URL, "postgres"))
	if err == nil {
		_, err = pool.Exec(context.Background(), sql)
		pool.Close()
	}
	if err != nil {
		c.t.Log(err)
	}
}

// TestVersions: another version of a name is another follower.
func TestVersions(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	stream := lead.Stream(eventstoretest.NewID())
	c.Put(t, c.org, stream, eventstoretest.Captured("ann"))
	for v := range 2 {
		sub := c.sub
		sub.Version = v + 1
		c.Follow(t, sub, count)
		c.Await(t, sub, 1)
	}
	if n := c.applied(); n != 2 {
		t.Errorf("two versions were given %d facts", n)
	}
	if _, err := c.Store.NewSubscriber(c.sub, eventstore.NewFeed(c.Store, 0), nil).Subscribe(t.Context(), "another"); err == nil {
		t.Error("a subscriber follows under a name that is not its own")
	}
}
