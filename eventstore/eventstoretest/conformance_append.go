package eventstoretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

func appending() []conformance {
	return []conformance{
		{"facts: come back as they were", roundTrip},
		{"expected versions: only the true one is taken", expectedVersions},
		{"conflict: names every stream in the way", conflictNamesStreams},
		{"stream without facts: an assertion", assertions},
		{"several streams: all or nothing", severalStreams},
		{"recorded_at: never falls, whatever the clocks say", recordedAt},
		{"turn: what comes before is written first", turns},
		{"ids of facts: follow from the command", factIDs},
		{"what cannot be written: refused, and the store goes on", refusals},
	}
}

func roundTrip(t *testing.T, s *scene) {
	stream := lead.Stream(uuid.NewString())
	facts := []any{
		lead.Captured{Details: lead.Details{Name: "Ann \"O'Neil\" \\ {x}", Email: "ann@example.org", Phone: "+49", Country: "DE", Source: "fair"}, Status: lead.New},
		lead.Edited{Changes: []lead.Change{{Field: "name", From: "Ann", To: "Änn 😀"}, {Field: "country", From: "DE", To: ""}}},
		lead.Archived{},
	}
	c := s.commit(domain.StreamCommit{Stream: stream, Facts: facts})
	r := s.append(t, c)
	equal(t, "receipt", r, domain.Receipt{Stream: stream.ID, Version: 3, First: 1, Position: 3})

	h := s.load(t, stream)
	if !reflect.DeepEqual(h.Facts, facts) {
		t.Errorf("loaded %#v, want %#v", h.Facts, facts)
	}
	equal(t, "version", h.Version, 3)
	equal(t, "position", h.Position, 3)
	equal(t, "outcome of a new command", h.Outcome, nil)

	types := []string{"lead.captured", "lead.edited", "lead.archived"}
	all := s.read(t)
	equal(t, "facts in the log", len(all), len(facts))
	for i, e := range all {
		plain, err := json.Marshal(facts[i])
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "data", string(e.Data), string(plain))
		equal(t, "type", e.Type, types[i])
		equal(t, "org", e.Org, s.org)
		equal(t, "stream", e.Stream, stream)
		equal(t, "place", [2]int64{e.Position, int64(e.Version)}, [2]int64{int64(i + 1), int64(i + 1)})
		equal(t, "command", e.Command, c.Command)
		equal(t, "meta", e.Meta, c.Meta)
		equal(t, "erased", e.Erased, false)
		equal(t, "err", e.Err, nil)
		if !reflect.DeepEqual(e.Fact, facts[i]) || e.RecordedAt.IsZero() || e.RecordedAt.Location() != time.UTC {
			t.Errorf("recorded %#v at %v", e.Fact, e.RecordedAt)
		}
	}
}

func turns(t *testing.T, s *scene) {
	first, second := newStream(), newStream()
	before := make(chan struct{})
	later := s.commit(domain.StreamCommit{Stream: second, Facts: noted("b")})
	later.After = before
	patience, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Store.Append(patience, later); err == nil || len(s.read(t)) != 0 {
		t.Errorf("nothing came before, and it ended with %v and %d facts", err, len(s.read(t)))
	}
	written := make(chan int64, 1)
	go func() {
		r, err := s.Store.Append(t.Context(), later)
		if err != nil {
			t.Error(err)
		}
		written <- r.Position
	}()
	equal(t, "position of the first", s.append(t, s.commit(domain.StreamCommit{Stream: first, Facts: noted("a")})).Position, 1)
	close(before)
	equal(t, "position of the second", <-written, 2)
}

