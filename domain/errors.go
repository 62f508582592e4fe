package domain

import (
	"fmt"
	"strings"
)

// Kind sorts refusals by what the caller can do about them.
type Kind uint8

// The kinds of refusal.
const (
	Internal        Kind = iota // our fault; nothing the caller can do
	Malformed                   // the request cannot be read
	Invalid                     // the request can be read, and a value in it does not fit
	Unauthenticated             // nobody, or somebody whose proof is stale or forged
	Forbidden                   // known, and not allowed
	NotFound                    // not there, or not to be seen
	Conflict                    // the state of things forbids it
	Stale                       // another writer was first
	Unavailable                 // try again later
)

// Field is one value of a request that does not fit.
type Field struct {
	Name    string `json:"field" doc:"Path of the value in the request" example:"email"`
	Message string `json:"message" doc:"What is wrong with it"`
}

// Error is a refusal in the language of the domain. Code is stable: callers
// program against it.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Fields  []Field  // the values at fault, for Invalid
	Streams []string // ids of the streams in the way, for Conflict and Stale
}

func (e *Error) Error() string {
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.Name
	}
	if len(names) > 0 {
		return fmt.Sprintf("%s: %s (%s)", e.Code, e.Message, strings.Join(names, ", "))
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Is reports whether target has the same code, so that sentinels compare.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// The refusals of the log and of the command path.
var (
	ErrStale         = &Error{Kind: Stale, Code: "stream.stale", Message: "the stream has moved on"}
	ErrClaimed       = &Error{Kind: Conflict, Code: "claim.taken", Message: "the value belongs to another record"}
	ErrCommandReused = &Error{Kind: Conflict, Code: "idempotency.reused", Message: "this idempotency key was used for another request"}
	ErrBusy          = &Error{Kind: Unavailable, Code: "log.busy", Message: "the log takes no more work right now, try again"}
	ErrUnavailable   = &Error{Kind: Unavailable, Code: "log.unavailable", Message: "the log cannot be reached; whether the request was carried out is not known: repeat it with the same Idempotency-Key"}
	ErrErased        = &Error{Kind: Conflict, Code: "subject.erased", Message: "the person's data was erased and cannot be written again"}
	ErrForbidden     = &Error{Kind: Forbidden, Code: "access.denied", Message: "your role does not allow this"}
	ErrBehind        = &Error{Kind: Unavailable, Code: "projection-behind", Message: "the view has not reached that position yet, try again"}
)

// Refuse gathers the values of a request that do not fit into one error, or nil.
func Refuse(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "request.invalid", Message: "a value does not fit", Fields: fields}
}
