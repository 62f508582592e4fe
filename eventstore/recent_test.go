package eventstore_test

import (
	"reflect"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// TestOwnFacts: what a follower is handed of its own process's facts is, to the last
// field, what it would have read from the log.
func TestOwnFacts(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	other := traced(t, db, nil)
	own := eventstore.NewFeed(db.Store, eventstore.DefaultLog)
	at := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(4, 4, 12)
		var last int64
		for range rapid.IntRange(1, 12).Draw(t, "commits") {
			writer := db.Store
			if rapid.IntRange(0, 5).Draw(t, "somebody else") == 0 {
				writer = other.Store
			}
			c := w.commit(t, func(stream string) int {
				h, err := db.Store.Load(t.Context(), w.org, domain.StreamID{ID: stream}, uuid.NewString(), nil)
				if err != nil {
					t.Fatal(err)
				}
				return h.Version
			})
			if r, err := writer.Append(t.Context(), c); err == nil {
				last = max(last, r.Position)
			}
		}
		for at < last {
			limit := rapid.IntRange(1, 9).Draw(t, "limit")
			got, err := own.After(t.Context(), at, limit)
			if err != nil || len(got) == 0 || len(got) > limit {
				t.Fatalf("%d facts behind %d of %d, %v", len(got), at, last, err)
			}
			want, err := other.Store.Read(t.Context(), eventstore.DefaultLog, at, len(got))
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("handed on\n%+v\nand in the log\n%+v", got[i], want[i])
				}
			}
			at += int64(len(got))
		}
	})
}

// TestOwnFactsUnread: a process that writes and follows does not read the log for it,
// and a fact that erases somebody empties what it holds of the time before.
func TestOwnFactsUnread(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "a")
	var r *reads
	c.DB, r = counted(t, c.DB)
	ids, _ := c.Import(t, c.org, 40)
	feed := eventstore.NewFeed(c.Store, eventstore.DefaultLog)
	if facts, read := after(t, feed, r, 0, 500); len(facts) != 40 || read != 0 {
		t.Errorf("%d facts handed on, %d read; want 40 and none", len(facts), read)
	}
	c.Put(t, c.org, lead.Stream(ids[3]), lead.Erased{})
	if err := c.Keys.Destroy(t.Context(), eventstore.Subject{Org: c.org, ID: ids[3]}); err != nil {
		t.Fatal(err)
	}
	facts, read := after(t, eventstore.NewFeed(c.Store, eventstore.DefaultLog), r, 0, 500)
	if len(facts) != 41 || read != 41 || facts[3].Fact.(lead.Captured).Name != "" {
		t.Errorf("%d facts handed on, %d read, the erased one as %s", len(facts), read, facts[3].Data)
	}
}
