package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/domain/schema"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// Facts as another release would write them: one that this release does not know, and
// one that it knows in another shape.
type (
	future  struct{ Name string }
	strange []string
)

func otherRelease(t *testing.T, c *counter) *eventstoretest.DB {
	t.Helper()
	schemas := []domain.Schema{domain.Stored[future]("lead.promoted"), domain.Stored[strange]("lead.assigned")}
	for _, s := range schema.All() {
		if s.Type != "lead.assigned" {
			schemas = append(schemas, s)
		}
	}
	r, err := eventstore.NewRegistry(schemas)
	if err != nil {
		t.Fatal(err)
	}
	return eventstoretest.OpenWith(t, c.URL, r, func() (string, error) { return eventstoretest.MasterKey, nil })
}

type poison struct {
	fact  any
	class string
	fault func(context.Context, *eventstore.Batch) error
}

// poisons are facts that cannot be handled, each for another reason.
func poisons() map[string]poison {
	in := func(sql string) func(context.Context, *eventstore.Batch) error {
		return func(ctx context.Context, b *eventstore.Batch) error {
			_, err := b.Tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
			if err != nil {
				return fmt.Errorf("apply: %w", err)
			}
			return nil
		}
	}
	return map[string]poison{
		"panic": {lead.Archived{}, "panic", func(context.Context, *eventstore.Batch) error {
			panic("cannot bear ann@secret.example")
		}},
		"error of SQL": {lead.Archived{}, "sql:22P02", in(`select 'ann@secret.example'::text::int`)},
		"constraint":   {lead.Archived{}, "sql:23505:public:counted:counted_pkey", in(`insert into public.counted select stream_id, 1 from public.counted limit 1`)},
		"constraint that is deferred": {lead.Archived{}, "sql:23505:public:late:late_id_key", in(
			`create table if not exists public.late (id int unique deferrable initially deferred); insert into public.late values (1), (1)`)},
		"error that is swallowed": {lead.Archived{}, "sql:25P02", func(ctx context.Context, b *eventstore.Batch) error {
			_ = in(`select 1/0`)(ctx, b)
			return nil
		}},
		"error with a text": {lead.Archived{}, "*errors.errorString", func(context.Context, *eventstore.Batch) error {
			return errors.New("no mail for ann@secret.example")
		}},
		"type that is not known": {future{"ann@secret.example"}, "", nil},
		"shape that is not read": {strange{"ann@secret.example"}, "*json.UnmarshalTypeError", nil},
	}
}

// TestPoison puts one fact that cannot be handled among 499 others: it alone is parked,
// with its stream, and told by a class that quotes nothing.
func TestPoison(t *testing.T) {
	t.Parallel()
	for name, spec := range poisons() {
		for _, at := range []int{0, 317, 499} {
			t.Run(fmt.Sprint(name, " at ", at), func(t *testing.T) {
				t.Parallel()
				c := newCounter(t, "counter")
				other := otherRelease(t, c)
				c.Import(t, c.org, at)
				bad := lead.Stream(eventstoretest.NewID())
				other.Put(t, c.org, bad, spec.fact)
				if at < 499 {
					c.Import(t, c.org, 499-at)
				}
				handle := func(ctx context.Context, b *eventstore.Batch) error {
					if err := count(ctx, b); err != nil {
						return err
					}
					for _, e := range b.Events {
						if e.Position == int64(at+1) && spec.fault != nil {
							return spec.fault(ctx, b)
						}
					}
					return nil
				}
				c.Follow(t, c.sub, handle)
				c.Await(t, c.sub, 500)
				c.parked(t, []int64{int64(at + 1)}, 499, spec.class)
				// Its stream waits behind it, another goes on.
				c.Put(t, c.org, bad, lead.Restored{})
				c.Put(t, c.org, lead.Stream(eventstoretest.NewID()), eventstoretest.Captured("bo"))
				c.Await(t, c.sub, 502)
				c.parked(t, []int64{int64(at + 1), 501}, 500, spec.class)
				c.contiguous()
			})
		}
	}
}

// parked compares what is parked, and finds nobody in it.
func (c *counter) parked(t *testing.T, positions []int64, applied int64, class string) {
	t.Helper()
	got, err := c.Store.ParkedFacts(t.Context(), c.sub)
	if err != nil {
		t.Fatal(err)
	}
	var at []int64
	for _, p := range got {
		at = append(at, p.Position)
	}
	if fmt.Sprint(at) != fmt.Sprint(positions) || c.applied() != applied {
		t.Fatalf("parked %v, applied %d; want %v and %d", at, c.applied(), positions, applied)
	}
	if class != "" && got[0].Class != class {
		t.Errorf("parked as %q, want %q", got[0].Class, class)
	}
	if all := strings.Join(c.Strings(t, `select p::text from es.parked p`), " "); strings.Contains(all, "secret") || got[0].Class == "" {
		t.Errorf("what is kept of the fault: %s", all)
	}
}

