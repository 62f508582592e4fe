package eventstoretest

import (
	"errors"
	"testing"

	"github.com/canvass-hq/canvass/domain"
)

func claiming() []conformance {
	return []conformance{
		{"claim: taken, kept and released", claimLife},
		{"claim held: refused, and the holder is named", claimConflict},
		{"claim: changes hands in one commit", claimHandOver},
		{"claim of one's own: may be taken again", claimOwn},
		{"two streams of a commit want one claim: refused", claimTwice},
		{"release of what is another's: gives nothing away", claimForeignRelease},
		{"claim and version in the way: both named", claimAndStale},
	}
}

func claimOf(value string) domain.Claim { return domain.Claim{Scope: "email", Value: value} }

func claimLife(t *testing.T, s *scene) {
	stream, c := newStream(), claimOf("ann@example.org")
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: noted("x"), Take: []domain.Claim{c, claimOf("b@c.d")}}))
	equal(t, "holder", s.holder(t, c), stream.ID)
	equal(t, "the same value of another scope", s.holder(t, domain.Claim{Scope: "phone", Value: c.Value}), "")
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Expected: 1, Facts: noted("y"), Release: []domain.Claim{c}}))
	equal(t, "holder after the release", s.holder(t, c), "")
	equal(t, "holder of the other", s.holder(t, claimOf("b@c.d")), stream.ID)
	next := newStream()
	s.append(t, s.commit(domain.StreamCommit{Stream: next, Facts: noted("z"), Take: []domain.Claim{c}}))
	equal(t, "next holder", s.holder(t, c), next.ID)
}

func claimConflict(t *testing.T, s *scene) {
	holder, c, free := newStream(), claimOf("ann@example.org"), claimOf("bob@example.org")
	s.append(t, s.commit(domain.StreamCommit{Stream: holder, Facts: noted("x"), Take: []domain.Claim{c}}))
	first, second := newStream(), newStream()
	_, err := s.Store.Append(t.Context(), s.commit(
		domain.StreamCommit{Stream: first, Facts: noted("y"), Take: []domain.Claim{free}},
		domain.StreamCommit{Stream: second, Facts: noted("y"), Take: []domain.Claim{c}},
	))
	var conflict *domain.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Stale) != 0 || len(conflict.Claims) != 1 {
		t.Fatalf("got %v", err)
	}
	equal(t, "conflict", conflict.Claims[0], domain.ClaimConflict{Claim: c, Wanted: second.ID, Holder: holder.ID})
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Code != domain.ErrClaimed.Code || refusal.Fields[0].Name != "email" {
		t.Errorf("refusal %+v", refusal)
	}
	equal(t, "the free claim of the refused commit", s.holder(t, free), "")
	equal(t, "facts in the log", len(s.read(t)), 1)
}

func claimHandOver(t *testing.T, s *scene) {
	c := claimOf("ann@example.org")
	from, to := newStream(), newStream()
	s.append(t, s.commit(domain.StreamCommit{Stream: from, Facts: noted("x"), Take: []domain.Claim{c}}))
	// The order of the streams in the commit does not matter.
	s.append(t, s.commit(
		domain.StreamCommit{Stream: to, Facts: noted("y"), Take: []domain.Claim{c}},
		domain.StreamCommit{Stream: from, Expected: 1, Facts: noted("y"), Release: []domain.Claim{c}},
	))
	equal(t, "holder", s.holder(t, c), to.ID)
	s.append(t, s.commit(
		domain.StreamCommit{Stream: to, Expected: 1, Facts: noted("z"), Release: []domain.Claim{c}},
		domain.StreamCommit{Stream: from, Expected: 2, Facts: noted("z"), Take: []domain.Claim{c}},
	))
	equal(t, "holder after handing it back", s.holder(t, c), from.ID)
}

func claimOwn(t *testing.T, s *scene) {
	stream, c := newStream(), claimOf("ann@example.org")
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: noted("x"), Take: []domain.Claim{c, c}}))
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Expected: 1, Facts: noted("y"), Take: []domain.Claim{c}}))
	equal(t, "holder", s.holder(t, c), stream.ID)
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Expected: 2, Facts: noted("z"), Take: []domain.Claim{c}, Release: []domain.Claim{c}}))
	equal(t, "holder after release and take at once", s.holder(t, c), stream.ID)
}

func claimTwice(t *testing.T, s *scene) {
	a, b, c := newStream(), newStream(), claimOf("ann@example.org")
	_, err := s.Store.Append(t.Context(), s.commit(
		domain.StreamCommit{Stream: a, Facts: noted("x"), Take: []domain.Claim{c}},
		domain.StreamCommit{Stream: b, Facts: noted("x"), Take: []domain.Claim{c}},
	))
	var conflict *domain.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Claims) != 1 {
		t.Fatalf("got %v", err)
	}
	equal(t, "conflict", conflict.Claims[0], domain.ClaimConflict{Claim: c, Wanted: b.ID, Holder: a.ID})
	equal(t, "facts in the log", len(s.read(t)), 0)
}

// A claim that looks released by somebody who does not hold it must not let a third
// believe that it is theirs.
func claimForeignRelease(t *testing.T, s *scene) {
	holder, c := newStream(), claimOf("ann@example.org")
	s.append(t, s.commit(domain.StreamCommit{Stream: holder, Facts: noted("x"), Take: []domain.Claim{c}}))
	stranger, taker := newStream(), newStream()
	s.append(t, s.commit(domain.StreamCommit{Stream: stranger, Facts: noted("x"), Release: []domain.Claim{c}}))
	equal(t, "holder", s.holder(t, c), holder.ID)
	_, err := s.Store.Append(t.Context(), s.commit(
		domain.StreamCommit{Stream: stranger, Expected: 1, Facts: noted("y"), Release: []domain.Claim{c}},
		domain.StreamCommit{Stream: taker, Facts: noted("y"), Take: []domain.Claim{c}},
	))
	var conflict *domain.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Claims) != 1 || conflict.Claims[0].Holder != holder.ID {
		t.Errorf("a third takes what a stranger released: %v", err)
	}
	equal(t, "holder in the end", s.holder(t, c), holder.ID)
}

func claimAndStale(t *testing.T, s *scene) {
	holder, c := newStream(), claimOf("ann@example.org")
	s.append(t, s.commit(domain.StreamCommit{Stream: holder, Facts: noted("x"), Take: []domain.Claim{c}}))
	stale := newStream()
	_, err := s.Store.Append(t.Context(), s.commit(domain.StreamCommit{Stream: stale, Expected: 3, Facts: noted("x"), Take: []domain.Claim{c}}))
	var conflict *domain.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Claims) != 1 || len(conflict.Stale) != 1 {
		t.Fatalf("got %#v", err)
	}
	if !errors.Is(err, domain.ErrClaimed) || errors.Is(err, domain.ErrStale) {
		t.Errorf("a held claim weighs more than a lost race: %v", err)
	}
}
