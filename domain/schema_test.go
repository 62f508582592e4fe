package domain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/canvass-hq/canvass/domain"
)

// moved has had three shapes: {"to"}, then {"city"}, then {"place":{"city"},"by"}.
type moved struct {
	Place struct {
		City *string `json:"city"`
	} `json:"place"`
	By string `json:"by"`
}

func renamed(raw json.RawMessage) (json.RawMessage, error) {
	var v struct{ To *string }
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"city": v.To})
}

func nested(raw json.RawMessage) (json.RawMessage, error) {
	var v struct{ City *string }
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	if v.City != nil && *v.City == "nowhere" {
		return nil, errors.New("no such place")
	}
	return json.Marshal(map[string]any{"place": map[string]any{"city": v.City}, "by": "unknown"})
}

func TestLift(t *testing.T) {
	t.Parallel()
	s := domain.Stored[moved]("test.moved", renamed, nested)
	if s.Version != 3 || s.Type != "test.moved" || s.Go != reflect.TypeFor[moved]() {
		t.Fatalf("%+v", s)
	}
	for _, c := range []struct {
		version int
		raw     string
		want    string
	}{
		{1, `{"to":"Bonn"}`, "Bonn by unknown"},
		{2, `{"city":"Bonn"}`, "Bonn by unknown"},
		{3, `{"place":{"city":"Bonn"},"by":"Ann"}`, "Bonn by Ann"},
		{1, `{"to":null}`, "null by unknown"},
		{2, `{"city":null}`, "null by unknown"},
		{3, `{"place":{"city":null},"by":"Ann"}`, "null by Ann"}, // erased
		{0, `{}`, "version 0"},
		{4, `{}`, "version 4"},
		{-1, `{}`, "version -1"},
		{1, `{"to":"nowhere"}`, "lift from version 2"},
		{1, `{`, "lift from version 1"},
	} {
		lifted, err := s.Lift(c.version, json.RawMessage(c.raw))
		got := fmt.Sprint(err)
		if err == nil {
			fact, err := s.Decode(lifted)
			if err != nil {
				t.Errorf("%s: %v", lifted, err)
				continue
			}
			m := fact.(moved)
			got = "null by " + m.By
			if m.Place.City != nil {
				got = *m.Place.City + " by " + m.By
			}
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("version %d of %s: %s, want %s", c.version, c.raw, got, c.want)
		}
	}
	if _, err := s.Decode(json.RawMessage(`{"by":1}`)); err == nil || !strings.Contains(err.Error(), "test.moved") {
		t.Errorf("another kind of value: %v", err)
	}
}

func TestSealedValues(t *testing.T) {
	t.Parallel()
	base := domain.Stored[moved]("test.moved").Seal("by")
	// A schema is a value: to build on one leaves it as it is.
	two := domain.SealFor(base, func(m moved) string { return "guest of " + m.By }, "place.city", "x")
	each := domain.SealEach(base, func(m moved) []string { return strings.Split(m.By, ",") }, "*")
	m := moved{By: "a,b"}
	for name, c := range map[string]struct {
		schema domain.Schema
		values []domain.Sealed
		shape  []string
	}{
		"own":   {base, []domain.Sealed{{Path: "by"}}, []string{"by"}},
		"other": {two, []domain.Sealed{{Path: "by"}, {Path: "place.city", Subject: "guest of a,b"}, {Path: "x", Subject: "guest of a,b"}}, []string{"by", "place.city", "x"}},
		"each":  {each, []domain.Sealed{{Path: "by"}, {Path: "a"}, {Path: "b"}}, []string{"by", "*"}},
		"none":  {domain.Stored[moved]("test.moved"), nil, nil},
	} {
		if got := c.schema.SealedValues(m); !reflect.DeepEqual(got, c.values) || !reflect.DeepEqual(c.schema.Sealed, c.shape) {
			t.Errorf("%s: %v, %v", name, got, c.schema.Sealed)
		}
	}
	if base.IsPublic || !base.Public().IsPublic || base.Erases || !base.Erasing().Erases {
		t.Error("a mark is made on a copy")
	}
}

func TestConflictError(t *testing.T) {
	t.Parallel()
	stale := &domain.ConflictError{Stale: []string{"a", "b"}}
	claimed := &domain.ConflictError{Stale: []string{"a"}, Claims: []domain.ClaimConflict{{Claim: domain.Claim{Scope: "email", Value: "secret"}, Wanted: "a", Holder: "h"}}}
	if !errors.Is(stale, domain.ErrStale) || errors.Is(stale, domain.ErrClaimed) || !errors.Is(claimed, domain.ErrClaimed) || errors.Is(claimed, domain.ErrStale) {
		t.Error("a claim weighs more than a race")
	}
	if strings.Contains(claimed.Error(), "secret") {
		t.Errorf("the value is told: %v", claimed)
	}
	if domain.ErrStale.Streams != nil || domain.ErrClaimed.Streams != nil || domain.ErrClaimed.Fields != nil {
		t.Error("a sentinel has changed")
	}
	if err := domain.Refuse(nil); err != nil {
		t.Errorf("no fault: %v", err)
	}
}