func expectedVersions(t *testing.T, s *scene) {
	for _, c := range []struct {
		have, expected int
		ok             bool
	}{
		{0, 0, true},
		{0, 1, false},
		{0, domain.AnyVersion, true},
		{2, 2, true},
		{2, 0, false},
		{2, 1, false},
		{2, 3, false},
		{2, domain.AnyVersion, true},
	} {
		stream := newStream()
		if c.have > 0 {
			s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: noted(make([]string, c.have)...)}))
		}
		_, err := s.Store.Append(t.Context(), s.commit(domain.StreamCommit{Stream: stream, Expected: c.expected, Facts: noted("x")}))
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, domain.ErrStale) {
			t.Errorf("at %d, expected %d: %v", c.have, c.expected, err)
		}
		want := c.have
		if c.ok {
			want++
		}
		equal(t, fmt.Sprintf("version after %d/%d", c.have, c.expected), s.load(t, stream).Version, want)
	}
}

func conflictNamesStreams(t *testing.T, s *scene) {
	a, b, c := newStream(), newStream(), newStream()
	s.append(t, s.commit(domain.StreamCommit{Stream: b, Facts: noted("b")}))
	_, err := s.Store.Append(t.Context(), s.commit(
		domain.StreamCommit{Stream: a, Expected: 4, Facts: noted("x", "y")},
		domain.StreamCommit{Stream: b, Expected: 1, Facts: noted("x")},
		domain.StreamCommit{Stream: c, Expected: 1},
	))
	var conflict *domain.ConflictError
	if !errors.As(err, &conflict) || !slices.Equal(conflict.Stale, []string{a.ID, c.ID}) || len(conflict.Claims) != 0 {
		t.Fatalf("got %#v", err)
	}
	var refusal *domain.Error
	if !errors.As(err, &refusal) || !slices.Equal(refusal.Streams, conflict.Stale) || refusal.Kind != domain.Stale {
		t.Errorf("refusal %#v", refusal)
	}
	equal(t, "facts in the log", len(s.read(t)), 1)
}

func assertions(t *testing.T, s *scene) {
	a, b := newStream(), newStream()
	s.append(t, s.commit(domain.StreamCommit{Stream: a, Facts: noted("1", "2")}))
	r := s.append(t, s.commit(
		domain.StreamCommit{Stream: a, Expected: 2},
		domain.StreamCommit{Stream: b, Expected: 0, Facts: noted("3")},
	))
	equal(t, "receipt", r, domain.Receipt{Stream: a.ID, Version: 2, First: 3, Position: 3})
	_, err := s.Store.Append(t.Context(), s.commit(
		domain.StreamCommit{Stream: b, Expected: 1, Facts: noted("4")},
		domain.StreamCommit{Stream: a, Expected: 1},
	))
	if !errors.Is(err, domain.ErrStale) {
		t.Errorf("a false assertion: %v", err)
	}
	equal(t, "version of the asserted", s.load(t, a).Version, 2)
	equal(t, "version of the other", s.load(t, b).Version, 1)
}

func severalStreams(t *testing.T, s *scene) {
	a, b := newStream(), newStream()
	r := s.append(t, s.commit(
		domain.StreamCommit{Stream: a, Facts: noted("a1", "a2")},
		domain.StreamCommit{Stream: b, Facts: noted("b1", "b2", "b3")},
	))
	equal(t, "receipt", r, domain.Receipt{Stream: a.ID, Version: 2, First: 1, Position: 5})
	_, err := s.Store.Append(t.Context(), s.commit(
		domain.StreamCommit{Stream: a, Expected: 2, Facts: noted("a3"), Take: []domain.Claim{{Scope: "x", Value: "y"}}},
		domain.StreamCommit{Stream: b, Expected: 2, Facts: noted("b4")},
	))
	if !errors.Is(err, domain.ErrStale) {
		t.Fatalf("one stream is stale: %v", err)
	}
	equal(t, "holder of a claim of a refused commit", s.holder(t, domain.Claim{Scope: "x", Value: "y"}), "")
	var got []string
	for _, e := range s.read(t) {
		got = append(got, fmt.Sprint(e.Version, e.Fact.(Noted).Text))
	}
	if want := []string{"1a1", "2a2", "1b1", "2b2", "3b3"}; !slices.Equal(got, want) {
		t.Errorf("the log holds %v, want %v", got, want)
	}
}

