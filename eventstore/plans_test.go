package eventstore_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// TestStreamsAreReadAlone: what an append and a load look up costs the same however many facts
// the organization has, also on a database that was never analyzed, where one index looks as
// good as another.
func TestStreamsAreReadAlone(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	org := uuid.NewString()
	const young, facts, appends = 162, 6_000, 40
	// Plans are made now, while the key has a page more than the other index.
	ids, _ := db.Import(t, org, young)
	load := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			for _, streams := range [][]domain.StreamID{{lead.Stream(id)}, {lead.Stream(id), lead.Stream(ids[0])}} {
				if _, _, err := db.Store.LoadMany(t.Context(), org, streams, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, id := range ids[:12] {
		db.Put(t, org, lead.Stream(id), lead.Archived{Reason: "x"})
		load(ids[:4]...)
	}
	db.Import(t, org, facts)
	read := func() int64 {
		return db.Count(t, `select coalesce(sum(idx_tup_read), 0)::bigint from pg_stat_user_indexes where schemaname = 'es' and relname like 'events%'`)
	}
	before := read()
	for _, id := range ids[12 : 12+appends] {
		db.Put(t, org, lead.Stream(id), lead.Archived{Reason: "x"})
		db.PutAll(t, org, domain.StreamCommit{Stream: lead.Stream(id), Expected: domain.AnyVersion}) // changes nothing, and is recorded
	}
	load(ids[12 : 12+appends]...)
	time.Sleep(1200 * time.Millisecond) // statistics are told once a second
	db.Put(t, org, lead.Stream(ids[0]), lead.Restored{})
	load(ids[:4]...)
	eventstoretest.Eventually(t, "the statistics are told", func() bool { return read() > before })
	if n := read() - before; n > appends*100 {
		t.Errorf("%d appends and as many loads have read %d entries of indexes", 2*appends, n)
	}
}
