package commands

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The namespaces of ids that are derived: the same cause makes the same id.
var (
	keySpace   = uuid.MustParse("6f0c5a52-64b5-4b39-9a53-0d9f2c8f7a01") //nolint:gochecknoglobals // a constant
	causeSpace = uuid.MustParse("6f0c5a52-64b5-4b39-9a53-0d9f2c8f7a02") //nolint:gochecknoglobals // a constant
	madeSpace  = uuid.MustParse("6f0c5a52-64b5-4b39-9a53-0d9f2c8f7a03") //nolint:gochecknoglobals // a constant
)

// NewID makes an id for a command or a stream, in the order of time (UUIDv7).
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// KeyedID is the id of a command that came with an idempotency key. The key is the
// principal's own: two principals may use the same one.
func KeyedID(org, principal, key string) string {
	return uuid.NewSHA1(keySpace, fmt.Appendf(nil, "%q|%q|%q", org, principal, key)).String()
}

// CausedID is the id of a command that a reactor gives because of a fact: however
// often the reactor or its job runs, the command is carried out once.
func CausedID(event, reactor string) string {
	return uuid.NewSHA1(causeSpace, fmt.Appendf(nil, "%s|%s", event, reactor)).String()
}

// MadeID is the id of something that a command makes on its stream: however often the
// command is given, it makes the same thing.
func MadeID(command, what string) string {
	return uuid.NewSHA1(madeSpace, fmt.Appendf(nil, "%s|%s", command, what)).String()
}

// chunkID is the id of the n-th commit of a job.
func chunkID(job string, n int) (string, error) {
	id, err := uuid.Parse(job)
	if err != nil {
		return "", fmt.Errorf("the job's id %q is not a UUID", job)
	}
	return uuid.NewSHA1(id, fmt.Appendf(nil, "chunk|%d", n)).String(), nil
}

// MadeAt is when NewID has made an id, as the id tells (RFC 9562, version 7).
func MadeAt(id string) time.Time {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return time.Time{}
	}
	sec, nsec := parsed.Time().UnixTime()
	return time.Unix(sec, nsec).UTC()
}
