package eventstoretest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
	"github.com/canvass-hq/canvass/domain/lead"
)

func sealing() []conformance {
	return []conformance{
		{"personal values: not in the store in clear", sealedAtRest},
		{"erased subject: reads null and says so", erasedReads},
		{"erased subject: cannot be written again", erasedRefuses},
		{"subject erased before it was ever written: refused", erasedUnknown},
		{"fact about two people: each is erased alone", twoPeople},
		{"the same person in another organization: not erased", erasedElsewhere},
	}
}

func person(name string) lead.Captured {
	return lead.Captured{Status: lead.New, Details: lead.Details{
		Name: name, Email: "plain@example.org", Phone: "+4930123456", PhoneStatus: lead.PhoneValid,
		Title: "Plaintitle", Company: "Plaincompany", Country: "DE", CountryGiven: "Plainland", Source: "fair",
	}}
}

func sealedAtRest(t *testing.T, s *scene) {
	stream := lead.Stream(uuid.NewString())
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: []any{
		person("Plainname"),
		lead.StatusChanged{From: lead.New, To: lead.Disqualified, Reason: "Plainreason"},
		lead.Edited{Changes: []lead.Change{{Field: "name", From: "Plainname", To: "Plainother"}, {Field: "source", From: "fair", To: "web"}}},
		Met{Host: "Plainhost", Guest: "Plainguest", GuestID: uuid.NewString(), Place: "Berlin"},
	}, Take: []domain.Claim{claimOf("plain@example.org")}}))
	stored := s.Stored(t)
	equal(t, "stored facts", len(stored), 4)
	all := strings.Join(stored, "\n")
	for _, secret := range []string{"Plain", "plain", "4930", "valid"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q lies in the store in clear: %s", secret, all)
		}
	}
	for _, clear := range []string{`"DE"`, `"fair"`, `"web"`, `"new"`, `"Berlin"`, `"field":"name"`} {
		if !strings.Contains(all, clear) {
			t.Errorf("%s is sealed, and need not be: %s", clear, all)
		}
	}
}

func erasedReads(t *testing.T, s *scene) {
	stream := lead.Stream(uuid.NewString())
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: []any{person("Ann"), lead.Archived{Reason: "r"}, lead.Erased{}}}))
	equal(t, "erased before", s.read(t)[0].Erased, false)
	s.destroy(t, stream.ID)
	s.destroy(t, stream.ID) // asking twice changes nothing

	all := s.read(t)
	equal(t, "captured", all[0].Fact, any(lead.Captured{Status: lead.New, Details: lead.Details{Country: "DE", Source: "fair"}}))
	equal(t, "data", string(all[0].Data),
		`{"name":null,"email":null,"phone":null,"phone_status":null,"title":null,"company":null,"country":"DE","country_given":null,"source":"fair","status":"new"}`)
	equal(t, "archived", all[1].Fact, any(lead.Archived{}))
	for i, want := range []bool{true, true, false} { // the last one holds nothing personal
		equal(t, "erased", all[i].Erased, want)
		equal(t, "err", all[i].Err, nil)
	}
	equal(t, "facts on load", len(s.load(t, stream).Facts), 3)
	equal(t, "captured on load", s.load(t, stream).Facts[0], all[0].Fact)
}

func erasedRefuses(t *testing.T, s *scene) {
	stream := lead.Stream(uuid.NewString())
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: []any{person("Ann")}}))
	s.destroy(t, stream.ID)
	c := s.commit(domain.StreamCommit{Stream: stream, Expected: 1, Facts: []any{lead.Archived{Reason: "again"}}})
	if _, err := s.Store.Append(t.Context(), c); !errors.Is(err, domain.ErrErased) {
		t.Errorf("personal: %v", err)
	}
	// What is not personal is still written: that the key is gone is such a fact.
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Expected: 1, Facts: []any{lead.Shredded{}}}))
}

func erasedUnknown(t *testing.T, s *scene) {
	stream := lead.Stream(uuid.NewString())
	s.destroy(t, stream.ID)
	if _, err := s.Store.Append(t.Context(), s.commit(domain.StreamCommit{Stream: stream, Facts: []any{person("Ann")}})); !errors.Is(err, domain.ErrErased) {
		t.Errorf("got %v", err)
	}
}

func twoPeople(t *testing.T, s *scene) {
	stream, guest := newStream(), uuid.NewString()
	met := Met{Host: "Ann", Guest: "Bob", GuestID: guest, Place: "Berlin"}
	alone := Met{Host: "Ann", Guest: "Ann too", Place: "Bonn"} // no id: it is about the stream's own subject
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: []any{met, alone}}))
	equal(t, "before", s.read(t)[0].Fact, any(met))

	s.destroy(t, guest)
	all := s.read(t)
	equal(t, "guest erased", all[0].Fact, any(Met{Host: "Ann", GuestID: guest, Place: "Berlin"}))
	equal(t, "marked", all[0].Erased, true)
	equal(t, "the other fact", all[1].Fact, any(alone))

	s.destroy(t, stream.ID)
	equal(t, "both erased", s.read(t)[0].Fact, any(Met{GuestID: guest, Place: "Berlin"}))

	other, again := newStream(), newStream()
	_, err := s.Store.Append(t.Context(), s.commit(domain.StreamCommit{Stream: other, Facts: []any{Met{Host: "Cid", Guest: "Bob", GuestID: guest}}}))
	if !errors.Is(err, domain.ErrErased) {
		t.Errorf("a new fact about an erased guest: %v", err)
	}
	// A refusal for one person must not keep others out.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.Store.Append(ctx, s.commit(domain.StreamCommit{Stream: again, Facts: []any{Met{Host: "Dora", Guest: "Eve", GuestID: uuid.NewString()}}})); err != nil {
		t.Errorf("somebody else: %v", err)
	}
}

func erasedElsewhere(t *testing.T, s *scene) {
	stream := lead.Stream(uuid.NewString())
	other := &scene{Harness: s.Harness, org: uuid.NewString()}
	s.append(t, s.commit(domain.StreamCommit{Stream: stream, Facts: []any{person("Ann")}}))
	other.append(t, other.commit(domain.StreamCommit{Stream: stream, Facts: []any{person("Bob")}}))
	s.destroy(t, stream.ID)
	equal(t, "mine", s.load(t, stream).Facts[0].(lead.Captured).Name, "")
	equal(t, "theirs", other.load(t, stream).Facts[0].(lead.Captured).Name, "Bob")
}
