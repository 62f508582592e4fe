package eventstore_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// A stream is read backwards, opened, page by page, by its own organization.
func TestBack(t *testing.T) {
	t.Parallel()
	db := eventstoretest.New(t)
	org, id := uuid.NewString(), eventstoretest.NewID()
	db.Put(t, org, lead.Stream(id), eventstoretest.Captured("ann"), lead.Archived{Reason: "left"}, lead.Restored{}, lead.Archived{})
	db.Put(t, org, lead.Stream(eventstoretest.NewID()), eventstoretest.Captured("bo"))
	for _, c := range []struct {
		org           string
		stream        domain.StreamID
		before, limit int
		want          string
	}{
		{org, lead.Stream(id), 5, 10, "[4 3 2 1]"},
		{org, lead.Stream(id), 5, 2, "[4 3]"},
		{org, lead.Stream(id), 3, 2, "[2 1]"},
		{org, lead.Stream(id), 1, 2, "[]"},
		{uuid.NewString(), lead.Stream(id), 5, 10, "[]"},
		{org, domain.StreamID{Category: "company", ID: id}, 5, 10, "[]"},
	} {
		facts, err := db.Store.Back(t.Context(), c.org, c.stream, c.before, c.limit)
		versions := []int{}
		for _, f := range facts {
			versions = append(versions, f.Version)
			if a, ok := f.Fact.(lead.Archived); ok && f.Version == 2 && a.Reason != "left" {
				t.Errorf("a fact is not opened: %+v", f)
			}
		}
		if err != nil || fmt.Sprint(versions) != c.want {
			t.Errorf("%+v: %v, %v", c, versions, err)
		}
	}
	if _, err := db.Store.Back(t.Context(), org, lead.Stream("me"), 5, 10); err == nil {
		t.Error("what is no id is a stream")
	}
	db.Put(t, org, lead.Stream(id), lead.Erased{})
	if err := db.Keys.Destroy(t.Context(), eventstore.Subject{Org: org, ID: id}); err != nil {
		t.Fatal(err)
	}
	gone, err := db.Store.Back(t.Context(), org, lead.Stream(id), 3, 10)
	if err != nil || len(gone) != 2 || !gone[0].Erased || gone[0].Fact != (lead.Archived{}) {
		t.Errorf("of somebody erased there is %+v, %v", gone, err)
	}
}
