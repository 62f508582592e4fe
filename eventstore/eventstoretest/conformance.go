package eventstoretest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
)

// Store is what every store can do.
type Store interface {
	Append(ctx context.Context, c domain.Commit) (domain.Receipt, error)
	Load(ctx context.Context, org string, stream domain.StreamID, command string, request []byte) (domain.History, error)
	LoadMany(ctx context.Context, org string, streams []domain.StreamID, commands map[string][]byte) (map[string]domain.History, map[string]domain.Receipt, error)
	Find(ctx context.Context, org string, claims []domain.Claim) (map[domain.Claim]string, error)
	Read(ctx context.Context, log int16, after int64, limit int) ([]eventstore.Recorded, error)
	At(ctx context.Context, org string, positions []int64) ([]eventstore.Recorded, error)
}

// Harness is an empty store that knows TestFacts, and what a test needs beside it.
type Harness struct {
	Store  Store
	Vault  eventstore.Vault
	Stored func(t *testing.T) []string // the data of every fact, as it lies in the store
}

// Run checks that a store keeps the promises of the log. open gives an empty one.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, group := range [][]conformance{appending(), loading(), claiming(), repeating(), sealing()} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.check(t, &scene{Harness: open(t), open: open, org: uuid.NewString()})
			})
		}
	}
}

type conformance struct {
	name  string
	check func(*testing.T, *scene)
}

// scene is one organization of a fresh store.
type scene struct {
	Harness
	open func(*testing.T) Harness
	org  string
}

// newStream names a stream that nothing has happened to.
func newStream() domain.StreamID { return domain.StreamID{Category: "test", ID: uuid.NewString()} }

func noted(texts ...string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = Noted{Text: text}
	}
	return out
}

func (s *scene) commit(streams ...domain.StreamCommit) domain.Commit {
	return domain.Commit{
		Org: s.org, Command: uuid.NewString(), Request: []byte("request"), Streams: streams,
		Meta: domain.Meta{Actor: "user:1", Correlation: "c", Causation: "d", RequestID: "e", OccurredAt: time.Now().UTC().Truncate(time.Microsecond)},
	}
}

func (s *scene) append(t *testing.T, c domain.Commit) domain.Receipt {
	t.Helper()
	r, err := s.Store.Append(t.Context(), c)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return r
}

func (s *scene) load(t *testing.T, stream domain.StreamID) domain.History {
	t.Helper()
	h, err := s.Store.Load(t.Context(), s.org, stream, uuid.NewString(), nil)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return h
}

// read gives the whole log.
func (s *scene) read(t *testing.T) []eventstore.Recorded {
	t.Helper()
	out, err := s.Store.Read(t.Context(), eventstore.DefaultLog, 0, 10_000)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return out
}

func (s *scene) holder(t *testing.T, c domain.Claim) string {
	t.Helper()
	found, err := s.Store.Find(t.Context(), s.org, []domain.Claim{c})
	if err != nil {
		t.Fatalf("find: %v", err)
	}
	return found[c]
}

func (s *scene) destroy(t *testing.T, subject string) {
	t.Helper()
	if err := s.Vault.Destroy(t.Context(), eventstore.Subject{Org: s.org, ID: subject}); err != nil {
		t.Fatalf("destroy: %v", err)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
