package eventstoretest

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
)

func repeating() []conformance {
	return []conformance{
		{"command repeated: answered as then, written once", repeated},
		{"command repeated after later changes: answered as then", repeatedLater},
		{"command's id with another request: refused", reused},
		{"decision of no facts: recorded", noFacts},
		{"refused command: may be tried again under its id", refusedAgain},
	}
}

func repeated(t *testing.T, s *scene) {
	a, b := newStream(), newStream()
	c := s.commit(
		domain.StreamCommit{Stream: a, Facts: noted("1"), Take: []domain.Claim{claimOf("x")}},
		domain.StreamCommit{Stream: b, Facts: noted("2", "3")},
	)
	first := s.append(t, c)
	equal(t, "first answer", first, domain.Receipt{Stream: a.ID, Version: 1, First: 1, Position: 3})
	want := first
	want.Replayed = true
	equal(t, "second answer", s.append(t, c), want)

	// Another set of facts under the same request is the same command: what it led
	// to is settled.
	c.Streams = []domain.StreamCommit{{Stream: newStream(), Expected: 77, Facts: noted("other")}}
	equal(t, "third answer", s.append(t, c), want)
	equal(t, "facts in the log", len(s.read(t)), 3)

	h, err := s.Store.Load(t.Context(), s.org, a, c.Command, c.Request)
	if err != nil || h.Outcome == nil {
		t.Fatalf("load: %+v, %v", h, err)
	}
	equal(t, "outcome on load", *h.Outcome, want)
	_, receipts, err := s.Store.LoadMany(t.Context(), s.org, nil, map[string][]byte{c.Command: c.Request, uuid.NewString(): nil})
	if err != nil || len(receipts) != 1 {
		t.Fatalf("load many: %v, %v", receipts, err)
	}
	equal(t, "outcome on load many", receipts[c.Command], want)
}

func repeatedLater(t *testing.T, s *scene) {
	a := newStream()
	c := s.commit(domain.StreamCommit{Stream: a, Facts: noted("1"), Take: []domain.Claim{claimOf("x")}})
	want := s.append(t, c)
	want.Replayed = true
	s.append(t, s.commit(domain.StreamCommit{Stream: a, Expected: 1, Facts: noted("2", "3"), Release: []domain.Claim{claimOf("x")}}))
	other := newStream()
	s.append(t, s.commit(domain.StreamCommit{Stream: other, Facts: noted("4"), Take: []domain.Claim{claimOf("x")}}))

	equal(t, "answer", s.append(t, c), want)
	h, err := s.Store.Load(t.Context(), s.org, a, c.Command, c.Request)
	if err != nil || h.Outcome == nil {
		t.Fatalf("load: %+v, %v", h, err)
	}
	equal(t, "outcome on load", *h.Outcome, want)
	equal(t, "version", h.Version, 3)
	equal(t, "the claim stays where it went", s.holder(t, claimOf("x")), other.ID)
}

func reused(t *testing.T, s *scene) {
	a := newStream()
	c := s.commit(domain.StreamCommit{Stream: a, Facts: noted("1")})
	s.append(t, c)
	c.Request = []byte("another request")
	if _, err := s.Store.Append(t.Context(), c); !errors.Is(err, domain.ErrCommandReused) {
		t.Errorf("append: %v", err)
	}
	if _, err := s.Store.Load(t.Context(), s.org, a, c.Command, c.Request); !errors.Is(err, domain.ErrCommandReused) {
		t.Errorf("load: %v", err)
	}
	equal(t, "facts in the log", len(s.read(t)), 1)
}

func noFacts(t *testing.T, s *scene) {
	a := newStream()
	empty := s.commit(domain.StreamCommit{Stream: a, Expected: 0})
	equal(t, "on nothing", s.append(t, empty), domain.Receipt{Stream: a.ID})

	s.append(t, s.commit(domain.StreamCommit{Stream: newStream(), Facts: noted("0")}))
	s.append(t, s.commit(domain.StreamCommit{Stream: a, Facts: noted("1", "2")}))
	s.append(t, s.commit(domain.StreamCommit{Stream: newStream(), Facts: noted("9")}))
	c := s.commit(domain.StreamCommit{Stream: a, Expected: 2})
	want := domain.Receipt{Stream: a.ID, Version: 2, Position: 3}
	equal(t, "on two facts", s.append(t, c), want)
	want.Replayed = true

	s.append(t, s.commit(domain.StreamCommit{Stream: a, Expected: 2, Facts: noted("3")}))
	// Had it not been recorded, it would now be decided on another state.
	c.Streams[0].Facts = noted("too late")
	c.Streams[0].Expected = 3
	equal(t, "repeated", s.append(t, c), want)
	equal(t, "version", s.load(t, a).Version, 3)
}

func refusedAgain(t *testing.T, s *scene) {
	a := newStream()
	c := s.commit(domain.StreamCommit{Stream: a, Expected: 1, Facts: noted("2")})
	if _, err := s.Store.Append(t.Context(), c); !errors.Is(err, domain.ErrStale) {
		t.Fatalf("append: %v", err)
	}
	s.append(t, s.commit(domain.StreamCommit{Stream: a, Facts: noted("1")}))
	equal(t, "receipt", s.append(t, c), domain.Receipt{Stream: a.ID, Version: 2, First: 2, Position: 2})
}
