package eventstoretest

import (
	"slices"
	"testing"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/schema"
	"github.com/canvass-hq/canvass/eventstore"
)

// Noted is a fact that holds nothing personal.
type Noted struct {
	Text string `json:"text"`
}

// Met is a fact about two people: whom the stream is about, and a guest.
type Met struct {
	Host    string `json:"host"`
	Guest   string `json:"guest"`
	GuestID string `json:"guest_id"`
	Place   string `json:"place"`
}

// TestFacts are the facts of the product, and the few that only the tests need.
func TestFacts() []domain.Schema {
	met := domain.Stored[Met]("test.met").Seal("host")
	return slices.Concat(schema.All(), []domain.Schema{
		domain.Stored[Noted]("test.noted"),
		domain.SealFor(met, func(m Met) string { return m.GuestID }, "guest"),
	})
}

// TestRegistry knows TestFacts.
func TestRegistry(t testing.TB) *eventstore.Registry {
	t.Helper()
	r, err := eventstore.NewRegistry(TestFacts())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// OpenConformant opens a running store that knows TestFacts, on a database of the
// test's own when none is given.
func OpenConformant(t testing.TB, dsn string) *DB {
	t.Helper()
	if dsn == "" {
		dsn = URL(t)
	}
	return OpenWith(t, dsn, TestRegistry(t), func() (string, error) { return MasterKey, nil })
}
