package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/eventstore"
	"github.com/canvass-hq/canvass/eventstore/eventstoretest"
)

// world is the few names that a random history is about, so that they meet often.
type world struct {
	org      string
	streams  []domain.StreamID
	claims   []domain.Claim
	commands []string
	people   []string
}

func newWorld(streams, claims, commands int) world {
	w := world{org: uuid.NewString()}
	for range streams {
		w.streams = append(w.streams, domain.StreamID{Category: "test", ID: uuid.NewString()})
	}
	for i := range claims {
		w.claims = append(w.claims, domain.Claim{Scope: []string{"email", "phone"}[i%2], Value: strconv.Itoa(i / 2)})
	}
	for range commands {
		w.commands = append(w.commands, uuid.NewString())
	}
	w.people = []string{uuid.NewString(), uuid.NewString()}
	return w
}

// commit draws what a command might want, mostly sensible.
func (w world) commit(t *rapid.T, version func(stream string) int) domain.Commit {
	c := domain.Commit{
		Org: w.org, Command: rapid.SampledFrom(w.commands).Draw(t, "command"),
		Request: []byte(rapid.SampledFrom([]string{"a", "a", "a", "b"}).Draw(t, "request")),
		Meta:    domain.Meta{Actor: "user:1", OccurredAt: time.Unix(int64(rapid.IntRange(0, 9_999).Draw(t, "occurred")), 0).UTC()},
		Bulk:    rapid.Bool().Draw(t, "bulk"),
	}
	streams := rapid.SliceOfNDistinct(rapid.SampledFrom(w.streams), 1, 3, rapid.ID).Draw(t, "streams")
	for _, s := range streams {
		sc := domain.StreamCommit{Stream: s, Expected: version(s.ID)}
		switch rapid.IntRange(0, 9).Draw(t, "expected") {
		case 0:
			sc.Expected = rapid.IntRange(0, 5).Draw(t, "version")
		case 1, 2, 3:
			sc.Expected = domain.AnyVersion
		}
		for range rapid.IntRange(0, 3).Draw(t, "facts") {
			sc.Facts = append(sc.Facts, w.fact(t))
		}
		sc.Take = rapid.SliceOfN(rapid.SampledFrom(w.claims), 0, 2).Draw(t, "take")
		sc.Release = rapid.SliceOfN(rapid.SampledFrom(w.claims), 0, 2).Draw(t, "release")
		c.Streams = append(c.Streams, sc)
	}
	return c
}

func (w world) fact(t *rapid.T) any {
	if rapid.Bool().Draw(t, "personal") {
		return eventstoretest.Met{Host: rapid.String().Draw(t, "host"), Guest: "Bob", GuestID: rapid.SampledFrom(w.people).Draw(t, "guest"), Place: "x"}
	}
	return eventstoretest.Noted{Text: rapid.StringN(0, 8, -1).Draw(t, "text")}
}

// answered is what a store says, in a form that two stores can be compared by.
func answered(r domain.Receipt, err error, base int64) string {
	var conflict *domain.ConflictError
	var refusal *domain.Error
	switch {
	case errors.As(err, &conflict):
		return fmt.Sprintf("conflict %v %v", conflict.Stale, conflict.Claims)
	case errors.As(err, &refusal):
		return refusal.Code
	case err != nil:
		return err.Error()
	}
	if r.First > 0 {
		r.First -= base
	}
	if r.Position > 0 {
		r.Position -= base
	}
	return fmt.Sprintf("%+v", r)
}

// Whatever is done one after the other, Postgres and the memory answer the same.
func TestStoreLikeMemory(t *testing.T) {
	t.Parallel()
	db, registry := eventstoretest.OpenConformant(t, ""), eventstoretest.TestRegistry(t)
	rapid.Check(t, func(t *rapid.T) {
		ctx := t.Context()
		w := newWorld(4, 4, 12)
		m := eventstore.NewMemory(registry, time.Now)
		base, err := db.Store.Head(ctx, eventstore.DefaultLog)
		if err != nil {
			t.Fatal(err)
		}
		version := func(stream string) int {
			h, err := m.Load(ctx, w.org, domain.StreamID{ID: stream}, uuid.NewString(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return h.Version
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				c := w.commit(t, version)
				mr, merr := m.Append(ctx, c)
				pr, perr := db.Store.Append(ctx, c)
				if got, want := answered(pr, perr, base), answered(mr, merr, 0); got != want {
					t.Fatalf("append %+v:\npostgres %s\nmemory   %s", c, got, want)
				}
			},
			"load": func(t *rapid.T) {
				command, request := rapid.SampledFrom(w.commands).Draw(t, "command"), []byte(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "request"))
				_, mr, merr := m.LoadMany(ctx, w.org, nil, map[string][]byte{command: request})
				_, pr, perr := db.Store.LoadMany(ctx, w.org, nil, map[string][]byte{command: request})
				if got, want := answered(pr[command], perr, base), answered(mr[command], merr, 0); got != want {
					t.Fatalf("outcome:\npostgres %s\nmemory   %s", got, want)
				}
			},
			"erase": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") > 0 {
					t.Skip("mostly people stay")
				}
				s := eventstore.Subject{Org: w.org, ID: rapid.SampledFrom(append([]string{w.streams[0].ID}, w.people...)).Draw(t, "subject")}
				if err := errors.Join(m.Vault().Destroy(ctx, s), db.Keys.Destroy(ctx, s)); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) { sameState(t, w, m, db.Store, base) },
		})
	})
}

// failer is a test or a property.
type failer interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
}

// sameState compares all that two stores know of a world.
func sameState(t failer, w world, want, got eventstoretest.Store, base int64) {
	t.Helper()
	ctx := t.Context()
	var wh, gh map[string]domain.History
	var wf, gf map[domain.Claim]string
	// A pool may hold connections that the test has ended: each is found out once.
	for attempt := 0; ; attempt++ {
		var err1, err2, err3, err4 error
		wh, _, err1 = want.LoadMany(ctx, w.org, w.streams, nil)
		gh, _, err2 = got.LoadMany(ctx, w.org, w.streams, nil)
		wf, err3 = want.Find(ctx, w.org, w.claims)
		gf, err4 = got.Find(ctx, w.org, w.claims)
		err := errors.Join(err1, err2, err3, err4)
		if err == nil {
			break
		}
		if attempt == 50 || !errors.Is(err, domain.ErrUnavailable) {
			t.Fatalf("compare: %v", err)
		}
	}
	if !reflect.DeepEqual(wf, gf) {
		t.Fatalf("claims: got %v, want %v", gf, wf)
	}
	for _, s := range w.streams {
		g, w := gh[s.ID], wh[s.ID]
		if g.Position > 0 {
			g.Position -= base
		}
		if !slices.EqualFunc(g.Facts, w.Facts, func(a, b any) bool { return a == b }) || g.Version != w.Version || g.Position != w.Position {
			t.Fatalf("stream %s: got %+v, want %+v", s.ID, g, w)
		}
	}
}
