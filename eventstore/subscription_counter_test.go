package eventstore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// counter is a projection that shows every fault of a follower: it notes each fact it
// is given, in the order in which it is given them, and counts the facts of a stream.
type counter struct {
	*eventstoretest.DB
	t   testing.TB
	org string
	sub eventstore.Subscription
}

func newCounter(t testing.TB, name string) *counter {
	t.Helper()
	c := &counter{DB: eventstoretest.New(t), t: t, org: uuid.NewString(), sub: eventstore.Subscription{Name: name, Version: 1}}
	c.Exec(t, `create table public.applied (seq bigserial, position bigint, stream_id uuid, version int);
		create table public.counted (stream_id uuid primary key, n int not null);
		grant create on schema public to canvass_worker;
		grant all on public.applied, public.counted to canvass_worker;
		grant all on sequence public.applied_seq_seq to canvass_worker`)
	return c
}

var errOverlap = errors.New("two workers are in a batch at the same time")

func count(ctx context.Context, b *eventstore.Batch) error {
	var alone bool
	if err := b.Tx.QueryRow(ctx, `select pg_try_advisory_xact_lock(4711, 1)`).Scan(&alone); err != nil || !alone {
		return errors.Join(err, errOverlap)
	}
	positions, streams, versions := make([]int64, len(b.Events)), make([]string, len(b.Events)), make([]int, len(b.Events))
	for i, e := range b.Events {
		positions[i], streams[i], versions[i] = e.Position, e.Stream.ID, e.Version
	}
	if _, err := b.Tx.Exec(ctx, `insert into public.applied (position, stream_id, version)
		select p, s, v from unnest($1::bigint[], $2::uuid[], $3::int[]) with ordinality u(p, s, v, o) order by o`, positions, streams, versions); err != nil {
		return err
	}
	_, err := b.Tx.Exec(ctx, `insert into public.counted as c select s, count(*) from unnest($1::uuid[]) u(s) group by s
		on conflict (stream_id) do update set n = c.n + excluded.n`, streams)
	return err
}

// exactlyOnce compares what was applied with the log: every fact once, none twice, in
// order.
func (c *counter) exactlyOnce() {
	c.t.Helper()
	for what, sql := range map[string]string{
		"facts that are lost or doubled": `select count(*) from es.events e full join (select position, count(*) n from public.applied group by 1) a using (position) where n is distinct from 1 or e.position is null`,
		"facts out of order":             `select count(*) from (select position, lag(position) over (order by seq) before from public.applied) x where before >= position`,
		"streams counted wrongly":        `select count(*) from (select stream_id, count(*) n from es.events group by 1) e full join public.counted a using (stream_id) where e.n is distinct from a.n`,
		"facts parked":                   `select count(*) from es.parked`,
	} {
		if n := c.Count(c.t, sql); n != 0 {
			c.t.Errorf("%s: %d of %d", what, n, c.Head(c.t))
		}
	}
	c.contiguous()
}

// contiguous: checkpoints lie end to end.
func (c *counter) contiguous() {
	c.t.Helper()
	if n := c.Count(c.t, `select count(*) from (select from_pos, lag(to_pos) over (order by from_pos) before from es.checkpoints
		where projection = $1 and version = $2) x where before is not null and from_pos <> before + 1`, c.sub.Name, c.sub.Version); n != 0 {
		c.t.Errorf("%d checkpoints do not follow the one before", n)
	}
}

func (c *counter) applied() int64 { return c.Count(c.t, `select count(*) from public.applied`) }

// appending writes in small commits until stop is called.
func (c *counter) appending() (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 1; ; n = n%7 + 1 {
			select {
			case <-ended:
				return
			default:
				c.Import(c.t, c.org, n)
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}
