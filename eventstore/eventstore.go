// Package eventstore keeps every fact of the product in one immutable log on
// Postgres: it appends what commands decide, loads the streams that they decide on,
// seals what is personal, and hands the log in order to those who follow it.
package eventstore

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/canvass-hq/canvass/domain"
)

// Recorded is one fact as the log holds it, opened and lifted to today's shape.
// Followers share it: it is never changed.
type Recorded struct {
	Log        int16
	Position   int64
	Org        string
	Stream     domain.StreamID
	Version    int
	ID         string
	Type       string
	Command    string
	Meta       domain.Meta
	RecordedAt time.Time
	Data       json.RawMessage // opened and lifted; a value of an erased subject is null
	Fact       any             // Data decoded
	Erased     bool            // a value could not be opened, for its subject is erased
	Err        error           // the fact cannot be understood by this release; Fact is nil

	stored        json.RawMessage // as it lies in the log
	storedVersion int
}

// weight is about how many bytes the fact holds, once as JSON and once decoded.
func (r *Recorded) weight() int { return len(r.Data) + len(r.stored) }

func (r *Recorded) mark() domain.Mark {
	return domain.Mark{Event: r.ID, Command: r.Command, Correlation: r.Meta.Correlation, Position: r.Position}
}

// DefaultLog is the log of every organization that is pinned to no other.
const DefaultLog int16 = 0

// mac is the keyed hash under which requests and claims are remembered.
func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:", len(p))
		_, _ = h.Write(p)
	}
	return h.Sum(nil)
}

func claimHash(key []byte, c domain.Claim) []byte {
	return mac(key, []byte("claim"), []byte(c.Scope), []byte(c.Value))
}

func requestHash(key, request []byte) []byte {
	return mac(key, []byte("request"), request)
}

// eventID gives the n-th fact of a command its id: the same command makes the same ids.
func eventID(command uuid.UUID, n int) uuid.UUID {
	return uuid.NewSHA1(command, []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) //nolint:gosec // four bytes of a counter
}

// parseID takes the one form of an id that the log itself gives: capitals or braces
// would make a second name of the same thing.
func parseID(what, id string) (uuid.UUID, error) {
	u, err := uuid.Parse(id)
	if err != nil || u.String() != id {
		return u, &domain.Error{Kind: domain.Invalid, Code: "id.malformed", Message: what + " is not a UUID"}
	}
	return u, nil
}
