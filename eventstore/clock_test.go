package eventstore_test

import (
	"testing"
	"time"

	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// The server's clock may be set back; the log's time does not follow it.
func TestServerClockSetBack(t *testing.T) {
	t.Parallel()
	db := eventstoretest.OpenConformant(t, "")
	c := lonely()
	if _, err := db.Store.Append(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	db.Exec(t, `insert into es.events select log_id, 2, tenant_id, gen_random_uuid(), 1, category, gen_random_uuid(), type, schema_version, gen_random_uuid(), data, meta, $1 from es.events`, ahead)
	for range 3 {
		if _, err := db.Store.Append(t.Context(), lonely()); err != nil {
			t.Fatal(err)
		}
	}
	wholeLog(t, db, 5)
	all, err := db.Store.Read(t.Context(), 0, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if !e.RecordedAt.Equal(ahead) {
			t.Errorf("position %d is recorded at %v, want %v", e.Position, e.RecordedAt, ahead)
		}
	}
	for at, want := range map[time.Time]int64{{}: 1, time.Now(): 2, ahead: 2, ahead.Add(time.Microsecond): 6} {
		if got, err := db.Store.PositionAt(t.Context(), c.Org, at); got != want || err != nil {
			t.Errorf("position at %v: %d, %v; want %d", at, got, err, want)
		}
	}
}
