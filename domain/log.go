package domain

import "time"

// Meta is what the log keeps about a fact beside the fact itself: who, in which
// chain of causes, and when it happened in the world.
type Meta struct {
	Actor       string    `json:"actor"`                // "user:<id>", "api:<id>", "job:<name>"
	Correlation string    `json:"correlation"`          // the whole chain of causes
	Causation   string    `json:"causation"`            // the command or event that caused the command
	RequestID   string    `json:"request_id,omitempty"` // the HTTP request, to find it in the access log
	OccurredAt  time.Time `json:"occurred_at"`          // when it happened; recorded_at is the log's own time
}

// Commit is all that one command wants to write. It is written whole or not at all.
type Commit struct {
	Org     string // the organization
	Command string // the command's id: the same id is never carried out twice
	Request []byte // the request in clear; the log keeps a keyed hash, so that an id cannot be used for another request
	Meta    Meta
	Streams []StreamCommit
	Bulk    bool // import, sending, sync: yields to people who wait
	// After, which may be nil, is closed when what comes before the commit is written: it is
	// made ready meanwhile.
	After <-chan struct{}
}

// StreamCommit is the part of a commit that concerns one stream. With no facts it
// is an assertion: the commit is refused when the stream is not at Expected.
type StreamCommit struct {
	Stream   StreamID
	Expected int // the version that the decision was made on; 0: must not exist; AnyVersion: whatever it is
	Facts    []any
	Take     []Claim
	Release  []Claim
}

// AnyVersion appends whatever the stream's version is.
const AnyVersion = -1

// Receipt proves that a command was carried out.
type Receipt struct {
	Stream   string // id of the commit's first stream
	Version  int    // version of that stream after the command
	First    int64  // position of the command's first fact; 0 for a decision of no facts
	Position int64  // position of its last fact, or of the stream's last one for a decision of no facts
	Replayed bool   // the command had been carried out before; this is the answer of that time
}

// History is what a stream holds when a command is decided.
type History struct {
	Facts    []any
	Marks    []Mark // where each of them lies
	Version  int
	Position int64    // of the stream's last fact
	Outcome  *Receipt // of the command that is asked for, when it was carried out before
}

// Mark is the place of a fact in the log, and what brought it about.
type Mark struct {
	Event       string
	Command     string
	Correlation string
	Position    int64
}

// ConflictError names everything that stood in the way of a commit, so that a bulk
// caller can decide again without it.
type ConflictError struct {
	Stale  []string        // ids of streams that are not at the expected version
	Claims []ClaimConflict // claims that another stream holds
}

// ClaimConflict is a claim that another stream holds.
type ClaimConflict struct {
	Claim  Claim
	Wanted string // id of the stream that wanted it
	Holder string // id of the stream that holds it
}

func (c *ConflictError) Error() string { return c.Unwrap().Error() }

// Unwrap is the refusal that a single command answers with: a claim that is held
// weighs more than a lost race, for repeating the command does not help.
func (c *ConflictError) Unwrap() error {
	if len(c.Claims) == 0 {
		stale := *ErrStale
		stale.Streams = c.Stale
		return &stale
	}
	taken := *ErrClaimed
	for _, k := range c.Claims {
		taken.Streams = append(taken.Streams, k.Holder)
		taken.Fields = append(taken.Fields, Field{Name: k.Claim.Scope, Message: "belongs to " + k.Holder})
	}
	return &taken
}
