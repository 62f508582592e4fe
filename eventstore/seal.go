package eventstore

import (
	"bytes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/canvass-hq/canvass/domain"
)

// A sealed value lies in the log as {"$enc":{"s":subject,"k":key,"c":ciphertext}}:
// AES-256-GCM under the subject's key, bound to its organization, fact and path, so
// that it can be moved nowhere else.
const (
	envelopeStart = `{"$enc":{"s":"`
	envelopeKey   = `","k":`
	envelopeText  = `,"c":"`
	envelopeEnd   = `"}}`
	uuidLength    = 36
)

// Subject is one person of one organization whose data is sealed under one key.
type Subject struct{ Org, ID string }

var errEnvelope = errors.New("a sealed value cannot be read")

func aad(out []byte, s Subject, event string, path []byte) []byte {
	for _, part := range [...]string{s.Org, s.ID, event} {
		out = append(append(out, part...), '|')
	}
	return append(out, path...)
}

// seal replaces the personal values of a fact by envelopes.
func seal(raw json.RawMessage, org, stream, event string, values []domain.Sealed, keys map[Subject]cipher.AEAD) (json.RawMessage, error) {
	if len(values) == 0 {
		return raw, nil
	}
	space := sealingSpaces.Get().(*sealingSpace) //nolint:forcetypeassert // nothing else is in it
	defer space.giveBack()
	owner := space.owner
	for _, v := range values {
		owner[v.Path] = subjectOf(v, stream)
	}
	w := walker{
		raw: raw, out: space.out[:0],
		want: func(path, rest []byte) bool {
			_, ok := owner[string(path)]
			return ok && !bytes.HasPrefix(rest, []byte("null"))
		},
		replace: func(out, path, value []byte) ([]byte, error) {
			s := Subject{org, owner[string(path)]}
			key, ok := keys[s]
			if !ok {
				return nil, fmt.Errorf("no key for the subject of %s", path)
			}
			space.bound = aad(space.bound[:0], s, event, path)
			space.sealed = key.Seal(space.sealed[:0], nil, value, space.bound)
			out = append(out, envelopeStart...)
			out = append(out, s.ID...)
			out = append(out, envelopeKey...)
			out = strconv.AppendInt(out, subjectKeyID, 10)
			out = append(out, envelopeText...)
			out = base64.StdEncoding.AppendEncode(out, space.sealed)
			return append(out, envelopeEnd...), nil
		},
	}
	out, err := w.run()
	space.out = out
	return bytes.Clone(out), err
}

// Facts are sealed in space that is used again: how long one becomes is not known before, and
// what is kept of it for those who follow the log is to take no more than it needs.
type sealingSpace struct {
	owner         map[string]string // of the value at a path
	out           []byte
	bound, sealed []byte // of one value
}

var sealingSpaces = sync.Pool{New: func() any { return &sealingSpace{owner: map[string]string{}} }}

// What a large fact needed is not kept.
const (
	maxSealingSpace  = 64 << 10
	maxSealingOwners = 256
)

func (s *sealingSpace) giveBack() {
	if cap(s.out)+cap(s.sealed) > maxSealingSpace || len(s.owner) > maxSealingOwners {
		return
	}
	clear(s.owner)
	sealingSpaces.Put(s)
}

// subjectKeyID is the id of a subject's key. A subject has one key; the id leaves
// room for a second one without a new shape of envelope.
const subjectKeyID = 1

func subjectOf(v domain.Sealed, stream string) string {
	if v.Subject != "" {
		return v.Subject
	}
	return stream
}

// open replaces envelopes by their values, and by null where the subject is erased.
func open(raw json.RawMessage, org, event string, keys map[Subject]cipher.AEAD) (opened json.RawMessage, erased bool, err error) {
	if !bytes.Contains(raw, []byte(envelopeStart)) {
		return raw, false, nil
	}
	w := walker{
		raw: raw, out: make([]byte, 0, len(raw)),
		want: func(_, rest []byte) bool { return bytes.HasPrefix(rest, []byte(envelopeStart)) },
		replace: func(out, path, value []byte) ([]byte, error) {
			subject, text, err := parseEnvelope(value)
			if err != nil {
				return nil, err
			}
			s := Subject{org, subject}
			key, known := keys[s]
			switch {
			case !known:
				return nil, fmt.Errorf("the key of subject %s is missing: %w", subject, errEnvelope)
			case key == nil:
				erased = true
				return append(out, "null"...), nil
			}
			out, err = key.Open(out, nil, text, aad(nil, s, event, path))
			if err != nil {
				return nil, fmt.Errorf("%s of event %s: %w", path, event, errEnvelope)
			}
			return out, nil
		},
	}
	opened, err = w.run()
	return opened, erased, err
}

func parseEnvelope(v []byte) (subject string, ciphertext []byte, err error) {
	rest, ok := bytes.CutPrefix(v, []byte(envelopeStart))
	if !ok || len(rest) < uuidLength {
		return "", nil, errEnvelope
	}
	subject, rest = string(rest[:uuidLength]), rest[uuidLength:]
	rest, ok = bytes.CutPrefix(rest, []byte(envelopeKey))
	_, rest, found := bytes.Cut(rest, []byte(envelopeText))
	rest, closed := bytes.CutSuffix(rest, []byte(envelopeEnd))
	if !ok || !found || !closed {
		return "", nil, errEnvelope
	}
	ciphertext, err = base64.StdEncoding.AppendDecode(nil, rest)
	if err != nil {
		return "", nil, errEnvelope
	}
	return subject, ciphertext, nil
}

// subjectsIn adds the subjects of every envelope of a stored fact.
func subjectsIn(raw json.RawMessage, org string, into map[Subject]struct{}) {
	for {
		_, rest, found := bytes.Cut(raw, []byte(envelopeStart))
		if !found || len(rest) < uuidLength {
			return
		}
		into[Subject{org, string(rest[:uuidLength])}] = struct{}{}
		raw = rest[uuidLength:]
	}
}

// withoutSealed replaces every envelope by null: what may leave the log.
func withoutSealed(raw json.RawMessage) (json.RawMessage, error) {
	w := walker{
		raw:     raw,
		want:    func(_, rest []byte) bool { return bytes.HasPrefix(rest, []byte(envelopeStart)) },
		replace: func(out, _, _ []byte) ([]byte, error) { return append(out, "null"...), nil },
	}
	return w.run()
}