// TestUnpark hands parked facts out again once the handler is mended: each stream in
// its order, and one that is refused again stays parked, whole, and holds nobody up.
func TestUnpark(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "counter")
	var mended atomic.Bool
	streams := []domain.StreamID{lead.Stream(eventstoretest.NewID()), lead.Stream(eventstoretest.NewID()), lead.Stream(eventstoretest.NewID())}
	for range 3 { // facts 1 to 9, the streams taking turns
		for _, s := range streams {
			c.Put(t, c.org, s, lead.Archived{})
		}
	}
	handle := func(ctx context.Context, b *eventstore.Batch) error {
		for _, e := range b.Events {
			switch {
			case !mended.Load() && e.Position <= 2:
				return errors.New("not yet")
			case mended.Load() && e.Position == 7: // the first stream's last fact
				panic("still not")
			}
		}
		return count(ctx, b)
	}
	c.Follow(t, c.sub, handle)
	c.Await(t, c.sub, 9)
	c.parked(t, []int64{1, 2, 4, 5, 7, 8}, 3, "*errors.errorString")
	mended.Store(true)
	n, err := c.Store.Unpark(t.Context(), c.sub, handle)
	if n != 3 || err == nil || !strings.Contains(err.Error(), streams[0].ID) || strings.Contains(err.Error(), streams[1].ID) {
		t.Errorf("unparked %d: %v", n, err)
	}
	c.parked(t, []int64{1, 4, 7}, 6, "*errors.errorString")
	if got := strings.Join(c.Strings(t, `select position::text from public.applied where stream_id = $1 order by seq`, streams[1].ID), " "); got != "2 5 8" {
		t.Errorf("the second stream was handled as %s", got)
	}
	c.Put(t, c.org, streams[0], lead.Restored{})
	c.Put(t, c.org, streams[1], lead.Restored{})
	c.Await(t, c.sub, 11)
	c.parked(t, []int64{1, 4, 7, 10}, 7, "*errors.errorString")
	if n, err := c.Store.Unpark(t.Context(), c.sub, count); n != 4 || err != nil {
		t.Errorf("unparked %d: %v", n, err)
	}
	if n := c.Count(t, `select count(*) from (select position, lag(position) over (partition by stream_id order by seq) b from public.applied) x where b >= position`); n != 0 || c.applied() != 11 {
		t.Errorf("%d of %d facts are out of the order of their stream", n, c.applied())
	}
	if n, err := c.Store.Unpark(t.Context(), c.sub, count); n != 0 || err != nil {
		t.Errorf("unparked %d where nothing was parked: %v", n, err)
	}
}

// TestFaultsElsewhere: where no fact is to blame, none is parked: the follower waits
// until it is over.
func TestFaultsElsewhere(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]struct{ breaks, mends string }{
		"a grant is missing":   {`revoke all on public.applied from canvass_worker`, `grant all on public.applied to canvass_worker`},
		"a table is missing":   {`alter table public.applied rename to away`, `alter table public.away rename to applied`},
		"the database is full": {`create function public.fill() returns trigger language plpgsql as $$ begin raise 'full' using errcode = '53100'; end $$; create trigger filled before insert on public.applied execute function public.fill()`, `drop trigger filled on public.applied`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, "counter")
			c.Exec(t, spec.breaks)
			c.Import(t, c.org, 1)
			var tried atomic.Int64
			c.Follow(t, c.sub, func(ctx context.Context, b *eventstore.Batch) error {
				tried.Add(1)
				return count(ctx, b)
			})
			eventstoretest.Eventually(t, "it has been tried often enough to be parked", func() bool { return tried.Load() > 4 })
			c.Exec(t, spec.mends)
			c.Await(t, c.sub, 1)
			c.exactlyOnce()
		})
	}
	t.Run("the connection dies in the handler", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t, "counter")
		c.Import(t, c.org, 3)
		var tried atomic.Int64
		c.Follow(t, c.sub, func(ctx context.Context, b *eventstore.Batch) error {
			if tried.Add(1) <= 5 {
				var pid int
				if err := b.Tx.QueryRow(ctx, `select pg_backend_pid()`).Scan(&pid); err != nil {
					return err
				}
				c.Exec(t, `select pg_terminate_backend($1)`, pid)
			}
			return count(ctx, b)
		})
		c.Await(t, c.sub, 3)
		c.exactlyOnce()
	})
}
