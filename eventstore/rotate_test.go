package eventstore_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

func TestRotate(t *testing.T) {
	t.Parallel()
	one, two := "1:"+masterKey('a'), "2:"+masterKey('b')
	var text atomic.Value
	text.Store(one)
	source := func() (string, error) { return text.Load().(string), nil }
	dsn := eventstoretest.URL(t)
	db := eventstoretest.OpenWith(t, dsn, eventstoretest.TestRegistry(t), source)
	org, gone := uuid.NewString(), uuid.NewString()
	claim := domain.Claim{Scope: "email", Value: "x"}
	c := domain.Commit{Org: org, Command: uuid.NewString(), Request: []byte("r")}
	for i := range 20 {
		guest := uuid.NewString()
		if i == 0 {
			guest = gone
		}
		c.Streams = append(c.Streams, domain.StreamCommit{Stream: domain.StreamID{Category: "test", ID: uuid.NewString()}, Facts: []any{eventstoretest.Met{Host: "h", Guest: "g", GuestID: guest}}})
	}
	c.Streams[0].Take = []domain.Claim{claim}
	if _, err := db.Store.Append(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := db.Keys.Destroy(t.Context(), eventstore.Subject{Org: org, ID: gone}); err != nil {
		t.Fatal(err)
	}
	// One more process has been running since before, and knows only the old key.
	old := eventstoretest.OpenWith(t, dsn, eventstoretest.TestRegistry(t), source)

	text.Store(two + "," + one)
	progress := 0
	if err := db.Keys.Rotate(t.Context(), func(n int) { progress = n }); err != nil {
		t.Fatal(err)
	}
	if left := db.Count(t, `select (select count(*) from keys.subject_keys where master <> 2 and wrapped is not null) + (select count(*) from keys.organization_keys where master <> 2)`); left != 0 || progress != 40 {
		t.Errorf("%d keys are still wrapped by the old master key; told of %d", left, progress)
	}

	opens := func(name string, db *eventstoretest.DB) {
		t.Helper()
		all, err := db.Store.Read(t.Context(), 0, 0, 100)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, e := range all {
			met, _ := e.Fact.(eventstoretest.Met)
			if e.Err != nil || met.Host != "h" || (met.Guest == "g") == (i == 0) || e.Erased != (i == 0) {
				t.Errorf("%s: %+v, %v", name, met, e.Err)
			}
		}
		if h, err := db.Store.Load(t.Context(), org, c.Streams[1].Stream, c.Command, c.Request); err != nil || h.Outcome == nil || len(h.Facts) != 1 {
			t.Errorf("%s: a repeated command: %+v, %v", name, h, err)
		}
		again := lonelyOf(org)
		again.Streams[0].Facts = []any{eventstoretest.Met{Host: "h", Guest: "g", GuestID: uuid.NewString()}}
		if _, err := db.Store.Append(t.Context(), again); err != nil {
			t.Errorf("%s: somebody new: %v", name, err)
		}
		if found, err := db.Store.Find(t.Context(), org, []domain.Claim{claim}); err != nil || found[claim] == "" {
			t.Errorf("%s: a claim: %v, %v", name, found, err)
		}
	}
	opens("running", db)
	opens("another running", old)
	text.Store(two) // the old master key is destroyed
	opens("started afterwards", eventstoretest.OpenWith(t, dsn, eventstoretest.TestRegistry(t), source))
	if err := db.Keys.Rotate(t.Context(), func(int) {}); err != nil {
		t.Errorf("nothing left to rotate: %v", err)
	}

	for name, wrong := range map[string]string{"a lost key": one, "another key under the number": "2:" + masterKey('c')} {
		lost := eventstoretest.OpenWith(t, dsn, eventstoretest.TestRegistry(t), func() (string, error) { return wrong, nil })
		_, err := lost.Store.Read(t.Context(), 0, 0, 100)
		_, err2 := lost.Store.Append(t.Context(), lonelyOf(org))
		for _, err := range []error{err, err2} {
			if err == nil || errors.Is(err, domain.ErrUnavailable) || !strings.Contains(err.Error(), "MASTER_KEY does not fit") || strings.Contains(err.Error(), wrong[2:12]) || strings.Contains(err.Error(), masterKey('b')[:10]) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func lonelyOf(org string) domain.Commit {
	c := lonely()
	c.Org = org
	return c
}

// A key that somebody else holds for a moment must not be left under the old master key.
func TestRotateWaits(t *testing.T) {
	t.Parallel()
	one, two := "1:"+masterKey('a'), "2:"+masterKey('b')
	var text atomic.Value
	text.Store(one)
	db := eventstoretest.OpenWith(t, eventstoretest.URL(t), eventstoretest.TestRegistry(t), func() (string, error) { return text.Load().(string), nil })
	org := uuid.NewString()
	if _, err := db.Keys.ForWriting(t.Context(), []eventstore.Subject{{Org: org, ID: uuid.NewString()}, {Org: org, ID: uuid.NewString()}}); err != nil {
		t.Fatal(err)
	}
	admin := db.Admin(t)
	tx, err := admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `select 1 from keys.subject_keys limit 1 for update`); err != nil {
		t.Fatal(err)
	}
	text.Store(two + "," + one)
	rotated := make(chan error, 1)
	go func() { rotated <- db.Keys.Rotate(t.Context(), func(int) {}) }()
	early := false
	eventstoretest.Eventually(t, "the rotation waits, or ends", func() bool {
		early = len(rotated) > 0
		return early || db.Count(t, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) > 0
	})
	if err := tx.Commit(t.Context()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		t.Fatal(err)
	}
	if err := <-rotated; err != nil {
		t.Fatal(err)
	}
	if left := db.Count(t, `select count(*) from keys.subject_keys where master <> 2`); left != 0 || early {
		t.Errorf("%d keys are left under the old master key", left)
	}
}
