package eventstore

import (
	"bytes"
	"crypto/cipher"
	"encoding/json"
	"slices"
	"time"

	"github.com/canvass-hq/canvass/domain"
)

// MaxDepthOfTest is how deep a walk goes.
const MaxDepthOfTest = maxDepth

// WalkOfTest walks JSON and replaces the values at these paths, or nothing.
func WalkOfTest(raw []byte, with string, paths ...string) (out []byte, seen []string, err error) {
	w := walker{
		raw: raw,
		want: func(path, _ []byte) bool {
			seen = append(seen, string(path))
			return slices.Contains(paths, string(path))
		},
		replace: func(out, _, _ []byte) ([]byte, error) { return append(out, with...), nil },
	}
	out, err = w.run()
	return out, seen, err
}

// SealOfTest seals the values at paths for the stream's own subject, under one key.
func SealOfTest(raw []byte, org, stream, event string, key []byte, paths ...string) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	var values []domain.Sealed
	for _, p := range paths {
		values = append(values, domain.Sealed{Path: p})
	}
	return seal(raw, org, stream, event, values, map[Subject]cipher.AEAD{{org, stream}: aead})
}

// OpenOfTest opens with one subject's key; nil is the key of an erased subject.
func OpenOfTest(raw []byte, org, event, subject string, key []byte) ([]byte, bool, error) {
	keys := map[Subject]cipher.AEAD{{org, subject}: nil}
	if key != nil {
		aead, err := newAEAD(key)
		if err != nil {
			return nil, false, err
		}
		keys[Subject{org, subject}] = aead
	}
	return open(raw, org, event, keys)
}

// SubjectsOfTest lists the subjects of a stored fact.
func SubjectsOfTest(raw json.RawMessage) (out []string) {
	into := map[Subject]struct{}{}
	subjectsIn(raw, "o", into)
	for s := range into {
		out = append(out, s.ID)
	}
	return out
}

// WithoutSealedOfTest is what may leave the log.
func WithoutSealedOfTest(raw json.RawMessage) (json.RawMessage, error) { return withoutSealed(raw) }

// IsEnvelopeOfTest tells a sealed value.
func IsEnvelopeOfTest(v []byte) bool {
	_, _, err := parseEnvelope(bytes.TrimSpace(v))
	return err == nil
}

// AgingOfTest is a cache on a clock of the test's own.
type AgingOfTest struct{ a *aging[string, int] }

// NewAgingOfTest is empty.
func NewAgingOfTest(now func() time.Time, lifetime time.Duration, limit int) *AgingOfTest {
	return &AgingOfTest{newAging[string, int](now, lifetime, limit)}
}

// Get, Put and Drop are those of the cache; Size is how many it holds.
func (t *AgingOfTest) Get(k string) (int, bool) { return t.a.get(k) }

// Put keeps a value.
func (t *AgingOfTest) Put(k string, v int) { t.a.put(k, v) }

// Drop forgets a value.
func (t *AgingOfTest) Drop(k string) { t.a.drop(k) }

// Size is how many values are held.
func (t *AgingOfTest) Size() int { return len(t.a.young) + len(t.a.old) }

// The life of a key in a cache.
const KeyLifetime = keyLifetime

// UnwrapOfTest opens a wrapped key.
func UnwrapOfTest(m *Master, wrapped []byte, number int, bound string) ([]byte, error) {
	return m.unwrap(wrapped, number, bound)
}