func recordedAt(t *testing.T, s *scene) {
	stream := newStream()
	for _, skew := range []time.Duration{time.Hour, -time.Hour, 0, -24 * time.Hour} {
		c := s.commit(domain.StreamCommit{Stream: stream, Expected: domain.AnyVersion, Facts: noted("a", "b")})
		c.Meta.OccurredAt = c.Meta.OccurredAt.Add(skew)
		s.append(t, c)
	}
	all := s.read(t)
	equal(t, "facts", len(all), 8)
	for i := 1; i < len(all); i++ {
		if all[i].RecordedAt.Before(all[i-1].RecordedAt) || all[i].Position != all[i-1].Position+1 || all[i].Version != all[i-1].Version+1 {
			t.Errorf("after %+v comes %+v", all[i-1], all[i])
		}
	}
}

func factIDs(t *testing.T, s *scene) {
	a, b := newStream(), newStream()
	c := s.commit(domain.StreamCommit{Stream: a, Facts: noted("1", "2")}, domain.StreamCommit{Stream: b, Facts: noted("3")})
	again := &scene{Harness: s.open(t), org: s.org}
	s.append(t, c)
	again.append(t, c)
	first, second := s.read(t), again.read(t)
	seen := map[string]bool{}
	for i := range first {
		equal(t, "id in another store", second[i].ID, first[i].ID)
		seen[first[i].ID] = true
	}
	c.Command = uuid.NewString()
	c.Streams = []domain.StreamCommit{{Stream: a, Expected: 2, Facts: noted("1")}}
	s.append(t, c)
	seen[s.read(t)[3].ID] = true
	equal(t, "distinct ids", len(seen), 4)
}

func refusals(t *testing.T, s *scene) {
	good := newStream()
	upper := "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"
	for name, change := range map[string]func(*domain.Commit){
		"organization is no id":      func(c *domain.Commit) { c.Org = "acme" },
		"organization in capitals":   func(c *domain.Commit) { c.Org = upper },
		"command is no id":           func(c *domain.Commit) { c.Command = "" },
		"command in capitals":        func(c *domain.Commit) { c.Command = upper },
		"stream is no id":            func(c *domain.Commit) { c.Streams[0].Stream.ID = "7" },
		"stream in capitals":         func(c *domain.Commit) { c.Streams[0].Stream.ID = upper },
		"stream in braces":           func(c *domain.Commit) { c.Streams[0].Stream.ID = "{" + newStream().ID + "}" },
		"no stream":                  func(c *domain.Commit) { c.Streams = nil },
		"one stream twice":           func(c *domain.Commit) { c.Streams = append(c.Streams, c.Streams[0]) },
		"a fact that nobody knows":   func(c *domain.Commit) { c.Streams[0].Facts = []any{struct{ X int }{1}} },
		"a fact that is no fact":     func(c *domain.Commit) { c.Streams[0].Facts = []any{nil} },
		"the other person has no id": func(c *domain.Commit) { c.Streams[0].Facts = []any{Met{Guest: "Bob", GuestID: "bob"}} },
		"the other person's is in braces": func(c *domain.Commit) {
			c.Streams[0].Facts = []any{Met{Guest: "Bob", GuestID: "{" + newStream().ID + "}"}}
		},
	} {
		c := s.commit(domain.StreamCommit{Stream: newStream(), Facts: noted("x")})
		change(&c)
		if r, err := s.Store.Append(t.Context(), c); err == nil {
			t.Errorf("%s: taken, %+v", name, r)
		}
	}
	s.append(t, s.commit(domain.StreamCommit{Stream: good, Facts: noted("x")}))
	equal(t, "facts in the log", len(s.read(t)), 1)
}
