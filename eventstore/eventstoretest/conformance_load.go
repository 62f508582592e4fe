package eventstoretest

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
)

func loading() []conformance {
	return []conformance{
		{"many streams: each its own, those that do not exist are empty", loadMany},
		{"nothing asked for: nothing found", loadNothing},
		{"another organization: sees nothing", otherOrganization},
		{"ids that are none: refused", loadMalformed},
		{"read: pages join without a gap", readPages},
	}
}

func loadMany(t *testing.T, s *scene) {
	a, b, none := newStream(), newStream(), newStream()
	s.append(t, s.commit(domain.StreamCommit{Stream: a, Facts: noted("a1")}, domain.StreamCommit{Stream: b, Facts: noted("b1", "b2")}))
	s.append(t, s.commit(domain.StreamCommit{Stream: a, Expected: 1, Facts: noted("a2")}))
	// One of them is asked for twice: it must not come back doubled.
	got, receipts, err := s.Store.LoadMany(t.Context(), s.org, []domain.StreamID{b, none, a, b}, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "receipts", len(receipts), 0)
	for stream, want := range map[domain.StreamID][3]int{a: {2, 2, 4}, b: {2, 2, 3}, none: {0, 0, 0}} {
		h := got[stream.ID]
		equal(t, "facts, version, position", [3]int{len(h.Facts), h.Version, int(h.Position)}, want)
	}
	equal(t, "a's last", got[a.ID].Facts[1], any(Noted{Text: "a2"}))
	equal(t, "b's first", got[b.ID].Facts[0], any(Noted{Text: "b1"}))
}

func loadNothing(t *testing.T, s *scene) {
	histories, receipts, err := s.Store.LoadMany(t.Context(), s.org, nil, nil)
	if err != nil || len(histories) != 0 || len(receipts) != 0 {
		t.Errorf("load: %v, %v, %v", histories, receipts, err)
	}
	found, err := s.Store.Find(t.Context(), s.org, nil)
	if err != nil || len(found) != 0 {
		t.Errorf("find: %v, %v", found, err)
	}
	at, err := s.Store.At(t.Context(), s.org, nil)
	if err != nil || len(at) != 0 {
		t.Errorf("at: %v, %v", at, err)
	}
}

func otherOrganization(t *testing.T, s *scene) {
	stream, claim := newStream(), domain.Claim{Scope: "email", Value: "ann@example.org"}
	mine := s.commit(domain.StreamCommit{Stream: stream, Facts: noted("mine"), Take: []domain.Claim{claim}})
	s.append(t, mine)

	other := &scene{Harness: s.Harness, org: uuid.NewString()}
	h, err := other.Store.Load(t.Context(), other.org, stream, mine.Command, []byte("anything"))
	if err != nil || len(h.Facts) != 0 || h.Version != 0 || h.Outcome != nil {
		t.Errorf("load: %+v, %v", h, err)
	}
	equal(t, "holder", other.holder(t, claim), "")
	if at, err := other.Store.At(t.Context(), other.org, []int64{1}); err != nil || len(at) != 0 {
		t.Errorf("at: %v, %v", at, err)
	}

	// The same ids are not the same things: a stream, a command and a claim are an
	// organization's own.
	theirs := mine
	theirs.Org = other.org
	theirs.Request = []byte("another")
	theirs.Streams = []domain.StreamCommit{{Stream: stream, Facts: noted("theirs"), Take: []domain.Claim{claim}}}
	r := other.append(t, theirs)
	equal(t, "receipt", r, domain.Receipt{Stream: stream.ID, Version: 1, First: 2, Position: 2})
	equal(t, "my fact", s.load(t, stream).Facts[0], any(Noted{Text: "mine"}))
	equal(t, "their fact", other.load(t, stream).Facts[0], any(Noted{Text: "theirs"}))

	at, err := other.Store.At(t.Context(), other.org, []int64{2, 1, 3})
	if err != nil || len(at) != 1 || at[0].Position != 2 || at[0].Org != other.org {
		t.Errorf("at: %+v, %v", at, err)
	}
}

func loadMalformed(t *testing.T, s *scene) {
	good := newStream()
	for _, bad := range []string{"", "x", "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"} {
		_, err1 := s.Store.Load(t.Context(), bad, good, uuid.NewString(), nil)
		_, err2 := s.Store.Load(t.Context(), s.org, domain.StreamID{Category: "test", ID: bad}, uuid.NewString(), nil)
		_, err3 := s.Store.Load(t.Context(), s.org, good, bad, nil)
		_, err4 := s.Store.Find(t.Context(), bad, []domain.Claim{{Scope: "a", Value: "b"}})
		_, err5 := s.Store.At(t.Context(), bad, []int64{1})
		for i, err := range []error{err1, err2, err3, err4, err5} {
			var refusal *domain.Error
			if !errors.As(err, &refusal) || refusal.Kind != domain.Invalid {
				t.Errorf("%q at %d: %v", bad, i, err)
			}
		}
	}
}

func readPages(t *testing.T, s *scene) {
	for range 7 {
		s.append(t, s.commit(domain.StreamCommit{Stream: newStream(), Facts: noted("1", "2", "3")}))
	}
	after := int64(0)
	for {
		page, err := s.Store.Read(t.Context(), 0, after, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			after++
			equal(t, "position", e.Position, after)
		}
	}
	equal(t, "last", after, 21)
	if beyond, err := s.Store.Read(t.Context(), 0, 99, 4); err != nil || len(beyond) != 0 {
		t.Errorf("beyond the end: %v, %v", beyond, err)
	}
}
